"""The two streams as rich consoles: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.console import Console

WIDE = 160
"""Columns of a table that goes into a file or a pipe, where nothing says how wide it may be."""


def stdout() -> Console:
    """Where results go."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Where progress and errors go."""
    return _console(sys.stderr)


def interactive() -> bool:
    """Whether a live display may be drawn."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _console(stream: TextIO) -> Console:
    if stream.isatty():
        return Console(file=stream, highlight=False, no_color=_plain())
    return Console(file=stream, highlight=False, no_color=_plain(), width=WIDE, soft_wrap=True)


def _plain() -> bool:
    return bool(os.environ.get("NO_COLOR"))
