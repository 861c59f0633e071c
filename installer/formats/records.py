"""Frozen dataclasses from objects of JSON, each field of the type that it is declared to have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from installer.messages import Message

T = TypeVar("T")


def record(kind: type[T], body: Mapping[str, Any], **given: Any) -> T:
    """What an object of JSON says, as a dataclass; what it says beyond that is passed over.

    Fields that are `given` are taken as they are; what is missing is left to its default. A moment is ISO 8601 with its
    zone, a tuple is an array.

    Raises:
        ValueError: it lacks a field, or has something else in it.
    """
    told = dict(given)
    for name, hint in _hints(kind).items():  # type: ignore[arg-type]
        if name in body and name not in given:
            told[name] = _value(body[name], hint, name)
    try:
        return kind(**told)
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _value(value: Any, hint: Any, name: str) -> Any:
    if get_origin(hint) is UnionType:
        if value is None and NoneType in get_args(hint):
            return None
        hint = next(each for each in get_args(hint) if each is not NoneType)
    if hint is datetime:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None or moment.tzinfo is None:
            raise ValueError(Message("{name}: no moment with its zone", name=name))
        return moment
    if get_origin(hint) is Literal and value not in get_args(hint):
        raise ValueError(Message("{name}: none of the words that it may be", name=name))
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_value(each, get_args(hint)[0], name) for each in value)
    if not _fits(value, get_origin(hint) or hint):
        raise ValueError(Message("{name}: not of the type it has to be", name=name))
    return value


def _fits(value: Any, hint: Any) -> bool:
    if hint in (Any, Literal):
        return True
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if issubclass(hint, str) else hint)
