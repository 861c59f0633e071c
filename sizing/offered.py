"""The other way round: the customer's own machines, do they suffice, what is short, and what would fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sizing.engine import MAIN_POOLS, Pool, pods_at, sets_of, settle, size, store_pool
from sizing.errors import SizingError
from sizing.growth import RESOURCES
from sizing.hosts import Shape, data_watermark, evenly, room
from sizing.machines import Layout
from sizing.needs import Needs, check
from sizing.packing import Carried, carried
from sizing.placement import Alike, PodSet, fleet, free_after_loss
from sizing.rules import load_rules

LARGEST = 1e9
"""Nothing of a machine, nor a count of them, is larger."""

FORMATTED = 0.95
"""A file system shows a little less than the disk one orders."""

UNITS = {"cpu_cores": "cores", "memory_gib": "GiB memory", "disk_gib": "GiB disk"}


@dataclass(frozen=True, slots=True)
class Offer:
    """Machines a customer has: so many alike, for one pool of one environment; a disk of 0 is not checked."""

    environment: str
    pool: str
    cpu_cores: float
    memory_gib: float
    count: int = 1
    system_disk_gib: float = 0.0
    data_disk_gib: float = 0.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One thing that is short in a pool: how much there is, how much is wanted, what to do."""

    environment: str
    pool: str
    resource: str
    offered: float
    wanted: float
    remedy: str


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
    would_fit: str


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """The verdict on every pool; `suffices` where all do."""

    verdicts: tuple[Verdict, ...]

    @property
    def suffices(self) -> bool:
        """Whether the offered machines carry the needs."""
        return all(verdict.suffices for verdict in self.verdicts)


def offers_of(entries: Sequence[Mapping[str, Any]]) -> tuple[Offer, ...]:
    """Offers as read from a file.

    Raises:
        SizingError: an entry has an unknown field, lacks one, or is no machine.
    """
    problems: list[str] = []
    offers: list[Offer] = []
    for number, entry in enumerate(entries, start=1):
        try:
            offer = Offer(**entry)
        except TypeError as error:
            problems.append(f"offered machine {number}: {str(error).removeprefix('Offer.__init__() ')}")
            continue
        problems += [f"offered machine {number}: {problem}" for problem in _problems(offer)]
        offers.append(offer)
    if problems:
        raise SizingError(problems)
    return tuple(offers)


def _problems(offer: Offer) -> Iterator[str]:
    """What an offer cannot be."""
    for name in ("environment", "pool", "name"):
        if not isinstance(getattr(offer, name), str):
            yield f"{name} is {getattr(offer, name)!r}; wanted a word"
    if isinstance(offer.pool, str) and offer.pool not in _kinds():
        yield f"pool is {offer.pool!r}; wanted one of: {', '.join(sorted(_kinds()))}"
    for name in ("cpu_cores", "memory_gib", "system_disk_gib", "data_disk_gib", "count"):
        value = getattr(offer, name)
        above = name in {"cpu_cores", "memory_gib", "count"}
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
            yield f"{name} is {value!r}; wanted a number {'above' if above else 'from'} zero, {LARGEST:g} at most"
        elif above and not value:
            yield f"{name} must be above zero"
    if not isinstance(offer.count, int):
        yield f"count is {offer.count!r}; wanted a whole number"


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
    return pool.name if offer.pool in _stores() and pool.name in MAIN_POOLS else offer.pool


@cache
def _stores() -> frozenset[str]:
    """What machines of stores are called."""
    rules = load_rules().components.values()
    return frozenset(store_pool(each.name) for each in rules if any(pod.store for pod in each.pods))


@cache
def _kinds() -> frozenset[str]:
    """Every kind of machine that the rules place something on."""
    placed = {pod.pool for rules in load_rules().components.values() for pod in rules.pods}
    return frozenset(placed | {"node"}) | _stores()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pool takes: machines of one kind, or some for its stores beside them."""

    pool: Pool
    layouts: tuple[Layout, ...]

    @property
    def count(self) -> int:
        """All machines."""
        return sum(layout.count for layout in self.layouts)

    def __str__(self) -> str:
        return " and ".join(_in_words(layout) for layout in self.layouts)


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
                f"one lost machine is an outage: add {lost} machine(s) like the largest",
            )
        )
    free = free_after_loss(placement, sets, pool.failures_tolerated)
    return Verdict(pool.environment, pool.name, count, not short, tuple(short), free[0], free[1], str(wanted))


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
        return [Shortfall(pool.environment, pool.name, "machines", 0, wanted.count, f"none is offered; {wanted}")]
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
            f"{total[name] - have[name]:.0f} {UNITS[name]} more for pods, or: {wanted}",
        )
        for name in told
        if total[name] > have[name]
    ]
    short += _apart(pool, sets, machines)
    if not short:
        names = ", ".join(f"{entry.count} of {entry.name}" for entry in placement.unplaced)
        why = f"no machine has room for {names}" if names else "not once a machine is lost"
        short.append(
            Shortfall(
                pool.environment,
                pool.name,
                "room on one machine",
                machines,
                wanted.count,
                f"enough in sum, but {why}; {wanted} would do",
            )
        )
    return short


def _apart(pool: Pool, sets: Sequence[PodSet], machines: int) -> list[Shortfall]:
    """What is short where copies that must not share a machine are more than the machines."""
    apart = max((entry.count for entry in sets if entry.spread and not entry.every_host), default=0)
    if apart <= machines:
        return []
    said = f"{apart} copies must not share a machine: {apart - machines} machine(s) more"
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
            f"a system disk of {wanted:g} GiB in {offer.name or 'each machine'}",
        )
        for offer in offers
        if 0 < offer.system_disk_gib < wanted * FORMATTED
    ]


def _in_words(layout: Layout) -> str:
    disks = f"{layout.system_disk_gib:g} GiB system disk"
    if layout.data_disk_gib:
        disks += f", {layout.data_disk_gib:g} GiB data disk"
    return f"{layout.count} x {layout.shape.cpu_cores:g} cores, {layout.shape.memory_gib:g} GiB memory, {disks}"
