"""Steps and plans as values: what will be done, printable before it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from installer.messages import Message
from installer.ports import ReadOnly, World

Before = dict[str, Any]
"""JSON-able state of what a step is about to change, captured once at its first begin; never a secret.

After the way back, a new capture has to be equal to it, but for names that begin with "_": the way back needs those,
and other steps, or the host itself, may change them meanwhile.
"""


BACKWARD = frozenset({"rollback", "uninstall"})
"""Operations that take a run back; their failure is an incomplete return, not a failed step."""


class Difference(NamedTuple):
    """One way in which what is seen is not what is wanted; `what` names the thing: a path, a unit, an object."""

    what: str
    wanted: str
    seen: str

    def __str__(self) -> str:
        return Message("{what}: wanted {wanted}, seen {seen}", what=self.what, wanted=self.wanted, seen=self.seen)


Differences = tuple[Difference, ...]
"""What keeps a wanted state from holding; empty where it holds."""


@dataclass(frozen=True, slots=True)
class Image:
    """What the way back goes by: what a run saw before it changed anything.

    `run` is the run that captured it; hosts keep content that it replaced below that name. `together` are the ids of
    all steps that this run began: what goes as a whole need not be taken apart piece by piece.
    """

    run: str
    seen: Before
    together: frozenset[str] = frozenset()


def nothing_before(_: ReadOnly) -> Before:
    """The capture of a step that needs no before-image."""
    return {}


def keep_nothing(_: World, __: Image) -> None:
    """The `keep` of a step that replaces no content."""


@dataclass(frozen=True)
class Step:
    """One wanted state and how to reach and leave it.

    `id` is unique in the plan and stable between runs: "[environment/]topic.verb[:object]@host"; one that changes gets
    an entry in `installer.plan.renamed`. `after` names the ids that must be done first. `differs` says what keeps the
    wanted state from holding, nothing where it holds. `apply` must be safe to repeat after having been cut off
    anywhere. `capture` is looked at once a run, before the first `apply`; `keep` then puts aside, on the host, the
    content that will be replaced (safe to repeat, too), or refuses the step by raising. `undo` brings back what
    `capture` saw; it is None for a step without return. Where all steps of `goes_with` are taken back too, this one
    goes with them as a whole and is not taken apart by its own. `weight` is its expected duration in seconds on
    ordinary hosts, `bytes` what it sends over the operator's link. `phase` groups steps for people.
    `unrecorded` says whether what holds can only have been left by a run that died before anybody heard of it: nothing
    came after it yet. Then it is of this run.
    A step with `always_apply` is applied whatever `differs` says beforehand, and stays done when the journal says so:
    an undo must not take the absence of the whole for the absence of left-overs, nor look again at what is gone.
    """

    id: str
    title: Message
    phase: str
    differs: Callable[[ReadOnly], Differences]
    apply: Callable[[World], None]
    after: tuple[str, ...] = ()
    capture: Callable[[ReadOnly], Before] = nothing_before
    keep: Callable[[World, Image], None] = keep_nothing
    undo: Callable[[World, Image], None] | None = None
    goes_with: tuple[str, ...] = ()
    unrecorded: Callable[[ReadOnly], bool] | None = None
    host: str = ""
    environment: str = ""
    weight: float = 1.0
    bytes: int = 0
    always_apply: bool = False


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
