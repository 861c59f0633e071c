"""From pods to machines: the lightest shape on which everything fits and goes on when machines are lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sizing.errors import SizingError
from sizing.hosts import (
    Shape,
    data_disk_gib,
    data_watermark,
    network_gbit_s,
    room,
    rounded_disk_gib,
    shapes,
    system_disk_gib,
    weight,
)
from sizing.placement import Alike, Placement, PodSet, fleet, free_after_loss, place, survives

MACHINES_AT_MOST = 20_000
"""More in one pool is beyond what one cluster, or these rules, can carry."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Equal machines and what each must have. Disks are those of the fullest machine, so that all can be alike."""

    shape: Shape
    count: int
    system_disk_gib: float
    data_disk_gib: float
    fast_disk_gib: float
    iops: float
    network_gbit_s: float
    placement: Placement
    cpu_free_after_loss: float
    memory_free_after_loss: float

    @property
    def cpu_cores(self) -> float:
        """Of all machines together."""
        return self.count * self.shape.cpu_cores

    @property
    def memory_gib(self) -> float:
        """Of all machines together."""
        return self.count * self.shape.memory_gib

    @property
    def disk_gib(self) -> float:
        """What all volumes together need, below the watermark."""
        return sum(alike.count * alike.volumes_gib for alike in self.placement.machines) / data_watermark()

    @property
    def disk_to_order_gib(self) -> float:
        """Of all disks of all machines together, each as large as the fullest needs."""
        return self.count * (self.system_disk_gib + self.data_disk_gib + self.fast_disk_gib)


@lru_cache(maxsize=2048)
def lay_out(pool: str, sets: tuple[PodSet, ...], failures: int) -> Layout:
    """The lightest machines, and of those the fewest, that carry the sets and survive the loss of `failures` of them.

    Raises:
        SizingError: no shape carries them.
    """
    best: tuple[float, int, Shape, Placement] | None = None
    bounds = [(least * weight(shape), shape, least) for shape in shapes(pool) if (least := _least(pool, shape, sets))]
    for bound, shape, least in sorted(bounds, key=lambda entry: (entry[0], -entry[1].cpu_cores)):
        if best and bound > best[0]:
            break
        most = MACHINES_AT_MOST if best is None else math.floor(best[0] / weight(shape) + 1e-9)
        found = _fewest(pool, shape, sets, failures, least, min(most, MACHINES_AT_MOST))
        if found and (best is None or (found[0] * weight(shape), found[0]) < best[:2]):
            best = (found[0] * weight(shape), found[0], shape, found[1])
    if best is None:
        largest = max(sets, key=lambda entry: max(entry.cpu_cores, entry.memory_gib / 4))
        raise SizingError(
            [
                f"no machine carries the pods of {pool}, of which {largest.name} asks most: {largest.count} x "
                f"{largest.cpu_cores:.4g} cores, {largest.memory_gib:.4g} GiB"
            ]
        )
    return layout_of(pool, best[2], best[1], best[3], sets, failures)


def _least(pool: str, shape: Shape, sets: Sequence[PodSet]) -> int:
    """Fewer machines of the shape cannot carry the sets; 0 where a single pod is too large for it."""
    space = room(shape, pool)
    everywhere = [entry for entry in sets if entry.every_host]
    others = [entry for entry in sets if not entry.every_host]
    cpu = space.cpu_cores - sum(entry.cpu_cores for entry in everywhere)
    memory = space.memory_gib - sum(entry.memory_gib for entry in everywhere)
    pods = space.pods - len(everywhere)
    largest_cpu = max((entry.cpu_cores for entry in others), default=0.0)
    largest_memory = max((entry.memory_gib for entry in others), default=0.0)
    if cpu <= 0 or memory <= 0 or largest_cpu > cpu or largest_memory > memory:
        return 0
    return max(
        1,
        math.ceil(sum(entry.count * entry.cpu_cores for entry in others) / cpu - 1e-9),
        math.ceil(sum(entry.count * entry.memory_gib for entry in others) / memory - 1e-9),
        math.ceil(sum(entry.count for entry in others) / pods),
        *(entry.count for entry in others if entry.spread),
    )


def _fewest(
    pool: str, shape: Shape, sets: Sequence[PodSet], failures: int, least: int, most: int
) -> tuple[int, Placement] | None:
    """The fewest machines from `least` to `most` that do; None where not even `most` do."""
    step, low, high = 1, least, least
    found = _try(pool, shape, sets, failures, high)
    while found is None:
        if high >= most:
            return None
        low, high, step = high + 1, min(most, high + step), step * 2
        found = _try(pool, shape, sets, failures, high)
    while low < high:
        middle = (low + high) // 2
        fewer = _try(pool, shape, sets, failures, middle)
        if fewer is None:
            low = middle + 1
        else:
            high, found = middle, fewer
    return high, found


def _try(pool: str, shape: Shape, sets: Sequence[PodSet], failures: int, count: int) -> Placement | None:
    placement = place(sets, [fleet(_name(shape), count, room(shape, pool))])
    good = placement.fits and (not failures or survives(placement, sets, failures))
    return placement if good else None


def _name(shape: Shape) -> str:
    return f"{shape.cpu_cores:g} cores, {shape.memory_gib:g} GiB"


def layout_of(
    pool: str, shape: Shape, count: int, placement: Placement, sets: Sequence[PodSet], failures: int
) -> Layout:
    """A placement as machines to order, with the disks, IOPS and link that the fullest machine needs."""
    each = [per_machine(alike, sets) for alike in placement.machines]
    pods = max(sum(number for _, number in alike.holds) for alike in placement.machines)
    free = free_after_loss(placement, sets, failures)
    return Layout(
        shape=shape,
        count=count,
        system_disk_gib=system_disk_gib(pool, pods),
        data_disk_gib=data_disk_gib(max(volumes for volumes, _, _, _ in each)),
        fast_disk_gib=rounded_disk_gib(max(fast for _, fast, _, _ in each)),
        iops=max(iops for _, _, iops, _ in each),
        network_gbit_s=network_gbit_s(max(traffic for _, _, _, traffic in each)),
        placement=placement,
        cpu_free_after_loss=free[0],
        memory_free_after_loss=free[1],
    )


def per_machine(alike: Alike, sets: Sequence[PodSet]) -> tuple[float, float, float, float]:
    """Volumes, fast volumes, IOPS and traffic of one of these machines."""
    by_name = {entry.name: entry for entry in sets}
    volumes = fast = iops = traffic = 0.0
    for name, number in alike.holds:
        entry = by_name[name]
        if entry.fast:
            fast += number * entry.disk_gib
        else:
            volumes += number * entry.disk_gib
        iops += number * entry.iops
        traffic += number * entry.network_mb_s
    return volumes, fast, iops, traffic
