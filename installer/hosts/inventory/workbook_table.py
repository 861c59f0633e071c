"""The list of hosts in a workbook (xlsx), as the text of a table: a row of the sheet is a line, in the same place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from installer.formats import workbook
from installer.formats.text_file import Unfit
from installer.hosts.inventory.entry import login
from installer.messages import Message

MARK = b"PK\x03\x04"
"""How every workbook begins, and every other zip (APPNOTE 4.3.7)."""


def text_of(raw: bytes) -> str:
    """The sheet that holds addresses, as CSV.

    Raises:
        Unfit: it is no workbook that can be read, no sheet holds an address, or several do.
    """
    sheets = [sheet for sheet in workbook.read(raw, "") if _about_hosts(sheet)]
    if len(sheets) == 1:
        return _table(sheets[0])
    if not sheets:
        raise Unfit(Message("a workbook without an IPv4 address"), Message("name a workbook with a list of hosts"))
    titles = ", ".join(sheet.title for sheet in sheets)
    raise Unfit(
        Message("a workbook with addresses on several sheets ({titles})", titles=titles),
        Message("save the one that lists the hosts as a workbook or CSV of its own"),
    )


def _about_hosts(sheet: workbook.Sheet) -> bool:
    return any(login(word) for cell in sheet.cells.values() for word in _shown(cell).split())


def _table(sheet: workbook.Sheet) -> str:
    cells = {place: _shown(cell) for place, cell in sheet.cells.items()}
    cells |= {place: cells[top] for place, top in _below(sheet) if top in cells}
    columns = range(1, max(column for _, column in cells) + 1)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    for row in range(1, max(row for row, _ in sheet.cells) + 1):
        words = [cells.get((row, column), "") for column in columns]
        table.writerow(words if any(words) else [])
    return text.getvalue()


def _below(sheet: workbook.Sheet) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Each place that was merged into the cell above it, with the place of that cell."""
    for left, top, right, bottom in filter(None, map(workbook.corners, sheet.merged)):
        if left == right:
            yield from (((row, left), (top, left)) for row in range(top + 1, min(bottom, workbook.ROWS) + 1))


def _shown(cell: workbook.Cell) -> str:
    """A cell in one line, a whole number without a point, a day as people write it for programs."""
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    shown = value.isoformat() if isinstance(value, date) else str(value)
    return " ".join(shown.split())
