"""Formulas as text, evaluated by simpleeval: arithmetic, comparison, choice and the functions named here alone."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from sizing.errors import SizingError

ROUNDING = 1e-9
"""A quotient that floating point puts a hair above a whole number is that number."""


def _ceil(value: float) -> int:
    return math.ceil(value - ROUNDING)


def _ceil_to(value: float, step: float) -> float:
    return _ceil(value / step) * step


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": _ceil,
    "ceil_to": _ceil_to,
    "floor": lambda value: math.floor(value + ROUNDING),
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}


@cache
def parse(formula: str) -> ast.AST:
    """The formula's syntax tree, parsed once.

    Raises:
        SizingError: it is not an expression.
    """
    try:
        tree: ast.AST = SimpleEval.parse(formula)
    except (InvalidExpression, SyntaxError) as error:
        raise SizingError([f"formula {formula!r}: {error}"]) from error
    return tree


@cache
def names_in(formula: str) -> tuple[str, ...]:
    """The quantities a formula names, in order of appearance; functions are not among them."""
    called = {id(node.func) for node in ast.walk(parse(formula)) if isinstance(node, ast.Call)}
    names = [node.id for node in ast.walk(parse(formula)) if isinstance(node, ast.Name) and id(node) not in called]
    return tuple(dict.fromkeys(name for name in names if name not in {"True", "False"}))


def evaluator(names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Callable[[str], Any]:
    """What turns a formula into its value, where `names` says what each quantity is."""
    engine = SimpleEval(functions={**FUNCTIONS, **functions}, names=names)

    def evaluate(formula: str) -> Any:
        try:
            return engine.eval(formula, previously_parsed=parse(formula))
        except (InvalidExpression, ArithmeticError, TypeError, ValueError) as error:
            raise SizingError([f"formula {formula!r}: {error}"]) from error

    return evaluate
