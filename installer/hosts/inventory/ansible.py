"""Ansible's inventory as a tree of groups, whichever way it is written; variables come down it to the hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from installer.formats.values import shown
from installer.hosts.inventory.entry import MOST, BadRange, Entry, Reading, expand, login
from installer.messages import Message

ADDRESSES = ("ip", "ansible_host", "ansible_ssh_host")
"""The first of them that is said counts: kubespray's `ip` is the host's own, ansible_host may be a translated one."""
USERS = ("ansible_user", "ansible_ssh_user")
PORTS = ("ansible_port", "ansible_ssh_port")
PRIORITY = "ansible_group_priority"
OF_OTHERS = ("ansible_connection", "ansible_network_os")
TAKEN = frozenset({*ADDRESSES, *USERS, *PORTS, *OF_OTHERS, PRIORITY})
"""Variables that say something of use here; all others are passed over, for secrets are among them."""
SSH = ("ssh", "paramiko", "paramiko_ssh", "smart")
"""Connections of Ansible's that are SSH."""
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
        try:
            names = expand(pattern)
            addresses = {key: expand(kept[key]) for key in ADDRESSES if kept.get(key)}
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
    """A host's pattern and the port that stands behind it (`node-1:2222`), empty where none does."""
    name, colon, port = pattern.rpartition(":")
    return (name, port) if colon and port.isdigit() and "[" not in port and name.count(":") == 0 else (pattern, "")


def entries(tree: Tree, reading: Reading) -> None:
    """Add to the reading the hosts of a tree, each with its variables and groups."""
    groups_named = {*tree.members, *tree.children, *(child for inner in tree.children.values() for child in inner)}
    if len(groups_named) > MOST:  # what each has of all that it is in would grow with their square
        reading.trouble(1, "", Message("{count} groups", count=len(groups_named)), Message("at most {most}", most=MOST))
        return
    ancestry, depths = tree.ancestry(), tree.depths()
    direct: dict[str, list[str]] = {}
    for group, names in tree.members.items():
        for name in names:
            direct.setdefault(name, []).append(group)
    for name, own in tree.hosts.items():
        groups = list(dict.fromkeys(each for group in direct[name] for each in ancestry[group]))
        # As Ansible has it: by depth, priority and name, the last one wins, and the host has the last word.
        order = sorted({*groups, "all"}, key=lambda group: (depths.get(group, 1), _priority(tree, group), group))
        said: dict[str, str] = {}
        for level in (*(tree.said.get(group, {}) for group in order), own):
            said.update(level)
        _entry(reading, name, said, [group for group in groups if group not in NO_GROUP], tree.lines[name])


def _priority(tree: Tree, group: str) -> int:
    said = tree.said.get(group, {}).get(PRIORITY, "1")
    return int(said) if said.isdigit() and len(said) < 10 else 1


def _entry(reading: Reading, name: str, said: Mapping[str, str], groups: list[str], line: int) -> None:
    if said.get("ansible_connection") == "local" or name.partition(".")[0] == "localhost":
        return
    if said.get("ansible_connection", "ssh") not in SSH or said.get("ansible_network_os"):
        by = said.get("ansible_network_os") or said["ansible_connection"]
        found = Message("{name}, which is reached by {means}", name=shown(name), means=shown(by))
        reading.trouble(line, "", found, Message("a host with Linux that is reached by SSH; this one is left out"))
        return
    address = _first(said, ADDRESSES)
    if not address and not login(name):
        reading.trouble(line, "address", Message("{name} without an address", name=shown(name)), WANTED)
        return
    reached = _first(said, ADDRESSES[1:])
    if reached and reached != address:
        found = Message("{address} beside {other}", address=shown(reached), other=shown(address))
        reading.trouble(
            line, "address", found, Message("one address, the host's own: {address} is taken", address=address)
        )
    told = login(address or name) or (address, "", "")
    user, port = _first(said, USERS) or told[1], _first(said, PORTS) or told[2]
    reading.entries.append(Entry(name if address else "", told[0], user, port, ",".join(groups), line))


def _first(said: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((said[key] for key in keys if said.get(key)), "")
