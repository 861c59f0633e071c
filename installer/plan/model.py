"""Steps and plans as values: what will be done, printable before it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from installer.world.ports import ReadOnly, World

Before = dict[str, Any]
"""JSON-able state of what a step is about to change, captured once at its first begin; never a secret."""


BACKWARD = frozenset({"rollback", "uninstall"})
"""Operations that take a run back; their failure is an incomplete return, not a failed step."""


def nothing_before(_: ReadOnly) -> Before:
    """The capture of a step that needs no before-image."""
    return {}


@dataclass(frozen=True)
class Step:
    """One wanted state and how to reach and leave it.

    `id` is unique in the plan and stable between runs: "[environment/]topic.verb[:object]@host". `after` names the
    ids that must be done first. `check` is True where the wanted state holds. `apply` must be safe to repeat after
    having been cut off anywhere. `undo` is None for a step without return. `weight` is its expected duration in
    seconds on ordinary hosts, `bytes` what it sends over the operator's link. `phase` groups steps for people.
    A step that runs `once` is applied whatever `check` says beforehand, and stays done when the journal says so: an
    undo must not take the absence of the whole for the absence of left-overs, nor look again at what is gone.
    What a `signed` step makes says whose it is: where it holds though no record tells of it, the record was lost, and
    it is taken back like all else.
    """

    id: str
    title: str
    phase: str
    check: Callable[[ReadOnly], bool]
    apply: Callable[[World], None]
    after: tuple[str, ...] = ()
    capture: Callable[[ReadOnly], Before] = nothing_before
    undo: Callable[[World, Before], None] | None = None
    host: str = ""
    environment: str = ""
    weight: float = 1.0
    bytes: int = 0
    once: bool = False
    signed: bool = False


@dataclass(frozen=True)
class Plan:
    """Steps in a deterministic topological order, and the digests of what they were made from.

    At most `hosts_at_once` hosts are worked on at a time; that is no part of what the plan is.
    `subject` maps each thing the plan depends on ("bundle", "answers.hosts" ...) to its digest, so that a refused
    resume can say what changed.
    """

    operation: str
    steps: tuple[Step, ...]
    subject: Mapping[str, str] = field(default_factory=dict)
    hosts_at_once: int = 10

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for step in self.steps:
            if step.id in seen:
                raise ValueError(f"step id {step.id} is not unique")
            unknown = set(step.after) - seen
            if unknown:
                raise ValueError(f"step {step.id} comes before {', '.join(sorted(unknown))}, which it needs")
            seen.add(step.id)

    @property
    def digest(self) -> str:
        """Identity of the plan: operation, subject, and every step's id and order."""
        body = [self.operation, sorted(self.subject.items()), [(s.id, s.after) for s in self.steps]]
        return "sha256:" + hashlib.sha256(json.dumps(body).encode()).hexdigest()

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)
