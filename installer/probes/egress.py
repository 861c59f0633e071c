"""The probe that nothing of ours reaches for the outside: what pods ask for, and what our own programs talk to.

Whatever else a host does is the customer's: its log forwarder, its monitoring, whoever comes to look at a service.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from installer.answers.model import Environment
from installer.errors import ProbeFailed
from installer.hosts import facts_parsing as reading
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.ports import ReadOnly

FLOW = re.compile(r"(?:^|\s)(tcp|udp)\s.*?src=(\S+) dst=(\S+) sport=\d+ dport=(\d+)")
"""A line of `conntrack --dump`: its first addresses are those that the one who began it has written on its packets."""
PID = re.compile(r"pid=(\d+)")
NAME_SERVER = re.compile(r"^nameserver\s+(\S+)", re.MULTILINE)
RESOLVER = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
"""Resolver files from which cluster DNS takes the name servers for names outside the cluster."""
OURS = ("kubepods", "/sitewright/", "/sitewright-")
"""Parts of the control groups of pods on the host's network, of the API proxy, and of our long work."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Something on a host that asks for a peer; `local` is its own port, `pids` are the processes that hold it."""

    who: str
    peer: str
    port: int
    local: int = 0
    pids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return Message("{who} reaches for {peer}:{port}", who=self.who, peer=self.peer, port=self.port)


def probe(world: ReadOnly, inputs: Planned, environment: Environment) -> str:
    """Look at every host's flows and sockets: each peer that something of ours asks for must belong to the site.

    The kernel remembers a flow for half a minute (an unanswered datagram) to days (a connection), so this sees what
    was tried a while ago too. Time servers of the answers, name servers of the host and the customer's own API
    endpoint belong to the site.

    Raises:
        ProbeFailed: something reaches for the outside, or a host's flows cannot be told.
    """
    networks = [ipaddress.ip_network(network) for each in inputs.answers.environments
                for network in (each.networks.pods, each.networks.services)]  # fmt: skip
    own = [*networks, *(ipaddress.ip_network(host.address) for host in inputs.answers.hosts)]
    seen = 0
    for host in environment.hosts:
        flows = tuple(_of_pods(_asked(world, host, "conntrack", "--dump"), environment.networks.pods))
        sockets = tuple(_sockets(_asked(world, host, "ss", "--no-header", "--tcp", "--udp", "--numeric", "--processes",
                                        "state", "syn-sent", "state", "established")))  # fmt: skip
        seen += len(flows) + len(sockets)
        strange = [each for each in (*flows, *sockets) if not _within(each.peer, own)]
        if strange:
            strange = list(_not_allowed(world, inputs, environment, host, strange))
        if strange:
            found = Message("{connection}, outside the site", connection=strange[0])
            if len(strange) > 1:
                found = Message("{found}, and {count} more", found=found, count=len(strange) - 1)
            raise ProbeFailed(reason=Message("on {host} {found}", host=host, found=found))
    return Message("{count} connections, none of ours leaves the site", count=seen)


def _asked(world: ReadOnly, host: str, *argv: str) -> str:
    output = world.query(host, *argv)
    if not output.ok:
        raise ProbeFailed(
            reason=Message(
                "{host}: `{names}`: {value}",
                host=host,
                names=" ".join(argv[:2]),
                value=output.err.strip() or Message("ended with {code}", code=output.code),
            )
        )
    return output.out


def _of_pods(text: str, network: str) -> Iterator[Reach]:
    """The flows that pods of this network have begun, from `conntrack --dump`."""
    pods = ipaddress.ip_network(network)
    for line in text.splitlines():
        if (found := FLOW.search(line)) and ipaddress.ip_address(found[2]) in pods:
            yield Reach(Message("pod {found}", found=found[2]), found[3], int(found[4]))


def _sockets(text: str) -> Iterator[Reach]:
    """The connections of the host's own processes, from `ss --no-header --processes`."""
    for line in text.splitlines():
        ends = [word.rpartition(":") for word in line.split() if re.fullmatch(r"\S+:\d+", word)]
        if len(ends) == 2:
            (_, _, local), (address, _, port) = ends
            programs = re.findall(r'\("([^"]+)",pid', line)
            # "[::ffff:10.0.0.1]" where the socket is of IPv6, "[fe80::1]%eth0" where an address is of one link alone.
            peer = address.partition("%")[0].strip("[]").removeprefix("::ffff:")
            yield Reach(" and ".join(dict.fromkeys(programs)), peer, int(port), int(local), tuple(PID.findall(line)))


def _within(peer: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    address = ipaddress.ip_address(peer)
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or any(address.version == network.version and address in network for network in networks)
    )


def _not_allowed(
    world: ReadOnly, inputs: Planned, environment: Environment, host: str, strange: Iterable[Reach]
) -> Iterator[Reach]:
    """Those that are ours and reach, from this host, for what is not the customer's own time, names or API."""
    known = _customers_own(world, inputs, environment, host)
    listening = {each.port for each in reading.listeners(_asked(world, host, "ss", "-H", "-ltunp"))}
    # What comes in to a port that somebody listens on reaches for nothing.
    left = [each for each in strange if each.peer not in known and each.local not in listening]
    groups = _groups(world, host, sorted({pid for each in left for pid in each.pids}))
    hosted = (part.spec.get("host", {}) for part in inputs.components(environment))
    ours = (*OURS, *(f"/{unit}" for spec in hosted for unit in spec.get("units", ())))
    for each in left:
        if not each.local or any(part in groups.get(pid, "") for pid in each.pids for part in ours):
            yield each


def _customers_own(world: ReadOnly, inputs: Planned, environment: Environment, host: str) -> frozenset[str]:
    """Addresses of time servers, name servers and the API endpoint, as this host finds them."""
    names = (*inputs.answers.ntp, *([environment.endpoint.rpartition(":")[0]] if environment.endpoint else ()))
    told = [world.query(host, "getent", "ahostsv4", name, timeout=10).out for name in names]
    found = {line.split()[0] for text in told for line in text.splitlines() if line.strip()}
    for path in RESOLVER:
        found |= set(NAME_SERVER.findall((world.read(host, path) or b"").decode("utf-8", "replace")))
    return frozenset(found)


def _groups(world: ReadOnly, host: str, pids: Iterable[str]) -> dict[str, str]:
    """The control groups of processes, by pid; one that has ended in the meantime is not in it."""
    paths = {f"/proc/{pid}/cgroup": pid for pid in pids}
    said = world.query(host, "head", "-v", "-c", "4096", *paths).out if paths else ""
    return {paths[path]: text for path, text in reading.files(said).items() if path in paths}
