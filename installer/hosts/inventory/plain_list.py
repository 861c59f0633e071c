"""A pasted list: a host to a line, its name and address in either order, or lines of /etc/hosts."""

from __future__ import annotations

import re

from installer.formats.values import shown
from installer.hosts.inventory.entry import LOGINS, LONGEST_LINE, Entry, Reading, login
from installer.hosts.inventory.groups import marks
from installer.messages import Message

WANTED = Message("a name and an IPv4 address, as in: node-1 10.20.0.11")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_WORDS = re.compile(r"(?:\[[^\]]{0,200}\]|[^\s,;，；、|])+")
_LABEL = re.compile(r"[^.]+")
_SIX = re.compile(r"(?=.*:.*:)[0-9A-Fa-f:.%\w]+")
_SETTING = re.compile(r"(?:ansible_)?(user|port|group|role)=(.*)")
_OWN = ("localhost", "ip6-", "broadcasthost")
"""How names begin that /etc/hosts gives to the machine itself."""


def read(text: str) -> Reading:
    """The hosts of a pasted list."""
    reading = Reading()
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            reading.trouble(number, "", Message("a line of {count} characters", count=len(line)), WANTED)
            continue
        found = _WORDS.findall(_COMMENT.sub("", line))
        if found and not _of_the_machine_itself(found):
            _line(reading, number, found)
    return reading


def _of_the_machine_itself(found: list[str]) -> bool:
    """Whether this is a line that every /etc/hosts has."""
    names = found[1:]
    return bool(names) and (
        all(name.startswith(_OWN) for name in names) or found[0] == "127.0.1.1" or found[0] in ("::1", "fe00::0")
    )


def _line(reading: Reading, number: int, found: list[str]) -> None:
    logins = [each for word in found if (each := login(word))]
    others = [word for word in found if not login(word)]
    if not logins:
        six = any(_SIX.fullmatch(word) for word in others)
        what = Message("an IPv6 address") if six else Message("{name} without an address", name=shown(others[0]))
        reading.trouble(number, "address", what, WANTED)
        return
    if len(logins) > 1 and others:
        reading.trouble(
            number,
            "address",
            Message("{count} addresses in one line", count=len(logins)),
            Message("one host to a line"),
        )
        return
    said, names, more = _sorted(others)
    if not login(found[0]):  # behind an address that comes first, further names are those of /etc/hosts
        more += len(names[1:])
    if more:
        # What stands there may well be a password: it is not repeated.
        what = Message("{more} more word(s) than a name and an address (not shown)", more=more)
        reading.trouble(
            number, "", what, Message("name and address alone, or a table with a heading: name, address, user")
        )
        return
    name = next((word for word in names if _LABEL.fullmatch(word)), names[0] if names else "")
    for address, user, port in logins:
        reading.entries.append(
            Entry(name, address, said.get("user", user), said.get("port", port), said.get("group", ""), number)
        )


def _sorted(found: list[str]) -> tuple[dict[str, str], list[str], int]:
    """What is said beside the name, by its field, the words that may be the name, and how many come after a user."""
    said: dict[str, str] = {}
    names: list[str] = []
    more = 0
    for word in found:
        if setting := _SETTING.fullmatch(word):
            said["group" if setting[1] == "role" else setting[1]] = setting[2]
        elif names and word.isdigit():
            said["port"] = word
        elif names and marks(word):
            said["group"] = word
        elif word in LOGINS and "user" not in said:
            said["user"] = word
        elif "user" in said:
            more += 1
        else:
            names.append(word)
    return said, names, more
