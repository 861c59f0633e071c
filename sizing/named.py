"""Figures by name, as others refer to them: "kafka.broker_memory_gib", a rule and one of its figures or inputs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from sizing.components import ComponentSize
from sizing.errors import SizingError
from sizing.rules import ComponentRules, load_rules


def named(text: str) -> tuple[ComponentRules, str]:
    """The rules and the name of the figure, or of the input that is a number.

    Raises:
        SizingError: there is none of that name; the nearest one is told.
    """
    component, _, key = text.partition(".")
    rules = load_rules().components.get(component)
    if rules is None:
        raise SizingError([f"no sizing rules named {component!r}; {_nearest(component, load_rules().components)}"])
    known = [*rules.figures, *(name for name, entry in rules.inputs.items() if not entry.choices)]
    if key not in known:
        raise SizingError([f"{component} has no figure {key!r}; {_nearest(key, known)}"])
    return rules, key


def expected(size: ComponentSize, key: str) -> float:
    """What is expected of a figure, or what was taken for an input."""
    if key in size.figures:
        return size.figures[key].band.expected
    value = size.inputs[key].value
    return 0.0 if isinstance(value, str) else value.expected


def rules_for(name: str, role: str = "") -> str:
    """The name of the rules by which a component is sized: its own, else those of its role; "" where there are none."""
    rules = load_rules().components
    for each in rules.values():
        if name == each.name or name in each.also:
            return each.name
    return next((each.name for each in rules.values() if role and each.role == role), "")


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(word[:60], names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
