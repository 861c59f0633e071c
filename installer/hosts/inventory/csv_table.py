"""A table: comma, semicolon, tab or blanks between the cells, with a heading or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from installer.formats.values import shown
from installer.hosts.inventory.entry import LOGINS, Entry, Reading, login
from installer.hosts.inventory.groups import marks
from installer.messages import Message

HEADINGS = {
    "name": "name hostname host hosts hostnames server servername node nodename machine machinename fqdn "
    "主机名 主机 名称 主机名称 服务器 服务器名 服务器名称 节点 节点名 节点名称 机器名",
    "address": "address addr ip ipaddress ipaddr ipv4 ipv4address hostip hostaddress nodeip serverip sship "
    "managementip privateip internalip ansiblehost 地址 主机地址 主机ip ip地址 ipv4地址 管理ip 管理地址 内网ip "
    "内网地址 服务器ip 节点ip 地址ip",
    "user": "user username login loginname loginuser sshuser account ansibleuser 用户 用户名 账号 帐号 登录用户 登录名",
    "port": "port sshport ansibleport 端口 端口号 ssh端口",
    "group": "role roles group groups type purpose usage environment env 角色 分组 组 用途 环境 类型",
}
"""Headings of each field, in lower case and without anything between their words."""
FIELDS = {heading: field for field, headings in HEADINGS.items() for heading in headings.split()}
PREAMBLE = 10
"""Rows among which the heading is looked for: titles, dates and blanks may stand above it."""
DELIMITERS = (",", ";", "\t")
WANTED = Message("a row with a name and an IPv4 address")
_BETWEEN = re.compile(r"[\s_\-./:*#\"']+")
_SEVERAL = re.compile(r"[\s、,，;；/|]+")
_ASIDE = re.compile(r"[(（\[].*?[)）\]]")


def fields_of(cells: Sequence[str]) -> list[str]:
    """The field that each cell of a heading names, empty for one that is of no interest; [] where it is no heading."""
    if any(login(cell.strip()) for cell in cells):
        return []
    found = [_field(cell) for cell in cells]
    known = [field for field in found if field]
    enough = len(known) > 1 or len(known) == len([cell for cell in cells if cell.strip()])
    return found if {"name", "address"} & set(known) and enough else []


def _field(cell: str) -> str:
    plain = _BETWEEN.sub("", cell.casefold())
    return FIELDS.get(plain) or FIELDS.get(_BETWEEN.sub("", _ASIDE.sub("", cell.casefold())), "")


def delimiter_of(line: str) -> str:
    """What separates the cells of a line; a blank where none of the usual does."""
    best = max(DELIMITERS, key=line.count)
    return best if best in line else " "


def heading_of(line: str) -> list[str]:
    """The fields that a line names, [] where it is no heading."""
    delimiter = delimiter_of(line)
    return fields_of([cell.strip("# \t\"'") for cell in (line.split() if delimiter == " " else line.split(delimiter))])


def read(text: str) -> Reading:
    """The hosts of a table."""
    reading = Reading()
    fields: list[str] | None = None
    rows = list(_rows(text, reading))
    headings = [at for at, (_, cells) in enumerate(rows[:PREAMBLE]) if fields_of([cells[0].lstrip("# "), *cells[1:]])]
    for number, cells in rows[headings[0] if headings else 0 :]:
        if fields is None:
            fields = fields_of([cells[0].lstrip("# "), *cells[1:]])
            if fields:
                continue
            fields = None if cells[0].startswith("#") else fields
        if not cells[0].startswith("#"):
            _row(reading, number, cells, fields)
    return reading


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
        if any(cells):
            yield begin, cells
        begin = skipped + rows.line_num + 1


def _row(reading: Reading, number: int, cells: list[str], fields: list[str] | None) -> None:
    said = _by_heading(cells, fields) if fields else _by_content(cells)
    if "more" in said:
        wanted = Message("a heading, as in: name, address, user, port, role")
        reading.trouble(number, "", Message("more cells than are understood without a heading (not shown)"), wanted)
        return
    if said.get("address"):
        said["address"] = _only(reading, number, said["address"])
    name, told = said.get("name", ""), login(said.get("address", "") or said.get("name", ""))
    if not said.get("address"):
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
        told, name = login(name), said["address"]
    address, user, port = told or (said["address"], "", "")
    reading.entries.append(
        Entry(name, address, said.get("user") or user, said.get("port") or port, said.get("group", ""), number)
    )


def _only(reading: Reading, number: int, cell: str) -> str:
    """The address of a cell: without what stands in brackets beside it, and the first one where there are several."""
    if login(cell):
        return cell
    plain = _ASIDE.sub("", cell).strip()
    several = [part for part in _SEVERAL.split(plain) if part]
    if len(several) > 1 and all(login(part) for part in several):
        found = Message("{count} addresses in one cell", count=len(several))
        wanted = Message("one address, the host's own: {address} is taken", address=several[0])
        reading.trouble(number, "address", found, wanted)
        return several[0]
    return plain if login(plain) else cell


def _by_heading(cells: list[str], fields: list[str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for field, cell in zip(fields, cells, strict=False):
        if field == "group" and cell:
            said[field] = ",".join(filter(None, (said.get(field), cell)))
        elif field:
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
