"""What code says: from each `say(...)` back through names, loops, calls and tables to the texts that reach it.

A text counts where it can be said, not where it is written: a table's keys are left out when only its values are said.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ITEM, AT = "each of", "one of"
"""Steps from a thing to what is said of it: by going over it, by looking something up in it."""
SAYS = {"say", "_say"}
SAME = {"sorted", "list", "tuple", "reversed", "set", "str", "iter", "Content", "Text"}

Place = tuple[str | int, ...]


class Sayings:
    """Texts that reach `say` in some modules: `messages`, and in `elsewhere` what is taken from outside of them."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.messages: set[str] = set()
        self.elsewhere: set[str] = set()
        self._seen: set[tuple[int, Place]] = set()
        self._above: dict[ast.AST, ast.AST] = {}
        self._of: dict[ast.AST, ast.Module] = {}
        self._named: dict[tuple[ast.Module | None, str], list[ast.expr]] = defaultdict(list)
        self._attributes: dict[str, list[ast.expr]] = defaultdict(list)
        self._functions: dict[str, list[ast.FunctionDef]] = defaultdict(list)
        self._calls: dict[str, list[ast.Call]] = defaultdict(list)
        self._heirs: dict[str, set[str]] = defaultdict(set)
        nodes = [each for file in files for each in self._read(ast.parse(file.read_text(encoding="utf-8")))]
        for node in nodes:
            self._note(node)
        for node in nodes:
            if isinstance(node, ast.Call) and name_of(node.func) in SAYS and node.args:
                self._follow(node.args[0], ())
            elif isinstance(node, ast.Call) and name_of(node.func) == "map" and name_of(node.args[0]) in SAYS:
                self._follow(node.args[1], (ITEM,))

    def _read(self, module: ast.Module) -> Iterator[ast.AST]:
        for node in ast.walk(module):
            self._of[node] = module
            for child in ast.iter_child_nodes(node):
                self._above[child] = node
            yield node

    def _note(self, node: ast.AST) -> None:
        above = self._above.get(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._functions[node.name].append(node)  # type: ignore[arg-type]
        elif isinstance(node, ast.Call):
            for name in self._called(node):
                self._calls[name].append(node)
        elif isinstance(node, ast.ClassDef):
            makes_itself = any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body)
            for base in node.bases:
                self._heirs[name_of(base)] |= set() if makes_itself else {node.name}
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target, value in _pairs(node):
                if isinstance(target, ast.Attribute):
                    self._attributes[target.attr].append(value)
                elif isinstance(target, ast.Name) and isinstance(above, ast.ClassDef):
                    self._attributes[target.id].append(node.value)
                elif isinstance(target, ast.Name) and isinstance(above, ast.Module):
                    self._named[above, target.id].append(node.value)
                    self._named[None, target.id].append(node.value)
        if isinstance(node, ast.AnnAssign) and isinstance(above, ast.ClassDef) and isinstance(node.target, ast.Name):
            fields = [each.target.id for each in above.body if isinstance(each, ast.AnnAssign)]  # type: ignore[union-attr]
            made = ast.arguments([], [ast.arg(each) for each in fields], None, [], [], None, [])
            self._attributes[node.target.id].append(ast.Lambda(made, ast.Name(f"{above.name}:{node.target.id}")))

    def _called(self, call: ast.Call) -> list[str]:
        name = name_of(call.func)
        inside = next((each for each in self._outwards(call) if isinstance(each, ast.ClassDef)), None)
        if inside and name == "__init__":
            return [name_of(base) for base in inside.bases]
        return [inside.name if inside and name == "cls" else name]

    def _outwards(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self._above:
            node = self._above[node]
            yield node

    def _follow(self, node: ast.AST | None, place: Place) -> None:
        if node is None or (id(node), place) in self._seen or len(place) > 6:
            return
        self._seen.add((id(node), place))
        match node:
            case ast.Constant(value=str(text)) if not place:
                self.messages.add(text)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) if place:
                self._into(parts, place)
            case ast.Dict(keys=keys, values=values) if place:
                for key, part in zip(keys, values, strict=True):
                    self._follow(part if key is None or place[0] != ITEM else key, place[1:] if key else place)
            case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
                self._follow(first, place)
                self._follow(second, place)
            case ast.BoolOp(values=values):
                for part in values:
                    self._follow(part, place)
            case ast.Subscript(value=whole, slice=ast.Slice()) | ast.Starred(value=whole) | ast.NamedExpr(value=whole):
                self._follow(whole, place)
            case ast.Subscript(value=whole, slice=ast.Constant(value=int(position))):
                self._follow(whole, (position, *place))
            case ast.Subscript(value=whole):
                self._follow(whole, (AT, *place))
            case ast.GeneratorExp(elt=part) | ast.ListComp(elt=part) | ast.SetComp(elt=part) if place:
                self._follow(part, place[1:])
            case ast.DictComp(key=key, value=part) if place:
                self._follow(key if place[0] == ITEM else part, place[1:])
            case ast.Name(id=name):
                self._name(node, name, place)
            case ast.Attribute(attr=name):
                self._attribute(node, name, place)
            case ast.Call():
                self._call(node, place)
            case _:
                self.elsewhere.add(ast.unparse(node))

    def _into(self, parts: list[ast.expr], place: Place) -> None:
        if isinstance(place[0], int) and place[0] < len(parts):
            self._follow(parts[place[0]], place[1:])
            return
        for part in parts:
            self._follow(part, place if isinstance(part, ast.Starred) else place[1:])

    def _name(self, node: ast.AST, name: str, place: Place) -> None:
        inner = node
        for outer in self._outwards(node):
            if isinstance(outer, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
                for loop in outer.generators:
                    if inner is not outer.generators[0] and self._bound(loop.target, loop.iter, name, place, ITEM):
                        return
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                found = [self._local(each, name, place) for each in ast.walk(outer)]
                if any(found) or self._parameter(outer, name, place):
                    return
            inner = outer
        for value in self._named.get((self._of.get(node), name)) or self._named.get((None, name), ()):
            self._follow(value, place)

    def _local(self, node: ast.AST, name: str, place: Place) -> bool:
        if isinstance(node, ast.For):
            return self._bound(node.target, node.iter, name, place, ITEM)
        if isinstance(node, ast.NamedExpr):
            return self._bound(node.target, node.value, name, place)
        if isinstance(node, ast.Call) and name_of(node.func) in ("append", "extend") and place:
            step = () if name_of(node.func) == "extend" else (place[0],)
            return self._bound(node.func.value, node.args[0], name, place[len(step) :])  # type: ignore[attr-defined]
        targets = getattr(node, "targets", [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else [])
        return any([self._bound(target, getattr(node, "value", None), name, place) for target in targets])

    def _bound(self, target: ast.AST, value: ast.AST | None, name: str, place: Place, *steps: str | int) -> bool:
        """Whether a target holds the name; what it is bound to is then followed."""
        if isinstance(target, ast.Name) and target.id == name:
            self._follow(value, (*steps, *place))
            return True
        parts = target.elts if isinstance(target, ast.Tuple) else []
        return any([self._bound(part, value, name, place, *steps, at) for at, part in enumerate(parts)])

    def _parameter(self, function: Any, name: str, place: Place) -> bool:
        known = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if name not in known or isinstance(function, ast.Lambda):
            return name in known
        holder = self._above.get(function)
        offset = 1 if isinstance(holder, ast.ClassDef) and known[0] in ("self", "cls") else 0
        called = holder.name if isinstance(holder, ast.ClassDef) and function.name == "__init__" else function.name
        spare = dict(zip(reversed(known), reversed(function.args.defaults), strict=False))
        self._follow(spare.get(name), place)
        for each in (called, *(self._heirs[called] if function.name == "__init__" else ())):
            for call in self._calls[each]:
                self._follow(_argument(call, known.index(name) - offset, name), place)
        return True

    def _attribute(self, node: ast.Attribute, name: str, place: Place) -> None:
        if name not in self._attributes and name not in self._functions:
            self.elsewhere.add(ast.unparse(node))
        for value in self._attributes.get(name, ()):
            if isinstance(value, ast.Lambda) and isinstance(value.body, ast.Name):  # a field of a record
                record = value.body.id.partition(":")[0]
                at = [each.arg for each in value.args.args].index(name)
                for call in self._calls[record]:
                    self._follow(_argument(call, at, name), place)
            else:
                self._follow(value, place)
        for function in self._functions.get(name, ()):
            self._returned(function, place)

    def _call(self, node: ast.Call, place: Place) -> None:
        name, owner = name_of(node.func), getattr(node.func, "value", None)
        if name in SAYS:
            return
        if name in ("items", "values") and place[:1] == (ITEM,):
            rest = place[2:] if name == "items" else place[1:]
            self._follow(owner, (ITEM if name == "items" and place[1:2] == (0,) else AT, *rest))
        elif name == "get" and node.args:
            self._follow(owner, (AT, *place))
            self._follow(_argument(node, 1, "default"), place)
        elif name == "zip" and len(place) > 1 and isinstance(place[1], int):
            self._follow(node.args[place[1]], (ITEM, *place[2:]))
        elif name == "enumerate" and place[1:2] == (1,):
            self._follow(node.args[0], (ITEM, *place[2:]))
        elif name == "next":
            self._follow(node.args[0], (ITEM, *place))
            self._follow(_argument(node, 1, ""), place)
        elif name in SAME and node.args:
            self._follow(node.args[0], place)
        elif name in self._functions:
            for function in self._functions[name]:
                self._returned(function, place)
        else:
            self.elsewhere.add(ast.unparse(node))

    def _returned(self, function: ast.FunctionDef, place: Place) -> None:
        for node in ast.walk(function):
            if isinstance(node, ast.Return | ast.YieldFrom):
                self._follow(node.value, place)
            elif isinstance(node, ast.Yield) and place:
                self._follow(node.value, place[1:])


def name_of(function: ast.AST) -> str:
    """The last word of what is called: `b` of `a.b`."""
    return str(getattr(function, "attr", getattr(function, "id", "")))


def _argument(call: ast.Call, at: int, name: str) -> ast.expr | None:
    given = [each.value for each in call.keywords if each.arg == name]
    return given[0] if given else call.args[at] if 0 <= at < len(call.args) else None


def _pairs(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets and what they are set to; those of `a, b = 1, 2` one by one."""
    assert node.value is not None
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value
