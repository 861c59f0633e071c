"""Ansible's inventory in its own INI form.

configparser does not read it: a host is a line of words without a value, the same host or section may come again, a
host's variables stand on its line quoted as in a shell, and `[group:children]` lists names.
"""

from __future__ import annotations

import re
import shlex

from installer.hosts.inventory.ansible import Tree, entries
from installer.hosts.inventory.ansible_variables import said
from installer.hosts.inventory.beside import Beside
from installer.hosts.inventory.entry import LONGEST_LINE, Reading, login
from installer.messages import Message

_SECTION = re.compile(r"\[([^\[\]:]+)(?::([^\[\]]*))?\]\s*(?:[#;].*)?")
_QUOTED = re.compile(r"""(["'])(.*)\1\s*(?:#.*)?""")
KINDS = ("hosts", "vars", "children")
WANTED = Message("a host, as in: node-1 ansible_host=10.20.0.11")


def read(text: str, beside: Beside) -> Reading:
    """The hosts of an Ansible inventory."""
    reading, tree = Reading(), Tree()
    group, kind = "ungrouped", "hosts"
    for number, line in enumerate(text.split("\n"), start=1):
        plain = line.strip()
        if not plain or plain[0] in "#;":
            continue
        if len(plain) > LONGEST_LINE:
            reading.trouble(number, "", Message("a line of {count} characters", count=len(plain)), WANTED)
        elif section := _SECTION.fullmatch(plain):
            group, kind = section[1].strip(), (section[2] or "hosts").strip()
            if kind not in KINDS:
                reading.trouble(
                    number,
                    group,
                    Message("a section of kind `{kind}`", kind=kind),
                    Message("one of: {values}", values=", ".join(KINDS)),
                )
        elif kind == "vars":
            _variable(tree, group, plain)
        elif kind == "children":
            tree.children.setdefault(group, []).append(plain.split("#")[0].strip())
        elif kind == "hosts":
            _host(tree, reading, group, plain, number)
    entries(tree, reading, beside)
    return reading


def _variable(tree: Tree, group: str, plain: str) -> None:
    key, _, value = plain.partition("=")
    tree.said.setdefault(group, {}).update(said({key.strip(): _unquoted(value)}))


def _unquoted(value: str) -> str:
    """A value without a remark behind it and the quotes around it; those within it stay."""
    plain = value.strip()
    quoted = _QUOTED.fullmatch(plain)
    return quoted[2] if quoted else plain.split(" #")[0].strip()


def _host(tree: Tree, reading: Reading, group: str, plain: str, number: int) -> None:
    try:
        words = shlex.split(plain, comments=True)
    except ValueError as error:
        reading.trouble(number, "", Message("a line that ends within quotes ({reason})", reason=error), WANTED)
        return
    if not words:
        return
    told = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    bare = [word for word in words[1:] if "=" not in word]
    if len(bare) == 1 and login(bare[0]) and "ansible_host" not in told:
        told["ansible_host"] = bare[0]
    elif bare or "=" in words[0]:
        reading.trouble(
            number, "", Message("{count} word(s) that are no variable (not shown)", count=len(bare) or 1), WANTED
        )
        return
    tree.add(group, words[0], said(told), number, reading)
