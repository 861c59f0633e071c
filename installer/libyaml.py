"""YAML as libyaml reads it, where PyYAML was built with it, as its wheels are: ten times as fast as in Python."""

from __future__ import annotations

import re
from typing import Any

import yaml

INDENTED = re.compile(r"^[ ?-]*", re.MULTILINE)
DEPTH = 500
"""Levels that texts may be nested: the deepest definitions of Kubernetes come to some sixty, and libyaml, which goes
down by calling itself, ends the program at some tens of thousands."""
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Makes nothing but plain data, either way."""


def load(text: str | bytes) -> Any:
    """The one document of a text.

    Raises:
        yaml.YAMLError: the text is not YAML, or holds more than one document.
    """
    _measure(text)
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader


def load_all(text: str | bytes) -> list[Any]:
    """All documents of a text.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    _measure(text)
    return list(yaml.load_all(text, Loader=LOADER))


def _measure(text: str | bytes) -> None:
    """Refuse what is nested too deep. Events are parsed without going down, unlike the nodes made of them."""
    whole = text if isinstance(text, str) else text.decode("utf-8", "replace")
    # A level opens a bracket, or stands further in than the one that holds it; a list may stand as far in as its key.
    indented = max(map(len, INDENTED.findall(whole)), default=0)
    if 2 * (indented + 1) + whole.count("[") + whole.count("{") <= DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH:
            raise yaml.YAMLError(f"nested deeper than {DEPTH} levels")
