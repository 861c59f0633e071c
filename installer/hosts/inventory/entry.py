"""One host as some list words it, before anything is checked; and the ranges that stand for many hosts at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import product
from math import prod

from installer.answers.schema import schema
from installer.formats.values import shown
from installer.hosts.inventory.ssh_arguments import Hop
from installer.messages import Message

MOST: int = schema()["properties"]["hosts"]["maxItems"]
"""Hosts in one list; answers name no more."""
LONGEST_LINE = 4096
"""Characters of a line that still is one about a host."""

ADDRESS = re.compile(
    r"(?:(?P<user>[^@\s:]{1,64})@)?"
    r"(?P<address>[0-9]+(?:\.(?:[0-9]+|\[[^\[\]]*\]))+(?:-[0-9.]+)?)"
    r"(?:/[0-9]{1,2})?(?::(?P<port>[0-9]+))?"
)
"""What is meant as an IPv4 address, a range of them, or a login (user@address:port), right or wrong."""
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_ITEM = re.compile(r"([0-9]{1,9}|[A-Za-z])(?:[-:]([0-9]{1,9}|[A-Za-z])(?::([0-9]{1,3}))?)?")
_TAIL = re.compile(r"([0-9.]+\.)([0-9]{1,9})-([0-9]{1,9})")
_WHOLE = re.compile(r"([0-9.]+)-([0-9]+\.[0-9.]+)")
LOGINS = frozenset({"root", "admin", "administrator", "ubuntu", "debian", "centos", "rocky", "almalinux", "ec2-user",
                    "cloud-user", "opc", "sles", "kylin", "openeuler"})  # fmt: skip
"""Users that machines come with: known as such where no heading says so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A host, or a range of hosts, in the words of the list; empty where it says nothing."""

    name: str = ""
    address: str = ""
    user: str = ""
    port: str = ""
    group: str = ""
    line: int = 0
    private_key: str = ""
    bastion: Hop | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing wrong with a list: the line, the field if it is about one, what was found and what is wanted."""

    line: int
    path: str
    found: Message
    wanted: Message


@dataclass
class Reading:
    """What a form of list yields: its entries and its troubles, in the order of the lines."""

    entries: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def trouble(self, line: int, path: str, found: Message, wanted: Message) -> None:
        """Note something wrong."""
        self.troubles.append(Trouble(line, path, found, wanted))


class BadRange(ValueError):
    """A range that stands for nothing, or for too much."""

    def __init__(self, found: Message, wanted: Message) -> None:
        super().__init__(found)
        self.found, self.wanted = found, wanted


def login(text: str) -> tuple[str, str, str] | None:
    """(address, user, port) of a word that is meant as an address, user and port empty where not said; None if not."""
    match = ADDRESS.fullmatch(text)
    return (match["address"], match["user"] or "", match["port"] or "") if match else None


def expand(text: str) -> list[str]:
    """Every name or address that a text with ranges stands for, in order; the text itself where it has none.

    Understands node-[1-12], node-[01:12] (zeros kept), node-[1,3,5-7], node-[a:f], 10.0.0.[11-22], 10.0.0.11-22 and
    10.0.0.11-10.0.1.5.

    Raises:
        BadRange: a range is malformed, runs backwards, or stands for more than `MOST`.
    """
    if tail := _TAIL.fullmatch(text):
        text = f"{tail[1]}[{tail[2]}-{tail[3]}]"
    elif whole := _WHOLE.fullmatch(text):
        return _between(text, whole[1], whole[2])
    pieces = _BRACKETS.split(text)
    if "[" in "".join(pieces[::2]) or "]" in "".join(pieces[::2]):
        raise BadRange(
            Message("{range} with a bracket too many", range=shown(text)), Message("a range as in node-[1-12]")
        )
    choices = [_choices(piece, text) for piece in pieces[1::2]]
    count = prod(map(len, choices))
    if count > MOST:
        raise BadRange(Message("a range of {count} hosts", count=count), Message("at most {most}", most=MOST))
    return ["".join(_woven(pieces[::2], chosen)) for chosen in product(*choices)]


def _woven(fixed: list[str], chosen: tuple[str, ...]) -> Iterator[str]:
    for position, piece in enumerate(fixed):
        yield piece
        if position < len(chosen):
            yield chosen[position]


def _between(text: str, first: str, last: str) -> list[str]:
    try:
        low, high = int(IPv4Address(first)), int(IPv4Address(last))
    except ValueError:
        raise BadRange(shown(text), Message("two IPv4 addresses, as in 10.20.0.11-10.20.0.22")) from None
    return [str(IPv4Address(number)) for number in _span(text, low, high, 1)]


def _choices(inside: str, text: str) -> list[str]:
    found: list[str] = []
    for item in inside.split(","):
        match = _ITEM.fullmatch(item.strip())
        if match is None or (match[2] and match[1].isdigit() != match[2].isdigit()):
            raise BadRange(
                Message("the range [{inside}] in {text}", inside=inside[:40], text=shown(text)),
                Message("numbers or letters, as in [1-12] or [a-f]"),
            )
        first, last, step = match[1], match[2] or match[1], int(match[3] or 1)
        if first.isdigit():
            width = len(first) if first.startswith("0") else 0
            found += [f"{number:0{width}d}" for number in _span(text, int(first), int(last), step)]
        else:
            found += [chr(number) for number in _span(text, ord(first), ord(last), step)]
        if len(found) > MOST:
            raise BadRange(
                Message("a range of more than {most} hosts in {text}", most=MOST, text=shown(text)),
                Message("at most {most}", most=MOST),
            )
    return found


def _span(text: str, first: int, last: int, step: int) -> range:
    span = range(first, last + 1, max(step, 1))
    if not span:
        raise BadRange(
            Message("a range that runs backwards in {range}", range=shown(text)), Message("the lower end first")
        )
    if len(span) > MOST:
        raise BadRange(
            Message("a range of {count} hosts in {text}", count=len(span), text=shown(text)),
            Message("at most {most}", most=MOST),
        )
    return span
