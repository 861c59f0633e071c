"""What would make a sizing smaller: answers changed one at a time, each sized anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sizing.engine import Sizing, size
from sizing.errors import SizingError
from sizing.hosts import Shape, weight
from sizing.needs import UNKNOWN, Needs
from sizing.sentences import Sentence
from sizing.workload import answers

SHORTER = {
    "log_retention_days": (7, Sentence("keep logs for 7 days")),
    "metrics_retention_days": (15, Sentence("keep measurements for 15 days")),
    "trace_percent": (1, Sentence("record the path of one request in a hundred")),
    "backup_retention_days": (7, Sentence("keep backups for 7 days")),
    "horizon_months": (12, Sentence("plan for 12 months, and order again then")),
}
"""Answers that may be less, and what that means."""
OUTAGE_ACCEPTED_HOURS = 48


@dataclass(frozen=True, slots=True)
class Lever:
    """An answer otherwise, and what the whole would then come to."""

    said: Sentence
    sizing: Sizing


def levers(sizing: Sizing) -> tuple[Lever, ...]:
    """Every change that makes the machines of the expected need lighter, the one that saves most first."""
    found = []
    for said, needs in _changes(sizing.needs):
        try:
            changed = size(needs)
        except SizingError:  # the other answers do not allow it
            continue
        if weighs(changed) < weighs(sizing):
            found.append(Lever(said, changed))
    return tuple(sorted(found, key=lambda lever: weighs(lever.sizing)))


def weighs(sizing: Sizing) -> float:
    """The cores and the memory of the expected need as one number, for comparing."""
    return weight(Shape(sizing.total("cpu_cores").expected, sizing.total("memory_gib").expected))


def _changes(needs: Needs) -> Iterator[tuple[Sentence, Needs]]:
    taken = answers(needs)
    for name, (less, said) in SHORTER.items():
        answer: dict[str, Any] = {name: less}
        if taken[name].expected > less:
            yield said, replace(needs, **answer)
    if taken["log_gb_per_day"].expected:
        yield (
            Sentence("write half as many log lines"),
            replace(needs, log_gb_per_day=taken["log_gb_per_day"].expected / 2),
        )
    if any(environment.redundant for environment in needs.environments):
        alone = tuple(replace(environment, redundant=False) for environment in needs.environments)
        yield (
            Sentence("let the product stand still while a machine is mended"),
            replace(needs, environments=alone, outage_hours=OUTAGE_ACCEPTED_HOURS, data_loss_hours=24,
                    host_failures_tolerated=UNKNOWN, service_replicas=UNKNOWN),
        )  # fmt: skip
    if needs.later:
        yield Sentence("leave out what comes later"), replace(needs, later=())
    for environment in needs.environments[1:]:
        others = tuple(each for each in needs.environments if each is not environment)
        yield Sentence("do without {environment}", environment=environment.name), replace(needs, environments=others)
