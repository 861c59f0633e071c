"""Which figures of the calculator a component takes (`sized` of component.yaml), and the units its templates see.

What the answers say of a component under the same names goes before what is reckoned, here and in the sizing itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from installer.bundle.forms import Flaw
from installer.messages import Message


class Unit(NamedTuple):
    """How templates see a figure: what it counts, and how many of the calculator's base units one of it is."""

    counts: str
    size: float
    said: Message


MIB = Unit("bytes", 2.0**20, Message("a number of MiB"))
UNITS: Mapping[str, Unit] = {
    "replicas": Unit("", 1.0, Message("a number of copies")),
    "cpu": Unit("cores", 0.001, Message("a number of thousandths of a core")),
    "memory": MIB,
    "heap": MIB,
    "disk": Unit("bytes", 2.0**30, Message("a number of GiB")),
}
"""The names that `sized` may have, each in a unit that Kubernetes writes as `m`, `Mi` or `Gi`."""
SLACK = 1e-9
"""What a figure may be above a whole number without being rounded up."""


def flaws(spec: Mapping[str, Any]) -> Iterator[Flaw]:
    """Figures that the calculator does not have, that count something else, or that are of another part."""
    if not spec.get("sized"):
        return
    from sizing.errors import SizingError
    from sizing.named import named  # slow to import, and few components are sized
    from sizing.units import amount

    first = ""
    for name, figure in spec["sized"].items():
        try:
            rules, key = named(figure)
        except SizingError as error:
            yield Flaw(("sized", name), error.problems[0])
            continue
        first = first or rules.name
        if rules.name != first:
            yield Flaw(
                ("sized", name),
                Message("is a figure of {name}, but others here are of {first}", name=rules.name, first=first),
            )
        if amount(key)[0] != UNITS[name].counts:
            yield Flaw(
                ("sized", name), Message("{figure} cannot be told as {said}", figure=figure, said=UNITS[name].said)
            )


def rules_of(spec: Mapping[str, Any]) -> str:
    """The name of the rules whose figures it takes; "" where it takes none."""
    return next((str(figure).partition(".")[0] for figure in spec.get("sized", {}).values()), "")


def said(spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, float]:
    """What the answers say of the component under the names of `sized`, in the units of its templates."""
    return {name: values[name] for name in spec.get("sized", {}) if _number(values.get(name))}


def wrong(spec: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, Unit]]:
    """The names of `sized` for which the answers say what is no number above zero."""
    for name in spec.get("sized", {}):
        if name in values and not _number(values[name]):
            yield name, UNITS[name]


def fixed(spec: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """The same as figures of the calculator, by their names and in their units."""
    from sizing.units import amount

    found = []
    for name, value in said(spec, values).items():
        key = spec["sized"][name].partition(".")[2]
        found.append((key, value * UNITS[name].size / amount(key)[1]))
    return tuple(found)


def alone(spec: Mapping[str, Any]) -> dict[str, int]:
    """The figures as its templates see them while nobody has said what is needed: those of the rules' own defaults."""
    if not spec.get("sized"):
        return {}
    from sizing.components import size_component
    from sizing.named import expected

    size = size_component(rules_of(spec), {})
    keys = {name: figure.partition(".")[2] for name, figure in spec["sized"].items()}
    return {name: told(name, key, expected(size, key)) for name, key in keys.items()}


def told(name: str, key: str, value: float) -> int:
    """A figure of the calculator as templates see it: a whole number of the unit, rounded up."""
    from sizing.units import amount

    return max(1, math.ceil(value * amount(key)[1] / UNITS[name].size - SLACK))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e12
