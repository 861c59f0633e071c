"""Carries a template out: walks what Jinja has parsed, one expression after the other, and counts each.

Jinja itself turns templates into Python, whose loops, texts and numbers nobody bounds. What components need of the
language is small: output, if, for, set, with and macros, over texts, numbers, lists and mappings.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from installer.messages import Message
from installer.render import arithmetic, functions
from installer.render.bounds import DEPTH, STEPS, Bounds, Refused
from installer.render.parsing import parsed
from installer.render.values import Missing, attribute, entries

Scope = dict[str, Any]


def rendered(source: str, names: Mapping[str, Any]) -> str:
    """The text that a template makes of these names, always the same one.

    Raises:
        jinja2.TemplateError: it is malformed, uses what is not there, or takes more than its bounds.
    """
    work = _Work(dict(names))
    try:
        return work.written(parsed(source).body)
    except Refused as error:
        raise Refused(
            Message("{reason} (line {line})", reason=error.message, line=work.line) if work.line else str(error.message)
        ) from None
    except RecursionError:
        raise Refused(Message("it is nested too deep")) from None
    except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, IndexError) as error:
        raise Refused(Message("{reason} (line {line})", reason=error, line=work.line)) from error


@dataclass(frozen=True)
class _Macro:
    """A macro and the scope that it was made in."""

    node: nodes.Macro
    scopes: tuple[Scope, ...]


class _Work:
    """One rendering."""

    def __init__(self, names: Scope) -> None:
        self.bounds = Bounds()
        self.line = 0
        self._scopes: tuple[Scope, ...] = (names, {})
        self._depth = 0

    def written(self, body: Iterable[nodes.Node]) -> str:
        """What statements write."""
        found: list[str] = []
        for node in body:
            found.extend(self._statement(node))
        return "".join(found)

    def _statement(self, node: nodes.Node) -> Iterator[str]:
        self.line = node.lineno
        self.bounds.step()
        match node:
            case nodes.Output():
                for part in node.nodes:
                    yield self.bounds.text(part.data if isinstance(part, nodes.TemplateData) else self.value(part))
            case nodes.If():
                yield from self._choice(node)
            case nodes.For(recursive=False):
                yield from self._loop(node)
            case nodes.Assign():
                self._set(node.target, self.value(node.node), self._scopes[-1])
            case nodes.AssignBlock(filter=None):
                self._set(node.target, self.written(node.body), self._scopes[-1])
            case nodes.Macro():
                self._scopes[-1][node.name] = _Macro(node, self._scopes)
            case nodes.With():
                inner: Scope = {}
                for target, value in zip(node.targets, node.values, strict=True):
                    self._set(target, self.value(value), inner)
                yield self._within(inner, node.body)
            case nodes.Scope():
                yield self._within({}, node.body)
            case _:
                raise Refused(Message("`{word}` is not had in templates", word=type(node).__name__.lower()))

    def _choice(self, node: nodes.If) -> Iterator[str]:
        for branch in (node, *node.elif_):
            if self.value(branch.test):
                yield self.written(branch.body)
                return
        yield self.written(node.else_)

    def _loop(self, node: nodes.For) -> Iterator[str]:
        found = entries(self.bounds, self.value(node.iter))
        if node.test is not None:
            found = [each for each in found if self._passes(node, each)]
        for at, each in enumerate(found):
            loop = {"index": at + 1, "index0": at, "first": at == 0, "last": at + 1 == len(found),
                    "length": len(found), "revindex": len(found) - at, "revindex0": len(found) - at - 1}  # fmt: skip
            scope: Scope = {"loop": loop}
            self._set(node.target, each, scope)
            yield self._within(scope, node.body)
        if not found:
            yield self._within({}, node.else_)

    def _passes(self, node: nodes.For, each: Any) -> bool:
        scope: Scope = {}
        self._set(node.target, each, scope)
        before, self._scopes = self._scopes, (*self._scopes, scope)
        try:
            return bool(node.test is None or self.value(node.test))
        finally:
            self._scopes = before

    def _within(self, scope: Scope, body: Iterable[nodes.Node]) -> str:
        before, self._scopes = self._scopes, (*self._scopes, scope)
        try:
            return self.written(body)
        finally:
            self._scopes = before

    def _set(self, target: nodes.Node, value: Any, scope: Scope) -> None:
        if isinstance(target, nodes.Name):
            scope[target.name] = value
        elif isinstance(target, nodes.Tuple):
            parts = entries(self.bounds, value)
            if len(parts) != len(target.items):
                raise Refused(Message("{count} values for {names} names", count=len(parts), names=len(target.items)))
            for each, part in zip(target.items, parts, strict=True):
                self._set(each, part, scope)
        else:
            raise Refused(Message("`set` of {word} is not had in templates", word=type(target).__name__.lower()))

    def value(self, node: nodes.Node) -> Any:
        """What an expression is.

        Raises:
            Refused: it is not there.
        """
        found = self._value(node)
        if isinstance(found, Missing):
            raise Refused(found.said)
        return found

    def _value(self, node: nodes.Node) -> Any:
        self.line = node.lineno
        self.bounds.step()
        known = _EXPRESSIONS.get(type(node))
        if known is None:
            raise Refused(Message("`{word}` is not had in templates", word=type(node).__name__.lower()))
        return known(self, node)

    def name(self, node: nodes.Name) -> Any:
        """A name's value, from the innermost scope that has it."""
        for scope in reversed(self._scopes):
            if node.name in scope:
                return scope[node.name]
        return Missing(Message("{name} is undefined", name=repr(node.name)))

    def entry(self, node: nodes.Getitem) -> Any:
        """`a[b]` and `a[b:c]`."""
        whole = self.value(node.node)
        if isinstance(node.arg, nodes.Slice):
            if not isinstance(whole, str | list | tuple):
                raise Refused(Message("{name} is no list", name=type(whole).__name__))
            self.bounds.weigh(whole)
            start, stop, step = (
                None if each is None else self.value(each) for each in (node.arg.start, node.arg.stop, node.arg.step)
            )
            return whole[start:stop:step]
        return attribute(whole, self.value(node.arg))

    def call(self, node: nodes.Call) -> Any:
        """`range(...)`, a macro, or a method of a text or a mapping."""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise Refused(Message("`*` and `**` of a call are not had in templates"))
        if isinstance(node.node, nodes.Getattr):
            owner = self.value(node.node.node)
            table = functions.METHODS if isinstance(owner, str) else functions.MAPPINGS
            if not isinstance(owner, str | Mapping):
                raise Refused(
                    Message("{name} has no {attr} to be called", name=type(owner).__name__, attr=repr(node.node.attr))
                )
            method = functions.call(table, "method", node.node.attr)
            return method(self.bounds, owner, *self._given(node), **self._named(node))
        if isinstance(node.node, nodes.Name) and node.node.name == "range":
            return self._range(*self._given(node))
        macro = self.value(node.node)
        if not isinstance(macro, _Macro):
            raise Refused(Message("what is called is no macro"))
        return self._macro(macro, self._given(node), self._named(node))

    def _range(self, *given: Any) -> list[int]:
        numbers = range(*given)
        if len(numbers) > STEPS:
            raise Refused(Message("a range of more than {steps}", steps=STEPS))
        return entries(self.bounds, list(numbers))

    def _macro(self, macro: _Macro, given: list[Any], named: dict[str, Any]) -> str:
        node = macro.node
        wanted = [each.name for each in node.args]
        if len(given) > len(wanted) or not set(named) <= set(wanted[len(given) :]):
            raise Refused(Message("macro {name} takes {names}", name=node.name, names=", ".join(wanted) or "nothing"))
        scope: Scope = dict(zip(wanted, given, strict=False)) | named
        spare = dict(zip(reversed(wanted), reversed(node.defaults), strict=False))
        for name in wanted:
            if name not in scope:
                scope[name] = (
                    self._value(spare[name])
                    if name in spare
                    else Missing(Message("{name} is not given", name=repr(name)))
                )
        if self._depth == DEPTH:
            raise Refused(Message("macros call one another more than {depth} deep", depth=DEPTH))
        before, self._scopes = self._scopes, macro.scopes
        self._depth += 1
        try:
            return self._within(scope, node.body)
        finally:
            self._scopes = before
            self._depth -= 1

    def filtered(self, node: nodes.Filter) -> Any:
        """`a | b(...)`."""
        if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise Refused(Message("a filter of a block is not had in templates"))
        known = functions.call(functions.FILTERS, "filter", node.name)
        value = self._value(node.node) if node.name in ("default", "d") else self.value(node.node)
        return known(self.bounds, value, *self._given(node), **self._named(node))

    def tested(self, node: nodes.Test) -> bool:
        """`a is b(...)`."""
        known = functions.call(functions.TESTS, "test", node.name)
        value = self._value(node.node) if node.name in ("defined", "undefined") else self.value(node.node)
        return bool(known(self.bounds, value, *self._given(node)))

    def compared(self, node: nodes.Compare) -> bool:
        """`a < b <= c`."""
        left = self.value(node.expr)
        for operand in node.ops:
            right = self.value(operand.expr)
            if not functions.ORDER[operand.op](self.bounds, left, right):
                return False
            left = right
        return True

    def _given(self, node: Any) -> list[Any]:
        return [self.value(each) for each in node.args or ()]

    def _named(self, node: Any) -> dict[str, Any]:
        return {each.key: self.value(each.value) for each in node.kwargs or ()}

    def calculated(self, node: nodes.BinExpr, work: Callable[[Any, Any], Any]) -> Any:
        """`a - b` and its kin, of numbers alone: a text times a number is `join` of a range, and counted."""
        return arithmetic.calculated(self.bounds, self.value(node.left), self.value(node.right), work)


_EXPRESSIONS: dict[type[nodes.Node], Callable[[_Work, Any], Any]] = {
    nodes.Name: _Work.name,
    nodes.Const: lambda _, node: node.value,
    nodes.TemplateData: lambda _, node: node.data,
    nodes.Getitem: _Work.entry,
    nodes.Getattr: lambda work, node: attribute(work.value(node.node), node.attr),
    nodes.Call: _Work.call,
    nodes.Filter: _Work.filtered,
    nodes.Test: _Work.tested,
    nodes.Compare: _Work.compared,
    nodes.List: lambda work, node: [work.value(each) for each in node.items],
    nodes.Tuple: lambda work, node: tuple(work.value(each) for each in node.items),
    nodes.Dict: lambda work, node: {work.value(each.key): work.value(each.value) for each in node.items},
    nodes.Concat: lambda work, node: functions.joined(work.bounds, [work.value(each) for each in node.nodes]),
    nodes.CondExpr: lambda work, node: (
        work.value(node.expr1) if work.value(node.test) else work.value(node.expr2) if node.expr2 else ""
    ),
    nodes.And: lambda work, node: work.value(node.left) and work.value(node.right),
    nodes.Or: lambda work, node: work.value(node.left) or work.value(node.right),
    nodes.Not: lambda work, node: not work.value(node.node),
    nodes.Add: lambda work, node: arithmetic.added(work.bounds, work.value(node.left), work.value(node.right)),
    nodes.Mul: lambda work, node: work.calculated(node, operator.mul),
    nodes.Sub: lambda work, node: work.calculated(node, operator.sub),
    nodes.Div: lambda work, node: work.calculated(node, operator.truediv),
    nodes.FloorDiv: lambda work, node: work.calculated(node, operator.floordiv),
    nodes.Mod: lambda work, node: work.calculated(node, operator.mod),
    nodes.Neg: lambda work, node: arithmetic.calculated(work.bounds, 0, work.value(node.node), operator.sub),
}
