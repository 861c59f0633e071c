"""A plan as it is told: what JSON, wizard, estimate and report know of each step. Values alone, there and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from installer.formats.records import record
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Plan, Step
from installer.plan.stages import Place

FORMAT = 1
"""Version of a plan as JSON."""


@dataclass(frozen=True, slots=True)
class StepCard:
    """One step: `seconds` it is expected to take on ordinary hosts, `bytes` it sends over the operator's link.

    `after` are the ids that it waits for; `host` is empty for the whole site.
    """

    id: str
    title: Message
    phase: str
    host: str
    environment: str
    after: tuple[str, ...]
    seconds: float
    bytes: int
    can_be_undone: bool

    @classmethod
    def of(cls, step: Step) -> StepCard:
        """What is told of a step."""
        return cls(
            step.id, step.title, step.phase, step.host, step.environment, step.after, step.weight, step.bytes,
            step.undo is not None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan: its steps, each after those it waits for, and the digests of what it was made from.

    At most `hosts_at_once` hosts are worked on at a time. `holding` says of each step whether it held beforehand,
    where that was looked at.
    """

    operation: str
    digest: str
    subject: Mapping[str, str]
    steps: tuple[StepCard, ...]
    holding: Mapping[str, bool] | None = None
    hosts_at_once: int = 10

    @classmethod
    def of(cls, plan: Plan, holding: Mapping[str, bool] | None = None) -> PlanCard:
        """What is told of a plan."""
        steps = tuple(map(StepCard.of, plan))
        return cls(plan.operation, plan.digest, dict(plan.subject), steps, holding, plan.hosts_at_once)

    @property
    def held(self) -> frozenset[str]:
        """The ids of the steps that held beforehand."""
        return frozenset(name for name, holds in (self.holding or {}).items() if holds)


@dataclass(frozen=True, slots=True)
class PartCard:
    """A part that has a role or consumes one; `placed` is "once" or "each", `published` what others see of it."""

    environment: str
    component: str
    role: str
    placed: str
    published: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WireCard:
    """A part that consumes a role, and the part that fills it there; both as "environment/component"."""

    consumer: str
    role: str
    provider: str


@dataclass(frozen=True, slots=True)
class WiringCard:
    """Which part of a site needs which other by its role."""

    parts: tuple[PartCard, ...]
    wires: tuple[WireCard, ...]

    @classmethod
    def of(cls, inputs: Planned) -> WiringCard:
        """What is told of a site's wiring.

        Raises:
            AnswersInvalid, BundleNotTrusted: as `Planned.wiring` and `published` say.
        """
        parts = [PartCard(name, part.name, part.role, "once" if part.once else "each",
                          inputs.published(Place(name, part.name)))
                 for name, there in inputs.wiring.parts.items() for part in there
                 if part.role or part.roles_seen]  # fmt: skip
        wires = [WireCard(str(each.consumer), each.role, str(each.provider)) for each in inputs.wiring.edges]
        return cls(tuple(parts), tuple(wires))


@dataclass(frozen=True, slots=True)
class SecretCard:
    """A Secret of a part; the values of the keys `made` are made at the site, and the parts `copies` have a copy."""

    environment: str
    component: str
    secret: str
    namespace: str
    keys: tuple[str, ...]
    made: tuple[str, ...]
    copies: tuple[str, ...]

    @property
    def name(self) -> str:
        """By which people name it: "environment/component/secret"."""
        return f"{self.environment}/{self.component}/{self.secret}"

    @classmethod
    def of(cls, inputs: Planned) -> tuple[SecretCard, ...]:
        """Every Secret that a site's parts have of their own, in the order of answers and bundle.

        Raises:
            AnswersInvalid: as `Planned.wiring` says.
        """
        return tuple(
            cls(name, part.name, secret, part.spec["chart"]["namespace"], tuple(keys),
                tuple(key for key, told in keys.items() if isinstance(told, Mapping)),
                tuple(str(edge.consumer) for edge in inputs.wiring.edges
                      if edge.provider == (name, part.name) and secret == part.published_secret))
            for name, there in inputs.wiring.parts.items() for part in there
            for secret, keys in part.secrets.items()
        )  # fmt: skip


def to_json(plan: PlanCard) -> dict[str, Any]:
    """A plan as an object of JSON, field by field."""
    return {"format": FORMAT, **_fields(plan), "steps": [_fields(step) for step in plan.steps]}


def from_json(body: Mapping[str, Any]) -> PlanCard:
    """The plan that an object of JSON tells; what it says beyond that is passed over.

    Raises:
        ValueError: it is of a newer format, lacks something, has something else in its place, or names a step twice
            or before those that it waits for.
    """
    told = body.get("steps")
    if body.get("format") != FORMAT or not isinstance(told, list):
        raise ValueError(Message("no plan of a format that is known here"))
    steps = tuple(record(StepCard, step if isinstance(step, Mapping) else {}) for step in told)
    seen: set[str] = set()
    for step in steps:
        if step.id in seen or not seen.issuperset(step.after):
            raise ValueError(Message("step {id} is there twice, or before what it waits for", id=step.id))
        seen.add(step.id)
    return record(PlanCard, body, steps=steps)


def _fields(card: PlanCard | StepCard) -> dict[str, Any]:
    return {each.name: getattr(card, each.name) for each in fields(card)}
