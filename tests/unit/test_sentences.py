"""No plain English sentence reaches a person but through a `Message`: found over the syntax tree, wherever it stands.

Below the surfaces (`ui`, `cli`, `report`), beside the two rooms that speak as others do (`rehearsal` and `simulated`,
which plays kubeadm and helm), no text with words stands outside a message at all, whatever becomes of it. In all rooms
the words of an error, a finding, a flaw or a difference are messages too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from every import every
from spoken import INSTALLER, name_of

EVERY = sorted(INSTALLER.rglob("*.py"))
FILES = [file for file in EVERY if file.parent != INSTALLER / "errors"]
SPEAK_THEMSELVES = {"ui", "cli", "report", "rehearsal", "simulated"}
MESSAGES = {"Message", "verbatim", "say", "_say"}
FAULTS = {"KeyError", "TypeError", "IndexError", "AssertionError", "Unscripted"}
"""What is raised where the program itself is wrong: its users see its kind and place, never its text."""
TOLD = {"Difference": 0, "Finding": 3, "Flaw": 1, "Violation": 0}
"""What quotes its texts to a person, be they a single word, from this argument on."""
FIELDS = {"reason", "hint", "what", "changed", "bundle", "found", "wanted", "owner", "since", "expires"}
"""Of errors: what is a sentence or a part of one, not the name of a file, a host or a command."""

PROSE = re.compile(r"[a-z]{2,},? [a-z]{2,}|[a-z]{2,} \{\}|\{\}:? [a-z]{2,}")
"""Two words, or a word beside a place."""
SCRIPT = re.compile(
    r"set -|umask|for |rm -f|systemctl |id -u|\[ -e|exec cat|echo \{|cd \{|deb \[|nameserver |\{\} namespaces=|"
    r"\nsha256|\nnow\(\)| -linkmode|  ProxyCommand|Host \{|module sitewright|go \{|require |replace |<project|# |"
    r"http_proxy "
)
"""How texts for a shell or another program begin."""
COMMAND = re.compile(r"sitewright |apt-get install [a-z0-9 .-]+$")
"""A command to type is the same in every language."""

OTHERS_WORDS = {
    "read {}", "write {}", "make directory {}", "remove {}", "send {}", "push {}", "push {}: mount from {}", "get {}",
    "apply {} {}", "delete {}", "compare {}", "try {} {}", "exec {}",
    "{} site authority", "{} intermediate", "{} registry", "digital signature", "server auth", "key encipherment",
    "Incorrect password", "broken checksum", "no end after {} s\n", "{} does not match {}",
    "cgroup_enable=memory cgroup_memory=1",
}  # fmt: skip
"""Names of requests, which stand in place of a command; names in certificates; what other programs and kernels say."""
NAMED = {"Ready", "sha256 {}", "root"}
"""A state, a digest and a user, whose names are the same in every language."""
KEYS = {
    "restore points", "control planes", "new behaviour", "control plane", "this environment", "every environment",
    "room on one machine",
}  # fmt: skip
"""Words that tables are looked up by; what people read is beside them there."""
CALLER_IS_WRONG = {
    "step id {} is not unique", "step {} comes before {}, which it needs", "{}: the journal has not been started",
    "{}: {} -> {} is no legal transition", "{}: its before-image is captured once", "the stream is closed",
    "position {} is before the beginning", "the bundle is closed", "the CA key is not an elliptic-curve key",
    "this site was opened without a bundle", "not an absolute path: {}", "will not remove {}", "an empty command",
    "not a plain word: {}",
}  # fmt: skip
"""Of `ValueError`s that nothing but a fault of the program raises, as those of `FAULTS`."""
SET_APART = {"headings.py", "plain.py"}
"""The headings that lists of hosts have, in both languages; what says how much of a text is left out of it."""


def bases(files: list[Path]) -> dict[str, set[str]]:
    """Every class by its name, with the names of those it is made from."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in files)
    classes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {each.name: {name_of(base) for base in each.bases} for each in classes}


def descended(roots: set[str], classes: dict[str, set[str]]) -> set[str]:
    found = set(roots)
    while more := {name for name, above in classes.items() if above & found} - found:
        found |= more
    return found


CLASSES = bases(EVERY)
ERRORS = descended({"SitewrightError"}, CLASSES)


def spoken_by(node: ast.AST) -> str | None:
    """A text as it stands there, places as `{}`; None where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def loose(node: ast.AST, around: tuple[ast.AST, ...] = ()) -> Iterator[tuple[ast.AST, str, tuple[ast.AST, ...]]]:
    """Every text that is no docstring and no template of a message, with what it stands in, from within outwards."""
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            if isinstance(node, ast.Expr) and isinstance(child, ast.Constant):
                continue
            if isinstance(node, ast.Call) and field == "args" and name_of(node.func) in MESSAGES:
                continue
            text = spoken_by(child)
            if text is not None and not isinstance(node, ast.JoinedStr):
                yield child, text, (node, *around)
            yield from loose(child, (node, *around))


def is_technical(text: str, around: tuple[ast.AST, ...]) -> bool:
    """Whether a text is for a program: a script, a pattern, something another text is compared with, a command."""
    if text in OTHERS_WORDS | KEYS | CALLER_IS_WRONG or SCRIPT.match(text) or COMMAND.match(text):
        return True
    if "\n" in text.strip("\n"):
        return True
    calls = [name_of(each.func) for each in around if isinstance(each, ast.Call)]
    if any(isinstance(each, ast.Compare) for each in around) or "compile" in calls:
        return True
    named = [each.arg for each in around if isinstance(each, ast.keyword)]
    return "command" in named or bool(calls and calls[0] in FAULTS)


def for_a_person(node: ast.AST, text: str, around: tuple[ast.AST, ...]) -> bool:
    """Whether a text is one of an error's or finding's own, be it one word."""
    for inner, outer in zip((node, *around), around, strict=False):
        if isinstance(outer, ast.Compare | ast.Subscript | ast.FormattedValue):
            return False
        if isinstance(outer, ast.Call):
            name, field = name_of(outer.func), inner.arg if isinstance(inner, ast.keyword) else None
            if name in TOLD and inner not in outer.args[: TOLD[name]]:
                return bool(re.search("[a-z]{2,}", text)) and text not in NAMED
            if name in ERRORS:
                return field in FIELDS and bool(PROSE.search(text) or (isinstance(node, ast.Constant) and " " in text))
            return False
    return False


def sentences(source: str, room: str) -> list[str]:
    """The texts of a module of a room that should be messages, with their lines."""
    found = []
    for node, text, around in loose(ast.parse(source)):
        if is_technical(text, around):
            continue
        if (room not in SPEAK_THEMSELVES and PROSE.search(text)) or for_a_person(node, text, around):
            found.append(f"{getattr(node, 'lineno', 0)}: {text[:80]!r}")
    return found


def room_of(file: Path) -> str:
    return file.relative_to(INSTALLER).parts[0]


def test_no_sentence_reaches_a_person_but_as_a_message() -> None:
    assert len(FILES) > 300

    def holds(file: Path) -> None:
        assert not (found := sentences(file.read_text(encoding="utf-8"), room_of(file))), "; ".join(found)

    every([file for file in FILES if file.name not in SET_APART], holds,
          lambda file: str(file.relative_to(INSTALLER)))  # fmt: skip


def test_every_exception_to_the_rule_is_still_one() -> None:
    standing = {text for file in FILES for _, text, _ in loose(ast.parse(file.read_text(encoding="utf-8")))}
    assert sorted((OTHERS_WORDS | KEYS | CALLER_IS_WRONG) - standing) == []
    assert not SET_APART - {file.name for file in FILES}
    assert {"SudoRefused", "NeedsInvalid"} <= ERRORS


@pytest.mark.parametrize("source", [
    'raise SudoRefused(host=host, reason="no sudo there")',
    'raise SudoRefused(host=host, reason=f"no sudo on {host}")',
    'raise SudoRefused(host=host, reason="no sudo" if absent else Message("refused"))',
    'raise ValueError("it is malformed")',
    'def flaw():\n    return "it has expired"',
    'CLOSED = "it closed early"',
    'reason = f"{name} is missing"\nraise BuildFailed(what=name, reason=reason)',
    'found.append(Difference(path, wanted, "nothing"))',
    'Message("{reason}", reason="it hung up")',
    'reasons = "; ".join(["it hung up", *reasons])',
])  # fmt: skip
def test_a_sentence_is_found_however_it_is_said(source: str) -> None:
    assert sentences(source, "remote")


@pytest.mark.parametrize("source", [
    'raise UsageError(reason="which site, and where")',
    'raise UsageError(reason=Message("which site?"), hint="give it by name")',
    'yield Flaw(path, "is not there")',
])  # fmt: skip
def test_words_of_errors_are_messages_on_the_surfaces_too(source: str) -> None:
    assert sentences(source, "cli")


@pytest.mark.parametrize("source", [
    'raise SudoRefused(host=host, reason=Message("no sudo there"))', '"""What stands here."""\nx = 1',
    'if "not in the sudoers" in said: pass', 'raise KeyError(f"no host {name}")',
    'raise CommandFailed(host=host, command="kubeadm token create", reason=reason)', 'SCRIPT = "set -eu\\nexec true"',
    'hint = f"sitewright bundle lock {folder}"',
])  # fmt: skip
def test_what_is_no_sentence_for_people_is_left_alone(source: str) -> None:
    assert not sentences(source, "remote")
