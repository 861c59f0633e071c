"""Pods are placed on machines one set at a time; machines that are alike are counted, so a thousand cost what ten do.

Sets with the largest share of a machine go first. Copies that must not share a machine take one each of the machines
with the most room; the others are spread evenly. Volumes stay where they were made (local storage), so a set with
volumes goes to the emptiest disks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sizing.hosts import Room

ROUNDING = 1e-9
NO_ROOM = Room(0.0, 0.0, None, 0)


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
    store: bool = False
    grain: float = 0.0


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
    """Every set onto the machines, as far as there is room; evenly, where that leaves no pod without a place."""
    tried = []
    for placement in placements(sets, machines):
        if placement.fits:
            return placement
        tried.append(placement)
    return tried[0]


def placements(sets: Iterable[PodSet], machines: Sequence[Alike]) -> Iterator[Placement]:
    """One way after the other to place every set, each by another order; some leave pods without a place.

    First evenly: large volumes go first, so that disks are alike, then the largest pods. For machines that are nearly
    full, one is filled before the next one is begun.
    """
    pods = list(sets)
    for order in (_volumes, _share):
        yield _placed(pods, machines, order, _spread_out)
    for order in (_share, _cores, _memory, _both):
        yield _placed(pods, machines, order, _filled_up)


Order = Callable[[PodSet, Room], float]
"""How early a set is placed among others on machines of that room: the most first."""
Way = Callable[[PodSet, int, list[Alike]], int]
"""Places so many pods of a set; returns how many found no room."""


def _volumes(pods: PodSet, _: Room) -> float:
    return pods.disk_gib


def _share(pods: PodSet, room: Room) -> float:
    return max(_cores(pods, room), _memory(pods, room))


def _cores(pods: PodSet, room: Room) -> float:
    return pods.cpu_cores / room.cpu_cores if room.cpu_cores else 0.0


def _memory(pods: PodSet, room: Room) -> float:
    return pods.memory_gib / room.memory_gib if room.memory_gib else 0.0


def _both(pods: PodSet, room: Room) -> float:
    return _cores(pods, room) + _memory(pods, room)


def _placed(pods: Sequence[PodSet], machines: Sequence[Alike], order: Order, way: Way) -> Placement:
    state = list(machines)
    unplaced: list[PodSet] = []
    for each in (entry for entry in pods if entry.every_host):
        short = sum(alike.count for alike in state if alike.fits(each) < 1)
        if short:
            unplaced.append(replace(each, count=short))
        else:
            state = [alike.taking(each, 1) for alike in state]
    largest = max((alike.room for alike in state), key=lambda room: room.cpu_cores, default=NO_ROOM)

    def early(entry: PodSet) -> tuple[float, bool, float, str]:
        return -order(entry, largest), not entry.spread, -_share(entry, largest), entry.name

    for entry in sorted((entry for entry in pods if not entry.every_host), key=early):
        rest = way(entry, entry.count, state)
        if rest:
            unplaced.append(replace(entry, count=rest))
    return Placement(tuple(state), tuple(unplaced))


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


def _filled_up(pods: PodSet, count: int, state: list[Alike]) -> int:
    """Place so many pods of a set on the fullest machines that take them; returns how many found no room."""
    for index in sorted(range(len(state)), key=lambda index: state[index].fullness, reverse=True):
        most = state[index].fits(pods)
        for each in (most, count % most if most else 0):  # whole machines, then one for what is left
            some = min(count // each, state[index].count) if each else 0
            if not some:
                continue
            others = state[index].count - some
            if others:
                state.append(replace(state[index], count=others))
            state[index] = replace(state[index], count=some).taking(pods, each)
            count -= some * each
            if others:
                index = len(state) - 1
            else:
                break
    return count


def _most_room_first(pods: PodSet, alike: Alike) -> tuple[float, float]:
    by_disk = alike.volumes_gib if pods.disk_gib else 0.0
    return by_disk, alike.fullness


def survives(placement: Placement, sets: Iterable[PodSet], failures: int) -> bool:
    """Whether the rest still has room for what ran on the `failures` fullest machines."""
    gone, rest = lost(placement.machines, failures)
    state = list(rest)
    return bool(rest) and all(_spread_out(entry, entry.count, state) == 0 for entry in _moved(gone, sets, failures))


def _moved(gone: Sequence[Alike], sets: Iterable[PodSet], failures: int) -> list[PodSet]:
    """What starts again elsewhere when machines are lost.

    Of a set that is apart, each lost machine costs one copy and the others carry on; its volumes are not moved.
    """
    by_name = {entry.name: entry for entry in sets}
    again: dict[str, int] = {}
    for alike in gone:
        for name, each in alike.holds:
            again[name] = again.get(name, 0) + each * alike.count
    return [
        replace(by_name[name], count=count)
        for name, count in again.items()
        if not by_name[name].every_host and not (by_name[name].spread and by_name[name].count > failures)
    ]


def lost(machines: Sequence[Alike], failures: int) -> tuple[list[Alike], list[Alike]]:
    """The `failures` fullest machines, and the others."""
    gone: list[Alike] = []
    rest: list[Alike] = []
    for alike in sorted(machines, key=lambda alike: alike.fullness, reverse=True):
        some = min(failures, alike.count)
        failures -= some
        if some:
            gone.append(replace(alike, count=some))
        if alike.count > some:
            rest.append(replace(alike, count=alike.count - some))
    return gone, rest


def free_after_loss(placement: Placement, sets: Iterable[PodSet], failures: int) -> tuple[float, float]:
    """The parts of cores and memory still free when the fullest machines are lost and their pods run elsewhere."""
    gone, rest = lost(placement.machines, failures)
    moved = _moved(gone, sets, failures)
    cpu = sum(alike.count * alike.room.cpu_cores for alike in rest)
    memory = sum(alike.count * alike.room.memory_gib for alike in rest)
    left_cpu = sum(alike.count * alike.left.cpu_cores for alike in rest)
    left_memory = sum(alike.count * alike.left.memory_gib for alike in rest)
    left_cpu -= sum(entry.count * entry.cpu_cores for entry in moved)
    left_memory -= sum(entry.count * entry.memory_gib for entry in moved)
    return (left_cpu / cpu if cpu else 0.0), (left_memory / memory if memory else 0.0)
