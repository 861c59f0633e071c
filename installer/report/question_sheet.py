"""The sheet of questions: what can be answered in a workbook and read back by `sitewright answers import`."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from installer.answers.build import document
from installer.answers.questionnaire import COLUMNS, FORM, MARKER, asked, in_a_cell
from installer.formats.workbook import as_text
from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.told import unit

HEAD = PatternFill("solid", fgColor="1D3557")
TO_FILL = PatternFill("solid", fgColor="FFF3C4")
FAINT = Font(color="808080", size=8)
WIDTHS = (38, 26, 26, 12, 70, 34, 30)


def add(book: Workbook, subject: Subject, _: Words) -> None:
    """Append the sheet."""
    sheet = book.create_sheet(_("Questions"))
    how = _(
        "Write into the yellow cells only; an empty one leaves everything as it is. Where it is offered, unknown is an "
        "answer; none takes an answer away."
    )
    answers = subject.answers
    titles = (_("Question"), _("Your answer"), _("Holds now"), _("Unit"), _("What is meant"), _("Place in the answers"),
              _("Remark (is not read)"))  # fmt: skip
    head: tuple[Sequence[str | int], ...] = (
        (MARKER, FORM),
        (_("Site"), answers.site),
        (_("Answers"), subject.answers_digest),
        (how,),
        titles,
        COLUMNS,
    )
    for row in head:
        sheet.append([as_text(value) for value in row])
    for each in asked(document(answers)):
        known = each.question
        title = f"{_.text(known.title)} ({each.of})" if each.of else _.text(known.title)
        meaning = _.text(known.description)
        said = unit(str(known.path[-1]), _) if each.path[0] == "needs" else known.unit
        sheet.append([as_text(value) for value in (title, "", in_a_cell(each.now), said, meaning, each.place)])
    _dressed(sheet)


def _dressed(sheet: Worksheet) -> None:
    """Widths, colours, and what a printer needs."""
    names = len(COLUMNS)
    for number, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row in sheet.iter_rows(min_row=7, max_col=names):
        row[1].fill = TO_FILL
        row[1].number_format = "@" if isinstance(row[2].value, str) else "General"
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        row[5].font = FAINT
    for cell in sheet[5]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), HEAD
    for number in (1, 2, 3, 6):
        for cell in sheet[number]:
            cell.font = FAINT
    sheet.freeze_panes = "C7"
    sheet.print_title_rows = "5:5"
