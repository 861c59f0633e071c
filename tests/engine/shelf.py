"""A small strict world for the engine's tests: paths with contents on hosts, and a fuse that ends the process.

It has exactly the verbs these steps use, so a step that reaches for another one fails the test.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

from installer.engine.events import Event
from installer.engine.journal import Journal
from installer.plan.model import Difference, Plan, Step


class Crash(BaseException):
    """The process is gone: nothing catches this, and nothing works any more until the next process."""


class Fuse:
    """Blows at the n-th tick, before or after the effect; then the whole process is dead."""

    def __init__(self, at: int = 0, when: str = "before") -> None:
        self.at, self.when, self.ticks, self.dead = at, when, 0, False
        self._lock = threading.Lock()

    def around(self, effect) -> None:
        with self._lock:
            if self.dead:
                raise Crash
            self.ticks += 1
            self.dead = self.ticks == self.at
            if not self.dead or self.when == "after":
                effect()
            if self.dead:
                raise Crash


class Shelf:
    """The read-only face."""

    def __init__(self, state: dict[tuple[str, str], str]) -> None:
        self.state = state

    def read(self, host: str, path: str) -> str | None:
        return self.state.get((host, path))


class WritableShelf(Shelf):
    """The whole face. Every write burns the fuse."""

    def __init__(self, state: dict[tuple[str, str], str], fuse: Fuse | None = None) -> None:
        super().__init__(state)
        self.fuse = fuse or Fuse()
        self.report = None
        self.writes: Counter[tuple[str, str]] = Counter()

    def reporting(self, report) -> WritableShelf:
        bound = WritableShelf(self.state, self.fuse)
        bound.report, bound.writes = report, self.writes
        return bound

    def write(self, host: str, path: str, content: str | None) -> None:
        def effect() -> None:
            self.writes[host, path] += 1
            if content is None:
                self.state.pop((host, path), None)
            else:
                self.state[host, path] = content

        self.fuse.around(effect)


class TearingJournal(Journal):
    """Tears the n-th record: only its first `bytes` reach the disk, then the process is dead."""

    def __init__(self, path, fuse: Fuse, tear: float = 0.0) -> None:
        super().__init__(path)
        self.fuse, self.tear = fuse, tear

    def _write(self, line: bytes) -> None:
        wanted = super()._write
        try:
            self.fuse.around(lambda: wanted(line))
        except Crash:
            if self.fuse.ticks == self.fuse.at and self.fuse.when == "before":
                handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.ftruncate(handle, self._size)
                os.write(handle, line[: int(len(line) * self.tear)])
                os.close(handle)
            raise


class StoppedClock:
    """Time passes only by sleeping, and each look at the clock takes a millisecond."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        self.seconds += 0.001
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Heard(list[Event]):
    """An event sink that remembers."""

    __call__ = list.append

    def of(self, kind) -> list:
        return [event for event in self if isinstance(event, kind)]


def put(host: str, content: str, *paths: str, after: tuple[str, ...] = ()) -> Step:
    """A step that writes one content to several paths, so that it can be cut off half way."""

    def apply(world) -> None:
        for path in paths:
            world.write(host, path, content)

    def undo(world, image) -> None:
        for path in paths:
            world.write(host, path, image.seen[path])

    return Step(
        id=f"file.put:{paths[0]}@{host}",
        title=f"put {paths[0]}",
        phase="files",
        differs=lambda world: tuple(Difference(path, content, str(world.read(host, path))) for path in paths
                                    if world.read(host, path) != content),
        apply=apply,
        capture=lambda world: {path: world.read(host, path) for path in paths},
        undo=undo,
        after=after,
        host=host,
    )  # fmt: skip


START = {("n1", "version"): "1", ("n1", "keep"): "x", ("n2", "half"): "old", ("n9", "other"): "untouched"}
"""The world before: something to replace, something that already holds, something nobody asked about."""

END = START | {
    ("n1", "version"): "2",
    ("n1", "config"): "2",
    ("n2", "half"): "new",
    ("n2", "rest"): "new",
    ("n1", "last"): "z",
}


def plan(*, parallel: bool) -> Plan:
    """Four steps: in a row, or two rows that meet."""
    first = put("n1", "2", "version", "config")
    keep = put("n1", "x", "keep", after=(first.id,))
    half = put("n2", "new", "half", "rest", after=() if parallel else (keep.id,))
    last = put("n1", "z", "last", after=(keep.id, half.id))
    return Plan("install", (first, keep, half, last), {"bundle": "sha256:b", "answers.hosts": "sha256:h"})
