"""A table: comma, semicolon, tab or blanks between the cells, with a heading or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from installer.formats.values import shown
from installer.hosts.inventory import cells as cell_of
from installer.hosts.inventory.entry import LOGINS, Entry, Reading, login
from installer.hosts.inventory.group_cells import filled, title
from installer.hosts.inventory.groups import marks
from installer.hosts.inventory.headings import ADDRESSES, PREAMBLE, Field, fields_of, found_in
from installer.messages import Message

DELIMITERS = (",", ";", "\t", "|")
WANTED = Message("a row with a name and an IPv4 address")
_RULE = re.compile(r"[-:=+ ]*")


def delimiter_of(line: str) -> str:
    """What separates the cells of a line; a blank where none of the usual does."""
    best = max(DELIMITERS, key=line.count)
    return best if best in line else " "


def heading_of(line: str) -> list[Field]:
    """The fields that a line names, [] where it is no heading."""
    delimiter = delimiter_of(line)
    return fields_of([cell.strip("# \t\"'") for cell in (line.split() if delimiter == " " else line.split(delimiter))])


def read(text: str) -> Reading:
    """The hosts of a table."""
    reading = Reading()
    rows = list(_rows(text, reading))
    skipped, fields = found_in([cells for _, cells in rows])
    body = rows[skipped:]
    groups = filled([_groups(cells, fields) for _, cells in body]) if fields else []
    section = ""
    for at, (number, cells) in enumerate(body):
        if cells[0].startswith("#"):
            continue
        if skipped and (again := fields_of(cells)):  # the heading of a further part
            fields = again
        elif said := title(cells):
            section = said
        else:
            _row(reading, number, cells, fields, ",".join(filter(None, groups[at])) if fields else "", section)
    return reading


def _groups(cells: list[str], fields: Sequence[Field]) -> list[str]:
    """What the columns of groups say in a row; nothing in one that is about no host."""
    about = any(cell for field, cell in zip(fields, cells, strict=False) if field in ("name", *ADDRESSES))
    return [cell if about else "" for field, cell in zip_longest(fields, cells[: len(fields)]) if field == "group"]


def _rows(text: str, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line it begins in."""
    lines = text.split("\n")
    skipped = 1 if lines[0].strip().startswith("sep=") else 0
    body = lines[skipped:]
    spoken = [line for line in body[:200] if line.strip()]
    headings = [line for line in spoken[:PREAMBLE] if heading_of(line)]
    telling = (line for line in (*headings, *spoken) if not line.lstrip().startswith("#") or heading_of(line))
    delimiter = delimiter_of(next(telling, ""))
    rows = csv.reader(io.StringIO("\n".join(body)), delimiter=delimiter, skipinitialspace=True)
    begin = skipped + 1
    while True:
        try:
            cells = [cell.strip() for cell in next(rows)]
        except StopIteration:
            return
        except csv.Error as error:
            reading.trouble(begin, "", Message("a row that cannot be read ({reason})", reason=error), WANTED)
            return
        if delimiter == "|":
            cells = cells[1:] if not cells[0] else cells
            cells = cells[:-1] if cells and not cells[-1] else cells
        if any(not _RULE.fullmatch(cell) for cell in cells):
            yield begin, cells
        begin = skipped + rows.line_num + 1


def _row(reading: Reading, number: int, cells: list[str], fields: Sequence[Field], group: str, section: str) -> None:
    said = _by_heading(cells, fields) if fields else _by_content(cells)
    if "more" in said:
        wanted = Message("a heading, as in: name, address, user, port, role")
        reading.trouble(number, "", Message("more cells than are understood without a heading (not shown)"), wanted)
        return
    addresses = [said[field] for field in ADDRESSES if said.get(field)]
    name, address = said.get("name", ""), cell_of.address(reading, number, addresses[0]) if addresses else ""
    cell_of.beside(reading, number, address, addresses[1:] + said.get("further", "").split("\n"))
    told = login(address or name)
    if not address:
        if told is None:
            what = (
                Message("{name} without an address", name=shown(name))
                if name
                else Message("a row without name and address")
            )
            reading.trouble(number, "address", what, WANTED)
            return
        name = ""
    elif told is None and login(name):
        told, name = login(name), address
    port = cell_of.port(said.get("port", ""))
    if cell_of.is_date(port):
        reading.trouble(
            number, "port", Message("a date where the port stands"), Message("a number between 1 and 65535")
        )
        port = ""
    found, user, own = told or (address, "", "")
    group = group or said.get("group", "") or section
    reading.entries.append(Entry(name, found, said.get("user") or user, port or own, group, number))


def _by_heading(cells: list[str], fields: Sequence[Field]) -> dict[str, str]:
    said: dict[str, str] = {}
    for field, cell in zip(fields, cells, strict=False):
        if field in ADDRESSES and said.get(field) and cell:
            said["further"] = f"{said.get('further', '')}\n{cell}"
        elif field and field != "group":
            said[field] = said.get(field) or cell
    return said


def _by_content(cells: list[str]) -> dict[str, str]:
    """Without a heading: an address, a number, a role and a usual login are known by themselves; then name, user.

    What else there is, a password perhaps, is counted as "more".
    """
    said: dict[str, str] = {}
    left: list[str] = []
    for cell in filter(None, cells):
        if login(cell) and "address" not in said:
            said["address"] = cell
        elif cell.isdigit() and "port" not in said:
            said["port"] = cell
        elif left and marks(cell):
            said["group"] = cell
        elif cell in LOGINS and "user" not in said:
            said["user"] = cell
        elif "user" in said:
            said["more"] = "1"
        else:
            left.append(cell)
    if left[2:] or (left[1:] and "user" in said):
        said["more"] = "1"
    return {**dict(zip(("name", "user"), left, strict=False)), **said}
