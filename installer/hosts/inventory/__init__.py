"""A list of hosts as people have it, pasted or from a file, to rows that answers accept; pure, and never raises.

Which form a text has is recognised; every form yields entries, and what makes a row of an entry is the same for all:
ranges are expanded, names proposed where there are none, and each field is checked by the rules of the answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from installer.answers.rules import broken_rules
from installer.answers.schema import violations
from installer.errors import Problem
from installer.formats.values import shown
from installer.hosts.inventory import ansible_ini, ansible_yaml, csv_table, plain_list
from installer.hosts.inventory.ansible_variables import ENCRYPTED
from installer.hosts.inventory.beside import Beside
from installer.hosts.inventory.entry import MOST, BadRange, Entry, Reading, Trouble, expand, login
from installer.hosts.inventory.groups import stands_apart
from installer.hosts.inventory.headings import PREAMBLE
from installer.hosts.inventory.ssh_arguments import Hop
from installer.messages import Message

Kind = Literal["list", "csv", "ansible-ini", "ansible-yaml"]

LARGEST = 1 << 20
"""Bytes of the largest text that is read."""
LINES = 30 * MOST
"""Lines of the longest text that is read: a host has a few, in YAML a dozen or two."""
BASTION = "bastion"
"""The group of Kubespray's inventories that holds the host over which all others are reached."""
TOLD = 500
"""Problems that are told one by one; a text with more of them is no list of hosts."""
NOTHING: Beside = MappingProxyType({})
READERS: Mapping[Kind, Callable[[str, Beside], Reading]] = {
    "list": lambda text, _: plain_list.read(text),
    "csv": lambda text, _: csv_table.read(text),
    "ansible-ini": ansible_ini.read,
    "ansible-yaml": ansible_yaml.read,
}
_SECTION = re.compile(r"\[[^\[\]]+\]\s*([#;].*)?")
_GROUP = re.compile(r"""(["']?)[\w.-]+\1:\s*(&\S+\s*)?(\{.*)?(#.*)?|---.*|%YAML.*|\{.*|-\s+[\w.-]+:.*""")
_WIDE = dict(zip("０１２３４５６７８９．：／＠－　\u00a0", "0123456789.:/@-  ", strict=True))
_TYPED = str.maketrans({**_WIDE, **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", "")})
"""What Chinese keyboards and copied pages put in place of digits, dots and blanks, or between them unseen."""
_VARIABLE = re.compile(r"\sansible_\w+=")


@dataclass(frozen=True, slots=True)
class Row:
    """A host. `user` empty and `port` 0 where the list does not say; `group` in its own words, several with commas.

    `private_key` is the path of a key's file as the list has it; `bastion` is the host to hop over on the way.
    """

    name: str
    address: str
    user: str = ""
    port: int = 0
    group: str = ""
    line: int = 0
    private_key: str = ""
    bastion: Hop | None = None

    def access(self) -> dict[str, object]:
        """What it says of the login, as `access` of the answers has it."""
        said = {"user": self.user, "port": self.port, "private_key": self.private_key}
        if self.bastion is not None:
            said["bastion"] = self.bastion.access()
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Inventory:
    """The hosts that can be used as they are, everything that is wrong with the others, and the form of the text."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    kind: Kind


def read(
    text: str, kind: Kind | Literal["auto"] = "auto", source: str = "hosts", beside: Beside = NOTHING
) -> Inventory:
    """The hosts of a text; `source` is what problems call it, a file's name perhaps.

    `beside` are the files of variables that stand beside it, where it is an inventory of Ansible's.
    """
    plain = text.encode("utf-8", "replace")
    if found := _too_large(plain):
        problem = Problem(source, 1, "", found, Message("a list of hosts"))
        return Inventory((), (problem,), "list" if kind == "auto" else kind)
    clean = plain.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    if clean.startswith(ENCRYPTED):
        found, wanted = (
            Message("a file that ansible-vault has encrypted"),
            Message("what ansible-vault view shows of it"),
        )
        return Inventory((), (Problem(source, 1, "", found, wanted),), "ansible-yaml")
    clean = clean.translate(_TYPED)
    form = recognised(clean) if kind == "auto" else kind
    reading = READERS[form](clean, beside)
    rows = _nodes(_rows(reading), reading, inventory=form.startswith("ansible"))
    if len(rows) > MOST:
        reading.trouble(
            rows[MOST].line, "", Message("{count} hosts", count=len(rows)), Message("at most {most}", most=MOST)
        )
        rows = rows[:MOST]
    rows = _sound(_single(_named(rows), reading), reading)
    if not rows and not reading.troubles:
        reading.trouble(1, "", Message("no host"), plain_list.WANTED)
    return Inventory(tuple(rows), _told(reading.troubles, source), form)


def _nodes(rows: list[Row], reading: Reading, *, inventory: bool) -> list[Row]:
    """The rows without those that say of themselves that they are no nodes.

    The one host of the group `bastion` in an `inventory` of Ansible's is the way to all that name no other, as
    Kubespray has it (docs/ansible/ansible.md, "Bastion host").
    """
    kept, apart = list[Row](), list[Row]()
    for row in rows:
        (apart if stands_apart(row.group) else kept).append(row)
    over = [row for row in apart if inventory and row.group == BASTION]
    way = Hop(over[0].address, over[0].user, over[0].port, over[0].private_key) if len(over) == 1 else None
    for row in apart:
        found = Message("{name}, which is {group}", name=shown(row.name or row.address), group=shown(row.group))
        wanted = Message("a node of a cluster; this one is left out")
        if way and row in over:
            wanted = Message("a node of a cluster; hosts that name no other bastion are reached over this one")
        reading.trouble(row.line, "group", found, wanted)
    return [replace(row, bastion=row.bastion or way) for row in kept]


def _too_large(plain: bytes) -> Message | None:
    """What is too much of a text."""
    if len(plain) > LARGEST:
        return Message("more than {count} MiB", count=LARGEST >> 20)
    return Message("more than {count} lines", count=LINES) if max(map(plain.count, (b"\r", b"\n"))) >= LINES else None


def recognised(text: str) -> Kind:
    """The form of a text: the list that people paste where it looks like nothing else."""
    lines = [line.strip() for line in text.split("\n", 400)[:400]]
    lines = [line[:1000] for line in lines if line]
    bare = [line for line in lines if line[0] not in "#;"]
    if not bare:
        return "list"
    if any(_SECTION.fullmatch(line) or _VARIABLE.search(line) for line in bare):
        return "ansible-ini"
    if _GROUP.fullmatch(bare[0]):
        return "ansible-yaml"
    first = [lines[0], *bare[:PREAMBLE]]
    if bare[0].startswith("sep=") or any(csv_table.heading_of(line) for line in first):
        return "csv"
    cells = [cell.strip() for cell in bare[0].split(csv_table.delimiter_of(bare[0]))]
    table = len(cells) > 2 and "[" not in bare[0] and ("," in bare[0] or ";" in bare[0])
    return "csv" if table and sum(login(cell) is not None for cell in cells) == 1 else "list"


def _rows(reading: Reading) -> list[Row]:
    rows: list[Row] = []
    for entry in reading.entries:
        try:
            rows += _expanded(entry)
        except BadRange as error:
            reading.trouble(entry.line, "", error.found, error.wanted)
    return rows


def _expanded(entry: Entry) -> Iterator[Row]:
    """A row for each host of an entry.

    Raises:
        BadRange: a range is none, names and addresses are not equally many, or the port is no number.
    """
    names = [_label(name) for name in expand(entry.name)] if entry.name else []
    addresses = expand(entry.address)
    if names and len(names) != len(addresses):
        raise BadRange(
            Message("{names} name(s) and {addresses} address(es)", names=len(names), addresses=len(addresses)),
            Message("as many addresses as names"),
        )
    if entry.port and not re.fullmatch(r"[0-9]{1,9}", entry.port):
        raise BadRange(Message("a port that is no number"), Message("a number between 1 and 65535"))
    if entry.port and not int(entry.port):
        raise BadRange(Message("port 0"), Message("a number between 1 and 65535"))
    port = int(entry.port) if entry.port else 0
    for name, address in zip(names or [""] * len(addresses), addresses, strict=True):
        yield Row(name, address, entry.user, port, entry.group[:200], entry.line, entry.private_key, entry.bastion)


def _label(name: str) -> str:
    """A name as answers want it: in lower case, and the first label of a name with a domain."""
    return name.lower().partition(".")[0]


def _named(rows: list[Row]) -> list[Row]:
    """The rows, those without a name called after their address: node-11, node-0-11 where that is taken."""
    taken = {row.name for row in rows}
    named = []
    for row in rows:
        name = row.name or next(each for each in _proposals(row.address) if each not in taken)
        taken.add(name)
        named.append(replace(row, name=name))
    return named


def _proposals(address: str) -> Iterator[str]:
    octets = address.split(".")
    for count in range(1, len(octets) + 1):
        yield "-".join(("node", *octets[-count:]))
    for number in range(2, MOST + 3):
        yield "-".join(("node", *octets, str(number)))


def _single(rows: list[Row], reading: Reading) -> list[Row]:
    """The rows without those whose name or address an earlier one has."""
    first: dict[tuple[str, str], int] = {}
    kept = []
    for row in rows:
        again = [(field, value) for field, value in (("name", row.name), ("address", row.address))
                 if (field, value) in first]  # fmt: skip
        for field, value in again:
            found = Message(
                "{value} a second time (first in line {line})", value=shown(value), line=first[field, value]
            )
            reading.trouble(row.line, field, found, Message("each {field} once", field=field))
        if not again:
            kept.append(row)
        first.setdefault(("name", row.name), row.line)
        first.setdefault(("address", row.address), row.line)
    return kept


def _sound(rows: list[Row], reading: Reading) -> list[Row]:
    """The rows that answers accept, by their own schema and rules."""
    valid = _without(rows, ((path, found, wanted) for path, found, wanted, _ in violations(_answers(rows))), reading)
    return _without(valid, broken_rules(_answers(valid)), reading)


def _without(
    rows: list[Row], broken: Iterator[tuple[tuple[str | int, ...], Message, Message]], reading: Reading
) -> list[Row]:
    bad = set()
    for path, found, wanted in broken:
        # Of a host as a whole the rules say only what the rest of the answers lacks yet.
        if len(path) > 2 and path[0] == "hosts":
            row = rows[int(path[1])]
            bad.add(path[1])
            # In the place of a user there may be a password, where columns have slipped.
            reading.trouble(
                row.line, str(path[-1]), found if path[-1] != "user" else Message("no user name (not shown)"), wanted
            )
    return [row for position, row in enumerate(rows) if position not in bad]


def _answers(rows: list[Row]) -> dict[str, object]:
    """Answers with these hosts and nothing else."""
    hosts = []
    for row in rows:
        access = row.access()
        if row.bastion is not None:  # who logs in there, a list need not say
            access["bastion"] = {"user": "root", **row.bastion.access()}
        hosts.append({"name": row.name, "address": row.address, **({"access": access} if access else {})})
    environment = {"name": "all", "control_planes": ["all"], "workers": [row.name for row in rows]}
    return {"version": 1, "site": {"name": "list"}, "hosts": hosts, "environments": [environment]}


def _told(troubles: list[Trouble], source: str) -> tuple[Problem, ...]:
    ordered = sorted(dict.fromkeys(troubles), key=lambda trouble: trouble.line)
    told = [Problem(source, each.line, each.path, each.found, each.wanted) for each in ordered[:TOLD]]
    if len(ordered) > TOLD:
        wanted = Message("a list of hosts")
        told.append(
            Problem(
                source, ordered[TOLD].line, "", Message("{count} more problem(s)", count=len(ordered) - TOLD), wanted
            )
        )
    return tuple(told)
