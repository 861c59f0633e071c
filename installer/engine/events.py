"""What happens during an operation, as frozen values; console, TUI, JSON lines and run directory all read these.

An event has one spelling as JSON, `to_json` and `from_json`: in a run's `events.jsonl` as on standard output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_args

from installer.formats.records import record
from installer.messages import Message


@dataclass(frozen=True, slots=True)
class RunStarted:
    """An operation began to execute a plan."""

    at: datetime
    run: str
    operation: str
    steps: int
    already_done: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step's effect is about to be applied."""

    at: datetime
    step: str


@dataclass(frozen=True, slots=True)
class StepProgressed:
    """A running step reports how far it is: `done` of `total` in `unit` ("bytes" or "items"), doing `note` now."""

    at: datetime
    step: str
    done: int
    total: int
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step holds; `changed` is False where it already held before we came. `seconds` is its duration."""

    at: datetime
    step: str
    changed: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class StepBroke:
    """A step failed; `reason` is for people, `log` the name of its log below the run directory (or empty)."""

    at: datetime
    step: str
    reason: str
    log: str = ""


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The operation ended; `outcome` is "done", "failed" or "interrupted"."""

    at: datetime
    run: str
    outcome: str
    seconds: float
    changed: int


@dataclass(frozen=True, slots=True)
class BuildProgressed:
    """A bundle is being built: `done` of `total` in this phase, `source` is next; about `left` seconds of it are left.

    Of sources several may be made at a time; `source` has all their names. `share` of the phase's work, from 0 to 1, is
    done: sources differ much in size.

    Phases, in their order: "making" (sources), "packing" (components), "proving" (components in environments),
    "writing" (bytes); "checking" (bytes) instead of them where the cache has the finished file. `source` may be empty.
    """

    at: datetime
    phase: str
    source: str
    done: int
    total: int
    left: float
    share: float = 0.0


Event = RunStarted | StepStarted | StepProgressed | StepFinished | StepBroke | RunFinished | BuildProgressed
Emit = Callable[[Event], None]


def kind_of(event: type[Event]) -> str:
    """An event's `type` in JSON, its class in snake case: step_started, run_finished ..."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in event.__name__).lstrip("_")


KINDS: Mapping[str, type[Event]] = {kind_of(event): event for event in get_args(Event)}
"""Every event by its `type` in JSON."""


def to_json(event: Event) -> dict[str, Any]:
    """An event as an object of JSON: its `type`, then field by field; a moment is ISO 8601."""
    told = {each.name: getattr(event, each.name) for each in fields(event)}
    return {"type": kind_of(type(event)), **told, "at": event.at.isoformat()}


def from_json(body: Mapping[str, Any]) -> Event:
    """The event that an object of JSON tells; what it says beyond that is passed over.

    Raises:
        ValueError: it is of no type in `KINDS`, lacks something, or has something else in its place.
    """
    kind = KINDS.get(str(body.get("type")))
    if kind is None:
        raise ValueError(Message("no event"))
    try:
        event: Event = record(kind, body)
    except ValueError as error:
        raise ValueError(Message("no event: {reason}", reason=error)) from error
    return event
