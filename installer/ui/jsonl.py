"""Results and events as JSON lines: each line one object with a `type`; nothing else goes to standard output."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Any, TextIO

from installer.engine import events
from installer.engine.events import Emit, Event, RunFinished, StepBroke, StepFinished, StepProgressed
from installer.formats import json_lines
from installer.ui import terminal

_LOCK = threading.Lock()
QUIET = 0.2
"""Seconds between two lines about the progress of one step."""


def write(kind: str, body: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Write one object; `kind` becomes its `type`. Where the reader has gone, nobody hears it and nothing fails."""
    line = json_lines.line({"type": kind, **body})
    out = stream or sys.stdout
    with _LOCK:
        try:
            out.write(line + "\n")
            out.flush()
        except BrokenPipeError:
            terminal.silence(out)


def emit(event: Event) -> None:
    """Write an event, as a run's own `events.jsonl` has it."""
    write(events.kind_of(type(event)), events.to_json(event))


class Flow:
    """A sink of one run's events in which progress of a step that comes faster than `QUIET` waits.

    What is written next about that step has its latest figures before it, so the last of them are never lost.
    """

    def __init__(self, sink: Emit = emit) -> None:
        self._sink = sink
        self._told: dict[str, StepProgressed] = {}
        self._waiting: dict[str, StepProgressed] = {}

    def __call__(self, event: Event) -> None:
        """Pass an event on, or let it wait. Events come one at a time."""
        if isinstance(event, StepProgressed):
            self._progress(event)
            return
        if isinstance(event, StepFinished | StepBroke):
            self._release(event.step)
        elif isinstance(event, RunFinished):
            for step in tuple(self._waiting):
                self._release(step)
        self._sink(event)

    def _progress(self, event: StepProgressed) -> None:
        told = self._told.get(event.step)
        # abs: where the clock is set back, progress must not fall silent until it has caught up.
        fast = told is not None and abs((event.at - told.at).total_seconds()) < QUIET
        self._waiting[event.step] = event
        if not fast or (event.done == event.total and told is not None and told.done != event.done):
            self._release(event.step)

    def _release(self, step: str) -> None:
        event = self._waiting.pop(step, None)
        if event is not None:
            self._told[step] = event
            self._sink(event)
