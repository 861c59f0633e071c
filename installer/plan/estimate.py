"""How long a plan takes: the longest chain of steps that wait for each other, by their weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from installer.plan.model import Plan


class Weighed(Protocol):
    """A step as far as time is concerned: `weight` in seconds, `after` the ids that it waits for."""

    @property
    def id(self) -> str:
        """Its name in the plan."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """What it waits for."""
        ...

    @property
    def weight(self) -> float:
        """Its expected duration in seconds."""
        ...


class Chained(Protocol):
    """Steps, each after those that it waits for."""

    @property
    def steps(self) -> Sequence[Weighed]:
        """Them, in their order."""
        ...


def remaining(plan: Chained, done: Collection[str] = (), running: Mapping[str, float] | None = None) -> float:
    """Seconds until the plan is through, if steps take their weights and as many run at once as may.

    `done` are ids of finished steps; `running` maps the id of a running step to the fraction of it that is through.
    """
    through = running or {}
    ends: dict[str, float] = {}
    for step in plan.steps:
        start = max((ends[needed] for needed in step.after), default=0.0)
        left = 0.0 if step.id in done else step.weight * (1.0 - through.get(step.id, 0.0))
        ends[step.id] = start + left
    return max(ends.values(), default=0.0)


def bytes_to_send(plan: Plan) -> int:
    """Bytes that the plan's steps carry over the operator's link if nothing is there yet."""
    return sum(step.bytes for step in plan.steps)
