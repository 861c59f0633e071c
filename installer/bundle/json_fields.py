"""Fields of a bundle.json, each of exactly the form that it has to have; whatever else is there is malformed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from installer.messages import Message

T = TypeVar("T")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
SHOWN = 60
_ENTRIES = 1000
"""Of one list, at most: components, artifacts of a component, blobs of an artifact."""


class Malformed(Exception):
    """Where in bundle.json, and what is wrong there."""


def _refuse_constant(name: str) -> object:
    raise Malformed(Message("{name} is not a number", name=name))


def fields_of(document: Any, where: str, names: Iterable[str]) -> dict[str, Any]:
    """An object with exactly these fields."""
    found = mapping(document, where)
    wanted = set(names)
    for name in sorted(wanted - found.keys()):
        raise Malformed(Message("{where} has no {name}", where=where, name=repr(name)))
    for name in sorted(found.keys() - wanted):
        raise Malformed(Message("{where} has the unknown field {name}", where=where, name=shown(name)))
    return found


def mapping(document: Any, where: str) -> dict[str, Any]:
    """An object, whatever its fields."""
    if not isinstance(document, dict):
        raise Malformed(Message("{where} is not an object", where=where))
    return document


def several(document: Any, where: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    """A list of at most so many entries, each read by `read`."""
    if not isinstance(document, list):
        raise Malformed(Message("{where} is not a list", where=where))
    if len(document) > _ENTRIES:
        raise Malformed(
            Message(
                "{where} has {count} entries, at most {most} are allowed",
                where=where,
                count=len(document),
                most=_ENTRIES,
            )
        )
    return tuple(read(item, f"{where}.{position}") for position, item in enumerate(document))


def word(value: Any, where: str) -> str:
    """A text that is one word, such as a name or a version."""
    return matching(_WORD, value, where)


def matching(pattern: re.Pattern[str], value: Any, where: str) -> str:
    """A text that a pattern matches as a whole."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(Message("{where} is {value}, which cannot be one", where=where, value=shown(value)))
    return value


def shown(value: object) -> str:
    """A value as messages quote it, whatever its length."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else Message("an object")
    text = repr(value[:SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= 2 * SHOWN else f"{text[: 2 * SHOWN]}..."
