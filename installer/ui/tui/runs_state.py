"""What a run that is watched amounts to: under way, paused, failed ..., and what may be done then. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from installer.events import (
    BuildProgressed,
    RunFinished,
    RunStarted,
    StepBroke,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from installer.followed import Ended, Failure, Gone, Item, Planned, Ready
from installer.plan.checks import Finding
from installer.proof import ProbeResult
from installer.ui.course import Course
from installer.ui.tui.words import Say

Mode = Literal[
    "idle", "starting", "running", "pausing", "proving", "done", "unproved", "refused", "paused", "failed", "broken"
]
"""idle: nothing is known; starting: hosts are checked, nothing is touched yet; proving: all steps are done, probes run;
unproved: all steps are done, and something did not prove itself;
refused: it ended before anything was touched; broken: its process was killed without a word."""

ACTIVE: frozenset[Mode] = frozenset({"starting", "running", "pausing", "proving"})
RESUMABLE: frozenset[Mode] = frozenset({"paused", "failed", "broken"})
INTERRUPTED = 130
SIGNS: Mapping[Mode, str] = {
    "idle": "waiting", "starting": "running", "running": "running", "pausing": "running", "proving": "running",
    "done": "ok", "unproved": "failed", "refused": "failed", "paused": "warn", "failed": "failed", "broken": "warn",
}  # fmt: skip
"""The sign of each, by its state in `installer.ui.words`."""


@dataclass
class Watched:
    """Everything a run has told so far."""

    verb: str = ""
    course: Course | None = None
    ready: Ready | None = None
    gone: Gone | None = None
    failure: Failure | None = None
    ended: Ended | None = None
    probes: list[ProbeResult] = field(default_factory=list)
    findings: int = 0
    pausing: bool = False
    kept: bool = False
    """Whether this was read from the folder of a run whose process is gone."""
    touched: set[str] = field(default_factory=set)
    """Steps that something was said about since it was last asked."""
    fresh: bool = True
    """Whether the plan is another one than when it was last asked."""

    def take(self, items: Sequence[Item]) -> None:
        """Take in what was said."""
        for item in items:
            match item:
                case Planned():
                    self.course, self.fresh = Course(item), True
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
                        if isinstance(item, RunStarted):
                            self.fresh = True
                        self.touched.add(self.course.take(item))
                case _:
                    pass

    def mode(self, *, alive: bool) -> Mode:
        """Where it stands; `alive` says whether its process has not told its end."""
        course = self.course
        if alive:
            if course is None or not course.began:
                return "starting"
            if course.outcome == "done":
                return "proving"
            return "pausing" if self.pausing else "running"
        if self.ended is None and not self.kept:
            return "idle"
        if self.ready or self.gone or (self.ended and self.ended.exit_code == 0):
            return "done"
        if course is None or not course.began:
            return "refused" if self.failure else "broken"
        if course.outcome == "interrupted" or (self.ended and self.ended.exit_code == INTERRUPTED):
            return "paused"
        if course.outcome == "done" and course.forward:
            return "unproved"
        if course.outcome in ("failed", "done"):
            return "failed"
        return "failed" if self.failure else "broken"

    def reason(self, say: Say) -> tuple[str, str]:
        """Why it failed and what to do; empty where it did not fail."""
        if self.failure:
            return self.failure.message, self.failure.remedy
        course = self.course
        if course is not None and course.failed:
            step = course.failed[-1]
            told = say("{step} failed: {reason}", step=step, reason=course.paces[step].reason)
            return told, say("when it is mended, g goes on there; b takes the run back")
        return "", ""


def heading(say: Say, mode: Mode, verb: str) -> str:
    """A run's state in a few words."""
    back = verb in ("rollback", "uninstall")
    words = {
        "idle": "Nothing has been started.",
        "starting": "looking at the hosts; nothing is touched yet",
        "running": "taking back" if back else "installing",
        "pausing": "pausing: running steps finish, then it stops",
        "proving": "proving what stands",
        "done": "taken back; the hosts are as before" if back else "ready",
        "unproved": "installed, but not proved",
        "refused": "not begun; nothing was touched",
        "paused": "paused; what is done stays done",
        "failed": "broken off; what is done stays done",
        "broken": "broken off without a word; what is done stays done",
    }
    return say(words[mode])


def keys(watched: Watched, mode: Mode, *, following: bool, more_hosts: bool) -> list[tuple[str, str]]:
    """What may be done now, by its key."""
    steps = [("l", "step and log")] if watched.course else []
    if mode in ACTIVE:
        pause = [("p", "pause")] if mode == "running" else []
        follow = [] if following or not steps else [("f", "follow")]
        return [*pause, ("s", "stop"), *steps, *follow, *([("[ ]", "other hosts")] if more_hosts else [])]
    if mode in RESUMABLE:
        return [("g", "go on"), ("b", "take it back"), *steps]
    if mode == "refused":
        failed = watched.failure is not None and watched.failure.error == "PreflightFailed"
        return [("i", "install"), *([("o", "see what failed")] if failed else [])]
    if mode == "unproved":
        return [("i", "prove it again"), ("o", "the result"), *steps]
    see = [("o", "the result")] if mode == "done" and watched.ready else []
    return [*see, ("i", "install"), *steps]
