"""What the processes of a site have told in this session of the wizard; the pages are views of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

from installer.engine.events import RunStarted
from installer.plan.card import PlanCard
from installer.preflight import Finding
from installer.probes.proof import ProbeResult
from installer.runs.stream import Asked, Ended, Failure, Item, Left, Note
from installer.ui.tui.state.findings import Findings
from installer.ui.tui.state.run import Watched

Concern = Literal["", "checking", "planning", "running", "standing"]
"""What a process is at, and the page that is about it: Preflight, Plan, Install, Result; empty while none is."""

FIRST: Mapping[str, Concern] = {
    "check": "checking", "install": "checking", "plan": "planning", "resume": "planning", "rollback": "planning",
    "uninstall": "planning", "status": "standing",
}  # fmt: skip
"""What each verb begins with."""
RUNS = frozenset({"install", "resume", "rollback", "uninstall"})
"""Verbs that change hosts."""


@dataclass
class Checked:
    """The last check: its findings, when it began, and the answers it was of, where it began in this session."""

    findings: Findings = field(default_factory=Findings)
    since: str = ""
    of: Mapping[str, Any] | None = None
    alone: tuple[str, ...] = ()
    """The checks that were tried alone, where nothing is known of the others."""


@dataclass
class Session:
    """All that was told of one site; `verb` is what the process that told it last was to do."""

    verb: str = ""
    flags: tuple[str, ...] = ()
    doing: Concern = ""
    failure: Failure | None = None
    failed_at: Concern = ""
    refusal: tuple[str, Failure] | None = None
    """The verb that could not be started, and why."""
    ended: Ended | None = None
    ends: int = 0
    """How many processes have ended."""
    check: Checked = field(default_factory=Checked)
    planned: PlanCard | None = None
    planned_of: Mapping[str, Any] | None = None
    run: Watched = field(default_factory=Watched)
    hosts: Mapping[str, Any] = field(default_factory=dict)
    """What stands on each host, as it said when it was last asked."""
    _answers: Mapping[str, Any] | None = None

    def begin(self, argv: Sequence[str], since: str, answers: Mapping[str, Any] | None) -> None:
        """A process is followed from now on: of these answers where it began in this session."""
        self.verb, self.flags = argv[0], tuple(argv[1:])
        self.doing = FIRST.get(self.verb, "")
        self.failure = self.refusal = self.ended = None
        if self.doing == "checking":
            only = tuple(after for flag, after in pairwise(argv) if flag == "--only")
            known = bool(self.check.findings.found) and not self.check.alone
            self.check.findings.begin(only)
            self.check = replace(self.check, since=since, of=answers, alone=() if known else only)
        if self.verb in RUNS:
            self.run = Watched(self.verb)
        self._answers = answers
        if self.doing == "standing":
            self.hosts = {}

    def refuse(self, verb: str, failure: Failure) -> None:
        """A verb could not be started."""
        self.refusal = (verb, failure)

    def take(self, items: Sequence[Item]) -> None:
        """Take in what the process said, in order."""
        told = [_understood(item) for item in items]
        for item in told:
            self._take(item)
        if self.verb in RUNS:
            self.run.take(told)

    def _take(self, item: Item) -> None:
        match item:
            case Asked(host=host):
                self.check.findings.asked.append(host)
            case Finding():
                self.check.findings.take(item)
                self.doing = "planning" if self.verb == "install" else self.doing
            case PlanCard():
                if item.operation == "install":
                    self.planned, self.planned_of = item, self._answers
                self.doing = "running"
            case RunStarted() | ProbeResult():
                self.doing = "running"
            case Failure():
                if self.failure is None or item.error:
                    self.failure, self.failed_at = item, self.doing
            case Ended():
                self.ended, self.doing = item, ""
                self.ends += 1
            case dict() if item.get("type") == "status" and isinstance(item.get("hosts"), dict):
                self.hosts = item["hosts"]

    def leave(self, left: Left | None) -> None:
        """No process is under way: what the folder of the site's last run says of it, None where it ended well."""
        if left is None:
            self.run = Watched() if self.run.left and self.verb not in RUNS else replace(self.run, left=None)
            return
        course = self.run.course
        if self.run.left == left or (course is not None and course.run == left.run.name):
            self.run.left = left
            return
        before, told = self.run, self.verb in RUNS
        self.run = Watched(left.run.operation, left=left)
        self.run.take(left.items)
        if told:
            self.run.failure, self.run.ended = before.failure, before.ended

    def failure_at(self, concern: Concern) -> Failure | None:
        """Why what a page is about could not be done; None where it could."""
        if self.refusal is not None:
            verb, failure = self.refusal
            mine = verb in RUNS if concern == "running" else FIRST.get(verb) == concern and verb not in RUNS
            if mine:
                return failure
        if concern == "running":
            return self.run.failure
        return self.failure if self.failed_at == concern else None


def _understood(item: Item) -> Item:
    """A complaint on standard error, which a program makes that could not begin, is why it failed."""
    if isinstance(item, Note) and item.text.startswith("✖"):
        return Failure("", item.text.removeprefix("✖").strip(), "", 1)
    return item
