"""YAML text to plain data with a line for every value, strict enough that a file means one thing only.

The tree is built from libyaml's events, not by a loader: so every key has its line, duplicate keys are seen, nothing
is ever constructed from a tag, and neither deep nesting nor aliases can cost memory: these are refused, or bounded.
Scalars follow YAML 1.2's core schema (`no` is a word and 2030-01-01 a text), which is what editors with the JSON schema
assume as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from installer.formats.libyaml import LOADER, measure
from installer.formats.look_alikes import meant_by, within
from installer.messages import Message

Path = tuple[str | int, ...]
"""Where a value is: keys and list positions from the top."""

Flaw = tuple[int, Path, Message, Message]
"""(line, path, found, wanted): what is wrong at a place."""

DEEPEST = 32
MERGE = "<<"
"""The key under which a mapping names others, whose keys it has as well; its own come first, then the first of them."""
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
"""What could make a terminal or a reader see another text than stands there: controls, line ends that are none to YAML,
and marks that turn the direction of writing."""
_FULL_WIDTH_COLON = re.compile(r"\s*(?:- )?[\w.\"'-]+[ \t]*\uff1a")
_WORDS = {"": None, "~": None, "null": None, "true": True, "True": True, "false": False, "False": False}
COLON = Message("a colon and a blank (: ) after the key")
_NO_BLANK = re.compile(r"\s*(?:- )?[A-Za-z_][\w-]*:[^\s:/#{\[]+")


@dataclass
class Document:
    """What a text says: `data`, the line of each value, and the flaws that YAML itself would have let pass."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str, aliases: bool = False) -> Document:
    """Read one YAML document; flaws end up in the result, never in an exception.

    `aliases`: take an alias for what its anchor marks, and `<<` for the keys of another mapping, as files that are
    written for other programs need it. What stands in several places by it is one object, and has the lines of the
    first.
    """
    document = Document()
    try:
        if aliases:
            measure(text)
        _Reader(document, yaml.parse(text, Loader=LOADER), aliases).run()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = " ".join(part for part in (error.context, error.problem) if part)
        tab = "cannot start any token" in found
        said = Message("{reason} (a tab, perhaps)", reason=found) if tab else Message.verbatim(found)
        line = mark.line + 1 if mark else 1
        document.flaws.extend(_look_alikes(text, line))
        document.flaws.append((line, (), said, Message("well-formed YAML, indented by spaces")))
    except yaml.YAMLError as error:
        document.flaws.append(
            (1, (), Message.verbatim(str(error).splitlines()[0]), Message("well-formed YAML in UTF-8"))
        )
    return document


def _look_alikes(text: str, last: int) -> Iterator[Flaw]:
    """Signs that look like YAML's and are none, where an error is told of line `last`: there and in the line before.

    Further up, only what can spoil all that follows: indentation, and the colon of a key.
    """
    lines = text.splitlines()[:last]
    for number, line in enumerate(lines, start=1):
        if _FULL_WIDTH_COLON.match(line):
            yield (
                number,
                (),
                Message("a full-width colon ({sign})", sign="\uff1a, U+FF1A"),
                COLON,
            )
        elif number >= last - 1 and _NO_BLANK.fullmatch(line):
            yield (
                number,
                (),
                Message("a colon without a blank behind it"),
                COLON,
            )
        elif number >= last - 1 or meant_by(line.lstrip(" \t-")[:1] or "a") is not None:
            for alike in within(line):
                yield number, (), alike.found, alike.wanted


def empty(text: str) -> bool:
    """Whether a text holds blank lines and comments alone."""
    return all(not line or line.startswith("#") for line in map(str.strip, text.splitlines()))


class _TooDeep(yaml.YAMLError):
    """The text nests deeper than any answers do."""

    def __str__(self) -> str:
        return Message("more than {deepest} levels of nesting", deepest=DEEPEST)


class _Reader:
    """One pass over the events of a text."""

    def __init__(self, document: Document, events: Iterator[yaml.Event], aliases: bool) -> None:
        self.document = document
        self.events = events
        self.aliases = aliases
        self.anchors: dict[str, Any] = {}

    def run(self) -> None:
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._flaw(event, (), Message("a second document after `---`"), Message("one document"))
                    return
                self.document.data = self._value(next(self.events), ())

    def _flaw(self, event: yaml.Event, path: Path, found: Message, wanted: Message) -> None:
        self.document.flaws.append((_line(event), path, found, wanted))

    def _value(self, event: yaml.Event, path: Path) -> Any:
        if len(path) > DEEPEST:
            raise _TooDeep
        self.document.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.AliasEvent):
            if self.aliases and event.anchor in self.anchors:
                return self.anchors[event.anchor]
            self._flaw(
                event,
                path,
                Message("an alias (*{anchor})", anchor=event.anchor),
                Message("the value itself; aliases hide what a file says"),
            )
            return None
        if tag := getattr(event, "tag", None):
            self._flaw(event, path, Message("a tag ({tag})", tag=tag), Message("the value without a tag"))
        value = self._content(event, path)
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = value
        return value

    def _content(self, event: yaml.Event, path: Path) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._scalar(event, path) if isinstance(event, yaml.ScalarEvent) else None

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Any:
        """A scalar's value; a quoted or tagged one is a text."""
        self._visible(event, event.value, path)
        value = scalar(event.value) if event.implicit[0] else event.value
        if isinstance(value, float) and not math.isfinite(value):
            self._flaw(event, path, Message("a number that is too large to reckon with"), Message("a smaller number"))
            return None
        return value

    def _visible(self, event: yaml.Event, text: str, path: Path) -> None:
        if found := _INVISIBLE.search(text):
            what = Message("a control character ({sign})", sign=f"U+{ord(found[0]):04X}")
            self._flaw(event, path, what, Message("text that shows all that it says"))

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[Any] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            key = event.value if isinstance(event, yaml.ScalarEvent) else None
            if key is None:
                self._flaw(event, path, Message("a key that is no word"), Message("a plain key"))
                self._value(event, (*path, "?"))
                self._value(next(self.events), (*path, "?"))
                continue
            if key == MERGE and self.aliases:
                value = self._value(next(self.events), (*path, key))
                merged += value if isinstance(value, list) else [value]
                continue
            if key in mapping:
                first = self.document.lines[(*path, key)]
                self._flaw(
                    event,
                    (*path, key),
                    Message("the key a second time (first in line {first})", first=first),
                    Message("each key once"),
                )
                self._value(next(self.events), (*path, key))
                continue
            self._visible(event, key, path)  # of what holds the key: whether it is a known one is told beside
            self.document.lines[(*path, key)] = line
            mapping[key] = self._value(next(self.events), (*path, key))
        for other in merged:
            for key, value in other.items() if isinstance(other, dict) else ():
                mapping.setdefault(key, value)
        return mapping

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def scalar(text: str) -> Any:
    """What a plain word means by YAML 1.2's core schema: nothing, true or false, a number, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= 18:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
