"""The questions behind an answers file: for each place in it what is asked, taken from `answers.schema.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from installer.answers.schema import resolved, schema
from installer.formats.strict_yaml import Path

Kind = Literal["text", "whole", "number", "choice", "yes", "texts"]
UNITS = {
    "_gib": "GiB", "_gib_per_month": "GiB/mo", "gb_per_day": "GB/day", "_days": "days", "_hours": "h",
    "_percent": "%", "_percent_per_year": "%/year", "_months": "months", "_cores": "cores", "_mb_per_s": "MB/s",
    "_per_second": "/s", "_per_day": "/day",
}  # fmt: skip
"""How the name of a number ends, and so its unit; the longest that fits."""


@dataclass(frozen=True)
class Question:
    """What a person is asked at one place of the answers; `default` None where there is none."""

    path: Path
    title: str
    description: str
    kind: Kind
    default: Any = None
    examples: tuple[Any, ...] = ()
    choices: tuple[str, ...] = ()
    unit: str = ""
    required: bool = False
    may_be_unknown: bool = False
    is_date: bool = False
    """Whether the answer is a day (YYYY-MM-DD), or a list of them."""


def question(path: Path) -> Question:
    """The question at a path; a list's position may be any number.

    Raises:
        KeyError: the answers have no such place, or it is one for many answers (a mapping, a list of mappings).
    """
    part, required = schema(), False
    for step in path:
        if isinstance(step, int):
            part, required = resolved(part["items"]), False
        else:
            required = step in part.get("required", ())
            part = resolved(part["properties"][step])
    bounded = part.get("anyOf", ())
    return Question(
        path,
        str(part["title"]),
        str(part["description"]),
        _kind(path, part),
        part.get("default"),
        tuple(part.get("examples", ())),
        tuple(part.get("enum", ())),
        _unit(str(path[-1])),
        required,
        {"const": "unknown"} in bounded,
        "date" in (part.get("format"), resolved(part.get("items", {})).get("format")),
    )


def _kind(path: Path, part: Mapping[str, Any]) -> Kind:
    if "enum" in part:
        return "choice"
    known: dict[str, Kind] = {"string": "text", "integer": "whole", "number": "number", "boolean": "yes"}
    of = next((each["type"] for each in (part, *part.get("anyOf", ())) if "type" in each), "")
    if of == "array" and resolved(part["items"]).get("type") == "string":
        return "texts"
    if of not in known:
        raise KeyError(path)
    return known[of]


def _unit(name: str) -> str:
    fitting = [ending for ending in UNITS if name.endswith(ending)]
    return UNITS[max(fitting, key=len)] if fitting else ""
