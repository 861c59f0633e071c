"""Where a run stands, from the events it tells: each step, each phase on each host, bytes, speed, the time ahead.

Pure: time is what the events say, so that a run that is read later from a file looks as it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from installer.engine import events
from installer.messages import Message
from installer.plan import estimate
from installer.plan.card import PlanCard, StepCard

PHASES = {
    "hosts": Message("hosts prepared"),
    "registry": Message("registry filled"),
    "kubernetes": Message("kubernetes"),
    "restore points": Message("restore points"),
    "control planes": Message("control planes changed"),
    "new behaviour": Message("new behaviour"),
    "nodes": Message("nodes changed"),
    "charts": Message("charts"),
}
"""The phases of an installation or an upgrade and what each row says; others show under their own name."""

State = Literal["waiting", "running", "ok", "failed"]
Key = tuple[str, str, str]
"""Environment, phase, host."""


@dataclass
class StepTiming:
    """Where one step stands. `seconds` is what it took; `changed` False where it held beforehand."""

    state: State = "waiting"
    started: datetime | None = None
    told: datetime | None = None
    seconds: float = 0.0
    changed: bool = False
    done: int = 0
    total: int = 0
    unit: str = ""
    note: str = ""
    reason: str = ""
    log: str = ""
    heard: int = 0
    """The number of the last event about it."""

    @property
    def fraction(self) -> float:
        """How much of it is through, while it runs."""
        return self.done / self.total if self.total else 0.0

    @property
    def speed(self) -> float:
        """Bytes per second since it began."""
        if self.unit != "bytes" or self.started is None or self.told is None:
            return 0.0
        return self.done / max((self.told - self.started).total_seconds(), 0.001)


@dataclass
class Cell:
    """One phase on one host: how many of its steps are through, the last that began, and what was sent."""

    total: int = 0
    done: int = 0
    started: datetime | None = None
    seconds: float = 0.0
    step: str = ""
    failed: bool = False
    bytes: int = 0

    @property
    def state(self) -> State:
        """Where it stands."""
        return state_of([self])


@dataclass(eq=False)
class RunProgress:
    """A run of a plan; `take` its events in their order."""

    plan: PlanCard
    run: str = ""
    outcome: str = ""
    """How it ended; empty while it has not."""
    began: datetime | None = None
    last: datetime | None = None
    seconds: float = 0.0
    steps: dict[str, StepCard] = field(default_factory=dict)
    paces: dict[str, StepTiming] = field(default_factory=dict)
    cells: dict[Key, Cell] = field(default_factory=dict)
    whole: float = 0.0
    """Seconds that all of it takes."""
    latest: str = ""
    """The step that began last."""
    heard: int = 0
    """How many events it has taken in."""

    def __post_init__(self) -> None:
        self.steps = {step.id: step for step in self.plan.steps}
        self.whole = estimate.remaining(self.plan)
        self._afresh()

    def _afresh(self) -> None:
        self.paces = {name: StepTiming() for name in self.steps}
        self.cells = {}
        self.outcome = self.latest = ""
        self._through = 0
        for step in self.steps.values():
            self.cells.setdefault(key(step), Cell()).total += 1

    @property
    def through(self) -> int:
        """How many steps are done."""
        return self._through

    @property
    def running(self) -> list[str]:
        """The steps that run now, in the order of the plan."""
        return [name for name, pace in self.paces.items() if pace.state == "running"]

    @property
    def failed(self) -> list[str]:
        """The steps that broke."""
        return [name for name, pace in self.paces.items() if pace.state == "failed"]

    def take(self, event: events.Event) -> str:
        """Take one event in; the step it is about, empty where it is about none of this plan."""
        self.heard += 1
        if isinstance(event, events.RunStarted):
            self._afresh()
            self.run, self.began, self.last = event.run, event.at, event.at
            return ""
        if isinstance(event, events.RunFinished):
            self.outcome, self.seconds, self.last = event.outcome, event.seconds, event.at
            return ""
        if isinstance(event, events.BuildProgressed) or event.step not in self.steps:
            return ""
        self.last = event.at
        pace, cell = self.paces[event.step], self.cells[key(self.steps[event.step])]
        pace.heard = self.heard
        match event:
            case events.StepStarted():
                pace.state, pace.started, pace.reason = "running", event.at, ""
                cell.step, cell.failed, self.latest = event.step, False, event.step
                cell.started = cell.started or event.at
            case events.StepProgressed():
                pace.done, pace.total, pace.unit = event.done, event.total, event.unit
                pace.note, pace.told = event.note, event.at
                cell.bytes = event.done if event.unit == "bytes" else cell.bytes
            case events.StepFinished():
                self._finished(event, pace, cell)
            case events.StepBroke():
                pace.state, pace.reason, pace.log, cell.failed = "failed", event.reason, event.log, True
                pace.seconds = (event.at - pace.started).total_seconds() if pace.started else 0.0
        return event.step

    def _finished(self, event: events.StepFinished, pace: StepTiming, cell: Cell) -> None:
        if pace.state != "ok":
            self._through += 1
            cell.done += 1
        pace.state, pace.changed, pace.seconds = "ok", event.changed, event.seconds
        if cell.started:
            cell.seconds = (event.at - cell.started).total_seconds()

    def since(self, heard: int) -> list[str]:
        """The steps that look otherwise than after so many events: something was said of them, or they run."""
        return [name for name, pace in self.paces.items() if pace.heard > heard or pace.state == "running"]

    def ahead(self) -> float:
        """Seconds until the run is through, as far as what its steps should take is right."""
        done = {name for name, pace in self.paces.items() if pace.state == "ok"}
        running = {name: pace.fraction for name, pace in self.paces.items() if pace.state == "running"}
        return estimate.remaining(self.plan, done, running)

    def sent(self) -> tuple[int, int]:
        """Bytes that were sent, and bytes to send in all; what was there already counts as neither."""
        told = [(pace, self.steps[name].bytes) for name, pace in self.paces.items() if self.steps[name].bytes]
        sent = sum(pace.done if pace.unit == "bytes" else 0 for pace, _ in told)
        whole = sum(pace.total if pace.unit == "bytes" else 0 if pace.state == "ok" else size for pace, size in told)
        return sent, whole

    def speed(self) -> float:
        """Bytes per second that are sent now."""
        return sum(pace.speed for pace in self.paces.values() if pace.state == "running")

    def environments(self) -> list[str]:
        """Those that steps are for, in the plan's order."""
        return list(dict.fromkeys(step.environment for step in self.steps.values()))

    def phases(self, environment: str) -> list[str]:
        """The phases of an environment, in the plan's order."""
        return list(dict.fromkeys(s.phase for s in self.steps.values() if s.environment == environment))

    def hosts(self, environment: str) -> list[str]:
        """The hosts of an environment; on the way back the last come first in the plan."""
        steps = [step for step in self.steps.values() if step.environment == environment]
        return list(dict.fromkeys(step.host for step in (steps if self.forward else reversed(steps))))

    @property
    def forward(self) -> bool:
        """Whether it builds up rather than takes back."""
        return self.plan.operation == "install"


def key(step: StepCard) -> Key:
    """The cell of a step."""
    return step.environment, step.phase, step.host


def state_of(cells: Iterable[Cell | None]) -> State:
    """Where several cells stand together."""
    known = [cell for cell in cells if cell]
    if any(cell.failed for cell in known):
        return "failed"
    if all(cell.done == cell.total for cell in known):
        return "ok"
    return "running" if any(cell.done or cell.started for cell in known) else "waiting"


def counted(cells: Iterable[Cell | None]) -> Counter[State]:
    """How many cells are in each state."""
    return Counter(cell.state for cell in cells if cell)
