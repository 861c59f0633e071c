"""Ansible's inventory as a tree of groups, whichever way it is written; variables come down it to the hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from installer.formats.values import shown
from installer.hosts.inventory.ansible_variables import (
    ADDRESSES,
    KEYS,
    PORTS,
    PRIORITY,
    USERS,
    bastion,
    first,
    other_addresses,
    resolved,
)
from installer.hosts.inventory.beside import GROUPS, HOSTS, Beside, Variables
from installer.hosts.inventory.entry import MOST, BadRange, Entry, Reading, expand, login
from installer.messages import Message

SSH = ("ssh", "paramiko", "paramiko_ssh", "smart")
"""Connections of Ansible's that are SSH."""
_PORT = re.compile(r"(?P<name>(?:[^\[\]:]|\[[^\[\]]*\])+):(?P<port>[0-9]{1,9})")
NO_GROUP = frozenset({"all", "ungrouped"})
WANTED = Message("ansible_host with an IPv4 address")


@dataclass
class Tree:
    """Hosts with what is said of each, groups with their hosts, groups and variables."""

    lines: dict[str, int] = field(default_factory=dict)
    hosts: dict[str, dict[str, str]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, group: str, pattern: str, said: Mapping[str, str], line: int, reading: Reading) -> None:
        """Put a host, or the hosts of a range, into a group."""
        pattern, port = _with_port(pattern)
        kept = dict(said)
        if port:
            kept["ansible_port"] = port
        try:
            names = expand(pattern)
            addresses = {key: expand(_with_port(kept[key])[0]) for key in ADDRESSES if kept.get(key)}
        except BadRange as error:
            reading.trouble(line, "name", error.found, error.wanted)
            return
        for found in addresses.values():
            if len(found) != len(names):
                reading.trouble(
                    line,
                    "address",
                    Message("{names} name(s) and {addresses} address(es)", names=len(names), addresses=len(found)),
                    Message("as many addresses as names"),
                )
                return
        for position, name in enumerate(names):
            own = {**kept, **{key: found[position] for key, found in addresses.items()}}
            self.lines.setdefault(name, line)
            self.hosts.setdefault(name, {}).update(own)
            members = self.members.setdefault(group, [])
            members.append(name)

    def depths(self) -> dict[str, int]:
        """How far each group is below `all`, by the longest way, as Ansible counts it."""
        found: dict[str, int] = {}
        waiting = [(group, 1) for group in (*self.members, *self.children)]
        most = len(self.members) + len(self.children) + sum(map(len, self.children.values()))
        while waiting:
            group, depth = waiting.pop()
            if depth <= found.get(group, 0) or depth > most + 1:  # known, or a circle
                continue
            found[group] = depth
            waiting += [(child, depth + 1) for child in self.children.get(group, ())]
        return {**found, "all": 0}

    def ancestry(self) -> dict[str, tuple[str, ...]]:
        """For each group itself and then the groups it is in, nearest first; circles are cut where they close."""
        parents: dict[str, list[str]] = {}
        for parent, groups in self.children.items():
            for group in groups:
                parents.setdefault(group, []).append(parent)
        return {group: tuple(_upwards(group, parents)) for group in self.members}


def _upwards(group: str, parents: Mapping[str, list[str]]) -> Iterator[str]:
    seen = {group: None}
    waiting = [group]
    while waiting:
        current = waiting.pop(0)
        yield current
        for parent in parents.get(current, ()):
            if parent not in seen:
                seen[parent] = None
                waiting.append(parent)


def _with_port(pattern: str) -> tuple[str, str]:
    """A host's pattern and the port that stands behind it (`node-1:2222`, `[fd00::5]:22`), empty where none does."""
    match = _PORT.fullmatch(pattern)
    name, port = (match["name"], match["port"]) if match else (pattern, "")
    return _bare(name), port


def _bare(text: str) -> str:
    """An IPv6 address without its brackets, which are no range; any other text as it is."""
    try:
        return str(IPv6Address(text[1:-1])) if text[:1] == "[" and text[-1:] == "]" else text
    except ValueError:
        return text


def entries(tree: Tree, reading: Reading, beside: Beside) -> None:
    """Add to the reading the hosts of a tree, each with its variables, those of files beside it too, and its groups."""
    groups_named = {*tree.members, *tree.children, *(child for inner in tree.children.values() for child in inner)}
    if len(groups_named) > MOST:  # what each has of all that it is in would grow with their square
        reading.trouble(1, "", Message("{count} groups", count=len(groups_named)), Message("at most {most}", most=MOST))
        return
    ancestry, depths = tree.ancestry(), tree.depths()
    direct: dict[str, list[str]] = {}
    for group, names in tree.members.items():
        for name in names:
            direct.setdefault(name, []).append(group)
    files = Variables(beside, reading)
    in_files = {group: files.of(GROUPS, group) for group in ("all", *sorted(groups_named - {"all"}))}
    for name, own in tree.hosts.items():
        groups = list(dict.fromkeys(each for group in direct[name] for each in ancestry[group]))
        # As Ansible has it: by depth, priority and name, the last one wins, and the host has the last word;
        # of groups and of hosts, what files say wins over the inventory.
        order = sorted({*groups, "all"}, key=lambda group: (depths.get(group, 1), _priority(tree, group), group))
        levels = [said.get(group, {}) for said in (tree.said, in_files) for group in order]
        told: dict[str, str] = {}
        for level in (*levels, own, files.of(HOSTS, name)):
            told.update(level)
        _entry(reading, name, told, [group for group in groups if group not in NO_GROUP], tree.lines[name])


def _priority(tree: Tree, group: str) -> int:
    said = tree.said.get(group, {}).get(PRIORITY, "1")
    return int(said) if said.isdigit() and len(said) < 10 else 1


def _entry(reading: Reading, name: str, variables: Mapping[str, str], groups: list[str], line: int) -> None:
    if variables.get("ansible_connection") == "local" or name.partition(".")[0] == "localhost":
        return
    if variables.get("ansible_connection", "ssh") not in SSH or variables.get("ansible_network_os"):
        by = variables.get("ansible_network_os") or variables["ansible_connection"]
        found = Message("{name}, which is reached by {means}", name=shown(name), means=shown(by))
        reading.trouble(line, "", found, Message("a host with Linux that is reached by SSH; this one is left out"))
        return
    said, troubles = resolved(name, variables)
    for found, wanted in troubles:
        reading.trouble(line, "", found, wanted)
    addresses = [said[key] for key in ADDRESSES if said.get(key)]
    address = next((each for each in addresses if login(each)), next(iter(addresses), ""))
    if not address and not login(name):
        six = Message("an IPv6 address") if ":" in name else Message("{name} without an address", name=shown(name))
        reading.trouble(line, "address", six, WANTED)
        return
    hop, untaken = bastion(said)
    for found, wanted in (*other_addresses(said, address), *([untaken] if untaken else ())):
        reading.trouble(line, "", found, wanted)
    told = login(address or name) or (address, "", "")
    user, port = first(said, USERS) or told[1], first(said, PORTS) or told[2]
    own = name if address and not login(name) and ":" not in name else ""
    reading.entries.append(Entry(own, told[0], user, port, ",".join(groups), line, first(said, KEYS), hop))
