"""What answers must satisfy beyond their schema: names that exist, addresses and networks that do not collide.

The rules read the document as it was written, so that each problem has its place. Values that the schema refused are
None by then and are passed over: a rule never stumbles over what has been reported already.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

from installer.answers import network_rules, pool_rules
from installer.answers.entries import Found, items
from installer.answers.network_rules import UNUSABLE
from installer.answers.paths import lost_home
from installer.answers.schema import SECRETS
from installer.formats.plain_secrets import plain_secrets
from installer.formats.strict_yaml import Path
from installer.formats.values import shown
from installer.layout import CLUSTER_PORTS, FIRST_NODE_PORT, LAST_NODE_PORT, PUSH_PORT, REGISTRY_PORT
from installer.messages import Message

PATHS = frozenset({"private_key", "known_hosts", "signers", "revoked", "certificate"})
"""What holds a path of this machine, beside a secret's `file`."""
MANY = 100
"""Hosts of which one thing is wrong that are named one by one: of more, their number says it."""
NODE_PORTS = range(FIRST_NODE_PORT, LAST_NODE_PORT + 1)
DOMAIN = "site.internal"
"""The domain of an environment that names none."""


def broken_rules(data: dict[str, Any]) -> Found:
    """Everything the rules find in a document."""
    rules = (
        _hosts, _environments, _memberships, _control_planes, network_rules.networks, _registry, _logins, _homes,
        _component_values, pool_rules.pools, _waivers,
    )  # fmt: skip
    for rule in rules:
        yield from rule(data)


def _repeated(placed: Iterator[tuple[Path, Any]], wanted: Message) -> Found:
    first: dict[Any, Path] = {}
    for path, value in placed:
        if value is None:
            continue
        if value in first:
            where = ".".join(map(str, first[value]))
            yield (
                path,
                Message("{value}, which {place} is already", value=shown(value), place=where),
                wanted,
            )
        first.setdefault(value, path)


def _field(placed: Iterator[tuple[Path, Any]], key: str) -> Iterator[tuple[Path, Any]]:
    return (((*path, key), item.get(key)) for path, item in placed)


def _hosts(data: dict[str, Any]) -> Found:
    yield from _repeated(_field(items(data, "hosts"), "name"), Message("a name of its own"))
    yield from _repeated(_field(items(data, "hosts"), "address"), Message("an address of its own"))
    yield from _repeated(_field(items(data, "environments"), "name"), Message("a name of its own"))
    for path, address in _field(items(data, "hosts"), "address"):
        if address and any(IPv4Address(address) in net for net in UNUSABLE):
            yield path, shown(address), Message("an address that other hosts can reach")


def _environments(data: dict[str, Any]) -> Found:
    """What no two clusters may have: the names of their services, and the way to their API, would be one."""
    first: dict[tuple[str, str], str] = {}
    for path, environment in items(data, "environments"):
        name = environment.get("name") or "?"
        for key, default, wanted in (
            ("domain", DOMAIN, Message("a domain of its own")),
            ("endpoint", "", Message("an endpoint of its own")),
        ):
            value = environment.get(key, default)
            if value and (other := first.setdefault((key, value), name)) != name:
                yield (
                    (*path, key),
                    Message(
                        "{value} for {name}, which {other} has already", value=shown(value), name=name, other=other
                    ),
                    wanted,
                )


def _names(data: dict[str, Any]) -> set[str]:
    return {host["name"] for _, host in items(data, "hosts") if host.get("name")}


def _members(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for path, environment in items(data, "environments"):
        for role in ("control_planes", "workers"):
            for place, name in items(environment, role):
                yield (*path, *place), name


def _memberships(data: dict[str, Any]) -> Found:
    hosts = _names(data)
    yield from _unknown(_members(data), hosts)
    yield from _repeated(
        (each for each in _members(data) if each[1] in hosts), Message("each host in one place of its own")
    )
    used = {name for _, name in _members(data)}
    idle = [(path, name) for path, name in _field(items(data, "hosts"), "name") if name and name not in used]
    wanted = Message("every host in the control_planes or workers of one")
    if len(idle) > MANY:
        yield ("hosts",), Message("{count} hosts in no environment", count=len(idle)), wanted
        return
    for path, name in idle:
        yield path, Message("{name} in no environment", name=shown(name)), wanted


def _unknown(placed: Iterator[tuple[Path, str]], hosts: set[str]) -> Found:
    for path, name in placed:
        if name not in hosts:
            yield path, Message("{name}, which is no host", name=shown(name)), Message("the name of one of `hosts`")


def _control_planes(data: dict[str, Any]) -> Found:
    for path, environment in items(data, "environments"):
        count = len(environment.get("control_planes") or ())
        if count and count % 2 == 0:
            wanted = Message(
                "an odd number, {less} or {more}: an even one survives no more failures", less=count - 1, more=count + 1
            )
            yield (*path, "control_planes"), Message("{count} control planes", count=count), wanted


def _registry(data: dict[str, Any]) -> Found:
    registry = data.get("registry") or {}
    yield from _unknown(items(data, "registry", "hosts"), _names(data))
    yield from _repeated(items(data, "registry", "hosts"), Message("each host once of its own"))
    ports = {"port": registry.get("port", REGISTRY_PORT), "push_port": registry.get("push_port", PUSH_PORT)}
    for key, port in ports.items():
        if port is not None and (port in CLUSTER_PORTS or port in NODE_PORTS):
            yield ("registry", key), shown(port), Message("a port that neither SSH nor Kubernetes uses")
    if ports["port"] == ports["push_port"] is not None:
        yield (
            ("registry", "push_port"),
            Message("{port}, which is registry.port", port=ports["push_port"]),
            Message("a port of its own"),
        )


def _logins(data: dict[str, Any]) -> Found:
    site = data.get("access") or {}
    for path, host in items(data, "hosts"):
        access = {**site, **(host.get("access") or {})}
        if _no_way_in(access):
            yield path, Message("no way to log in"), Message("access.private_key, access.agent or access.password")
        if _unpinned(host, access):
            yield (
                path,
                Message("no pinned host key"),
                Message("host_key here, or access.known_hosts; an unknown key is never accepted"),
            )
        if "PRIVATE KEY" in str(access.get("private_key")):
            yield (
                (*path, "access", "private_key"),
                Message("a key itself (not shown)"),
                Message("the path of the key's file"),
            )
    bastion = site.get("bastion")
    if bastion:
        if _no_way_in({**bastion, "agent": site.get("agent", False)}):
            yield (
                ("access", "bastion"),
                Message("no way to log in"),
                Message("private_key or password of the bastion, or access.agent"),
            )
        if _unpinned(bastion, site):
            yield ("access", "bastion"), Message("no pinned host key"), Message("host_key here, or access.known_hosts")


def _unpinned(named: dict[str, Any], access: dict[str, Any]) -> bool:
    """Whether nothing pins a host's key; what was refused (None) has been told."""
    pinned = [named.get("host_key", ""), access.get("known_hosts", "")]
    return not any(pinned) and None not in pinned


def _no_way_in(access: dict[str, Any]) -> bool:
    """Whether nothing is there to log in with; what was refused or taken away (None) is given the benefit."""
    ways = [access.get(key, "") for key in ("private_key", "password", "agent")]
    return not any(ways) and None not in ways


def _homes(data: dict[str, Any]) -> Found:
    """Paths into the home of a person whom this machine does not know."""
    logins: list[tuple[Path, Any]] = [((name,), data.get(name)) for name in ("access", "trust", "authority")]
    logins += _field(items(data, "hosts"), "access")
    logins += [((*path, "bastion"), login.get("bastion")) for path, login in logins if login]
    for path, login in logins:
        for key, value in (login or {}).items():
            place = (*path, key)
            if key in SECRETS and isinstance(value, dict):
                place, value = (*place, "file"), value.get("file")
            elif key not in PATHS:
                continue
            if isinstance(value, str) and (person := lost_home(value)):
                yield (
                    place,
                    Message("{person}, whom this machine does not know", person=person),
                    Message("a path on this machine"),
                )


def _component_values(data: dict[str, Any]) -> Found:
    for path, environment in items(data, "environments"):
        for name, values in (environment.get("components") or {}).items():
            for place in plain_secrets((*path, "components", name), values):
                wanted = Message(
                    "the name of a Kubernetes Secret made at the site (existingSecret: NAME); answers hold none"
                )
                yield place, Message("what looks like a secret in plain text (not shown)"), wanted


def _waivers(data: dict[str, Any]) -> Found:
    # Whether a waiver's day has come is preflight's to judge: what stands must stay within reach afterwards.
    hosts = _names(data)
    for path, waiver in items(data, "waivers"):
        yield from _unknown((((*path, *place), name) for place, name in items(waiver, "hosts")), hosts)
