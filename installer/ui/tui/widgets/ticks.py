"""Boxes to tick whose sign says it, not their colour alone: `[✔]` and `[ ]`."""

from __future__ import annotations

from typing import Any, TypeVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Checkbox, SelectionList
from textual.widgets._toggle_button import ToggleButton

SIGNS = {True: "[✔]", False: "[ ]"}
Value = TypeVar("Value")


class Tick(Checkbox):
    """A box with a label."""

    BUTTON_LEFT = BUTTON_RIGHT = ""

    def __init__(self, label: str = "", value: bool = False, **options: Any) -> None:
        super().__init__(label, value, **options)
        self.BUTTON_INNER = SIGNS[value]

    def watch_value(self) -> None:
        """Change the sign with the value."""
        self.BUTTON_INNER = SIGNS[self.value]
        super().watch_value()


class Ticks(SelectionList[Value]):
    """A list of boxes."""

    def render_line(self, y: int) -> Strip:
        """Draw the box of a line by its sign."""
        strip = super().render_line(y)
        segments = list(strip)
        if len(segments) < 4 or segments[1].text != ToggleButton.BUTTON_INNER:
            return strip
        ticked = self.get_option_at_index(self.scroll_offset.y + y).value in self.selected
        return Strip([Segment(SIGNS[ticked], segments[3].style), *segments[3:]])
