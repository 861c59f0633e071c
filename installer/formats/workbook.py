"""Workbooks (xlsx) that others send back, read within bounds: nothing in one can make this program slow or large.

A workbook is a zip of XML files. Each is unpacked here, counted and looked through before a library sees it: no
document type (and so no entities), no more elements, depth or bytes than a real one has. Formulas are never reckoned.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils import coordinate_to_tuple, get_column_letter, range_boundaries

from installer.formats.text_file import Unfit
from installer.messages import Message
from installer.plain import plain

LARGEST = 8 << 20
"""Bytes of the largest workbook that is read: that of two thousand machines takes a twentieth of it."""
UNPACKED, PARTS, ELEMENTS, DEEPEST = 48 << 20, 500, 1_000_000, 64
"""Bytes, files, and elements of XML that a workbook may hold, and how deep those may lie in one another."""
ROWS, COLUMNS = 20_000, 64
"""Beyond these no cell may hold anything; a table's last row stands far before."""
STEP = 1 << 16
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
NEEDED = {"[Content_Types].xml", "_rels/.rels", BOOK, RELATIONS}
NO_WORKBOOK = Message("no workbook (xlsx)")

FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""First letters after which spreadsheets reckon instead of showing; in East Asian ones the wide forms too."""

Kind = Literal["text", "number", "date", "yes", "formula", "error"]
KINDS: Mapping[str, Kind] = {"n": "number", "d": "date", "b": "yes", "f": "formula", "e": "error"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that holds something; of a formula `value` is what it is made of, never what it comes to."""

    row: int
    column: int
    kind: Kind
    value: str | int | float | bool | datetime

    @property
    def name(self) -> str:
        """As spreadsheets name it: B12."""
        return f"{get_column_letter(self.column)}{self.row}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a sheet by row and column, and the ranges that are merged into one cell ("B5:B7")."""

    title: str
    cells: Mapping[tuple[int, int], Cell]
    merged: tuple[str, ...] = ()


def corners(merged: str) -> tuple[int, int, int, int] | None:
    """Left column, top row, right column and bottom row of a merged range; None for a text that is none."""
    try:
        left, top, right, bottom = range_boundaries(merged)
    except (ValueError, TypeError):
        return None
    if left is None or top is None or right is None or bottom is None:
        return None
    return left, top, right, bottom


@dataclass(slots=True)
class _Seen:
    """What a look through one file of XML found, and where it is now."""

    elements: int = 0
    depth: int = 0
    place: str = ""
    merged: list[str] = field(default_factory=list)
    sheets: dict[str, str] = field(default_factory=dict)
    """Titles of sheets with the names under which the workbook knows their files."""
    files: dict[str, str] = field(default_factory=dict)
    """Such names with the files."""


def read(raw: bytes, marker: str) -> tuple[Sheet, ...]:
    """The sheets of a workbook whose first cell begins with `marker`.

    Raises:
        Unfit: it is no workbook, more than one may be, or one that acts: macros, links to others, entities.
    """
    parts = dict(_parts(raw))
    merged = _looked_through(parts)
    clean = io.BytesIO()
    with zipfile.ZipFile(clean, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    try:
        book = load_workbook(clean, read_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if _first(sheet).startswith(marker)]
        return tuple(Sheet(sheet.title, dict(_cells(sheet)), merged.get(sheet.title, ())) for sheet in sheets)
    except Exception as error:  # whatever the library makes of a workbook that contradicts itself
        raise Unfit(Message("a workbook that contradicts itself ({kind})", kind=type(error).__name__)) from error


def as_text(value: str | float) -> str | float:
    """A value of which a spreadsheet shows each letter and takes none for a formula, or for the start of a new cell."""
    if not isinstance(value, str):
        return value
    shown = plain(value)
    return f"'{shown}" if shown.lstrip()[:1] in FORMULA and shown.strip() else shown


def _parts(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of XML in a workbook, each unpacked no further than all together may be."""
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unfit(Message("a workbook with a password, or in the form before xlsx"),
                    Message("save it as xlsx without a password"))  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if len(entries) > PARTS or len({entry.filename for entry in entries}) < len(entries):
                raise Unfit(Message("more files in it than a workbook has"))
            left = UNPACKED
            for entry in entries:
                name = entry.filename.lstrip("/")
                if name.lower().startswith("xl/externallinks/"):
                    raise Unfit(Message("links to other workbooks"), Message("cut the links (Data, Edit Links)"))
                if "vbaproject" in name.lower():
                    raise Unfit(Message("macros"), Message("save it as xlsx, without macros"))
                if name.lower().endswith((".xml", ".rels")):
                    content = _unpacked(archive, entry, left)
                    left -= len(content)
                    yield name, content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Unfit(NO_WORKBOOK) from error


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """One file, read in steps: what its entry says of its size need not be true."""
    if entry.compress_type not in METHODS or entry.flag_bits & 1:
        raise Unfit(NO_WORKBOOK)
    found = io.BytesIO()
    with archive.open(entry) as stream:
        while step := stream.read(STEP):
            found.write(step)
            if found.tell() > most:
                raise Unfit(Message("more than {count} MiB when unpacked", count=UNPACKED >> 20))
    return found.getvalue()


def _looked_through(parts: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """The merged ranges of each sheet by its title, once every file has been found to be harmless."""
    if not parts.keys() >= NEEDED:
        raise Unfit(NO_WORKBOOK)
    found, left = dict[str, _Seen](), ELEMENTS
    for name, content in parts.items():
        found[name] = _seen(content, left)
        left -= found[name].elements
    files = found[RELATIONS].files
    return {title: tuple(found[files[known]].merged) for title, known in found[BOOK].sheets.items()
            if files.get(known) in found}  # fmt: skip


def _seen(content: bytes, most: int) -> _Seen:
    seen, parser = _Seen(), expat.ParserCreate()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        seen.elements += 1
        seen.depth += 1
        if seen.elements > most or seen.depth > DEEPEST:
            raise Unfit(Message("more cells or parts than a workbook of this kind has"))
        kind = tag.rpartition(":")[2]
        if kind == "c":
            seen.place = attributes.get("r", "")
        elif kind in {"v", "f", "is"} and _far(seen.place):
            raise Unfit(Message("a cell far outside of every table ({cell})", cell=seen.place[:12]))
        elif kind == "mergeCell":
            seen.merged.append(attributes.get("ref", ""))
        elif kind == "sheet":
            known = [value for name, value in attributes.items() if name.rpartition(":")[2] == "id"]
            seen.sheets[attributes.get("name", "")] = known[0] if known else ""
        elif kind == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            seen.files[attributes.get("Id", "")] = target.lstrip("/")

    def end(_tag: str) -> None:
        seen.depth -= 1

    def refused(*_of: object) -> None:
        raise Unfit(Message("XML with a document type of its own"))

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = refused
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unfit(Message("XML that cannot be made out")) from error
    return seen


def _far(place: str) -> bool:
    try:
        row, column = coordinate_to_tuple(place) if place else (1, 1)
    except (KeyError, ValueError, TypeError, AttributeError):
        return True
    return row > ROWS or column > COLUMNS


def _first(sheet: Any) -> str:
    for row in sheet.iter_rows(min_row=1, max_row=1, max_col=1):
        return str(row[0].value) if row else ""
    return ""


def _cells(sheet: Any) -> Iterator[tuple[tuple[int, int], Cell]]:
    for row in sheet.iter_rows(max_row=ROWS, max_col=COLUMNS):
        for cell in row:
            value = cell.value
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            kind = KINDS.get(cell.data_type, "text")
            ready = value if isinstance(value, str | int | float | bool | datetime) else str(value)
            yield (cell.row, cell.column), Cell(cell.row, cell.column, kind, ready)
