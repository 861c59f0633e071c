"""Ports that a site's parts open on its hosts, and which of them are taken already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from installer.answers.model import Answers
from installer.bundle.manifest import Component
from installer.layout import FIRST_NODE_PORT, LAST_NODE_PORT
from installer.messages import Message
from installer.plan.connections import NODE_PORTS, OpenPort, Protocol, own_ports
from installer.plan.stages import Parts, Place, hosts_of
from installer.render import context

Clash = tuple[Place, Message, Message]
"""The part that asks for a port, what was found, and what is wanted."""


def opened(answers: Answers, parts: Parts) -> tuple[OpenPort, ...]:
    """Every port that a part opens, and where.

    On the hosts that it is put on; where it is a release, on all, or on those on which its pods may stand.
    """
    return tuple(
        OpenPort(environment, part.name, name, entry["port"], entry.get("protocol", "tcp"), entry["from"],
                 _hosts(answers, environment, part, entry), Message.verbatim(entry["why"]))
        for environment, there in parts.items() for part in there
        for name, entry in part.spec.get("ports", {}).items()
    )  # fmt: skip


def _hosts(answers: Answers, environment: str, part: Component, entry: Mapping[str, Any]) -> tuple[str, ...]:
    found = answers.environment(environment)
    if _on_hosts(part):
        return hosts_of(part.spec["host"], answers, found)
    if entry.get("on") == "its hosts":
        taking = found.workers or found.control_planes
        return tuple(host for host in taking if context.stands(found, part, answers.host(host).pool))
    return found.hosts


def _on_hosts(part: Component) -> bool:
    return "host" in part.spec and "chart" not in part.spec and "objects" not in part.spec


def clashes(answers: Answers, parts: Parts, found: Iterable[OpenPort]) -> Iterator[Clash]:
    """Ports that something else on a host has: Kubernetes, SSH, the registry, or another part; each is told once."""
    named = {part.name: part for there in parts.values() for part in there}
    ports = tuple(found)
    told: set[tuple[Place, str]] = set()
    taken: dict[str, dict[tuple[Protocol, int], Message | str]] = {}
    for each in ports:
        place = Place(each.environment, each.component)
        for host in each.targets:
            there = taken.setdefault(host, _fixed(answers, host))
            holder = there.setdefault((each.protocol, each.port), str(place))
            if _on_hosts(named[each.component]) and FIRST_NODE_PORT <= each.port <= LAST_NODE_PORT:
                holder = Message("node ports {ports}", ports=NODE_PORTS)
            elif holder == str(place) and _mine(ports, each):
                continue
            if (place, each.name) not in told:
                told.add((place, each.name))
                yield (
                    place,
                    Message("{part} opens {port} on {host}, which is taken there: {other}",
                            part=place, port=f"{each.port}/{each.protocol}", host=host, other=holder),
                    Message("a port of its own"),
                )  # fmt: skip


def _mine(ports: Iterable[OpenPort], port: OpenPort) -> bool:
    """Whether a part asks for a port under this name first."""
    same = (each for each in ports if (each.environment, each.component, each.protocol, each.port)
            == (port.environment, port.component, port.protocol, port.port))  # fmt: skip
    return next(same).name == port.name


def _fixed(answers: Answers, host: str) -> dict[tuple[Protocol, int], Message | str]:
    """What a host has whatever its parts are."""
    ssh: tuple[Protocol, int] = ("tcp", answers.host(host).access.port)
    return {**own_ports(answers, host), ssh: Message("SSH login")}
