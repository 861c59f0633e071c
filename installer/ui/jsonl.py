"""Results and events as JSON lines: each line one object with a `type`; nothing else goes to standard output.

A value is told as it is, but for secrets, which are masked, and lone halves of characters, which are shown as escapes.
What a terminal would obey stands in the line as an escape of JSON, so a line can be looked at too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

from installer import redaction
from installer.engine.events import Emit, Event, RunFinished, StepBroke, StepFinished, StepProgressed, kind_of
from installer.plain import in_json
from installer.ui import terminal

_LOCK = threading.Lock()
NAMES = frozenset({"type", "id", "step", "after", "host", "environment", "phase", "run", "operation", "site", "check"})
"""Keys whose values are names that the answers and the plan give: proved in form, and no secrets."""
QUIET = 0.2
"""Seconds between two lines about the progress of one step."""


def write(kind: str, body: dict[str, Any], stream: TextIO | None = None) -> None:
    """Write one object; `kind` becomes its `type`. Where the reader has gone, nobody hears it and nothing fails."""
    line = in_json(json.dumps(_masked({"type": kind, **body}), default=_plain, ensure_ascii=False))
    out = stream or sys.stdout
    with _LOCK:
        try:
            out.write(line + "\n")
            out.flush()
        except BrokenPipeError:
            terminal.silence(out)


def emit(event: Event) -> None:
    """Write an event; its `type` is its class in snake case: step_started, run_finished ..."""
    write(kind_of(type(event)), dataclasses.asdict(event))


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


def _masked(value: Any, key: str = "") -> Any:
    """A value of JSON without secrets; names, by which programs find things again, stay as they are."""
    if isinstance(value, str):
        return value if key in NAMES else redaction.redacted(value)
    if isinstance(value, dict):
        return {name: _masked(each, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each, key) for each in value]
    return value


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return redaction.redacted(str(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _masked(dataclasses.asdict(value))
    if isinstance(value, set | frozenset):
        return _masked(list(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")
