"""The two streams as rich consoles: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TextIO

from rich.console import Console


class _Stream(Console):
    """A console whose text is printed as it is, and that nobody fails over when its reader has gone."""

    def on_broken_pipe(self) -> None:
        """Go on in silence."""
        silence(self.file)


SHOW_CURSOR = b"\x1b[?25h"
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


def as_it_is() -> Callable[[], None]:
    """How to give the terminal back as it is now, from wherever this program is then: it echoes, and shows a cursor."""
    if not sys.stderr.isatty():
        return lambda: None
    handle = sys.stderr.fileno()
    settings = termios.tcgetattr(handle)

    def give_back() -> None:
        with suppress(OSError, termios.error):
            termios.tcsetattr(handle, termios.TCSANOW, settings)
            os.write(handle, SHOW_CURSOR)

    return give_back


def silence(stream: IO[str]) -> None:
    """Point a stream whose reader has gone (`| head`) at nothing: what it says from now on is lost, and that is all."""
    nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.dup2(nothing, stream.fileno())
    finally:
        os.close(nothing)


def _console(stream: TextIO) -> Console:
    """Square brackets and colons in names and paths are no markup."""
    width = None if stream.isatty() else WIDE
    return _Stream(
        file=stream, highlight=False, markup=False, emoji=False, no_color=_plain(), width=width,
        soft_wrap=width is not None,
    )  # fmt: skip


def _plain() -> bool:
    return bool(os.environ.get("NO_COLOR"))
