"""Bars for what is not a run: building, verifying. Each has a figure and, where it can be told, an ETA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from installer import events
from installer.ui import jsonl, terminal, words


@contextmanager
def build_bar(json: bool) -> Iterator[events.Emit]:
    """A sink for the events of a build: a bar on a terminal, a line a source elsewhere, JSON lines if asked for."""
    if json:
        yield jsonl.emit
        return
    if not terminal.interactive():
        yield _Lines()
        return
    with _bar() as bar:
        task = bar.add_task("building from source", figures="", total=None)

        def emit(event: events.Event) -> None:
            if isinstance(event, events.BuildProgressed):
                left = f"about {words.duration(event.left)} left" if event.left else ""
                figures = f"{event.source:<28} {event.done}/{event.total}   {left}"
                bar.update(task, total=event.total, completed=event.done, figures=figures)

        yield emit


class _Lines:
    """One line a source, for logs."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, event: events.Event) -> None:
        """Say what is made now."""
        if isinstance(event, events.BuildProgressed) and event.source != self._last:
            self._last = event.source
            left = f", about {words.duration(event.left)} left" if event.left else ""
            terminal.stderr().print(f"  building {event.source} ({event.done} of {event.total} done{left})")


def until(done: Future[Any], tell: Callable[[], object]) -> None:
    """Wait for what is under way elsewhere, telling ten times a second how far it is."""
    while not wait([done], timeout=0.1).done:
        tell()


@contextmanager
def byte_bar(what: str, json: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A sink for (bytes done, bytes in all)."""
    if json or not terminal.interactive():
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
