"""Entries of the lists in answers, each with its place, as rules go over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from installer.formats.strict_yaml import Path
from installer.messages import Message

Found = Iterator[tuple[Path, Message, Message]]
"""(path, found, wanted)"""


def items(data: Any, *keys: str) -> Iterator[tuple[Path, Any]]:
    """Each usable item of the list at these keys, with its path."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    for position, item in enumerate(data or ()):
        if item is not None:
            yield (*keys, position), item
