"""The one way to the terminal: results on standard output, progress and errors on standard error.

What is written here was cleaned (`installer.plain`) and has no secret in it (`installer.redaction`). Nothing else in
this program writes to these streams or prompts at them; tests/unit/test_one_edge.py proves it.
"""

from __future__ import annotations

import getpass
import os
import sys
import termios
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any, TextIO

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from installer.plain import cleaned, plain
from installer.redaction import redacted

SHOW_CURSOR = b"\x1b[?25h"
WIDE = 160
"""Columns of a table that goes into a file or a pipe, where nothing says how wide it may be."""


def shown(text: str) -> str:
    """A text as it may be seen: nothing in it acts on a terminal, and no secret is readable."""
    return cleaned(redacted(text))


class _Stream(Console):
    """A console that cleans all it writes. Where a write fails, what was to be said is lost, or that is told.

    Strings are cleaned before they are laid out, and every piece of text once more on its way to the stream: whatever
    was printed, and however it was made, passes `_render_buffer`. Control sequences that rich makes are no text.
    """

    def __init__(self, stream: TextIO, *, may_be_lost: bool) -> None:
        width = None if stream.isatty() else WIDE
        super().__init__(
            file=stream, highlight=False, markup=False, emoji=False, no_color=bool(os.environ.get("NO_COLOR")),
            width=width, soft_wrap=width is not None,
        )  # fmt: skip
        self._may_be_lost = may_be_lost

    def render_str(self, text: str, **how: Any) -> Text:
        """A string as a text; square brackets and colons in names and paths are no markup."""
        return super().render_str(shown(text), **how)

    def on_broken_pipe(self) -> None:
        """Go on in silence: the reader has gone."""
        silence(self.file)

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        return super()._render_buffer(
            piece if piece.control else Segment(shown(piece.text), piece.style) for piece in buffer
        )

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError:
            self._buffer.clear()
            if not self._may_be_lost:
                raise
            silence(self.file)


def stdout() -> Console:
    """Where results go; a write that fails is an OSError, for a result that nobody gets is no result."""
    return _Stream(sys.stdout, may_be_lost=False)


def stderr() -> Console:
    """Where progress and errors go; what cannot be written is lost, and stops nothing."""
    return _Stream(sys.stderr, may_be_lost=True)


def say(text: str) -> None:
    """A line on standard error, also from where a signal was heard and no console may be used."""
    with suppress(OSError, RuntimeError, ValueError):  # the terminal may be gone, or the signal came amid a write
        sys.stderr.write(f"{shown(text)}\n")
        sys.stderr.flush()


def raw(text: str) -> None:
    """A text of this program's own, on standard output as it is: scripts and schemas that other programs read."""
    sys.stdout.write(text)
    sys.stdout.flush()


def secret(prompt: str) -> str:
    """What a person types after a prompt, without echo."""
    return getpass.getpass(f"{shown(plain(prompt))}: ")


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
