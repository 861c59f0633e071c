"""The machine list for purchasing: what to order, kind by kind, and every host with what it must have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from installer.plain import plain
from installer.report import machines
from installer.report.catalogue import Words
from installer.report.subject import Subject
from sizing.engine import Part

HEAD = PatternFill("solid", fgColor="1D3557")
WIDEST = 60
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""First letters after which spreadsheets reckon instead of showing; in East Asian ones the wide forms too."""

Row = Sequence[str | float]


def write(subject: Subject, _: Words, target: Path) -> None:
    """Write the workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    kinds = machines.kinds(subject.sizing, _)
    order_head = (
        _("Environment"), _("Kind"), _("For"), _("Machines"), _("at least"), _("at most"), _("Cores"),
        _("Memory") + " GiB", _("System disk") + " GiB", _("Data disk") + " GiB", _("Fast disk") + " GiB",
        _("Disk speed") + " IOPS", _("Network") + " Gbit/s",
    )  # fmt: skip
    order = [
        (_.text(k.environment), k.title, k.purpose, k.count, k.counts.low, k.counts.high, k.cores, k.memory,
         k.system, k.data, k.fast, k.iops, k.network)
        for k in kinds
    ]  # fmt: skip
    _sheet(book, _("Machines to provide"), order_head, order)
    host_head = (
        _("Name"), _("Address"), _("Environment"), _("Role"), _("Kind"), _("Cores"), _("Memory") + " GiB",
        _("System disk") + " GiB", _("Data disk") + " GiB", _("Fast disk") + " GiB",
    )  # fmt: skip
    seats = machines.seats(subject.answers, kinds, _)
    _sheet(book, _("The machines by name"), host_head, [_host(seat, _) for seat in seats])
    part_head = (
        _("Environment"),
        _("Part"),
        _("When"),
        _("Copies"),
        _("Cores"),
        _("Memory") + " GiB",
        _("Disks") + " GiB",
    )
    _sheet(book, _("What the machines are for"), part_head, [_part(part, _) for part in subject.sizing.parts])
    book.save(target)


def _part(part: Part, _: Words) -> Row:
    """A part with what is expected of it; nothing else is reckoned with."""
    when = {"installed": _("installed"), "later": _("comes later"), "product": _("your own")}[part.standing or "later"]
    figures = (part.size.total(field).expected for field in ("replicas", "cpu_cores", "memory_gib", "disk_gib"))
    return (_.text(part.environment), _(part.size.title), when, *(round(figure, 2) for figure in figures))


def _host(seat: machines.Seat, _: Words) -> Row:
    known = (seat.name, seat.address, _.text(seat.environment), seat.role)
    if seat.kind is None:
        return known
    kind = seat.kind
    return (*known, kind.title, kind.cores, kind.memory, kind.system, kind.data, kind.fast)


def _sheet(book: Workbook, title: str, head: Row, rows: Sequence[Row]) -> None:
    sheet = book.create_sheet(title[:31])
    for row in (head, *rows):
        sheet.append([_text(value) for value in row])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for number in range(len(head)):
        widest = max(_width(row[number]) for row in (head, *rows) if len(row) > number)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(WIDEST, widest + 3)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(head))}{len(rows) + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4, as the file format numbers papers
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _width(value: str | float) -> int:
    """Columns that a text takes; Chinese letters take two."""
    return sum(1 + (letter >= "\u2e80") for letter in str(value))


def _text(value: str | float) -> str | float:
    """A value of which a spreadsheet shows each letter and takes none for a formula, or for the start of a new cell."""
    if not isinstance(value, str):
        return value
    shown = plain(value)
    return f"'{shown}" if shown.lstrip()[:1] in FORMULA and shown.strip() else shown
