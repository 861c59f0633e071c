"""Results and events as JSON lines: each line one object with a `type`; nothing else goes to standard output."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

from installer.events import Event

_LOCK = threading.Lock()


def write(kind: str, body: dict[str, Any], stream: TextIO | None = None) -> None:
    """Write one object; `kind` becomes its `type`."""
    line = json.dumps({"type": kind, **body}, default=_plain, ensure_ascii=False)
    out = stream or sys.stdout
    with _LOCK:
        out.write(line + "\n")
        out.flush()


def emit(event: Event) -> None:
    """Write an event of a run; its `type` is its class in snake case: step_started, run_finished ..."""
    name = type(event).__name__
    kind = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    write(kind, dataclasses.asdict(event))


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
