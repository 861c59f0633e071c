"""How a site fills: what each month asks of the machines, the month something runs out, and each disk's forecast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from sizing.engine import Demand, Pool, Sizing, pods_at, sets_of, settle
from sizing.errors import SizingError
from sizing.hosts import Room, data_watermark, evenly, room, system_disk_used_gib
from sizing.machines import per_machine
from sizing.needs import Needs
from sizing.packing import carried
from sizing.placement import PodSet, fleet

MONTHS_AHEAD = 240
"""Nobody plans machines further ahead; what lasts that long does not run out."""

RESOURCES = ("cpu_cores", "memory_gib", "disk_gib")

ETCD, VOLUMES, SYSTEM = "/var/lib/etcd", "/var/lib/volumes", "/"


@dataclass(frozen=True, slots=True)
class Use:
    """What the expected need of a month takes of a pool's cores, memory and disks for volumes."""

    environment: str
    pool: str
    month: int
    cpu_cores: float
    memory_gib: float
    disk_gib: float


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """The first month in which a pool no longer carries the expected need, and what is then the scarcest.

    `month` is None where that is not within `MONTHS_AHEAD`, or before the growth of others passes all measure.
    """

    environment: str
    pool: str
    resource: str
    capacity: float
    month: int | None


@dataclass(frozen=True, slots=True)
class DiskForecast:
    """A mount of some machines that are alike (by number): size, use on the first day and at the horizon."""

    environment: str
    pool: str
    machines: tuple[int, ...]
    mount: str
    size_gib: float
    used_first_month_gib: float
    used_horizon_gib: float
    month_full: int | None


def growth(sizing: Sizing, step: int = 3) -> tuple[Use, ...]:
    """The use of every pool from the first month to the horizon, every `step` months and at the end."""
    horizon = sizing.needs.horizon_months
    months = sorted({*range(0, horizon + 1, step), horizon})
    return tuple(_use(sizing, pool, month) for pool in sizing.planned for month in months)


def _use(sizing: Sizing, pool: Pool, month: int) -> Use:
    taken = dict.fromkeys(RESOURCES, 0.0)
    for entry in _sets(sizing, pool, month):
        count = pool.expected.count if entry.every_host else entry.count
        for resource in RESOURCES:
            taken[resource] += count * getattr(entry, resource)
    return Use(pool.environment, pool.name, month, **taken)


def exhaustions(sizing: Sizing) -> tuple[Exhaustion, ...]:
    """For every pool, when it is too small and what it lacks."""
    return tuple(_exhaustion(sizing, pool) for pool in sizing.planned)


def _exhaustion(sizing: Sizing, pool: Pool) -> Exhaustion:
    month = _first_month_too_small(sizing, pool)
    space = _room(pool)
    capacity = {
        "cpu_cores": pool.expected.count * space.cpu_cores * evenly(pool.name),
        "memory_gib": pool.expected.count * space.memory_gib * evenly(pool.name),
        "disk_gib": pool.expected.count * (space.disk_gib or 0.0),
    }
    use = _use(sizing, pool, sizing.needs.horizon_months if month is None else month)
    scarcest = max(RESOURCES, key=lambda name: getattr(use, name) / capacity[name] if capacity[name] else 0.0)
    return Exhaustion(pool.environment, pool.name, scarcest, capacity[scarcest], month)


def _room(pool: Pool) -> Room:
    """What a machine has for pods as bought, its disks up to the watermark."""
    layout = pool.expected
    disk = layout.data_disk_gib * data_watermark() + layout.fast_disk_gib
    return replace(room(layout.shape, pool.name), disk_gib=disk)


def _first_month_too_small(sizing: Sizing, pool: Pool) -> int | None:
    """Need only grows, and the horizon is carried; halving finds the month."""
    last = _last_month(sizing.needs)
    if _carries(sizing, pool, last):
        return None
    low, high = sizing.needs.horizon_months + 1, last
    while low < high:
        middle = (low + high) // 2
        if _carries(sizing, pool, middle):
            low = middle + 1
        else:
            high = middle
    return low


@lru_cache(maxsize=64)
def _last_month(needs: Needs) -> int:
    """The last month that is looked at: where a steep growth passes all measure before, the last one below that."""
    if _reckonable(needs, MONTHS_AHEAD):
        return MONTHS_AHEAD
    low, high = needs.horizon_months, MONTHS_AHEAD
    while high - low > 1:
        middle = (low + high) // 2
        if _reckonable(needs, middle):
            low = middle
        else:
            high = middle
    return low


def _reckonable(needs: Needs, month: int) -> bool:
    try:
        _month(needs, month)
    except SizingError:
        return False
    return True


def _carries(sizing: Sizing, pool: Pool, month: int) -> bool:
    sets = _sets(sizing, pool, month)
    return carried(pool.name, sets, [fleet("", pool.expected.count, _room(pool))], pool.failures_tolerated).good


def _sets(sizing: Sizing, pool: Pool, month: int) -> tuple[PodSet, ...]:
    pods = _month(sizing.needs, month)
    sets = sets_of(pods.get((pool.environment, pool.home), ()), "expected")
    return tuple(entry for entry in sets if pool.carries(entry))


@lru_cache(maxsize=512)
def _month(needs: Needs, month: int) -> Demand:
    """The pods of a month, on the machines as bought for the horizon."""
    return pods_at(needs, month, settle(needs, needs.horizon_months))


def disk_forecast(sizing: Sizing) -> tuple[DiskForecast, ...]:
    """Every mount of every machine; machines that are alike share an entry."""
    return tuple(entry for pool in sizing.planned for entry in _pool_forecast(sizing, pool))


def _pool_forecast(sizing: Sizing, pool: Pool) -> Iterator[DiskForecast]:
    layout = pool.expected
    sets = _sets(sizing, pool, sizing.needs.horizon_months)
    first_sets = {entry.name: entry for entry in _sets(sizing, pool, 0)}
    lacking = _exhaustion(sizing, pool)
    month_full = lacking.month if lacking.resource == "disk_gib" else None
    number = 1
    for alike in layout.placement.machines:
        machines = tuple(range(number, number + alike.count))
        number += alike.count
        now = per_machine(alike, tuple(first_sets.get(entry.name, entry) for entry in sets))
        later = per_machine(alike, sets)
        pods = sum(count for _, count in alike.holds)
        system = system_disk_used_gib(pool.name, pods)
        for mount, size, used, horizon, full in (
            (SYSTEM, layout.system_disk_gib, system, system, None),
            (ETCD, layout.fast_disk_gib, now[1], later[1], None),
            (VOLUMES, layout.data_disk_gib, now[0], later[0], month_full),
        ):
            if size:
                yield DiskForecast(pool.environment, pool.name, machines, mount, size, used, horizon, full)
