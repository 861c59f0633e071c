"""Resolve paths that people write: in answers, and in lists read beside them, they start at the answers' folder."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path()
"""The folder a person works in: where files that answers do not name start, as those of flags do."""


def located(text: str, folder: Path = HERE) -> Path:
    """The path that a text names. `~` is a home; that of a person whom this machine does not know stays as it is."""
    return Path(os.path.normpath(folder / _expanded(text)))


def lost_home(text: str) -> str:
    """The `~person` with which a path begins where this machine knows no such person; empty otherwise."""
    first = Path(text).parts[:1]
    return first[0] if first and first[0].startswith("~") and str(_expanded(first[0])) == first[0] else ""


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
