"""The house keeps its shape: who may import whom, and how big a part may be."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from every import every

ROOT = Path(__file__).parents[2]
MODULES = sorted([*(ROOT / "installer").rglob("*.py"), *(ROOT / "sizing").rglob("*.py")])

LINES, FUNCTION_LINES = 400, 60
"""Alarms; the house aims at 300 and 50."""

LEAVES = {"installer.plain": (), "installer.redaction": ("installer.plain",),
          "installer.errors": ("installer.plain", "installer.redaction")}  # fmt: skip
"""What the parts that know nothing of the rest may know after all: how a text is made safe to show."""

ADAPTERS = ("installer.remote", "installer.simulated")
BUILDS_THE_WORLD = ("installer.cli", "installer.cli.trusted_inputs", "installer.rehearsal", *ADAPTERS)

FORBIDDEN = {
    "sizing": ("installer",),
    "installer.errors": ("installer",),
    "installer.plain": ("installer",),
    "installer.redaction": ("installer",),
    "installer.formats": tuple(f"installer.{room}" for room in ("answers", "bundle", "plan", "engine", "runs", "ui")),
    "installer.answers": ("installer.plan", "installer.engine", "installer.ui"),
    "installer.hosts": ("installer.plan.steps", "installer.engine", "installer.ui"),
    "installer.ports": ("installer.plan", "installer.engine", "installer.operations", "installer.ui"),
    "installer.plan": ("installer.engine", "installer.runs", "installer.operations", "installer.ui"),
    "installer.preflight": ("installer.engine", "installer.runs", "installer.operations", "installer.ui"),
    "installer.probes": ("installer.engine", "installer.runs", "installer.operations", "installer.ui"),
    "installer.engine": ("installer.runs", "installer.operations", "installer.ui", "installer.cli"),
    "installer.bundle": ("installer.plan", "installer.engine", "installer.operations", "installer.ui"),
    "installer.report": ("installer.operations", "installer.ui", "installer.cli"),
    "installer.remote": ("installer.engine", "installer.operations", "installer.ui", "installer.cli"),
    "installer.simulated": ("installer.engine", "installer.operations", "installer.ui", "installer.cli"),
    "installer.operations": ("installer.ui", "installer.cli"),
    "installer.ui": ("installer.cli"),
}
"""What each part must not know, itself or below."""

DOES_IO = frozenset({"os", "socket", "subprocess", "shutil", "tempfile", "http", "paramiko", "kubernetes"})


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in it; `from a import b` counts as `a` and as `a.b`."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def below(name: str, *parts: str) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)


WORLDS = {name for name in map(name_of, MODULES) if below(name, *ADAPTERS)}


def test_imports_go_one_way():
    def holds(path):
        name = name_of(path)
        allowed = LEAVES.get(name, ())
        upwards = {
            found
            for part, forbidden in FORBIDDEN.items()
            if below(name, part)
            for found in imports(path)
            if below(found, *forbidden) and not below(found, *allowed)
        }
        assert not upwards

    every(MODULES, holds, name_of)


def test_only_the_entrance_and_the_rehearsal_build_a_world():
    def holds(path):
        assert below(name_of(path), *BUILDS_THE_WORLD) or not WORLDS & imports(path)

    every(MODULES, holds, name_of)


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in MODULES
        if below(name_of(path), "installer.plan", "installer.preflight", "installer.probes", "sizing.engine")
    ],
    ids=name_of,
)
def test_planning_does_no_input_or_output(path):
    assert not {found.partition(".")[0] for found in imports(path)} & DOES_IO
    assert "urllib.request" not in imports(path)
    calls = [node.func for node in nodes(path) if isinstance(node, ast.Call)]
    assert not {call.id for call in calls if isinstance(call, ast.Name)} & {"open", "print", "input"}


def test_modules_and_functions_stay_small():
    def holds(path):
        assert len(path.read_text().splitlines()) <= LINES
        functions = [n for n in nodes(path) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        long = [f"{f.name}:{f.lineno}" for f in functions if (f.end_lineno or 0) - f.lineno >= FUNCTION_LINES]
        assert not long

    every(MODULES, holds, name_of)


def test_nothing_has_a_name_that_says_nothing():
    words = {"utils", "util", "helper", "helpers", "manager", "handler", "common", "misc"}

    def holds(path):
        named = {n.name for n in nodes(path) if isinstance(n, ast.ClassDef)}
        assert path.stem not in words
        assert not [name for name in named if name.lower().endswith(("manager", "helper", "handler"))]

    every(MODULES, holds, name_of)
