"""Pods are placed on machines one set at a time; machines that are alike are counted, so a thousand cost what ten do.

Sets with the largest share of a machine go first. Copies that must not share a machine take one each of the machines
with the most room; the others are spread evenly. Volumes stay where they were made (local storage), so a set with
volumes goes to the emptiest disks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sizing.hosts import Room

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class PodSet:
    """Equal pods at one scenario; figures of one pod."""

    name: str
    count: int
    cpu_cores: float
    memory_gib: float
    disk_gib: float
    iops: float = 0.0
    network_mb_s: float = 0.0
    spread: bool = True
    every_host: bool = False
    fast: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """So many machines with the same load: what they hold (set name, pods) and what is left."""

    shape: str
    count: int
    room: Room
    left: Room
    holds: tuple[tuple[str, int], ...] = ()
    volumes_gib: float = 0.0

    @property
    def fullness(self) -> float:
        """The fuller of cores and memory, 0 to 1."""
        cpu = 1 - self.left.cpu_cores / self.room.cpu_cores if self.room.cpu_cores else 1.0
        memory = 1 - self.left.memory_gib / self.room.memory_gib if self.room.memory_gib else 1.0
        return max(cpu, memory)

    def fits(self, pods: PodSet) -> int:
        """How many pods of a set one of these machines still takes."""
        if pods.spread:
            for name, _ in self.holds:
                if name == pods.name:
                    return 0
        left = self.left
        most: float = min(left.pods, 1) if pods.spread else left.pods
        if pods.cpu_cores > 0:
            most = min(most, left.cpu_cores / pods.cpu_cores + ROUNDING)
        if pods.memory_gib > 0:
            most = min(most, left.memory_gib / pods.memory_gib + ROUNDING)
        if pods.disk_gib > 0 and left.disk_gib is not None:
            most = min(most, left.disk_gib / pods.disk_gib + ROUNDING)
        return max(0, math.floor(most))

    def taking(self, pods: PodSet, each: int) -> Alike:
        """These machines with so many more pods on each."""
        disk = None if self.left.disk_gib is None else self.left.disk_gib - each * pods.disk_gib
        left = Room(
            self.left.cpu_cores - each * pods.cpu_cores,
            self.left.memory_gib - each * pods.memory_gib,
            disk,
            self.left.pods - each,
        )
        held = dict(self.holds)
        held[pods.name] = held.get(pods.name, 0) + each
        volumes = self.volumes_gib + each * pods.disk_gib
        return Alike(self.shape, self.count, self.room, left, tuple(held.items()), volumes)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything went; `unplaced` are the sets (with the count) that found no room."""

    machines: tuple[Alike, ...]
    unplaced: tuple[PodSet, ...]

    @property
    def fits(self) -> bool:
        """Whether everything found a place."""
        return not self.unplaced


def fleet(shape: str, count: int, room: Room) -> Alike:
    """So many empty machines."""
    return Alike(shape, count, room, room)


def place(sets: Iterable[PodSet], machines: Sequence[Alike]) -> Placement:
    """Every set onto the machines, as far as there is room."""
    pods = list(sets)
    state = list(machines)
    unplaced: list[PodSet] = []
    for each in (entry for entry in pods if entry.every_host):
        short = sum(alike.count for alike in state if alike.fits(each) < 1)
        if short:
            unplaced.append(replace(each, count=short))
        else:
            state = [alike.taking(each, 1) for alike in state]
    largest = max((alike.room for alike in state), key=lambda room: room.cpu_cores, default=None)
    for entry in sorted((entry for entry in pods if not entry.every_host), key=lambda entry: _weight(entry, largest)):
        rest = _spread_out(entry, entry.count, state)
        if rest:
            unplaced.append(replace(entry, count=rest))
    return Placement(tuple(state), tuple(unplaced))


def _weight(pods: PodSet, room: Room | None) -> tuple[float, bool, float, str]:
    """The order of placing: the largest volumes first, then what must be apart, then the largest pods."""
    share = max(pods.cpu_cores / room.cpu_cores, pods.memory_gib / room.memory_gib) if room and room.memory_gib else 0.0
    return -pods.disk_gib, not pods.spread, -share, pods.name


def _spread_out(pods: PodSet, count: int, state: list[Alike]) -> int:
    """Place so many pods of a set evenly; returns how many found no room."""
    while count > 0:
        open_to = [(alike.fits(pods), index) for index, alike in enumerate(state)]
        taking = [(most, index) for most, index in open_to if most > 0]
        hosts = sum(state[index].count for _, index in taking)
        if not hosts:
            return count
        if count >= hosts:
            each = min(count // hosts, min(most for most, _ in taking))
            for _, index in taking:
                state[index] = state[index].taking(pods, each)
            count -= each * hosts
            continue
        for _, index in sorted(taking, key=lambda entry: _most_room_first(pods, state[entry[1]])):
            some = min(count, state[index].count)
            if some < state[index].count:
                state.append(replace(state[index], count=state[index].count - some))
            state[index] = replace(state[index], count=some).taking(pods, 1)
            count -= some
            if not count:
                break
    return 0


def _most_room_first(pods: PodSet, alike: Alike) -> tuple[float, float]:
    by_disk = alike.volumes_gib if pods.disk_gib else 0.0
    return by_disk, alike.fullness


def survives(placement: Placement, sets: Iterable[PodSet], failures: int) -> bool:
    """Whether the rest still has room for what ran on the `failures` fullest machines."""
    lost, rest = _lose(placement.machines, failures)
    state = list(rest)
    return bool(rest) and all(_spread_out(entry, entry.count, state) == 0 for entry in _moved(lost, sets, failures))


def _moved(lost: Sequence[Alike], sets: Iterable[PodSet], failures: int) -> list[PodSet]:
    """What starts again elsewhere when machines are lost.

    Of a set that is apart, each lost machine costs one copy and the others carry on; its volumes are not moved.
    """
    by_name = {entry.name: entry for entry in sets}
    again: dict[str, int] = {}
    for alike in lost:
        for name, each in alike.holds:
            again[name] = again.get(name, 0) + each * alike.count
    return [
        replace(by_name[name], count=count)
        for name, count in again.items()
        if not by_name[name].every_host and not (by_name[name].spread and by_name[name].count > failures)
    ]


def _lose(machines: Sequence[Alike], failures: int) -> tuple[list[Alike], list[Alike]]:
    """The `failures` fullest machines, and the others."""
    lost: list[Alike] = []
    rest: list[Alike] = []
    for alike in sorted(machines, key=lambda alike: alike.fullness, reverse=True):
        gone = min(failures, alike.count)
        failures -= gone
        if gone:
            lost.append(replace(alike, count=gone))
        if alike.count > gone:
            rest.append(replace(alike, count=alike.count - gone))
    return lost, rest


def free_after_loss(placement: Placement, sets: Iterable[PodSet], failures: int) -> tuple[float, float]:
    """The parts of cores and memory still free when the fullest machines are lost and their pods run elsewhere."""
    lost, rest = _lose(placement.machines, failures)
    moved = _moved(lost, sets, failures)
    cpu = sum(alike.count * alike.room.cpu_cores for alike in rest)
    memory = sum(alike.count * alike.room.memory_gib for alike in rest)
    left_cpu = sum(alike.count * alike.left.cpu_cores for alike in rest)
    left_memory = sum(alike.count * alike.left.memory_gib for alike in rest)
    left_cpu -= sum(entry.count * entry.cpu_cores for entry in moved)
    left_memory -= sum(entry.count * entry.memory_gib for entry in moved)
    return (left_cpu / cpu if cpu else 0.0), (left_memory / memory if memory else 0.0)
