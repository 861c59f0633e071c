"""The table of hosts: as many columns as fit, and only the cells drawn anew that differ from before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from installer import messages
from installer.ui.text import Text
from installer.ui.tui.words import Say

Tone = Literal["", "success", "warning", "error", "accent", "quiet"]
Column = Literal["name", "address", "environment", "role", "reached", "cores", "memory", "disk"]

TITLES: Mapping[Column, messages.Message] = {
    "name": messages.Message("name"), "address": messages.Message("address"),
    "environment": messages.Message("environment"), "role": messages.Message("role"),
    "reached": messages.Message("reached"), "cores": messages.Message("cores"),
    "memory": messages.Message("memory"), "disk": messages.Message("disk"),
}  # fmt: skip
COLUMNS: tuple[Column, ...] = tuple(TITLES)
FIGURES = frozenset({"cores", "memory", "disk"})
"""Columns that stand to the right."""
WIDEST = {"name": 24, "address": 24, "environment": 20}
"""Cells of a column at most; what is longer is told in full below the table."""
LEAST = {"reached": 7, "cores": 5, "memory": 7, "disk": 7}
"""Cells of a column from the start, so that the table stays as it is while hosts answer."""
SPARED: tuple[Column, ...] = ("disk", "memory", "cores", "environment", "role")
"""Columns that go where there is no room, the first ones first; the lines below the table tell them."""
GAPS = (2, 1)


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and what its colour repeats."""

    text: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Layout:
    """The columns shown and how wide each is, with the gap between them."""

    widths: tuple[tuple[Column, int], ...] = ()
    gap: int = 2


@dataclass(frozen=True)
class Lines:
    """What a table shows: a cell for each column of each host."""

    rows: Sequence[dict[Column, Cell]] = field(default_factory=list)
    one_environment: bool = False
    """Whether the column of the environment would say the same everywhere."""


def layout(lines: Lines, titles: dict[Column, str], room: int) -> Layout:
    """The columns that fit into so many cells; the gaps become smaller before a column goes."""
    natural = {
        column: min(
            max([LEAST.get(column, 0), cell_len(titles[column]), *(cell_len(row[column].text) for row in lines.rows)]),
            WIDEST.get(column, room),
        )
        for column in COLUMNS
    }
    spared: list[Column] = [*(["environment"] if lines.one_environment else []), *SPARED]  # type: ignore[list-item]
    for count in range(len(spared) + 1):
        shown = [column for column in COLUMNS if column not in spared[:count]]
        for gap in GAPS:
            if sum(natural[column] for column in shown) + gap * (len(shown) - 1) <= room:
                return Layout(tuple((column, natural[column]) for column in shown), gap)
    return Layout((("name", min(natural["name"], 12)), ("address", 15), ("reached", 7)), 1)


class HostTable(DataTable[Text]):
    """The hosts. A row is known by its position, so that an edit of one is an edit of its cells."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home,g", "scroll_top", "", show=False),
        Binding("end,G", "scroll_bottom", "", show=False),
        Binding("j", "cursor_down", "", show=False),
    ]

    class Widened(Message):
        """There is more or less room than before."""

    def __init__(self, say: Say) -> None:
        super().__init__(cursor_type="row", cell_padding=0, id="host-table")
        self._titles: dict[Column, str] = {column: say(title) for column, title in TITLES.items()}
        self._layout = Layout()
        self._cells: list[dict[Column, Cell]] = []

    def on_resize(self, event: events.Resize) -> None:
        """Other columns may fit now."""
        self.post_message(self.Widened())

    def show_lines(self, lines: Lines) -> None:
        """Draw what differs from before; everything where the columns differ."""
        wanted = layout(lines, self._titles, max(self.size.width - 1, 20))
        if wanted != self._layout or not self.columns:
            self._rebuild(wanted, lines)
            return
        while self.row_count > len(lines.rows):
            self.remove_row(str(self.row_count - 1))
            self._cells.pop()
        for position, row in enumerate(lines.rows):
            if position < self.row_count:
                self.show_line(position, row)
            else:
                self._append(row)

    def show_line(self, position: int, row: dict[Column, Cell]) -> None:
        """Draw the cells of one row that differ."""
        before = self._cells[position]
        self._cells[position] = row
        for column, width in self._layout.widths:
            if row[column] != before[column]:
                self.update_cell(str(position), column, self._drawn(column, row[column], width))

    def find(self, text: str, start: int) -> int | None:
        """The first row, from `start` on and then from the top, in which a text stands; None: in none."""
        wanted = text.casefold()
        for step in range(len(self._cells)):
            position = (start + step) % len(self._cells)
            if any(wanted in cell.text.casefold() for cell in self._cells[position].values()):
                return position
        return None

    def _render_cell(
        self,
        row_index: int,
        column_index: int,
        base_style: Style,
        width: int,
        cursor: bool = False,
        hover: bool = False,
    ) -> list[list[Segment]]:
        """Draw a cell as the one segment it is.

        Every edit makes the table draw all visible cells anew, and rich would wrap and pad each of them first: with two
        hundred hosts that is most of the time between a key and the screen.
        """
        if row_index < 0 or column_index < 0:
            return super()._render_cell(row_index, column_index, base_style, width, cursor, hover)
        column, fitting = self._layout.widths[column_index]
        cell = self._cells[row_index][column]
        before, after = self._get_styles_to_render_cell(
            False, False, False, hover, cursor, self.show_cursor, self._show_hover_cursor,
            self.cursor_foreground_priority == "css", self.cursor_background_priority == "css",
        )  # fmt: skip
        place = Style.from_meta({"row": row_index, "column": column_index})
        style = base_style + place + before + Style.parse(self._colour(cell.tone)) + after
        return [[Segment(_fitted(column, cell.text, fitting) + " " * (width - fitting), style)]]

    def _rebuild(self, wanted: Layout, lines: Lines) -> None:
        row, offset = self.cursor_row, self.scroll_offset
        self.clear(columns=True)
        self._layout, self._cells = wanted, []
        last = len(wanted.widths) - 1
        for place, (column, width) in enumerate(wanted.widths):
            title = self._titled(column, width)
            self.add_column(title, width=width + (wanted.gap if place < last else 0), key=column)
        for cells in lines.rows:
            self._append(cells)
        if self.row_count:
            self.move_cursor(row=min(row, self.row_count - 1), scroll=False)
            self.scroll_to(offset.x, offset.y, animate=False)

    def _append(self, row: dict[Column, Cell]) -> None:
        self._cells.append(row)
        drawn = (self._drawn(column, row[column], width) for column, width in self._layout.widths)
        self.add_row(*drawn, key=str(len(self._cells) - 1))

    def _titled(self, column: Column, width: int) -> Text:
        return Text(_fitted(column, self._titles[column], width))

    def _drawn(self, column: Column, cell: Cell, width: int) -> Text:
        return Text(_fitted(column, cell.text, width), style=self._colour(cell.tone), end="", no_wrap=True)

    def _colour(self, tone: Tone) -> str:
        if tone == "quiet":
            return "dim"
        return str(getattr(self.app.current_theme, tone) or "") if tone else ""


def _fitted(column: Column, text: str, width: int) -> str:
    """A text in so many cells, whatever the width of its characters; an ellipsis where it is longer."""
    if cell_len(text) > width:
        return f"{set_cell_size(text, width - 1)}…"
    room = " " * (width - cell_len(text))
    return room + text if column in FIGURES else text + room
