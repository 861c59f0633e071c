"""What people and spreadsheets put into the cells of a table: several addresses, remarks, numbers as floats; pure."""

from __future__ import annotations

import re

from installer.formats.values import shown
from installer.hosts.inventory.entry import Reading, login
from installer.hosts.inventory.headings import WORDS, Field
from installer.messages import Message

NOTHING = frozenset({"", "-", "--", "/", "n/a", "na", "none", "default", "ssh", "无", "默认", "無"})
"""What stands in a cell instead of a port."""
_ADDRESS = re.compile(
    r"(?<![0-9.])(?P<login>[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2}(?![0-9.]))?(?::[0-9]{1,5})?)(?![0-9.])"
    r"(?P<aside>\s*[(（\[][^)）\]]*[)）\]])?"
)
_ASIDE = re.compile(r"\s*[(（\[].*?[)）\]]\s*")
_WHOLE = re.compile(r"([1-9][0-9]{0,2}[.,](?!000)[0-9]{3}|[0-9]+)(?:[.,]0{0,2})?(?:/tcp)?")
_POWER = re.compile(r"[0-9](?:\.[0-9]{1,9})?e\+?0?[0-9]")
_DATE = re.compile(
    r"[0-9]{1,4}[-/.年月][0-9]{1,2}日?(?:[-/.月][0-9]{1,4}日?)?(?: [0-9:]+)?"
    r"|[0-9]{1,2}[- ][a-z]{3}|[a-z]{3}[- ][0-9]{1,4}"
)


def address(reading: Reading, line: int, cell: str) -> str:
    """The address of a cell: of several the one that is called the host's own, or the first; the others are told."""
    if login(cell):
        return cell
    found = []
    end = 0
    for match in _ADDRESS.finditer(cell):
        found.append((_rank(cell[end : match.start()] + (match["aside"] or "")), match["login"]))
        end = match.end()
    if not found:
        return cell
    _, taken = min(found, key=lambda each: each[0])
    if len(found) > 1:
        _tell(reading, line, Message("{count} addresses in one cell", count=len(found)), taken)
    return taken


def _tell(reading: Reading, line: int, found: Message, taken: str) -> None:
    wanted = Message("one address, the host's own: {address} is taken", address=taken)
    reading.trouble(line, "address", found, wanted)


def _rank(label: str) -> int:
    """Where an address stands among several of a host, by what is written beside it."""
    said = label.casefold()
    words = set(re.findall(r"[a-zß-ÿ]+", said))
    kinds: tuple[Field, ...] = ("own", "translated")
    own, translated = (
        any(word in words if word.isascii() else word in said for word in WORDS[kind].split()) for kind in kinds
    )
    return 0 if own else 2 if translated else 1


def beside(reading: Reading, line: int, taken: str, others: list[str]) -> None:
    """Tell of addresses in further columns."""
    for other in dict.fromkeys(others):
        if login(other) and other != taken:
            _tell(reading, line, Message("{address} beside {other}", address=shown(other), other=shown(taken)), taken)


def port(cell: str) -> str:
    """A cell's port as a whole number, however a spreadsheet wrote it; empty where it says none."""
    plain = _ASIDE.sub("", cell).strip().casefold()
    if plain in NOTHING:
        return ""
    if whole := _WHOLE.fullmatch(plain):
        return whole[1].replace(",", "").replace(".", "")
    if _POWER.fullmatch(plain) and float(plain).is_integer():
        return str(int(float(plain)))
    return cell


def is_date(cell: str) -> bool:
    """Whether a spreadsheet took what was typed for a date."""
    return _DATE.fullmatch(cell.strip().casefold()) is not None
