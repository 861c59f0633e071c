"""Bars for what is not a run: building, verifying. Each has a figure and, where it can be told, an ETA."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from installer.engine import events
from installer.plain import plain
from installer.ports import Report, discarded
from installer.ui import terminal, words

BUILDING: Mapping[str, str] = {
    "making": "building from source",
    "packing": "packing",
    "proving": "proving completeness",
    "writing": "writing the bundle",
    "checking": "checking the bundle",
}
"""The phases of a build as people read them."""

EVERY = 60.0
"""Seconds after which a log hears of it again though nothing new has begun."""

BYTES = frozenset({"writing", "checking"})
"""Phases whose figures are bytes."""


@contextmanager
def build_bar() -> Iterator[events.Emit]:
    """A sink for the events of a build: a bar on a terminal, lines elsewhere."""
    if not terminal.interactive():
        yield Lines()
        return
    with _bar() as bar:
        task = bar.add_task(BUILDING["making"], figures="", total=None)

        def emit(event: events.Event) -> None:
            if isinstance(event, events.BuildProgressed):
                bar.update(
                    task, description=BUILDING[event.phase], total=1.0, completed=event.share, figures=_figures(event)
                )

        yield emit


def _figures(event: events.BuildProgressed) -> str:
    left = f"   about {words.duration(event.left)} left" if event.left else ""
    if event.phase in BYTES:
        return f"{words.size(event.done)} of {words.size(event.total)}{left}"
    return f"{event.source:<28} {event.done}/{event.total}{left}"


class Lines:
    """For logs: a line whenever something else is begun, and each minute in between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown: frozenset[str] = frozenset()
        self._said = 0.0

    def __call__(self, event: events.Event) -> None:
        """Say what is done now."""
        if not isinstance(event, events.BuildProgressed):
            return
        making = event.phase == "making"
        now = frozenset(event.source.split(", ") if making else {event.phase})
        begun, self._shown = now - self._shown, now
        if (making and not event.source) or not (begun or self._clock() - self._said >= EVERY):
            return
        self._said = self._clock()
        made = f"{event.done} of {event.total} made, " if making else ""
        left = f", about {words.duration(event.left)} left" if event.left else ""
        what = f"building {event.source}" if making else BUILDING[event.phase]
        terminal.stderr().print(f"  {plain(what)} ({made}{event.share:.0%} done{left})")


def aside() -> Report:
    """A sink as of `report_bar` for what goes on while something else has the terminal: lines in a log."""
    return discarded if terminal.interactive() else _logged


@contextmanager
def report_bar(what: str, *, logged: bool = False) -> Iterator[Report]:
    """A sink for (done, total, unit, note): a bar on a terminal; elsewhere nothing, or lines where it is logged."""
    if not terminal.interactive():
        yield aside() if logged else discarded
        return
    with _bar() as bar:
        task = bar.add_task(what, figures="", total=None)

        def report(done: int, total: int, _: str, note: str) -> None:
            bar.update(task, total=total, completed=done, figures=f"{note:<28} {done}/{total}")

        yield report


def _logged(done: int, total: int, unit: str, note: str) -> None:
    told = f"{note} ({done} of {total})" if unit == "items" else note
    terminal.stderr().print(f"  {plain(told)}", style="dim")


def until(done: Future[Any], tell: Callable[[], object]) -> None:
    """Wait for what is under way elsewhere, telling ten times a second how far it is."""
    while not wait([done], timeout=0.1).done:
        tell()


@contextmanager
def byte_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A sink for (bytes done, bytes in all)."""
    if not terminal.interactive():
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(what, figures="", total=None)

        def report(done: int, total: int) -> None:
            left = bar.tasks[task].time_remaining
            eta = f"   about {words.duration(left)} left" if left else ""
            bar.update(task, total=total, completed=done, figures=f"{words.size(done)} of {words.size(total)}{eta}")

        yield report


def _bar() -> Progress:
    """A bar between what is done and its figures, gone when it is done."""
    before, after = (TextColumn(text, markup=False) for text in ("  {task.description}", "{task.fields[figures]}"))
    return Progress(before, BarColumn(40), after, console=terminal.stderr(), transient=True)
