"""Ansible's inventory in YAML: groups with `hosts`, `vars` and `children`, each a mapping."""

from __future__ import annotations

from typing import Any

from installer.formats import strict_yaml
from installer.formats.strict_yaml import Document, Path
from installer.formats.values import shown
from installer.hosts.inventory import ansible_json
from installer.hosts.inventory.ansible import Tree, entries
from installer.hosts.inventory.ansible_variables import TAKEN, said
from installer.hosts.inventory.beside import Beside
from installer.hosts.inventory.entry import Reading
from installer.messages import Message

WANTED = Message("groups, as in: all: {{hosts: {{node-1: {{ansible_host: 10.20.0.11}}}}}}")
EXTRA = (".", "_", "x-")
"""How keys begin that are no group, but hold what anchors mark."""
VAULT = "!vault"
"""The tag of what ansible-vault has encrypted."""
PARTS = ("hosts", "vars", "children")


def read(text: str, beside: Beside) -> Reading:
    """The hosts of an Ansible inventory."""
    if (listed := ansible_json.read(text, beside)) is not None:
        return listed
    reading, tree = Reading(), Tree()
    document = strict_yaml.read(text, aliases=True)
    for line, path, found, wanted in document.flaws:
        # A tag on what is passed over anyway (a vault's secret, most often) is none of our business.
        if not (found.startswith("a tag") and path and path[-1] not in TAKEN | {*PARTS}):
            if VAULT in found:
                found, wanted = Message("a value that ansible-vault has encrypted"), Message("the value itself")
            reading.trouble(line, ".".join(map(str, path)), found, wanted)
    if not isinstance(document.data, dict):
        if not reading.troubles:
            reading.trouble(1, "", shown(document.data), WANTED)
        return reading
    for name, group in document.data.items():
        if name.startswith(EXTRA) and not isinstance(group, dict):
            continue
        _group(tree, reading, document, (name,), group)
    entries(tree, reading, beside)
    return reading


def _group(tree: Tree, reading: Reading, document: Document, path: Path, group: Any) -> None:
    name = str(path[-1])
    if group is None:
        return
    if not isinstance(group, dict):
        reading.trouble(document.line(path), ".".join(map(str, path)), shown(group), WANTED)
        return
    for part in PARTS:
        inner = group.get(part)
        if inner is not None and not isinstance(inner, dict):
            reading.trouble(
                document.line((*path, part)), ".".join(map(str, (*path, part))), shown(inner), Message("a mapping")
            )
            group = {key: value for key, value in group.items() if key != part}
    tree.said.setdefault(name, {}).update(said(group.get("vars")))
    for host, variables in (group.get("hosts") or {}).items():
        tree.add(name, host, said(variables), document.line((*path, "hosts", host)), reading)
    for child, inner in (group.get("children") or {}).items():
        tree.children.setdefault(name, []).append(child)
        _group(tree, reading, document, (*path, "children", child), inner)
