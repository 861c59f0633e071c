"""One run of a component's formulas: the low, the expected or the high scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sizing.bands import SCENARIOS, Band
from sizing.errors import SizingError
from sizing.expressions import evaluator
from sizing.rules import ComponentRules, Scalar, load_rules

Given = float | str | bool | Band
"""What an input may be: a number, a word, a switch, "unknown", or a band that comes from the workload."""


class Run(Mapping[str, Any]):
    """One scenario: names resolve to inputs, constants and figures, computed when first asked for."""

    def __init__(self, rules: ComponentRules, given: Mapping[str, Given], scenario: int) -> None:
        self._rules, self._given, self._scenario = rules, given, scenario
        self._known: dict[str, Any] = {}
        self._open: list[str] = []
        functions: dict[str, Callable[..., Any]] = {"given": self._is_given, "row": self._row}
        self.evaluate = evaluator(self, functions)

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if name in self._open:
                raise SizingError([f"{self._rules.name}: {' -> '.join([*self._open, name])} goes in a circle"])
            self._open.append(name)
            self._known[name] = self._compute(name)
            self._open.pop()
        return self._known[name]

    def __iter__(self) -> Any:
        return iter((*self._rules.inputs, *self._rules.constants, *self._rules.figures))

    def __len__(self) -> int:
        return len(self._rules.inputs) + len(self._rules.constants) + len(self._rules.figures)

    def _compute(self, name: str) -> Any:
        if name in self._given:
            value = self._given[name]
            return value.at(SCENARIOS[self._scenario]) if isinstance(value, Band) else value
        if name in self._rules.inputs:
            return self._settle(self._rules.inputs[name].scenarios[self._scenario], self._rules.inputs[name].choices)
        if name in self._rules.constants:
            return self._settle(self._rules.constants[name][self._scenario], ())
        rule = self._rules.figures[name]
        factor = load_rules().spreads[rule.spread][self._scenario] if rule.spread else 1
        value = self.evaluate(rule.formula)
        return value * factor if factor != 1 else value

    def _settle(self, value: Scalar, choices: tuple[str, ...]) -> Any:
        return self.evaluate(value) if isinstance(value, str) and value not in choices else value

    def _is_given(self, *names: str) -> bool:
        return any(name in self._given for name in names)

    def _row(self, table: str, value: float, column: str) -> float:
        """The column of the first row that reaches `value`; past the last one it grows in proportion."""
        rows = self._rules.tables[table]
        for row in rows:
            if value <= row["upto"]:
                return row[column]
        return row[column] * value / row["upto"]
