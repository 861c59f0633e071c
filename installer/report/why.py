"""Why the machines are as many as they are: what asks for them, and what each answer otherwise would save."""

from __future__ import annotations

from dataclasses import dataclass

from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.requirements import spoken
from sizing.levers import levers

SHOWN = 5
"""Rows of each table."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A part with what it takes in all environments together."""

    part: str
    cores: float
    memory: float
    disk: float


@dataclass(frozen=True, slots=True)
class Saving:
    """An answer otherwise, and what would be needed then."""

    what: str
    machines: float
    cores: float
    memory: float
    disks: float


def asking(subject: Subject, _: Words) -> tuple[Asking, ...]:
    """The parts that take most, those first."""
    sums: dict[str, list[float]] = {}
    for part in subject.sizing.parts:
        mine = sums.setdefault(part.size.title, [0.0, 0.0, 0.0])
        for at, field in enumerate(("cpu_cores", "memory_gib", "disk_gib")):
            mine[at] += part.size.total(field).expected
    most = sorted(sums.items(), key=lambda entry: -(entry[1][0] + entry[1][1] / 4))
    return tuple(Asking(_(title), *figures) for title, figures in most[:SHOWN])


def savings(subject: Subject, _: Words) -> tuple[Saving, ...]:
    """What would make the order smaller, what saves most first."""
    fields = ("count", "cpu_cores", "memory_gib", "disk_to_order_gib")
    return tuple(
        Saving(_.text(spoken(lever.said)), *(lever.sizing.total(field).expected for field in fields))
        for lever in levers(subject.sizing)[:SHOWN]
    )
