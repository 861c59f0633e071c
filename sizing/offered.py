"""The other way round: the customer's own machines, do they suffice, what is short, and what would fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from sizing.engine import MAIN_POOLS, Pool, pods_at, sets_of, settle, size
from sizing.errors import SizingError
from sizing.growth import RESOURCES
from sizing.hosts import Shape, data_watermark, evenly, room
from sizing.machines import Layout
from sizing.needs import Needs, check
from sizing.offers import Offer, stores
from sizing.packing import Carried, carried
from sizing.placement import Alike, Placement, PodSet, fleet, free_after_loss
from sizing.sentences import Sentence

FORMATTED = 0.95
"""A file system shows a little less than the disk one orders."""

UNITS = {
    "cpu_cores": Sentence("cores"),
    "memory_gib": Sentence("GiB of memory"),
    "disk_gib": Sentence("GiB of disk for volumes"),
}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One thing that is short in a pool: how much there is, how much is wanted, what to do."""

    environment: str
    pool: str
    resource: str
    offered: float
    wanted: float
    remedy: Sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the machines of a pool do: what is short, and how much is free when one machine is lost."""

    environment: str
    pool: str
    offered_machines: int
    suffices: bool
    shortfalls: tuple[Shortfall, ...]
    cpu_free_after_loss: float
    memory_free_after_loss: float
    would_fit: Sentence


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """The verdict on every pool; `suffices` where all do."""

    verdicts: tuple[Verdict, ...]

    @property
    def suffices(self) -> bool:
        """Whether the offered machines carry the needs."""
        return all(verdict.suffices for verdict in self.verdicts)


def suffices(needs: Needs, offered: Sequence[Offer]) -> Shortfalls:
    """Whether the offered machines carry the expected need at the horizon and survive the loss that must be survived.

    Raises:
        SizingError: the needs contradict each other, or a machine is offered for an environment that is not wanted.
    """
    check(needs)
    names = {environment.name for environment in needs.environments}
    strange = sorted({offer.environment for offer in offered} - names)
    if strange:
        raise SizingError([f"machines are offered for {name!r}, which is no environment" for name in strange])
    sizing = size(needs)
    pods = pods_at(needs, needs.horizon_months, settle(needs, needs.horizon_months))
    verdicts = []
    for pool in (each for each in sizing.planned if not each.beside):
        sets = sets_of(pods[pool.environment, pool.name], "expected")
        mine = [offer for offer in offered if (offer.environment, _home(offer, pool)) == (pool.environment, pool.name)]
        kinds = [each for each in sizing.planned if (each.environment, each.home) == (pool.environment, pool.name)]
        verdicts.append(_verdict(Wanted(pool, tuple(each.expected for each in kinds)), sets, mine))
    return Shortfalls(tuple(verdicts))


def _home(offer: Offer, pool: Pool) -> str:
    """The pool whose pods an offered machine carries: machines of a store belong to where the product runs."""
    return pool.name if offer.pool in stores() and pool.name in MAIN_POOLS else offer.pool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pool takes: machines of one kind, or some for its stores beside them."""

    pool: Pool
    layouts: tuple[Layout, ...]

    @property
    def count(self) -> int:
        """All machines."""
        return sum(layout.count for layout in self.layouts)

    @property
    def said(self) -> Sentence:
        """The machines in words."""
        each = (_in_words(layout) for layout in self.layouts)
        return reduce(lambda first, second: Sentence("{first} and {second}", first=first, second=second), each)


def _verdict(wanted: Wanted, sets: tuple[PodSet, ...], offers: Sequence[Offer]) -> Verdict:
    pool = wanted.pool
    machines = [_machines(pool.name, offer) for offer in offers]
    found = carried(pool.name, sets, machines, pool.failures_tolerated)
    placement = found.placement
    count = sum(alike.count for alike in machines)
    short = [*_missing(wanted, sets, found), *_small_disks(wanted, offers)]
    if placement.fits and found.calm and not found.survives:
        lost = pool.failures_tolerated
        short.append(
            Shortfall(
                pool.environment,
                pool.name,
                "machines",
                count,
                count + lost,
                Sentence("losing {count} machine(s) is an outage: add as many like the largest", count=lost),
            )
        )
    free = free_after_loss(placement, sets, pool.failures_tolerated)
    return Verdict(pool.environment, pool.name, count, not short, tuple(short), free[0], free[1], wanted.said)


def _machines(pool: str, offer: Offer) -> Alike:
    space = room(Shape(offer.cpu_cores, offer.memory_gib), pool)
    disk = offer.data_disk_gib * data_watermark() if offer.data_disk_gib else None
    return fleet(
        offer.name or f"{offer.cpu_cores:g} cores, {offer.memory_gib:g} GiB", offer.count, replace(space, disk_gib=disk)
    )


def _missing(wanted: Wanted, sets: Sequence[PodSet], found: Carried) -> list[Shortfall]:
    """What the pods without a place lack: machines to be apart on, cores, memory or disk."""
    pool, placement = wanted.pool, found.placement
    if placement.fits and found.calm:
        return []
    if not placement.machines:
        none = Sentence("none is offered; wanted: {machines}", machines=wanted.said)
        return [Shortfall(pool.environment, pool.name, "machines", 0, wanted.count, none)]
    total = {name: 0.0 for name in RESOURCES}
    have = {name: 0.0 for name in RESOURCES}
    machines = sum(alike.count for alike in placement.machines)
    for entry in sets:
        for name in RESOURCES:
            total[name] += (machines if entry.every_host else entry.count) * getattr(entry, name)
    for alike in placement.machines:
        for name in RESOURCES:
            part = 1.0 if name == "disk_gib" else evenly(pool.name)
            have[name] += alike.count * (getattr(alike.room, name) or 0.0) * part
    told = [
        name for name in RESOURCES if name != "disk_gib" or any(alike.room.disk_gib for alike in placement.machines)
    ]
    short = [
        Shortfall(
            pool.environment,
            pool.name,
            name,
            have[name],
            total[name],
            Sentence(
                "{amount} {unit} more for pods, or: {machines}",
                amount=math.ceil(total[name] - have[name]),
                unit=UNITS[name],
                machines=wanted.said,
            ),
        )
        for name in told
        if total[name] > have[name]
    ]
    short += _apart(pool, sets, machines)
    return short or [_room_on_one(wanted, placement, machines)]


def _room_on_one(wanted: Wanted, placement: Placement, machines: int) -> Shortfall:
    """Where the sums suffice, and yet some pods find no machine with room for them."""
    names = ", ".join(f"{entry.count} x {entry.name}" for entry in placement.unplaced)
    lost = Sentence("not once a machine is lost")
    why = Sentence("no machine has room for {pods}", pods=names) if names else lost
    remedy = Sentence("enough in sum, but {why}; what would do: {machines}", why=why, machines=wanted.said)
    pool = wanted.pool
    return Shortfall(pool.environment, pool.name, "room on one machine", machines, wanted.count, remedy)


def _apart(pool: Pool, sets: Sequence[PodSet], machines: int) -> list[Shortfall]:
    """What is short where copies that must not share a machine are more than the machines."""
    apart = max((entry.count for entry in sets if entry.spread and not entry.every_host), default=0)
    if apart <= machines:
        return []
    more = apart - machines
    said = Sentence("{copies} copies must not share a machine: {count} machine(s) more", copies=apart, count=more)
    return [Shortfall(pool.environment, pool.name, "machines", machines, apart, said)]


def _small_disks(of: Wanted, offers: Sequence[Offer]) -> list[Shortfall]:
    pool, wanted = of.pool, min(layout.system_disk_gib for layout in of.layouts)
    return [
        Shortfall(
            pool.environment,
            pool.name,
            "system_disk_gib",
            offer.system_disk_gib,
            wanted,
            Sentence(
                "a system disk of {size} GiB in {machine}",
                size=f"{wanted:g}",
                machine=offer.name or Sentence("each machine"),
            ),
        )
        for offer in offers
        if 0 < offer.system_disk_gib < wanted * FORMATTED
    ]


def _in_words(layout: Layout) -> Sentence:
    shape = layout.shape
    machine = Sentence("{count} x {cores} cores, {memory} GiB memory, {system} GiB system disk", count=layout.count,
                       cores=f"{shape.cpu_cores:g}", memory=f"{shape.memory_gib:g}",
                       system=f"{layout.system_disk_gib:g}")  # fmt: skip
    if not layout.data_disk_gib:
        return machine
    return Sentence("{machine}, {size} GiB data disk", machine=machine, size=f"{layout.data_disk_gib:g}")
