"""What a component is told: names and units as anyone writes them, and the values that make sense."""

from __future__ import annotations

from collections.abc import Mapping

from sizing.bands import Band
from sizing.errors import SizingError
from sizing.rules import ComponentRules, Input
from sizing.scenarios import Given
from sizing.units import same_quantity

UNKNOWN = "unknown"
ABSURD = 1e15
"""No quantity of any platform is larger, whatever its unit."""


def recognised(rules: ComponentRules, inputs: Mapping[str, Given]) -> dict[str, Given]:
    """The inputs under the rules' own names and units; what is "unknown" is left out.

    Raises:
        SizingError: unknown inputs, or values that make no sense; all problems at once.
    """
    problems: list[str] = []
    given: dict[str, Given] = {}
    for name, value in inputs.items():
        also = {alias: entry.name for entry in rules.inputs.values() for alias in entry.also}
        candidates = [*rules.inputs, *also]
        found = same_quantity(name, candidates)
        if found is None:
            problems.append(f"{rules.name} has no input {name!r}; it has: {', '.join(rules.inputs)}")
            continue
        wanted = rules.inputs[also.get(found[0], found[0])]
        problem = _problem(wanted, name, value) or _impossible(wanted, _scaled(value, found[1]))
        if problem:
            problems.append(problem)
        elif value != UNKNOWN:
            given[wanted.name] = _scaled(value, found[1])
    if problems:
        raise SizingError(problems)
    return given


def _problem(entry: Input, name: str, value: Given) -> str:
    """Why a value cannot stand for this input; "" where it can."""
    if isinstance(value, str) and value == UNKNOWN:
        return ""
    if not isinstance(value, float | int | str | Band):
        return f"{name} is {value!r}; wanted one number or word"
    if entry.choices:
        return "" if value in entry.choices else f"{name} is {value!r}; wanted one of: {', '.join(entry.choices)}"
    wordy = isinstance(entry.scenarios[1], str) and entry.scenarios[1].startswith("'")
    if wordy:
        return ""
    if isinstance(value, str):
        return f'{name} is {value!r}; wanted a number or "unknown"'
    least, most = (value.low, value.high) if isinstance(value, Band) else (value, value)
    if not (least >= 0 and most <= ABSURD):
        told = f"{least:g}" if not abs(least) > ABSURD else "beyond all measure"
        return f"{name} is {told}; wanted a number from zero to {ABSURD:g}"
    return ""


def _impossible(entry: Input, value: Given) -> str:
    """Why a value, in the input's own unit, makes no sense; "" where it does."""
    if entry.possible is None or isinstance(value, str):
        return ""
    least, most = (value.low, value.high) if isinstance(value, Band) else (value, value)
    low, high = entry.possible
    inside = low <= least and most <= high
    return "" if inside else f"{entry.name} is {least:g}; wanted a number from {low:g} to {high:g}"


def _scaled(value: Given, factor: float) -> Given:
    if isinstance(value, Band):
        return value.scaled(factor)
    if isinstance(value, bool | str) or factor == 1:
        return value
    return value * factor
