"""Ansible's inventory as a tree of groups, whichever way it is written; variables come down it to the hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from installer.formats.values import shown
from installer.hosts.inventory.entry import MOST, BadRange, Entry, Reading, expand, login
from installer.messages import Message

ADDRESSES = ("ansible_host", "ansible_ssh_host", "ip")
USERS = ("ansible_user", "ansible_ssh_user")
PORTS = ("ansible_port", "ansible_ssh_port")
TAKEN = frozenset({*ADDRESSES, *USERS, *PORTS, "ansible_connection"})
"""Variables that say something of use here; all others are passed over, for secrets are among them."""
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
        kept = {key: value for key, value in said.items() if key in TAKEN}
        if port:
            kept["ansible_port"] = port
        key = next((key for key in ADDRESSES if kept.get(key)), "")
        try:
            names = expand(pattern)
            addresses = expand(kept[key]) if key else []
        except BadRange as error:
            reading.trouble(line, "name", error.found, error.wanted)
            return
        if addresses and len(addresses) != len(names):
            reading.trouble(
                line,
                "address",
                Message("{names} name(s) and {addresses} address(es)", names=len(names), addresses=len(addresses)),
                Message("as many addresses as names"),
            )
            return
        for position, name in enumerate(names):
            own = {**kept, key: addresses[position]} if key else kept
            self.lines.setdefault(name, line)
            self.hosts.setdefault(name, {}).update(own)
            members = self.members.setdefault(group, [])
            members.append(name)

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
    """A host's pattern and the port that stands behind it (`node-1:2222`), empty where none does."""
    name, colon, port = pattern.rpartition(":")
    return (name, port) if colon and port.isdigit() and "[" not in port and name.count(":") == 0 else (pattern, "")


def entries(tree: Tree, reading: Reading) -> None:
    """Add to the reading the hosts of a tree, each with its variables and groups."""
    groups_named = {*tree.members, *tree.children, *(child for inner in tree.children.values() for child in inner)}
    if len(groups_named) > MOST:  # what each has of all that it is in would grow with their square
        reading.trouble(1, "", Message("{count} groups", count=len(groups_named)), Message("at most {most}", most=MOST))
        return
    ancestry = tree.ancestry()
    direct: dict[str, list[str]] = {}
    for group, names in tree.members.items():
        for name in names:
            direct.setdefault(name, []).append(group)
    for name, own in tree.hosts.items():
        groups = list(dict.fromkeys(each for group in direct[name] for each in ancestry[group]))
        above = [tree.said.get(group, {}) for group in groups if group != "all"]
        said = {**tree.said.get("all", {})}
        for level in (*reversed(above), own):
            said.update(level)
        _entry(reading, name, said, [group for group in groups if group not in NO_GROUP], tree.lines[name])


def _entry(reading: Reading, name: str, said: Mapping[str, str], groups: list[str], line: int) -> None:
    if said.get("ansible_connection") == "local" or name == "localhost":
        return
    address = _first(said, ADDRESSES)
    if not address and not login(name):
        reading.trouble(line, "address", Message("{name} without an address", name=shown(name)), WANTED)
        return
    told = login(address or name) or (address, "", "")
    user, port = _first(said, USERS) or told[1], _first(said, PORTS) or told[2]
    reading.entries.append(Entry(name if address else "", told[0], user, port, ",".join(groups), line))


def _first(said: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((said[key] for key in keys if said.get(key)), "")
