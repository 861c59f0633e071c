"""How long a plan takes: the longest chain of steps that wait for each other, by their weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from installer.plan.model import Plan


def remaining(plan: Plan, done: Collection[str] = (), running: Mapping[str, float] | None = None) -> float:
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
