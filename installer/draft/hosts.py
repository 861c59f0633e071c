"""Edits of the hosts of a draft, each with everything that names a host: pure, a draft in and another one out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any, Literal

from installer.draft.document import Draft
from installer.formats.strict_yaml import Path
from installer.hosts.inventory import Row
from installer.hosts.inventory.entry import BadRange, expand
from installer.hosts.roles import Role, Roles
from installer.messages import Message

FIRST = "node-1"
"""The name of the first host, until somebody gives it another one."""
LISTS: Mapping[Role, Literal["control_planes", "workers"]] = {"control_plane": "control_planes", "worker": "workers"}
_NUMBER = re.compile(r"(.*?)([0-9]+)([^0-9]*)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host serves: the position of its environment, and its role there."""

    environment: int
    role: Role


@dataclass(frozen=True)
class Imported:
    """A draft that took a list over: the names of hosts that are new, those whose entry changed, and those as before.

    `elsewhere` are rows whose address a host of another name has: (name in the list, name of that host). They are not
    taken over, for an address is one machine's.
    """

    draft: Draft
    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()


def entries(draft: Draft) -> list[Mapping[str, Any]]:
    """The hosts as they stand in the draft; what is no host counts as one of which nothing is known."""
    return draft.sections(("hosts",))


def name_of(entry: Mapping[str, Any]) -> str:
    """A host's name, empty where there is none yet."""
    name = entry.get("name")
    return name if isinstance(name, str) else ""


def names(draft: Draft) -> list[str]:
    """The names of all hosts, in their order."""
    return [name_of(each) for each in entries(draft)]


def environments(draft: Draft) -> list[str]:
    """The names of the environments, a question mark for one that has none yet."""
    return [str(each.get("name") or "?") for each in draft.sections(("environments",))]


def places(draft: Draft) -> dict[str, Place]:
    """Where each host serves; those that are in no environment are left out."""
    found: dict[str, Place] = {}
    for position in range(len(environments(draft))):
        for role, key in LISTS.items():
            for name in draft.items(("environments", position, key)):
                found.setdefault(str(name), Place(position, role))
    return found


def added(draft: Draft) -> Draft:
    """One more host at the end, with a name that no other one has."""
    known = names(draft)
    name = next_name(known[-1], known) if known and known[-1] else FIRST
    made = {"name": name if name not in known else next_name(name, known)}
    return _with_hosts(draft, [*draft.items(("hosts",)), made])


def duplicated(draft: Draft, position: int) -> Draft:
    """One more host behind that at `position`: like it, in the same place, with the next name and address.

    The key is left out: it is the other machine's.
    """
    entry = entries(draft)[position]
    known, name = names(draft), name_of(entry)
    made = {key: value for key, value in entry.items() if key != "host_key"}
    made["name"] = next_name(name or FIRST, known)
    taken = {str(each.get("address")) for each in entries(draft)}
    if address := next_address(str(entry.get("address", "")), taken):
        made["address"] = address
    else:
        made.pop("address", None)
    hosts = draft.items(("hosts",))
    grown = _with_hosts(draft, [*hosts[: position + 1], made, *hosts[position + 1 :]])
    place = places(draft).get(name) if name else None
    return placed(grown, [made["name"]], place) if place else grown


def spread(draft: Draft, position: int) -> Draft:
    """The hosts that a range stands for (node-[1-12], 10.0.0.11-22) in the place of the one that was called by it.

    Raises:
        BadRange: the range is none, or names and addresses do not go together.
    """
    entry = entries(draft)[position]
    before, address = name_of(entry), str(entry.get("address") or "")
    made, addresses = expand(before), expand(address) if address else []
    if max(len(made), len(addresses)) == 1:
        return draft
    if addresses and len(addresses) != len(made):
        raise BadRange(
            Message("{names} name(s) and {addresses} address(es)", names=len(made), addresses=len(addresses)),
            Message("as many addresses as names"),
        )
    if taken := [name for name in made if name in names(draft)]:
        raise BadRange(
            Message("{name}, which is there already", name=taken[0]), Message("names that no other host has")
        )
    shared = {key: value for key, value in entry.items() if key != "host_key"}
    hosts: list[Any] = [{**shared, "name": name} for name in made]
    hosts = [{**host, "address": each} for host, each in zip(hosts, addresses, strict=True)] if addresses else hosts
    listed = draft.items(("hosts",))
    grown = _with_hosts(draft, [*listed[:position], *hosts, *listed[position + 1 :]])
    return _with_references(grown, lambda known: [x for each in known for x in (made if each == before else [each])])


def renamed(draft: Draft, position: int, name: str) -> Draft:
    """A host under another name, everywhere. A name that another host shares or has is changed at the host alone."""
    before, known = name_of(entries(draft)[position]), names(draft)
    changed = draft.with_value(("hosts", position, "name"), name)
    if not before or known.count(before) > 1 or name in known:
        return changed
    return _with_references(changed, lambda listed: [name if each == before else each for each in listed])


def removed(draft: Draft, position: int) -> Draft:
    """The draft without a host, and without its name wherever it stands.

    A waiver for this host alone goes too: without a host it would be one for all of them.
    """
    known, name = names(draft), name_of(entries(draft)[position])
    hosts = draft.items(("hosts",))
    left = _with_hosts(draft, hosts[:position] + hosts[position + 1 :])
    if not name or known.count(name) > 1:
        return left
    cleared = _with_references(left, lambda listed: [each for each in listed if each != name])
    alone = [path for path in _references(draft) if "waivers" in path and draft.items(path) == [name]]
    for path in reversed(alone):
        cleared = cleared.without(path[:-1])
    if draft.items(("registry", "hosts")) == [name]:
        cleared = cleared.without(("registry", "hosts"))
    return cleared


def placed(draft: Draft, moved: Sequence[str], place: Place | None) -> Draft:
    """Hosts in another place, None: in none at all. Their order in the list of the answers is kept there."""
    gone = set(moved)
    for position in range(len(environments(draft))):
        for key in LISTS.values():
            path: Path = ("environments", position, key)
            listed = draft.items(path)
            left = [each for each in listed if each not in gone]
            if len(left) != len(listed):
                draft = draft.with_value(path, left) if left or key == "control_planes" else draft.without(path)
    if place is None:
        return draft
    path = ("environments", place.environment, LISTS[place.role])
    return draft.with_value(path, _in_order(draft, [*draft.items(path), *moved]))


def proposed(draft: Draft, roles: Roles) -> Draft:
    """Every host where a proposal puts it; environments that the answers do not have get nothing."""
    known = environments(draft)
    for position, name in enumerate(known):
        for role, key in LISTS.items():
            hosts = list(roles.hosts(name, role))
            path: Path = ("environments", position, key)
            draft = draft.with_value(path, hosts) if hosts or key == "control_planes" else draft.without(path)
    return draft


def pinned(draft: Draft, keys: Mapping[Path, str]) -> Draft:
    """The draft with fingerprints at places where a `host_key` belongs."""
    for path, fingerprint in keys.items():
        draft = draft.with_value(path, fingerprint)
    return draft


def imported(draft: Draft, rows: Iterable[Row]) -> Imported:
    """The draft with a list taken over: new hosts behind the others, those of the same name brought up to date."""
    draft, listed = _bastions(draft, list(rows))
    hosts: list[Any] = draft.items(("hosts",))
    at = {name: position for position, name in enumerate(names(draft)) if name}
    sorts: dict[str, list[str]] = {"new": [], "updated": [], "same": []}
    for row in (row for row in listed if row.name in at):
        entry = _brought_up(hosts[at[row.name]], row)
        sorts["same" if entry == hosts[at[row.name]] else "updated"].append(row.name)
        hosts[at[row.name]] = entry
    owners = {str(each.get("address")): name_of(each) for each in hosts if isinstance(each, Mapping)}
    elsewhere = []
    for row in (row for row in listed if row.name not in at):
        if row.address in owners:
            elsewhere.append((row.name, owners[row.address]))
            continue
        hosts.append(_brought_up({"name": row.name}, row))
        sorts["new"].append(row.name)
    changed = bool(sorts["new"] or sorts["updated"])
    made = _with_hosts(draft, hosts) if changed else draft
    new, updated, same = (tuple(sorts[key]) for key in ("new", "updated", "same"))
    return Imported(made, new, updated, same, tuple(elsewhere))


def listed_rows(draft: Draft, groups: Mapping[str, str]) -> tuple[Row, ...]:
    """The hosts as rows of a list; `groups` by address, as far as a list that was taken over told them."""
    return tuple(
        Row(name_of(each), str(each.get("address", "")), group=groups.get(str(each.get("address", "")), ""))
        for each in entries(draft)
    )


def next_name(name: str, taken: Collection[str]) -> str:
    """The name with its last number counted on to one that is free: node-2 after node-1, rack09b after rack08b."""
    match = _NUMBER.fullmatch(name)
    before, digits, after = match.groups() if match else (f"{name}-", "1", "")
    number, width = int(digits), len(digits) if digits.startswith("0") else 0
    while True:
        number += 1
        found = f"{before}{number:0{width}d}{after}"
        if found not in taken:
            return found


def next_address(address: str, taken: Collection[str]) -> str:
    """The next IPv4 address that is free and may be a host's; empty where there is none."""
    try:
        number = int(IPv4Address(address)) + 1
        while str(IPv4Address(number)) in taken or number % 256 in (0, 255):
            number += 1
        return str(IPv4Address(number))
    except ValueError:
        return ""


def _brought_up(entry: Any, row: Row) -> dict[str, Any]:
    """An entry with what a row says: its address, and the login where it names one."""
    made = dict(entry) if isinstance(entry, Mapping) else {"name": row.name}
    if made.get("address") != row.address:
        made.pop("host_key", None)  # another machine, or at least another way to it: its key is looked at anew
    made["address"] = row.address
    if login := row.access():
        own = made.get("access")
        made["access"] = {**(own if isinstance(own, Mapping) else {}), **login}
    return made


def _bastions(draft: Draft, rows: list[Row]) -> tuple[Draft, list[Row]]:
    """The draft with the bastion that all hosts share as the site's, and the rows without what the site says."""
    hops, all_of_them = {row.bastion for row in rows}, {row.name for row in rows} > set(names(draft))
    if all_of_them and len(hops) == 1 and draft.at(("access", "bastion")) is None:
        hop = hops.pop()
        draft = draft.with_value(("access", "bastion"), hop.access()) if hop else draft
    site = draft.at(("access", "bastion"))
    known = dict(site if isinstance(site, Mapping) else {}).items()
    return draft, [replace(row, bastion=None) if row.bastion and row.bastion.access().items() <= known else row
                   for row in rows]  # fmt: skip


def _in_order(draft: Draft, chosen: Sequence[str]) -> list[str]:
    order = {name: position for position, name in enumerate(names(draft))}
    return sorted(dict.fromkeys(chosen), key=lambda name: order.get(name, len(order)))


def _with_hosts(draft: Draft, hosts: list[Any]) -> Draft:
    return draft.with_value(("hosts",), hosts)


def _references(draft: Draft) -> Iterator[Path]:
    """Every list that holds names of hosts."""
    for position in range(len(environments(draft))):
        yield from (("environments", position, key) for key in LISTS.values())
    yield "registry", "hosts"
    waivers = draft.at(("waivers",), [])
    yield from (("waivers", position, "hosts") for position in range(len(waivers) if isinstance(waivers, list) else 0))


def _with_references(draft: Draft, change: Callable[[list[Any]], list[Any]]) -> Draft:
    for path in _references(draft):
        listed = draft.items(path)
        if listed and (changed := change(listed)) != listed:
            draft = draft.with_value(path, changed) if changed or path[-1] != "workers" else draft.without(path)
    return draft
