"""Foreign text has one way out: no module but the named edges writes to a terminal, asks at one or makes its texts.

What the edges do with a text is tried in tests/unit/test_plain.py and tests/commands/test_foreign_text.py.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from every import every

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "installer").rglob("*.py"))

TERMINAL = "installer.ui.terminal"
"""Standard output and standard error: it cleans what is written there."""
EDGES = {
    "print": frozenset(),
    "input": frozenset(),
    "getpass.getpass": frozenset({TERMINAL}),
    "Console": frozenset({TERMINAL}),
    "rich.console.Console": frozenset({TERMINAL}),
}
"""Who may call what would otherwise be a way round."""
STREAMS = {
    "write": frozenset({TERMINAL, "installer.ui.jsonl"}),
    "buffer": frozenset(),
}
"""Who may do what with sys.stdout and sys.stderr."""
GIVEN = frozenset({"sys.stdout", "sys.stderr"})
BARE = GIVEN | {"sys.__stdout__", "sys.__stderr__"}
MADE_BY = {
    "rich.text": frozenset({"installer.ui.text", TERMINAL}),
    "textual.content": frozenset({"installer.ui.tui.content"}),
    "rich.print": frozenset(),
    "rich.markup": frozenset(),
    "textual.markup": frozenset(),
    "logging": frozenset({"installer.remote.ssh.link"}),
    "warnings": frozenset(),
}
"""Who may import what makes texts, or writes by itself; the SSH library's own log is turned off where it is loaded."""
PROGRAMS = frozenset({"installer.local_program", "installer.runs.background", "installer.remote.registry.carrier",
                      "installer.answers.secrets", "installer.rehearsal.podman"})  # fmt: skip
"""Who may start a program of this machine; what the others of these start has bounds of its own, or is a stream."""
MARKUP_BY_DEFAULT = frozenset({"Static", "Label", "OptionList"})
"""Widgets that take square brackets in a string for markup unless they are told otherwise."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(path: Path) -> list[ast.Call]:
    return [node for node in nodes(path) if isinstance(node, ast.Call)]


def test_nothing_is_written_to_a_terminal_but_at_its_edge() -> None:
    def holds(path: Path) -> None:
        name = name_of(path)
        astray = [f"{call.lineno}: {dotted(call.func)}" for call in calls(path)
                  if name not in EDGES.get(dotted(call.func), {name})]  # fmt: skip
        assert not astray
        streams = [node for node in nodes(path) if isinstance(node, ast.Attribute) and dotted(node.value) in BARE]
        assert not [f"{node.lineno}: {dotted(node)}" for node in streams if name not in STREAMS.get(node.attr, {name})]
        # A stream that is handed on could be written to by whoever has it.
        handed = [f"{call.lineno}: {dotted(call.func)}" for call in calls(path)
                  for given in (*call.args, *(each.value for each in call.keywords))
                  if dotted(given) in GIVEN and dotted(call.func) != "terminal.silence"]  # fmt: skip
        assert not handed or name == TERMINAL

    every(MODULES, holds, name_of)


def test_texts_are_made_where_they_are_cleaned() -> None:
    def holds(path: Path) -> None:
        name = name_of(path)
        found: set[str] = set()
        for node in nodes(path):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        assert not [module for module, makers in MADE_BY.items() if module in found and name not in makers]

    every(MODULES, holds, name_of)


def test_programs_of_this_machine_are_run_within_bounds() -> None:
    starts = {"os.system", "os.popen", "pty.spawn"}
    starters = {
        name_of(path) for path in MODULES for node in nodes(path)
        if (isinstance(node, ast.Import) and any(alias.name == "subprocess" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "subprocess")
        or (isinstance(node, ast.Call) and dotted(node.func) in starts)
    }  # fmt: skip
    assert starters <= PROGRAMS


def test_no_text_is_markup() -> None:
    def holds(path: Path) -> None:
        for call in calls(path):
            called = dotted(call.func)
            given = {each.arg: each.value for each in call.keywords}
            if called in MARKUP_BY_DEFAULT:
                assert "markup" in given, f"{call.lineno}: {called} takes square brackets for markup"
            assert not called.endswith((".from_markup", ".render_markup")), call.lineno
            if isinstance(markup := given.get("markup"), ast.Constant):
                assert markup.value is False, call.lineno

    every(MODULES, holds, name_of)


def test_applications_of_the_wizard_are_clean_ones() -> None:
    classes = [node for path in MODULES for node in nodes(path) if isinstance(node, ast.ClassDef)]
    bases = [(each.name, base.value if isinstance(base, ast.Subscript) else base)
             for each in classes for base in each.bases]  # fmt: skip
    assert [name for name, base in bases if dotted(base) == "App"] == ["CleanApp"]
