"""State of the run that is followed (under way, paused, failed ...) and the actions that it allows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from installer.engine.events import (
    BuildProgressed,
    RunFinished,
    RunStarted,
    StepBroke,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from installer.errors import Interrupted, PreflightFailed, RollbackIncomplete, StepFailed
from installer.messages import Message
from installer.plan.card import PlanCard
from installer.plan.model import BACKWARD
from installer.preflight import Finding
from installer.probes.proof import ProbeResult
from installer.runs.stream import Ended, Failure, Gone, Item, Left, Ready
from installer.ui.run_progress import RunProgress
from installer.ui.tui.words import Say

Mode = Literal[
    "idle", "starting", "running", "pausing", "proving", "done", "unproved", "refused", "stopped", "paused", "failed",
    "broken",
]  # fmt: skip
"""idle: nothing is known; starting: hosts are checked, nothing is touched yet; proving: all steps are done, probes run;
unproved: all steps are done, and something did not prove itself; refused: it ended before anything was touched;
stopped: a person ended it then; broken: its process was killed without a word."""

ACTIVE: frozenset[Mode] = frozenset({"starting", "running", "pausing", "proving"})
RESUMABLE: frozenset[Mode] = frozenset({"paused", "failed", "broken"})
RESTING: frozenset[Mode] = frozenset({"idle", "refused", "stopped"})
"""Nothing of the site was touched by it: an installation may begin."""
INTERRUPTED = Interrupted.exit_code
OF_STEPS = frozenset({StepFailed.__name__, RollbackIncomplete.__name__})
"""Failures that tell themselves which step broke."""
SIGNS: Mapping[Mode, str] = {
    "idle": "waiting", "starting": "running", "running": "running", "pausing": "running", "proving": "running",
    "done": "ok", "unproved": "failed", "refused": "failed", "stopped": "warn", "paused": "warn", "failed": "failed",
    "broken": "warn",
}  # fmt: skip
"""The sign of each, by its state in `installer.ui.words`."""


@dataclass
class Watched:
    """Everything a run has told so far."""

    verb: str = ""
    course: RunProgress | None = None
    ready: Ready | None = None
    gone: Gone | None = None
    failure: Failure | None = None
    ended: Ended | None = None
    probes: list[ProbeResult] = field(default_factory=list)
    findings: int = 0
    pausing: bool = False
    left: Left | None = None
    """The site's last run where it can be gone on with, as its folder says: what this is about."""

    def take(self, items: Sequence[Item]) -> None:
        """Take in what was said."""
        for item in items:
            match item:
                case PlanCard():
                    self.course = RunProgress(item)
                case Ready():
                    self.ready = item
                case Gone():
                    self.gone = item
                case Failure():
                    self.failure = item
                case Ended():
                    self.ended = item
                case ProbeResult():
                    self.probes.append(item)
                case Finding():
                    self.findings += 1
                case BuildProgressed():
                    pass
                case RunStarted() | StepStarted() | StepProgressed() | StepFinished() | StepBroke() | RunFinished():
                    if self.course is not None:
                        self.course.take(item)
                case _:
                    pass

    def mode(self, *, alive: bool) -> Mode:
        """Where it stands; `alive` says whether its process has not told its end."""
        if alive:
            return self._under_way()
        if self.left is not None:
            return self._left_off()
        if self.ended is None:
            return "idle"
        if self.ready or self.gone or self.ended.exit_code == 0:
            return "done"
        if self.probes or (self.course is not None and self.course.outcome == "done"):
            return "unproved"
        return "stopped" if self.ended.exit_code in (INTERRUPTED, None) else "refused"

    def _under_way(self) -> Mode:
        course = self.course
        if self.probes or (course is not None and course.outcome == "done"):
            return "proving"
        if course is None or not course.began:
            return "starting"
        return "pausing" if self.pausing else "running"

    def _left_off(self) -> Mode:
        """How the run that can be gone on with was broken off."""
        outcomes: Mapping[str, Mode] = {"interrupted": "paused", "failed": "failed", "done": "unproved"}
        outcome = self.course.outcome if self.course is not None else ""
        return outcomes.get(outcome, "failed" if self.failure else "broken")

    @property
    def back(self) -> bool:
        """Whether it takes a site back."""
        return (self.left.run.operation if self.left else self.verb) in BACKWARD

    def reasons(self, say: Say) -> list[tuple[str, str]]:
        """Why it failed and what to do: what its process said last, and the step that broke; empty where none did."""
        told, course = [], self.course
        remedy = say("when it is mended, g goes on there") if self.back else say(
            "when it is mended, g goes on there; b takes the run back")  # fmt: skip
        if self.failure and self.failure.error in OF_STEPS:
            told.append((say(self.failure.message), _in_keys(self.failure.remedy, remedy)))
        elif self.failure and self.failure.error != Interrupted.__name__:
            told.append((say(self.failure.message), say(self.failure.remedy)))
        if course is not None and course.failed and (self.failure is None or self.failure.error not in OF_STEPS):
            step = course.failed[-1]
            told.append((say("{step} failed: {reason}", step=step, reason=course.paces[step].reason), remedy))
        return told


def _in_keys(remedy: str, keys: str) -> str:
    """What to do after a step broke, with this page's keys in place of the commands that do the same."""
    for hint in (StepFailed.hint, RollbackIncomplete.hint):
        remedy = remedy.replace(hint, keys)
    return remedy


def heading(say: Say, mode: Mode, *, back: bool) -> str:
    """A run's state in a few words."""
    words = {
        "idle": Message("Nothing has been started."),
        "starting": Message("looking at the hosts; nothing is touched yet"),
        "running": Message("taking back") if back else Message("installing"),
        "pausing": Message("pausing: running steps finish, then it stops"),
        "proving": Message("proving what stands"),
        "done": Message("taken back; the hosts are as before") if back else Message("ready"),
        "unproved": Message("installed, but not proved"),
        "refused": Message("not begun; nothing was touched"),
        "stopped": Message("stopped before anything was touched"),
        "paused": Message("paused; what is done stays done"),
        "failed": Message("broken off; what is done stays done"),
        "broken": Message("broken off without a word; what is done stays done"),
    }
    return say(words[mode])


def keys(watched: Watched, mode: Mode, *, following: bool, more_hosts: bool) -> list[tuple[str, str]]:
    """What may be done now, by its key."""
    steps = [("l", Message("step and log"))] if watched.course else []
    if mode in ACTIVE:
        pause = [("p", Message("pause"))] if mode == "running" else []
        follow = [] if following or not steps else [("f", Message("follow"))]
        return [
            *pause,
            ("s", Message("stop")),
            *steps,
            *follow,
            *([("[ ]", Message("other hosts"))] if more_hosts else []),
        ]
    if mode in RESUMABLE:
        return [("g", Message("go on")), *([] if watched.back else [("b", Message("take it back"))]), *steps]
    if mode in ("refused", "stopped"):
        failed = watched.failure is not None and watched.failure.error == PreflightFailed.__name__
        return [("i", Message("install")), *([("o", Message("see what failed"))] if failed else [])]
    if mode == "unproved":
        again = (
            [("g", Message("prove it again")), ("i", Message("install"))]
            if watched.left
            else [("i", Message("prove it again"))]
        )
        return [*again, ("o", Message("the result")), *steps]
    see = [("o", Message("the result"))] if mode == "done" and watched.ready else []
    return [*see, ("i", Message("install")), *steps]
