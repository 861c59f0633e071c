"""What a host is attached to, what it routes, and whom it asks for names; pure, as `facts_parsing` is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    NetmaskValueError,
    ip_address,
)
from typing import Any

from installer.hosts.facts_parsing import line
from installer.messages import Message

RESOLV = "/etc/resolv.conf"
RESOLVED = "/run/systemd/resolve/resolv.conf"
"""What systemd-resolved itself asks; kubeadm gives it to pods where that runs, for RESOLV names loopback then."""
_NO_WAY = ("local", "broadcast", "multicast", "anycast", "throw")
"""Types of routes that lead nowhere else."""
_REFUSED = ("unreachable", "blackhole", "prohibit")
"""Types of routes by which nothing is sent: a service's address among them is refused before it is translated."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A network that a host reaches, and by what: an address of its own, a route, or a name server."""

    network: IPv4Network
    link: str
    how: Message
    closed: bool = False
    """Whether nothing that goes there is sent at all."""


def attached(text: str) -> tuple[Taken, ...]:
    """The networks of a host's own addresses, from `ip -json address`; loopback is none."""
    found = []
    for link in _rows(text):
        name, told = line(str(link.get("ifname", ""))), link.get("addr_info")
        for info in told if isinstance(told, list) else ():
            if not isinstance(info, dict) or info.get("family", "inet") != "inet":
                continue
            try:
                own = IPv4Interface(f"{info.get('local')}/{info.get('prefixlen', 32)}")
            except (AddressValueError, NetmaskValueError, ValueError):
                continue
            if own.ip.is_loopback:  # others may be on that link as well, as those of a name server on every host
                continue
            found.append(Taken(own.network, name, Message("{link} has {address}", link=name, address=own)))
    return tuple(found)


def routed(text: str) -> tuple[Taken, ...]:
    """What the routes of all tables lead to, from `ip -json route show table all`; the default route is none."""
    found = []
    for row in _rows(text):
        if row.get("type") in _NO_WAY or row.get("dst") in (None, "default"):
            continue
        try:
            network = IPv4Network(str(row["dst"]), strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            continue
        if network.prefixlen > 1:  # a VPN writes two halves of everything in place of a default route
            link, gateway = line(str(row.get("dev", ""))), line(str(row.get("gateway") or ""))
            if row.get("type") in _REFUSED:
                how = Message("it sends nothing to {network} ({kind})", network=network, kind=row["type"])
                found.append(Taken(network, link, how, closed=True))
                continue
            how = (
                Message("it routes {network} via {gateway}", network=network, gateway=gateway)
                if gateway
                else Message("it routes {network} on {link}", network=network, link=link)
            )
            found.append(Taken(network, link, how))
    return tuple(found)


def name_servers(files: Mapping[str, str], *, resolved: bool) -> tuple[str, ...]:
    """The name servers that pods of a host are given, in order."""
    text = files.get(RESOLVED if resolved and RESOLVED in files else RESOLV, "")
    rows = (row.split("#")[0].split(";")[0].split() for row in text.splitlines())
    return tuple(line(row[1]) for row in rows if len(row) > 1 and row[0] == "nameserver")


def is_loopback(server: str) -> bool:
    """Whether a name server's address is the asking host's, or pod's, own; 0.0.0.0 and :: mean the same."""
    address = _address(server)
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_six(server: str) -> bool:
    """Whether a name server is reached by IPv6 alone."""
    return isinstance(_address(server), IPv6Address)


def _address(server: str) -> IPv4Address | IPv6Address | None:
    """A name server's address, of IPv4 where it is one written in IPv6's form (::ffff:10.0.0.1)."""
    try:
        address = ip_address(server.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def asked(servers: tuple[str, ...]) -> Iterator[Taken]:
    """Name servers as networks of one address."""
    for server in servers:
        address = _address(server)
        if isinstance(address, IPv4Address):
            yield Taken(IPv4Network(address), "", Message("its name server is {address}", address=server))


def _rows(text: str) -> Iterator[dict[str, Any]]:
    try:
        told = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return
    yield from (row for row in (told if isinstance(told, list) else ()) if isinstance(row, dict))
