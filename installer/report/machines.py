"""Machines for readers: what to provide, how full each kind will be, how that grows, and when to buy more."""

from __future__ import annotations

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

SETTING_UP_DAYS = 10
"""Working days from a delivered machine to one that carries load."""


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
        layout.shape.memory_gib, layout.system_disk_gib, layout.data_disk_gib, layout.fast_disk_gib, layout.iops,
        layout.network_gbit_s, pool.failures_tolerated, pool.home,
    )  # fmt: skip


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


def fullest(found: tuple[Fill, ...]) -> tuple[Fill, ...]:
    """Of each kind of machine the resource that will be fullest."""
    best: dict[tuple[str, str], Fill] = {}
    for fill in found:
        key = (fill.environment, fill.title)
        if key not in best or fill.horizon > best[key].horizon:
            best[key] = fill
    return tuple(best.values())


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


def spare(answers: Answers, found: tuple[Kind, ...]) -> int:
    """How many hosts of the answers are more than the plan needs of their kinds."""
    wanted: dict[tuple[str, str], int] = {}
    for kind in found:
        place = kind.environment, kind.home
        wanted[place] = wanted.get(place, 0) + kind.count
    more = 0
    for environment in answers.environments:
        planes, workers = len(environment.control_planes), len(environment.workers)
        one = wanted.get((environment.name, "node"))
        if one is not None:
            more += max(0, planes + workers - one)
        else:
            more += max(0, planes - wanted.get((environment.name, "control-plane"), planes))
            more += max(0, workers - wanted.get((environment.name, "worker"), workers))
    return more


def seats(answers: Answers, found: tuple[Kind, ...], _: Words) -> tuple[Seat, ...]:
    """Every host of the answers, with the kind of machine that it must be."""
    by_place = {(kind.environment, kind.pool): kind for kind in found}
    rows = []
    for environment in answers.environments:
        for name in environment.hosts:
            plane = name in environment.control_planes
            named = answers.host(name).pool, "control-plane" if plane else "worker", "node"
            kind = next(
                (by_place[environment.name, each] for each in named if (environment.name, each) in by_place), None
            )
            role = _("control plane") if plane else _("worker")
            rows.append(Seat(name, answers.host(name).address, environment.name, role, kind))
    return tuple(rows)
