"""The house keeps its shape: who may import whom, and how big a part may be."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from every import every

ROOT = Path(__file__).parents[2]
MODULES = sorted([*(ROOT / "installer").rglob("*.py"), *(ROOT / "sizing").rglob("*.py")])

LINES, FUNCTION_LINES = 300, 50
SOURCES = sorted(path for folder in ("installer", "sizing", "bundles", "build", "tests")
                 for path in (ROOT / folder).rglob("*.py"))  # fmt: skip
"""Tests and the vendor's programs are code as well."""

ROOMS = (
    ("messages", "plain", "layout"), ("local_program", "translations", "whole_file"), ("redaction",), ("errors",),
    ("certificates", "formats"), ("bundle", "state_files", "workshop"), ("answers",), ("ports",),
    ("hosts", "installed", "product", "render"), ("requirements",), ("plan",), ("engine", "probes"), ("preflight",),
    ("builder", "runs"), ("draft", "remote", "report"), ("simulated",), ("operations", "rehearsal"), ("ui",), ("cli",),
    ("__main__",),
)  # fmt: skip
"""What lies directly below `installer`, from the ground floor up. A room knows those on lower floors alone."""

ADAPTERS = ("installer.remote", "installer.simulated")
BUILDS_THE_WORLD = ("installer.cli", "installer.rehearsal", *ADAPTERS)

PURE = ("installer.plan", "installer.preflight", "installer.probes", "installer.render", "sizing.engine")
"""What plans and judges: it does no input or output."""
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
NAMES = {name_of(path) for path in MODULES}


def rooms_of(folder: str) -> dict[str, set[str]]:
    """Of everything directly in a package, modules and folders alike, what else there it imports."""
    rooms: dict[str, set[str]] = {}
    for path in MODULES:
        name = name_of(path)
        if name.startswith(f"{folder}."):
            room = name.split(".")[folder.count(".") + 1]
            ours = {each for each in imports(path) & NAMES if each.startswith(f"{folder}.")}
            rooms.setdefault(room, set()).update({each.split(".")[folder.count(".") + 1] for each in ours} - {room})
    return rooms


def reached(room: str, rooms: dict[str, set[str]]) -> set[str]:
    """Everything that a room imports, and what that imports in turn."""
    found: set[str] = set()
    ahead = [room]
    while ahead:
        more = rooms[ahead.pop()] - found
        found |= more
        ahead += more
    return found


def test_no_folder_imports_itself_in_a_circle():
    """At every depth, whatever the folders are called: types and late imports count as well."""
    circles = []
    for folder in sorted({name.rpartition(".")[0] for name in NAMES} - {""}):
        rooms = rooms_of(folder)
        folders = {room for room in rooms if any(name.startswith(f"{folder}.{room}.") for name in NAMES)}
        circles += [f"{folder}.{room}" for room in sorted(folders) if room in reached(room, rooms)]
    assert circles == []


def test_imports_run_downwards():
    known, wrong, lower = rooms_of("installer"), [], set()
    assert sorted(room for floor in ROOMS for room in floor) == sorted(known), "each room has its floor"
    for floor in ROOMS:
        wrong += [f"{room} -> {other}" for room in floor for other in sorted(known[room] - lower)]
        lower |= set(floor)
    assert wrong == []


def test_sizing_stands_by_itself():
    assert not [name_of(path) for path in MODULES if below(name_of(path), "sizing")
                and any(below(each, "installer") for each in imports(path))]  # fmt: skip


def test_only_the_entrance_and_the_rehearsal_build_a_world():
    def holds(path):
        assert below(name_of(path), *BUILDS_THE_WORLD) or not WORLDS & imports(path)

    every(MODULES, holds, name_of)


def test_planning_does_no_input_or_output():
    def holds(path):
        assert not {found.partition(".")[0] for found in imports(path)} & DOES_IO
        assert "urllib.request" not in imports(path)
        calls = [node.func for node in nodes(path) if isinstance(node, ast.Call)]
        assert not {call.id for call in calls if isinstance(call, ast.Name)} & {"open", "print", "input"}

    every([path for path in MODULES if below(name_of(path), *PURE)], holds, name_of)


def test_modules_and_functions_stay_small():
    def holds(path):
        assert len(path.read_text().splitlines()) <= LINES
        functions = [n for n in nodes(path) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        long = [f"{f.name}:{f.lineno}" for f in functions if (f.end_lineno or 0) - f.lineno >= FUNCTION_LINES]
        assert not long

    assert len(SOURCES) > 600
    every(SOURCES, holds, name_of)


def test_nothing_has_a_name_that_says_nothing():
    words = {"utils", "util", "helper", "helpers", "manager", "handler", "common", "misc"}

    def holds(path):
        named = {n.name for n in nodes(path) if isinstance(n, ast.ClassDef)}
        assert path.stem not in words
        assert not [name for name in named if name.lower().endswith(("manager", "helper", "handler"))]

    every(MODULES, holds, name_of)
