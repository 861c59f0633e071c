"""What templates look at: entries of what they are given, or that there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from installer.messages import Message
from installer.render.bounds import Bounds, Refused


class Missing:
    """A name or an entry that is not there: an error as soon as it is used, but `is defined` and `default` may ask."""

    __slots__ = ("said",)

    def __init__(self, said: str) -> None:
        self.said = said


def attribute(value: Any, name: Any) -> Any:
    """An entry of a mapping or a list, or a field of a host; `Missing` where there is none."""
    if isinstance(value, Mapping):
        return (
            value[name]
            if isinstance(name, str | int) and name in value
            else Missing(Message("no entry {name}", name=repr(str(name)[:60])))
        )
    if isinstance(value, str | list | tuple) and type(name) is int:
        return value[name] if -len(value) <= name < len(value) else Missing(Message("no entry {name}", name=name))
    if is_dataclass(value) and isinstance(name, str) and name in {field.name for field in fields(value)}:
        return getattr(value, name)
    return Missing(Message("no entry {name}", name=repr(str(name)[:60])))


def dotted(value: Any, path: Any) -> Any:
    """What `attribute=` of a filter names: "a.b", or a position."""
    for step in path.split(".") if isinstance(path, str) else [path]:
        value = attribute(value, int(step) if isinstance(step, str) and step.isdigit() else step)
        if isinstance(value, Missing):
            raise Refused(value.said)
    return value


def entries(bounds: Bounds, value: Any) -> list[Any]:
    """The entries of a list, the keys of a mapping, the letters of a text."""
    if not isinstance(value, str | list | tuple | frozenset | set | Mapping):
        raise Refused(Message("{name} is no list", name=type(value).__name__))
    bounds.step(len(value))
    return list(value)
