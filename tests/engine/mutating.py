"""Ways of breaking a function, found by what its syntax tree mentions: names, attributes and words.

A function is found by its own name, in whatever module it is. What a refactoring keeps, mutants keep to.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef
Break = Callable[[Function], int]
"""Breaks a function in place; in how many places."""
SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)


def found(name: str) -> tuple[Path, ast.Module, Function]:
    """The module that has a function `name` or a method `Class.name`, its tree, and the function in it.

    Where several modules have one of that name: `other, name` is in the module that has the function `other` as well.
    """
    *others, name = name.split(", ")
    every = []
    for path in sorted((ROOT / "installer").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if all(f"def {each.rpartition('.')[2]}(" in text for each in (*others, name)):
            tree = ast.parse(text)
            if all(list(_named(tree, other.split("."))) for other in others):
                every += [(path, tree, function) for function in _named(tree, name.split("."))]
    assert len(every) == 1, f"{len(every)} functions are called {name}: name the right one in the mutant"
    return every[0]


def _named(scope: ast.AST, names: list[str]) -> Iterator[Function]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, Function | ast.ClassDef) and node.name == names[0]:
            if names[1:]:
                yield from _named(node, names[1:])
            elif isinstance(node, Function):
                yield node


def mentions(node: ast.AST | list[ast.stmt]) -> set[object]:
    """Every name, attribute, argument and constant in a part of a tree."""
    said: set[object] = set()
    for part in node if isinstance(node, list) else [node]:
        for each in ast.walk(part):
            for field in ("id", "attr", "value", "arg"):
                value = getattr(each, field, None)
                if isinstance(value, str | int | bool):
                    said.add(value)
    return said


class _Conditions(ast.NodeTransformer):
    """Replaces the smallest conditions that mention a word: tests of ifs, and what "and" and "or" join."""

    def __init__(self, holds: bool, says: str, beside: str, guards: str) -> None:
        self._holds, self._says, self._beside, self._guards = holds, says, beside, guards
        self.count = 0

    def visit_If(self, node: ast.If) -> ast.If:
        fits = (not self._beside or self._beside in mentions(node.test)) and (
            not self._guards or self._guards in mentions(node.body)
        )
        inner = any(self._guards in mentions(each) for each in node.body if isinstance(each, ast.If | ast.For))
        if fits and not (self._guards and inner):
            node.test = self._broken(node.test)
        node.body, node.orelse = ([self.visit(each) for each in part] for part in (node.body, node.orelse))
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        if isinstance(node.value, ast.BoolOp) and not self._beside and not self._guards:
            node.value = self._broken(node.value)
        return node

    def _broken(self, test: ast.expr) -> ast.expr:
        if self._says and self._says not in mentions(test):
            return test
        if isinstance(test, ast.BoolOp) and self._says:
            test.values = [self._broken(value) for value in test.values]
            return test
        self.count += 1
        return ast.Constant(self._holds)


def condition(holds: bool, says: str = "", *, beside: str = "", guards: str = "") -> Break:
    """A condition is taken to hold, or not to.

    Args:
        holds: what is taken for its answer.
        says: what it mentions; of "and" and "or" just the parts that do.
        beside: what the whole test that it is a part of mentions.
        guards: what is done where it holds.
    """

    def broken(function: Function) -> int:
        changer = _Conditions(holds, says, beside, guards)
        function.body = [changer.visit(each) for each in function.body]
        return changer.count

    return broken


def statement(*says: str, instead: str = "pass") -> Break:
    """A plain statement that mentions all of this is another one, or none."""

    def broken(function: Function) -> int:
        count = 0
        for owner in list(ast.walk(function)):
            for field in ("body", "orelse", "finalbody"):
                block = getattr(owner, field, None)
                if not isinstance(block, list):
                    continue
                for each in [each for each in block if isinstance(each, SIMPLE) and mentions(each) >= {*says}]:
                    at = block.index(each)
                    block[at : at + 1] = ast.parse(instead.format(itself=ast.unparse(each))).body
                    count += 1
        return count

    return broken


def loop(says: str) -> Break:
    """A loop over something goes over nothing."""

    def broken(function: Function) -> int:
        loops = [each for each in ast.walk(function) if isinstance(each, ast.For) and says in mentions(each.iter)]
        for each in loops:
            each.iter = ast.Tuple([], ast.Load())
        return len(loops)

    return broken


def handler(says: str) -> Break:
    """An error that is caught is not caught."""

    def broken(function: Function) -> int:
        handlers = [each for each in ast.walk(function) if isinstance(each, ast.ExceptHandler) and each.type]
        handlers = [each for each in handlers if says in mentions(each.type or each)]
        for each in handlers:
            each.type = ast.Tuple([], ast.Load())
        return len(handlers)

    return broken


def keyword(name: str, value: str) -> Break:
    """A value that is handed over by name is another one."""

    def broken(function: Function) -> int:
        given = [each for each in ast.walk(function) if isinstance(each, ast.keyword) and each.arg == name]
        for each in given:
            each.value = ast.parse(value, mode="eval").body
        return len(given)

    return broken


def default(mapping: str, value: str) -> Break:
    """What is looked up in a mapping is there where it is not."""

    def broken(function: Function) -> int:
        calls = [
            each for each in ast.walk(function)
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "get"
            and mapping in mentions(each.func.value)
        ]  # fmt: skip
        for each in calls:
            each.args.append(ast.parse(value, mode="eval").body)
        return len(calls)

    return broken
