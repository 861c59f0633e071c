"""Tells how far a build is: what is made, packed, proved or written now, how much of it, and how long it takes yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from installer.engine.events import BuildProgressed, Emit

TRUSTED = 600.0
"""Seconds of work for which the lock's own figures weigh against this machine's pace: one slow source says little."""

Clock = Callable[[], float]


@dataclass
class Making:
    """The sources that are made, one after the other; the lock says how long each takes."""

    emit: Emit
    seconds: Mapping[str, float]
    waiting: list[str] = field(default_factory=list)
    of: int = 0
    since: float = 0.0
    spent: float = 0.0
    expected: float = 0.0
    clock: Clock = time.monotonic

    def begin(self, sources: list[str]) -> None:
        """Take note of what is to be made."""
        self.waiting = list(sources)
        self.of = len(sources)

    def start(self, source: str) -> None:
        """A source is being made from now on."""
        self.since = self.clock()
        self.pulse()

    def finish(self, source: str) -> None:
        """A source is made."""
        self.waiting.remove(source)
        if weight := self.seconds.get(source, 0.0):
            self.spent += self.clock() - self.since
            self.expected += weight
        if not self.waiting:
            self.emit(BuildProgressed(datetime.now(UTC), "making", "", self.of, self.of, 0.0))

    def pulse(self) -> None:
        """Tell the present state."""
        now, *later = self.waiting
        pace = (self.spent + TRUSTED) / (self.expected + TRUSTED)
        left = max(self.seconds.get(now, 0.0) * pace - (self.clock() - self.since), 0.0)
        left += sum(self.seconds.get(name, 0.0) for name in later) * pace
        self.emit(BuildProgressed(datetime.now(UTC), "making", now, self.of - len(self.waiting), self.of, left))


@dataclass
class Stage:
    """What follows, at an even pace: packing components, proving charts, writing bytes."""

    emit: Emit
    phase: str
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._began = self.clock()

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """So much is done, `what` is next; `what` is empty where nothing has a name."""
        left = (self.clock() - self._began) / done * (total - done) if done else 0.0
        self.emit(BuildProgressed(datetime.now(UTC), self.phase, what, done, total, left))
