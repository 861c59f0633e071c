"""Machines for readers: what to provide, how full each kind will be, how that grows, and when to buy more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from installer.answers.model import Answers
from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.workdays import Workdays, months_after
from sizing.bands import Band
from sizing.engine import Pool, Sizing, store_pool
from sizing.growth import RESOURCES, Use, exhaustions, growth
from sizing.hosts import of_cluster
from sizing.machines import Layout

IOPS_STEP = 50
SETTING_UP_DAYS = 10
"""Working days from a delivered machine to one that carries load."""


@dataclass(frozen=True, slots=True)
class Size:
    """So many machines of one size, with all disks of one."""

    count: int
    cores: float
    memory: float
    disks: float


@dataclass(frozen=True, slots=True)
class Kind:
    """Machines that are alike: a row of the table for purchasing. Sizes are those of one machine."""

    environment: str
    pool: str
    title: str
    purpose: str
    count: int
    counts: Band
    cores: float
    memory: float
    system: float
    data: float
    fast: float
    iops: float
    network: float
    may_fail: int
    home: str
    """The pool in whose cluster they stand: their own, or the one that a store's machines stand beside."""
    planned: Size | None = None
    least: Size | None = None
    most: Size | None = None
    """The machines of the low and of the high need; None where that takes none of the kind."""


@dataclass(frozen=True, slots=True)
class Fill:
    """How full one resource of one kind of machine is: shares of what is bought, at first and at the horizon."""

    environment: str
    title: str
    resource: str
    capacity: float
    today: float
    horizon: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The scarcest resource of one kind over the months, as a share of what may be used; `full` is when it ends."""

    title: str
    resource: str
    points: tuple[tuple[int, float], ...]
    full: int | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A host of the answers: where it belongs and what its kind must have."""

    name: str
    address: str
    environment: str
    role: str
    kind: Kind | None


def titles(_: Words) -> dict[str, tuple[str, str]]:
    """What each kind of machine is called, and what it is for."""
    return {
        "control-plane": (_("Control plane"), _("steers the platform and keeps its memory; always an odd number")),
        "worker": (_("Workers"), _("run your product and the parts around it")),
        "node": (_("All in one"), _("steer the platform and run your product")),
        "build": (_("Builds"), _("turn source code into programs, apart from everything else")),
        "git": (_("Source code"), _("keeps source code and its history (GitLab)")),
        "bastion": (_("Entrance"), _("the one door for administrators; what they do is recorded (JumpServer)")),
        "backup": (_("Backup"), _("keeps copies of all data, apart from the machines that hold it")),
    }


def resource_words(_: Words) -> dict[str, str]:
    """The resources, in words."""
    return {"cpu_cores": _("cores"), "memory_gib": _("memory"), "disk_gib": _("disks")}


def kinds(sizing: Sizing, _: Words) -> tuple[Kind, ...]:
    """The machines to provide."""
    return tuple(_kind(sizing, pool, _) for pool in sizing.planned)


def _called(sizing: Sizing, pool: Pool, _: Words) -> tuple[str, str]:
    """What the machines of a pool are called and what they are for; where all they carry comes later, that as well."""
    title, purpose = titles(_).get(pool.name, (pool.name, ""))
    if pool.beside:
        part = next(each.size.title for each in sizing.parts if store_pool(each.size.name) == pool.name)
        title, purpose = _("{part}, apart", part=_(part)), _("keep its data, on machines that carry nothing else")
    return (_("{part}, later", part=title) if sizing.later(pool) else title), purpose


def _kind(sizing: Sizing, pool: Pool, _: Words) -> Kind:
    title, purpose = _called(sizing, pool, _)
    layout = pool.expected
    return Kind(
        pool.environment, pool.name, title, purpose, layout.count, pool.band("count"), layout.shape.cpu_cores,
        layout.shape.memory_gib, layout.system_disk_gib, layout.data_disk_gib, layout.fast_disk_gib,
        rounded_iops(layout.iops), layout.network_gbit_s, pool.failures_tolerated, pool.home,
        _size(layout), _size(pool.low), _size(pool.high),
    )  # fmt: skip


def rounded_iops(iops: float) -> float:
    """As one orders it: nobody sells single reads a second."""
    return math.ceil(iops / IOPS_STEP) * IOPS_STEP


def sized(size: Size | None, _: Words) -> str:
    """So many machines, their cores and memory, and all disks of one: 9 x 16 / 64, 5,490."""
    if size is None:
        return "–"
    numbers = (_.number(value) for value in (size.count, size.cores, size.memory, size.disks))
    return "{} × {} / {}, {}".format(*numbers)


def _size(layout: Layout) -> Size | None:
    disks = layout.system_disk_gib + layout.data_disk_gib + layout.fast_disk_gib
    return Size(layout.count, layout.shape.cpu_cores, layout.shape.memory_gib, disks) if layout.count else None


def fills(sizing: Sizing, _: Words) -> tuple[Fill, ...]:
    """Every resource of every kind, as far as the kind has it."""
    horizon = sizing.needs.horizon_months
    uses = {(use.environment, use.pool, use.month): use for use in growth(sizing, step=max(1, horizon))}
    found = []
    for pool in sizing.planned:
        title = _called(sizing, pool, _)[0]
        first, last = uses[pool.environment, pool.name, 0], uses[pool.environment, pool.name, horizon]
        # A machine that belongs to one program is as large as its vendor asks: only its disks fill.
        for resource in RESOURCES if of_cluster(pool.name) else RESOURCES[2:]:
            capacity = _capacity(pool, resource)
            if capacity:
                now, then = getattr(first, resource) / capacity, getattr(last, resource) / capacity
                found.append(Fill(pool.environment, title, resource, capacity, now, then))
    return tuple(found)


def _capacity(pool: Pool, resource: str) -> float:
    layout = pool.expected
    if resource == "disk_gib":
        return layout.count * (layout.data_disk_gib + layout.fast_disk_gib)
    return float(getattr(layout, resource))


def fullest(found: tuple[Fill, ...], most: int) -> tuple[Fill, ...]:
    """Of each kind of machine the resource that will be fullest, of so many kinds at most, the fullest."""
    best: dict[tuple[str, str], Fill] = {}
    for fill in found:
        key = (fill.environment, fill.title)
        if key not in best or fill.horizon > best[key].horizon:
            best[key] = fill
    shown = sorted(best.values(), key=lambda fill: -fill.horizon)[:most]
    return tuple(fill for fill in best.values() if fill in shown)


def curves(sizing: Sizing, _: Words) -> tuple[Curve, ...]:
    """One curve for each kind of machine, the one that ends first before the others."""
    uses: dict[tuple[str, str], list[Use]] = {}
    for use in growth(sizing):
        uses.setdefault((use.environment, use.pool), []).append(use)
    several = len(sizing.needs.environments) > 1
    called = {(pool.environment, pool.name): _called(sizing, pool, _)[0] for pool in sizing.planned}
    found = []
    for entry in exhaustions(sizing):
        whole = not of_cluster(entry.pool) and entry.resource != "disk_gib"
        if whole or not entry.capacity:  # a machine of one program is that program's from the first day
            continue
        title = called[entry.environment, entry.pool]
        points = [
            (use.month, getattr(use, entry.resource) / entry.capacity) for use in uses[entry.environment, entry.pool]
        ]
        named = f"{_.text(entry.environment)}{_(': ')}{title}" if several else title
        found.append(Curve(named, entry.resource, tuple(points), entry.month))
    return tuple(sorted(found, key=lambda curve: (curve.full is None, curve.full or 0)))


def buy_by(subject: Subject, ready: date, month: int) -> date:
    """The day to order, so that machines carry load when the month comes in which they are missing."""
    plan = subject.answers.plan
    lead = plan.delivery_days + SETTING_UP_DAYS
    return Workdays(plan.holidays).after(months_after(ready, month), -lead)


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Machines of the order for which the answers name no host."""

    environment: str
    title: str
    count: int


def seats(answers: Answers, found: tuple[Kind, ...], _: Words) -> tuple[tuple[Seat, ...], tuple[Unnamed, ...]]:
    """Every host of the answers with the kind of machine that it must be, and the machines that no host is named for.

    Hosts of a pool are of that kind. Of the others the first are workers, the next what stands beside these; what is
    more than the plan needs has no kind.
    """
    left = {(kind.environment, kind.pool): kind.count for kind in found}
    by_place = {(kind.environment, kind.pool): kind for kind in found}
    rows = []
    for environment in answers.environments:
        beside = [kind.pool for kind in found if kind.environment == environment.name and kind.home != kind.pool]
        for name in environment.hosts:
            plane, pool = name in environment.control_planes, answers.host(name).pool
            mine = [pool] if (environment.name, pool) in left else ["control-plane"] if plane else ["worker"]
            open_to = [
                each for each in (*mine, "node", *(() if plane else beside)) if left.get((environment.name, each))
            ]
            kind = None
            if open_to:
                left[environment.name, open_to[0]] -= 1
                kind = by_place[environment.name, open_to[0]]
            role = _("control plane") if plane else _("worker")
            rows.append(Seat(name, answers.host(name).address, environment.name, role, kind))
    missing = (Unnamed(kind.environment, kind.title, left[kind.environment, kind.pool]) for kind in found)
    return tuple(rows), tuple(each for each in missing if each.count)
