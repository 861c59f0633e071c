"""What every application of the wizard shares: nothing in a text acts on the terminal or is markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.worker import WorkerFailed

from installer.plain import cleaned, plain

Result = TypeVar("Result")


class Clean(LineFilter):
    """Cleans each line of each widget on its way to the screen; the line keeps its width, at the cost of its end."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line, itself where there is nothing to clean."""
        safe = [piece if piece.control else _cleaned(piece) for piece in segments]
        if safe == segments:
            return segments
        return Segment.adjust_line_length(safe, Segment.get_line_length(segments))


def _cleaned(piece: Segment) -> Segment:
    """A piece of a line: that has no line ends, and whatever looks like one is shown as an escape too."""
    return piece._replace(text=plain(piece.text, len(piece.text)))


class CleanApp(App[Result]):
    """An application whose lines are all cleaned, and whose notifications are no markup."""

    clean = Clean()

    def __init__(self) -> None:
        super().__init__()
        self.fault: BaseException | None = None
        """A fault of ours that ended it."""
        self.console._markup = False  # of the strings in tables of rich; Textual has no other way to say so

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The filters of all widgets' lines; ours is the last."""
        return (*super().get_line_filters(), self.clean)

    def notify(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information", timeout: float | None = None,
        markup: bool = False,
    ) -> None:  # fmt: skip
        """Show a notification for a while; square brackets in it are never markup."""
        super().notify(cleaned(message), title=title, severity=severity, timeout=timeout, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        """Keep a fault of ours for whoever started it, who tells it once the terminal is as it was."""
        if self._exit:  # threads that end after the pages are gone find none to tell it to
            return
        if self._exception is None:
            self._exception = error
            self.fault = error.error if isinstance(error, WorkerFailed) else error
            self._exception_event.set()
        self._return_code = 1
        self._close_messages_no_wait()
