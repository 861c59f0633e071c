"""What `ansible-inventory --list` prints, and AWX exports: groups as lists of names, variables by host."""

from __future__ import annotations

import json
import re
from typing import Any

from installer.hosts.inventory.ansible import Tree, entries
from installer.hosts.inventory.ansible_variables import said
from installer.hosts.inventory.beside import Beside
from installer.hosts.inventory.entry import Reading

LISTS = ("hosts", "children")
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def read(text: str, beside: Beside) -> Reading | None:
    """The hosts of such a text; None where it is another."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not ("_meta" in told or any(_is_group(group) for group in told.values())):
        return None
    reading, tree = Reading(), Tree()
    meta = told.get("_meta")
    variables = meta.get("hostvars") if isinstance(meta, dict) else None
    known = variables if isinstance(variables, dict) else {}
    lines = _lines(text)
    for name, group in told.items():
        if isinstance(group, list):  # as scripts may shorten it
            group = {"hosts": group}
        if name == "_meta" or not isinstance(group, dict):
            continue
        tree.said.setdefault(name, {}).update(said(group.get("vars")))
        tree.children.setdefault(name, []).extend(_names(group.get("children")))
        for host in _names(group.get("hosts")):
            tree.add(name, host, said(known.get(host)), lines.get(json.dumps(host), 1), reading)
    entries(tree, reading, beside)
    return reading


def _lines(text: str) -> dict[str, int]:
    """The line in which each text of JSON first stands, as it is written there."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        for written in _TEXT.findall(line):
            found.setdefault(written, number)
    return found


def _is_group(group: Any) -> bool:
    return isinstance(group, dict) and any(isinstance(group.get(part), list) for part in LISTS)


def _names(listed: Any) -> list[str]:
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
