"""Tells how far a build is: what is made, packed, proved or written now, how much of it, and how long it takes yet."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from installer.engine.events import BuildProgressed, Emit

TRUSTED = 60.0
"""Seconds for which it weighs that all processors are taken to be ours, against what they have done for us so far."""
LEAST = 0.02
"""Of a source's work, what is left at least as long as it is not finished."""

Clock = Callable[[], float]


@dataclass
class Making:
    """The sources that are made, some at a time. The lock says how many processor seconds each takes.

    How long it takes yet follows from what is left of those, and from how many this machine has given to us a second.
    """

    emit: Emit
    seconds: Mapping[str, float]
    clock: Clock = time.monotonic
    processors: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    spent: dict[str, float] = field(default_factory=dict)
    _waiting: list[str] = field(default_factory=list)
    _running: list[str] = field(default_factory=list)
    _of: int = 0
    _began: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def begin(self, sources: list[str]) -> None:
        """Take note of what is to be made."""
        self._waiting, self._of, self._began = list(sources), len(sources), self.clock()

    def start(self, source: str) -> None:
        """A source is being made from now on."""
        with self._lock:
            self._running.append(source)
            self.pulse(source, 0.0)

    def finish(self, source: str) -> None:
        """A source is made."""
        with self._lock:
            self._waiting.remove(source)
            self._running.remove(source)
            self._tell()

    def pulse(self, source: str, spent: float) -> None:
        """So many processor seconds more were spent on a source: tell the present state."""
        with self._lock:
            self.spent[source] = self.spent.get(source, 0.0) + spent
            self._tell()

    def _tell(self) -> None:
        whole = sum(self.seconds.values())
        left = sum(self._left(source) for source in self._waiting)
        spent = sum(self.spent.values())
        pace = (spent + TRUSTED * self.processors) / (self.clock() - self._began + TRUSTED)
        done = self._of - len(self._waiting)
        share = 1 - left / whole if whole else done / self._of
        running = ", ".join(self._running)
        self.emit(BuildProgressed(datetime.now(UTC), "making", running, done, self._of, left / pace, share))

    def _left(self, source: str) -> float:
        """Processor seconds that a source which is not finished takes yet."""
        expected = self.seconds.get(source, 0.0)
        return max(expected - self.spent.get(source, 0.0), expected * LEAST)


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
        share = done / total if total else 1.0
        self.emit(BuildProgressed(datetime.now(UTC), self.phase, what, done, total, left, share))
