"""Which host talks to which, on which port, and what for; all of it follows from the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from installer.answers.model import Answers, Environment
from installer.layout import (
    API_PORT,
    CONTAINERD_METRICS_PORT,
    ETCD_METRICS_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    FIRST_NODE_PORT,
    KUBELET_HEALTH_PORT,
    KUBELET_PORT,
    LAST_NODE_PORT,
    MANAGER_PORT,
    PROXY_HEALTH_PORT,
    PROXY_METRICS_PORT,
    PROXY_PORT,
    REGISTRY_METRICS_PORT,
    SCHEDULER_PORT,
    VXLAN_PORT,
)
from installer.messages import Message

Protocol = Literal["tcp", "udp"]
NODE_PORTS = f"{FIRST_NODE_PORT}-{LAST_NODE_PORT}"


@dataclass(frozen=True, slots=True)
class Wire:
    """Hosts of `sources` connect to hosts of `targets` at a port."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    protocol: Protocol
    port: int
    purpose: Message


@dataclass(frozen=True, slots=True)
class OpenPort:
    """A port that a part of the site opens on hosts of its environment, by the name that the part gives it.

    `source` says who connects to it: hosts of every environment, of the same one, or machines outside the site.
    """

    environment: str
    component: str
    name: str
    port: int
    protocol: Protocol
    source: Literal["every environment", "this environment", "clients"]
    targets: tuple[str, ...]
    why: Message

    @property
    def purpose(self) -> Message:
        """What it is for, and whose it is."""
        return Message("{part}: {why}", part=self.component, why=self.why)


LOOPBACK = {"all": (PROXY_PORT, CONTAINERD_METRICS_PORT, KUBELET_HEALTH_PORT, PROXY_METRICS_PORT, PROXY_HEALTH_PORT),
            "control plane": (ETCD_METRICS_PORT, MANAGER_PORT, SCHEDULER_PORT)}  # fmt: skip
"""Ports that are used on a host's loopback alone: proxy, health and metrics of the node's own parts."""


def wires(answers: Answers, opened: Iterable[OpenPort] = ()) -> Iterator[Wire]:
    """Every connection between hosts that an installation needs; `opened` are the ports of the site's parts."""
    everybody = tuple(host for environment in answers.environments for host in environment.hosts)
    registries = answers.registry.hosts
    yield Wire(everybody, registries, "tcp", answers.registry.port, Message("site registry (TLS)"))
    for environment in answers.environments:
        yield from _cluster(environment)
    for each in opened:
        if each.targets and each.source != "clients":
            near = each.source == "this environment"
            sources = answers.environment(each.environment).hosts if near else everybody
            yield Wire(sources, each.targets, each.protocol, each.port, each.purpose)


def _cluster(environment: Environment) -> Iterator[Wire]:
    planes, hosts = environment.control_planes, environment.hosts
    yield Wire(hosts, planes, "tcp", API_PORT, Message("Kubernetes API"))
    yield Wire(planes, hosts, "tcp", KUBELET_PORT, Message("kubelet"))
    if len(planes) > 1:
        yield Wire(planes, planes, "tcp", ETCD_PORT, Message("etcd clients"))
        yield Wire(planes, planes, "tcp", ETCD_PEER_PORT, Message("etcd members"))
    if len(hosts) > 1:
        yield Wire(hosts, hosts, "udp", VXLAN_PORT, Message("pod network (flannel, vxlan)"))


def own_ports(answers: Answers, host: str, opened: Iterable[OpenPort] = ()) -> dict[tuple[Protocol, int], Message]:
    """The ports that a host itself will listen on, with what for."""
    ports = {(wire.protocol, wire.port): wire.purpose for wire in wires(answers) if host in wire.targets}
    plane = host in answers.environment_of(host).control_planes
    for port in LOOPBACK["all"] + (LOOPBACK["control plane"] if plane else ()):
        ports[("tcp", port)] = Message("loopback")
    if plane:
        ports[("tcp", ETCD_PORT)] = ports[("tcp", ETCD_PEER_PORT)] = Message("etcd")
    ports.update({(each.protocol, each.port): each.purpose for each in opened if host in each.targets})
    if host in answers.registry.hosts:
        ports[("tcp", answers.registry.push_port)] = Message("site registry, writing (loopback)")
        ports[("tcp", REGISTRY_METRICS_PORT)] = Message("loopback")
    return ports


def ports_table(answers: Answers, opened: Sequence[OpenPort] = ()) -> tuple[tuple[str, str, str, str], ...]:
    """(from, to, port, for) of every connection that a firewall has to let pass, for people."""
    table: list[tuple[str, str, str, str]] = []
    for port in sorted({host.access.port for host in answers.hosts}):
        there = tuple(host.name for host in answers.hosts if host.access.port == port)
        table.append(
            (
                Message("this machine"),
                _names(answers, there),
                f"{port}/tcp",
                Message("SSH, the only way the installer uses"),
            )
        )
    for wire in wires(answers, opened):
        if set(wire.sources) != set(wire.targets) or len(wire.targets) > 1:
            sources, targets = _names(answers, wire.sources), _names(answers, wire.targets)
            table.append((sources, targets, f"{wire.port}/{wire.protocol}", wire.purpose))
    for environment in answers.environments:
        targets = _names(answers, environment.hosts)
        table.append(
            (
                Message("users"),
                targets,
                f"{NODE_PORTS}/tcp",
                Message("services of {name} (node ports)", name=environment.name),
            )
        )
    for each in opened:
        if each.targets and each.source == "clients":
            table.append(
                (Message("users"), _names(answers, each.targets), f"{each.port}/{each.protocol}", each.purpose)
            )
    return tuple(table)


def _names(answers: Answers, hosts: tuple[str, ...]) -> str:
    return ", ".join(f"{name} ({answers.host(name).address})" for name in hosts)
