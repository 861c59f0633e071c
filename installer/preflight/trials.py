"""Runs the probes that preflight judges by, all hosts at once; a probe that cannot be made is told, never fatal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from installer.answers.model import Answers
from installer.errors import CommandFailed, SitewrightError
from installer.hosts.facts import Facts, Gathered
from installer.plan.connections import OpenPort, Wire, wires
from installer.ports import Probing, Reached
from installer.preflight.disks import CONTAINERD, ETCD, FSYNC
from installer.preflight.finding import Tried

T = TypeVar("T")
NEIGHBOURS = 64
"""Hosts that one host calls by UDP: on a large site each calls those next to it, for every pair would be too many."""

ATTEMPTS = 3
"""Measurements of a disk that seems too slow; one takes under a second on a disk that will do."""


def try_all(probing: Probing, answers: Answers, gathered: Gathered, opened: Iterable[OpenPort] = ()) -> Tried:
    """Measure disks and links of hosts that no installation has begun to use, then listen and connect everywhere."""
    hosts, needed = list(gathered.facts), tuple(wires(answers, opened))
    fresh = [name for name, facts in gathered.facts.items() if facts.owner is None]
    planes = [name for name in fresh if name in answers.environment_of(name).control_planes]
    registries = [name for name in answers.registry.hosts if name in fresh]
    with ThreadPoolExecutor(max_workers=answers.parallel_hosts) as pool:

        def each(names: Iterable[str], probe: Callable[[str], T]) -> dict[str, T]:
            def tried(name: str) -> tuple[str, T] | None:
                try:
                    return name, probe(name)
                except SitewrightError as error:
                    refused[name] = str(error)
                    if not isinstance(error, CommandFailed):
                        gone.add(name)
                    return None

            there = [name for name in names if name not in gone]
            return dict(pair for pair in pool.map(tried, there) if pair is not None)

        refused: dict[str, str] = {}
        gone: set[str] = set()  # waited for in vain once, and not again for each probe that is left
        # One after the other: a disk that is being filled says nothing about synchronous writes.
        fsync = each(planes, lambda name: _fsync(probing, name))
        disk = each(fresh, lambda name: probing.disk_speed(name, CONTAINERD))
        link = each(registries, probing.link_speed)
        try:
            listens = each(hosts, lambda name: probing.listen(name, *_to_listen(needed, gathered.facts[name])))
            mute = frozenset(name for name in hosts if not listens.get(name))
            answers_of = each(hosts, lambda name: _connect(probing, answers, needed, name, hosts))
            each(hosts, lambda name: probing.call(name, _to_call(answers, needed, name, hosts)))
            heard = each([name for name in fresh if name not in mute], probing.heard)
        finally:
            each(hosts, probing.hush)
    reached = {key: came for part in answers_of.values() for key, came in part.items()}
    reached |= _by_udp(needed, hosts, heard)
    return Tried(fsync, disk, link, reached, mute, refused)


def _fsync(probing: Probing, host: str) -> float:
    """The least of up to `ATTEMPTS` measurements: others' writes of a moment pass, a slow disk stays slow."""
    least = probing.fsync_latency(host, ETCD)
    for _ in range(ATTEMPTS - 1):
        if least <= FSYNC:
            break
        least = min(least, probing.fsync_latency(host, ETCD))
    return least


def _to_listen(needed: Sequence[Wire], facts: Facts) -> tuple[list[int], list[int]]:
    """The ports that others will connect to and nobody holds yet."""
    held = {(listener.protocol, listener.port) for listener in facts.listeners}
    wanted = {(wire.protocol, wire.port) for wire in needed if facts.host in wire.targets} - held
    return sorted(p for kind, p in wanted if kind == "tcp"), sorted(p for kind, p in wanted if kind == "udp")


def _connect(
    probing: Probing, answers: Answers, needed: Sequence[Wire], host: str, hosts: list[str]
) -> dict[tuple[str, str, str, int], Reached]:
    pairs = [
        (target, wire.port)
        for wire in needed
        if wire.protocol == "tcp" and host in wire.sources
        for target in wire.targets
        if target in hosts
    ]
    came = probing.connect(host, [(answers.host(target).address, port) for target, port in pairs])
    return {(host, target, "tcp", port): how for (target, port), how in zip(pairs, came, strict=True)}


def _called(needed: Sequence[Wire], host: str, hosts: list[str]) -> list[tuple[str, int]]:
    """(host, port) that a host calls by UDP: those after it in a circle."""
    found = []
    for wire in needed:
        if wire.protocol == "udp" and host in wire.sources:
            circle = [name for name in wire.targets if name in hosts]
            if host in circle:
                at = circle.index(host)
                circle = circle[at + 1 :] + circle[:at]
            found += [(name, wire.port) for name in circle[:NEIGHBOURS]]
    return found


def _to_call(answers: Answers, needed: Sequence[Wire], host: str, hosts: list[str]) -> list[tuple[str, int]]:
    return [(answers.host(name).address, port) for name, port in _called(needed, host, hosts)]


def _by_udp(
    needed: Sequence[Wire], hosts: list[str], heard: dict[str, frozenset[tuple[str, int]]]
) -> dict[tuple[str, str, str, int], Reached]:
    """What the called ones heard; one that could not listen proves nothing either way."""
    asked: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for host in hosts:
        for target, port in _called(needed, host, hosts):
            asked[target].append((host, port))
    return {
        (host, target, "udp", port): "open" if (host, port) in said else "silent"
        for target, said in heard.items()
        for host, port in asked[target]
    }
