"""YAML as libyaml reads it, where PyYAML was built with it, as its wheels are: ten times as fast as in Python."""

from __future__ import annotations

import re
from typing import Any

import yaml

from installer.messages import Message

DEPTH = 500
"""Levels that texts may be nested: the deepest definitions of Kubernetes come to some sixty, and libyaml, which goes
down by calling itself, ends the program at some tens of thousands."""
LARGEST = 1_000_000
"""Values that a text may stand for, those that its aliases repeat counted each time."""
INDENTED = re.compile("[\\s?:\x00\xfe\xff\xef\xbb\xbf\ufeff-]+")
"""What a line can begin with, in whatever encoding, byte order marks included."""
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Makes nothing but plain data, either way."""
TEXTS: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Makes nothing but texts, lists and mappings."""


def load(text: str | bytes) -> Any:
    """The one document of a text.

    Raises:
        yaml.YAMLError: the text is not YAML, holds more than one document, or goes beyond the bounds.
    """
    measure(text)
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader


def load_all(text: str | bytes) -> list[Any]:
    """All documents of a text.

    Raises:
        yaml.YAMLError: the text is not YAML, or goes beyond the bounds of depth and of what aliases amount to.
    """
    measure(text)
    return list(yaml.load_all(text, Loader=LOADER))


def load_texts(text: str | bytes) -> Any:
    """The one document of a text whose every scalar is taken as text, whatever tag or form it has.

    For what strangers wrote: nothing in it can then fail for being no number, date or truth value.

    Raises:
        yaml.YAMLError: the text is not YAML, is nested too deep, or holds more than one document.
        UnicodeError: it is no text.
    """
    measure(text)
    return yaml.load(text, Loader=TEXTS)  # noqa: S506 - makes nothing but texts, lists and mappings


def measure(text: str | bytes) -> None:
    """Refuse what is nested too deep or repeats too much. Events are parsed without going down, unlike nodes."""
    whole = text if isinstance(text, str) else text.decode("latin-1")
    # A level opens a bracket, or stands further in than the one that holds it; a list may stand as far in as its key.
    indented = max(map(len, INDENTED.findall(whole)), default=0)
    if 2 * (indented + 1) + whole.count("[") + whole.count("{") <= DEPTH and ("&" not in whole or "*" not in whole):
        return
    measured = _Measure()
    for event in yaml.parse(text, Loader=LOADER):
        measured.event(event)


class _Measure:
    """How deep a text goes, and how many values it stands for, by its events."""

    def __init__(self) -> None:
        self._sizes: list[int] = [0]
        self._open: list[str | None] = []
        self._anchors: dict[str | None, int] = {}

    def event(self, event: yaml.Event) -> None:
        """Take the next event.

        Raises:
            yaml.YAMLError: with it the text goes beyond the bounds.
        """
        if isinstance(event, yaml.CollectionStartEvent):
            self._open.append(event.anchor)
            self._sizes.append(1)
            if len(self._open) > DEPTH:
                raise yaml.YAMLError(Message("nested deeper than {depth} levels", depth=DEPTH))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._value(self._sizes.pop(), self._open.pop())
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in self._open:
                raise yaml.YAMLError(
                    Message("an alias (*{anchor}) within what it stands for", anchor=str(event.anchor)[:60])
                )
            self._value(self._anchors.get(event.anchor, 1), None)
        elif isinstance(event, yaml.ScalarEvent):
            self._value(1, event.anchor)

    def _value(self, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = size
        self._sizes[-1] += size
        if self._sizes[-1] > LARGEST:
            raise yaml.YAMLError(Message("its aliases amount to more than {largest} values", largest=LARGEST))
