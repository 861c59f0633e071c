"""The workbook: what to order, every host, connections, checklist and decisions, for those who work with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from installer.formats.workbook import as_text
from installer.report import checklist, firewall, machines, question_sheet
from installer.report.catalogue import Words
from installer.report.question_sheet import HEAD
from installer.report.subject import Subject
from installer.report.timeline import timeline
from sizing.engine import Part

WIDEST = 60

Row = Sequence[str | float]


def write(subject: Subject, _: Words, target: Path | BinaryIO) -> None:
    """Write the workbook: what to order with totals, every host, what is for what, and what has to be there before."""
    book = Workbook()
    book.remove(book.worksheets[0])
    answers, line = subject.answers, timeline(subject, _)
    book.properties.title = f"{answers.customer or answers.site} – {_('Platform plan')}"
    book.properties.creator, book.properties.language = f"sitewright {subject.program}", _.tag
    kinds = machines.kinds(subject.sizing, _)
    _sheet(book, _("Machines to provide"), _order_head(_), [*(_order(kind, _) for kind in kinds), *_totals(subject, _)])
    host_head = (
        _("Name"), _("Address"), _("Environment"), _("Role"), _("Kind"), _("Cores"), _("Memory") + " GiB",
        _("System disk") + " GiB", _("Data disk") + " GiB", _("Fast disk") + " GiB",
    )  # fmt: skip
    seats, unnamed = machines.seats(answers, kinds, _)
    rows: list[Row] = [_host(seat, _) for seat in seats]
    rows += [("", "", _.text(each.environment), "", each.title) for each in unnamed for _each in range(each.count)]
    _sheet(book, _("The machines by name"), host_head, rows)
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
    ports = [(each.source.name, each.source.addresses, each.target.name, each.target.addresses, each.port, each.purpose)
             for each in firewall.connections(subject, _)]  # fmt: skip
    addresses = _("Address")
    port_head = (_("From"), addresses, _("To"), addresses, _("Port"), _("For"))
    _sheet(book, _("Connections"), port_head, ports)
    if not subject.built:
        due = [(each.group, each.what, each.owner, _.short_day(each.due), "", "")
               for each in checklist.items(subject, line, _)]  # fmt: skip
        _sheet(book, _("Checklist"), (_("What"), _("In detail"), _("Who"), _("By"), _("Done"), _("Checked")), due)
        open_ = [(_.text(each.question), each.person, _.short_day(each.until), "") for each in answers.plan.decisions]
        _sheet(book, _("Decisions"), (_("Question"), _("Who decides"), _("By"), _("Decision")), open_)
        question_sheet.add(book, subject, _)
    book.save(target)


def _order_head(_: Words) -> Row:
    return (
        _("Environment"), _("Kind"), _("For"), _("Machines"), _("Cores"), _("Memory") + " GiB",
        _("System disk") + " GiB", _("Data disk") + " GiB", _("Fast disk") + " GiB", _("Disk speed") + " IOPS",
        _("Network") + " Gbit/s", _("at least"), _("at most"),
    )  # fmt: skip


def _order(kind: machines.Kind, _: Words) -> Row:
    """A kind: sizes are those of one machine, the last two columns what the low and the high need would order."""
    figures = (kind.count, kind.cores, kind.memory, kind.system, kind.data, kind.fast, round(kind.iops), kind.network)
    shown = (figure or "" for figure in figures)
    return (_.text(kind.environment), kind.title, kind.purpose, *shown, machines.sized(kind.least, _),
            machines.sized(kind.most, _))  # fmt: skip


def _totals(subject: Subject, _: Words) -> Iterator[Row]:
    """What all machines come to, planned, at least and at most."""
    titles = {"count": _("Machines"), "cpu_cores": _("Cores"), "memory_gib": _("Memory") + " GiB",
              "disk_to_order_gib": _("Disks") + " GiB"}  # fmt: skip
    for field, title in titles.items():
        total = subject.sizing.total(field)
        row: list[str | float] = [_("Altogether"), title, "", round(total.expected)]
        yield (*row, *[""] * 7, round(total.low), round(total.high))


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
        sheet.append([as_text(value) for value in row])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for number in range(len(head)):
        widest = max(_width(row[number]) for row in (head, *rows) if len(row) > number)
        sheet.column_dimensions[get_column_letter(number + 1)].width = min(WIDEST, widest + 3)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(head))}{len(rows) + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4, as the file format numbers papers
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _width(value: str | float) -> int:
    """Columns that a text takes; Chinese letters take two."""
    return sum(1 + (letter >= "\u2e80") for letter in str(value))
