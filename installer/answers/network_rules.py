"""Rules on networks within clusters: large enough for their hosts, and clear of each other and of what lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from installer.answers.entries import Found, items
from installer.formats.strict_yaml import Path
from installer.formats.values import shown
from installer.messages import Message

POD_NETWORK_PER_HOST = 24
"""kube-controller-manager gives each node a /24 of the pod network."""
UNUSABLE = tuple(IPv4Network(net) for net in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
"""Addresses that no host is reached by from another (RFC 6890)."""
PRIVATE = IPv4Network("10.0.0.0/8")
"""Where a network is proposed from (RFC 1918)."""
FURTHER = (IPv4Network("172.16.0.0/12"), IPv4Network("100.64.0.0/10"))
"""Where it is proposed from after that, for sites that use all of the first (RFC 1918, RFC 6598)."""
FIRST = IPv4Address("10.96.0.0")
"""Below it are the networks that sites use most."""


def networks(data: dict[str, Any]) -> Found:
    """Networks of clusters that are none, too small, or hold what lies outside of them."""
    taken: list[tuple[str, IPv4Network]] = []
    hosts = len(list(items(data, "hosts")))
    # What is proposed must suit the networks that come later as well, those that nobody wrote down among them.
    asked = [network for _, _, _, text in _asked(data) if (network := _network(text)) is not None]
    for place, kind, members, text in _asked(data):
        try:
            network = IPv4Network(text)
        except ValueError as error:
            yield (
                place,
                Message("{text} ({reason})", text=shown(text), reason=error),
                Message("an IPv4 network, as in 10.244.0.0/16"),
            )
            continue
        yield from _size(place, network, kind, members)
        yield from _collisions(place, network, taken, asked, data, hosts)
        taken.append((".".join(map(str, place)), network))


def _asked(data: dict[str, Any]) -> Iterator[tuple[Path, str, int, str]]:
    """Every network that a cluster is to have: its place, its kind, how many hosts take part in it, and its text."""
    for path, environment in items(data, "environments"):
        chosen = environment.get("networks") or {}
        members = len(environment.get("control_planes") or ()) + len(environment.get("workers") or ())
        for kind, default in (("pods", "10.244.0.0/16"), ("services", "10.96.0.0/16")):
            if (text := chosen.get(kind, default)) is not None:
                yield (*path, "networks", kind), kind, members, text


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def _size(place: Path, network: IPv4Network, kind: str, hosts: int) -> Found:
    if kind == "pods" and (network.prefixlen < 8 or 1 << max(0, POD_NETWORK_PER_HOST - network.prefixlen) < hosts):
        yield (
            place,
            shown(str(network)),
            Message("between /8 and /24 with a /24 for each of {count} host(s)", count=hosts),
        )
    if kind == "pods" and network.prefixlen > POD_NETWORK_PER_HOST:
        yield place, shown(str(network)), Message("at least a /24, which is what one host takes")
    if kind == "services" and not 12 <= network.prefixlen <= 24:
        yield place, shown(str(network)), Message("between /12 and /24")


def _collisions(
    place: Path,
    network: IPv4Network,
    taken: list[tuple[str, IPv4Network]],
    asked: list[IPv4Network],
    data: dict[str, Any],
    hosts: int,
) -> Found:
    spoken = [(where, other) for where, other in taken if other.overlaps(network)]
    outside = [(where, address) for where, address in _outside(data) if address in network]
    wanted = _free(asked, [address for _, address in _outside(data)])
    for where, other in spoken:
        yield (
            place,
            Message("{network} overlapping {other} of {place}", network=network, other=other, place=where),
            wanted,
        )
    if outside:
        where, address = outside[0]
        holding = Message("{network} holding {address} of {place}", network=network, address=address, place=where)
        if len(outside) > 1:
            holding = Message(
                "{found} and {count} more of {hosts} hosts", found=holding, count=len(outside) - 1, hosts=hosts
            )
        yield place, holding, wanted
    if any(network.overlaps(net) for net in UNUSABLE):
        yield place, shown(str(network)), wanted


def _outside(data: dict[str, Any]) -> Iterator[tuple[str, IPv4Address]]:
    """Addresses that hosts must reach outside their clusters."""
    for path, host in items(data, "hosts"):
        if host.get("address"):
            yield ".".join(map(str, (*path, "address"))), IPv4Address(host["address"])
    bastion = (data.get("access") or {}).get("bastion") or {}
    named = [("access.bastion.address", bastion.get("address"))]
    named += [(".".join(map(str, path)), name) for path, name in items(data, "network", "ntp")]
    for where, text in named:
        try:
            yield where, IPv4Address(text or "")
        except ValueError:
            continue  # a DNS name; what it resolves to is the hosts' business


def _free(used: list[IPv4Network], addresses: list[IPv4Address]) -> Message:
    return proposal(used, [IPv4Network(address) for address in addresses])


def proposal(used: list[IPv4Network], reached: list[IPv4Network]) -> Message:
    """What is wanted, with a proposal that collides with nothing where there is one."""
    taken = [*used, *reached]
    for block in (PRIVATE, *FURTHER):
        for candidate in block.subnets(new_prefix=16):
            if block == PRIVATE and candidate.network_address < FIRST:
                continue
            if not any(candidate.overlaps(network) for network in taken):
                return Message("a network of its own, as in {network}", network=candidate)
    return Message("a network of its own")
