"""What templates may call: filters, tests and methods of texts and mappings, each bounded. What is not here is not had.

They mean what they mean in Jinja. Each takes the bounds first, and takes from them before it makes anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from installer.messages import Message
from installer.render.bounds import Bounds, Refused
from installer.render.values import Missing, dotted, entries

Function = Callable[..., Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(Message("{name} is no text", name=type(value).__name__))
    return value


def replaced(bounds: Bounds, text: Any, old: str, new: str, count: int = -1) -> str:
    """A text with another in the place of one."""
    bounds.spell(len(_text(text)))
    times = text.count(_text(old))
    times = times if count < 0 else min(times, count)
    bounds.spell(times * len(_text(new)))
    return str(text.replace(old, new, count))


def joined(bounds: Bounds, values: Any, between: str = "", attribute: Any = None) -> str:
    """The entries of a list as one text."""
    found = entries(bounds, values)
    parts = [bounds.text(each if attribute is None else dotted(each, attribute)) for each in found]
    bounds.spell(len(_text(between)) * len(parts))
    return between.join(parts)


def _indented(bounds: Bounds, text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    before = width if isinstance(width, str) else " " * _small(width)
    bounds.spell(2 * len(_text(text)))
    bounds.step(text.count("\n"))
    lines = text.split("\n")
    bounds.spell(len(before) * len(lines))
    rest = [before + line if line or blank else line for line in lines[1:]]
    return "\n".join([(before if first else "") + lines[0], *rest])


def _small(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= 200:
        raise Refused(Message("{number} where a width up to 200 belongs", number=str(number)[:60]))
    return number


def _json(bounds: Bounds, value: Any, indent: int | None = None) -> str:
    bounds.weigh(value)
    text = json.dumps(value, sort_keys=True, indent=None if indent is None else _small(indent))
    bounds.spell(2 * len(text))
    for letter in "<>&'":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _sorted(
    bounds: Bounds, values: Any, reverse: bool = False, case_sensitive: bool = False, attribute: Any = None
) -> Any:
    bounds.weigh(values)

    def key(each: Any) -> Any:
        found = each if attribute is None else dotted(each, attribute)
        return found.lower() if isinstance(found, str) and not case_sensitive else found

    return sorted(entries(bounds, values), key=key, reverse=reverse)


def _unique(bounds: Bounds, values: Any) -> list[Any]:
    bounds.weigh(values)
    return list(dict.fromkeys(entries(bounds, values)))


def _by_key(bounds: Bounds, value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, Mapping):
        raise Refused(Message("{name} is no mapping", name=type(value).__name__))
    bounds.weigh(list(value))
    return sorted(value.items(), key=lambda pair: str(pair[0]).lower())


def _items(bounds: Bounds, value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, Mapping):
        raise Refused(Message("{name} is no mapping", name=type(value).__name__))
    bounds.step(len(value))
    return list(value.items())


def _mapped(bounds: Bounds, values: Any, name: str | None = None, *given: Any, **named: Any) -> list[Any]:
    found = entries(bounds, values)
    if name is not None:
        return [call(FILTERS, "filter", name)(bounds, each, *given, **named) for each in found]
    if "attribute" not in named:
        raise Refused(Message("map wants a filter or attribute="))
    return [dotted(each, named["attribute"]) for each in found]


def _selected(wanted: bool, by: bool) -> Function:
    def select(bounds: Bounds, values: Any, *given: Any) -> list[Any]:
        attribute, (name, *more) = (given[0] if by else None), (given[by:] or ("true-like",))
        test = call(TESTS, "test", name)
        return [each for each in entries(bounds, values)
                if bool(test(bounds, dotted(each, attribute) if by else each, *more)) is wanted]  # fmt: skip

    return select


def _whole(bounds: Bounds, value: Any, default: int = 0) -> int:
    try:
        bounds.spell(len(value) if isinstance(value, str) else 1)
        return int(bounds.number(int(value)))
    except (TypeError, ValueError, OverflowError):
        return default


def _least(pick: Callable[[Iterable[Any]], Any]) -> Function:
    def extreme(bounds: Bounds, values: Any) -> Any:
        bounds.weigh(values)
        found = entries(bounds, values)
        return pick(found) if found else Missing(Message("the list is empty"))

    return extreme


def _place(at: int) -> Function:
    return lambda bounds, values: (entries(bounds, values)[at:][:1] or [Missing(Message("the list is empty"))])[0]


def _of_text(name: str) -> Function:
    """A method of texts whose result is no longer than the text and what it is given."""

    def method(bounds: Bounds, text: Any, *given: Any) -> Any:
        bounds.spell(2 * len(_text(text)) + sum(len(each) for each in given if isinstance(each, str)))
        bounds.step(len(text) // 2 if "split" in name else 1)  # pieces that a text may be cut into
        return getattr(text, name)(*given)

    return method


def _default(_: Bounds, value: Any, default: Any = "", boolean: bool = False) -> Any:
    return default if isinstance(value, Missing) or (boolean and not value) else value


def _length(_: Bounds, value: Any) -> int:
    return len(value)


def _total(bounds: Bounds, values: Any, attribute: Any = None, start: Any = 0) -> Any:
    for each in entries(bounds, values):
        start = bounds.number(start + (each if attribute is None else dotted(each, attribute)))
    return start


FILTERS: dict[str, Function] = {
    "abs": lambda _, value: abs(value),
    "capitalize": _of_text("capitalize"),
    "count": _length,
    "d": _default,
    "default": _default,
    "dictsort": _by_key,
    "first": lambda bounds, values: (entries(bounds, values)[:1] or [Missing(Message("the list is empty"))])[0],
    "indent": _indented,
    "int": _whole,
    "items": _items,
    "join": joined,
    "last": _place(-1),
    "length": _length,
    "list": entries,
    "lower": lambda bounds, value: bounds.text(value).lower(),
    "map": _mapped,
    "max": _least(max),
    "min": _least(min),
    "reject": _selected(wanted=False, by=False),
    "rejectattr": _selected(wanted=False, by=True),
    "replace": replaced,
    "reverse": lambda bounds, values: entries(bounds, values)[::-1],
    "select": _selected(wanted=True, by=False),
    "selectattr": _selected(wanted=True, by=True),
    "sort": _sorted,
    "string": lambda bounds, value: bounds.text(value),
    "sum": _total,
    "tojson": _json,
    "trim": _of_text("strip"),
    "unique": _unique,
    "upper": lambda bounds, value: bounds.text(value).upper(),
}


def contains(bounds: Bounds, value: Any, whole: Any) -> bool:
    """Whether something is in a list, a mapping or a text."""
    bounds.weigh(value)
    if isinstance(whole, Mapping | frozenset | set):
        return isinstance(value, str | int | float) and value in whole
    bounds.weigh(whole)
    return value in whole


def equal(bounds: Bounds, one: Any, other: Any) -> bool:
    """Whether two values are the same."""
    bounds.weigh(one)
    bounds.weigh(other)
    return bool(one == other)


def _ordered(compare: Callable[[Any, Any], Any]) -> Function:
    def test(bounds: Bounds, one: Any, other: Any) -> bool:
        bounds.weigh(one)
        bounds.weigh(other)
        return bool(compare(one, other))

    return test


ORDER: dict[str, Function] = {
    "eq": equal,
    "ne": _ordered(lambda one, other: one != other),
    "lt": _ordered(lambda one, other: one < other),
    "lteq": _ordered(lambda one, other: one <= other),
    "gt": _ordered(lambda one, other: one > other),
    "gteq": _ordered(lambda one, other: one >= other),
    "in": contains,
    "notin": lambda bounds, value, whole: not contains(bounds, value, whole),
}
TESTS: dict[str, Function] = {
    **{name: ORDER[name] for name in ("eq", "ne", "lt", "gt", "in")},
    "==": ORDER["eq"],
    "!=": ORDER["ne"],
    "<": ORDER["lt"],
    "<=": ORDER["lteq"],
    ">": ORDER["gt"],
    ">=": ORDER["gteq"],
    "le": ORDER["lteq"],
    "ge": ORDER["gteq"],
    "equalto": ORDER["eq"],
    "boolean": lambda _, value: isinstance(value, bool),
    "defined": lambda _, value: not isinstance(value, Missing),
    "even": lambda _, value: value % 2 == 0,
    "false": lambda _, value: value is False,
    "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
    "iterable": lambda _, value: isinstance(value, str | list | tuple | frozenset | Mapping),
    "mapping": lambda _, value: isinstance(value, Mapping),
    "none": lambda _, value: value is None,
    "number": lambda _, value: isinstance(value, int | float),
    "odd": lambda _, value: value % 2 == 1,
    "sequence": lambda _, value: isinstance(value, str | list | tuple | Mapping),
    "string": lambda _, value: isinstance(value, str),
    "true": lambda _, value: value is True,
    "true-like": lambda _, value: bool(value),
    "undefined": lambda _, value: isinstance(value, Missing),
}
METHODS: dict[str, Function] = {
    **{name: _of_text(name) for name in (
        "capitalize", "endswith", "isdigit", "lower", "lstrip", "partition", "removeprefix", "removesuffix",
        "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "upper",
    )},
    "join": lambda bounds, between, values: joined(bounds, values, between),
    "replace": replaced,
}  # fmt: skip
"""Of texts."""
MAPPINGS: dict[str, Function] = {
    "get": lambda _, value, name, default=None: value.get(name, default),
    "items": _items,
    "keys": entries,
    "values": lambda bounds, value: [each for _, each in _items(bounds, value)],
}
"""Methods of mappings."""


def call(table: Mapping[str, Function], kind: str, name: Any) -> Function:
    """The function of that name.

    Raises:
        Refused: templates have none of that name.
    """
    if not isinstance(name, str) or name not in table:
        raise Refused(Message("there is no {kind} {name} in templates", kind=kind, name=repr(str(name)[:60])))
    return table[name]
