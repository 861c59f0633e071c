"""A sheet of questions as rows under named columns, and whether it is one of this site's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from installer.answers.questionnaire import COLUMNS, DIGEST_ROW, FORM, SITE_ROW
from installer.errors import Problem
from installer.formats.values import shown
from installer.formats.workbook import Cell, Sheet, corners
from installer.messages import Message

ANEW = Message("a workbook of this program's: sitewright report --profile FILE --out DIR makes it")
NEEDED = ("answer", "now", "place")
SEARCHED = 50
"""Rows at the top among which the one that names the columns is looked for."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of the file `book`: cells by row and column, the row that names columns, and where each of these is."""

    book: str
    sheet: Sheet
    rows: Mapping[int, Mapping[int, Cell]]
    named: int
    columns: Mapping[str, int]

    @classmethod
    def of(cls, sheet: Sheet, book: str) -> Table:
        """The table of a sheet; `columns` is empty where no row names them."""
        rows: dict[int, dict[int, Cell]] = {}
        for (row, column), cell in sheet.cells.items():
            rows.setdefault(row, {})[column] = cell
        for row in range(1, SEARCHED):
            names = {str(cell.value): column for column, cell in rows.get(row, {}).items()}
            if set(NEEDED) <= names.keys():
                return cls(book, sheet, rows, row, {name: names[name] for name in COLUMNS if name in names})
        return cls(book, sheet, rows, 0, {})

    def cell(self, row: int, name: str) -> Cell | None:
        """The cell of a row in a named column, if it holds anything."""
        return self.rows.get(row, {}).get(self.columns[name])

    @property
    def digest(self) -> str:
        """That of the answers from which the sheet was made, as far as it says so."""
        found = self._beside(DIGEST_ROW)
        return "" if found is None else str(found.value)

    def name(self, row: int, column: int) -> str:
        """A cell as messages call it: Questions!B12."""
        return f"{self.sheet.title}!{Cell(row, column, 'text', '').name}"

    def problem(self, row: int, column: int, found: Message, wanted: Message) -> Problem:
        """Something wrong with a cell."""
        return Problem(self.book, row, self.name(row, column), found, wanted)

    def refused(self, site: object) -> Iterator[Problem]:
        """What keeps the sheet as a whole from being read for a site: its form, its site, its columns, merged cells."""
        form = self._beside(1)
        if form is None or form.value != FORM:
            number = form.value if form and isinstance(form.value, int) else 0
            found = Message("form {form}, of a newer sitewright", form=number) if number > FORM else _shown(form)
            yield self.problem(1, 2, found, Message("form {form}", form=FORM) if number > FORM else ANEW)
            return
        whose = self._beside(SITE_ROW)
        if whose is None or whose.value != site:
            found = Message("the questions of site {site}", site=_shown(whose))
            yield self.problem(
                SITE_ROW, 2, found, Message("those of site {site}, whose answers these are", site=shown(site))
            )
        if not self.columns:
            yield self.problem(1, 1, Message("no row that names the columns {names}", names=NEEDED), ANEW)
        for each in self.sheet.merged if self.columns else ():
            if self._hides_answers(each):
                found = Message("merged cells")
                yield Problem(
                    self.book, self.named, f"{self.sheet.title}!{each}", found, Message("a cell for each answer")
                )

    def _hides_answers(self, merged: str) -> bool:
        found = corners(merged)
        if found is None:
            return True
        left, _, right, bottom = found
        return left <= self.columns["answer"] <= right and bottom > self.named

    def _beside(self, row: int) -> Cell | None:
        """What stands to the right of a row's first cell."""
        return next((cell for column, cell in sorted(self.rows.get(row, {}).items()) if column > 1), None)


def _shown(cell: Cell | None) -> Message:
    return shown(None if cell is None else str(cell.value))
