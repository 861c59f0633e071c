"""What a run's own file says of it, and the names of its logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from installer import state_files
from installer.errors import StateUnreadable
from installer.messages import Message

FORMAT = 1
OUTCOMES = frozenset({"done", "failed", "interrupted", "unfinished"})
MOST_RUNS = 1_000_000
"""The highest number that a run can have."""


def described(folder: Path) -> dict[str, Any]:
    """What run.json says, as far as this program knows it.

    Raises:
        StateUnreadable: it is damaged, or of a newer program.
    """
    path = folder / "run.json"
    cure = Message("bring it back from a copy; or move {folder} away: its run is then unknown here", folder=folder)
    body = state_files.read_object(path, cure) or {}
    if isinstance(body.get("format"), int) and body["format"] > FORMAT:
        raise StateUnreadable(
            path=folder, reason=Message("run format {number} is of a newer sitewright", number=body["format"])
        )
    texts = (body.get("site"), body.get("operation"), body.get("outcome", "unfinished"))
    flags, told, number = body.get("remembered", {}), body.get("told", []), body.get("sequence", 0)
    good = (
        body.get("format") == FORMAT and all(isinstance(each, str) for each in texts) and texts[2] in OUTCOMES
        and isinstance(flags, dict) and all(isinstance(each, str) for each in flags.values())
        and isinstance(told, list) and all(isinstance(each, str) for each in told)
        and type(number) is int and 0 <= number <= MOST_RUNS
    )  # fmt: skip
    if not good:
        raise StateUnreadable(path=path, reason=Message("it is damaged"), hint=cure)
    return body


def log_name(step: str) -> str:
    """A log's name below the run's folder, from the id of its step: "hosts/<host>/<environment>.<what>.log"."""
    what, at, host = step.rpartition("@")
    return f"hosts/{host if at else 'site'}/{(what or host).replace('/', '.').replace(':', '.')}.log"
