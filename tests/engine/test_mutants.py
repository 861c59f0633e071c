"""The engine's tests have teeth: each way of breaking a rule in the source makes them fail."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mutating import Break, condition, default, found, handler, keyword, loop, statement

ROOT = Path(__file__).parents[2]
TESTS = ("test_engine.py", "test_engine_many.py", "test_journal.py", "test_crash_matrix.py")
# Points of the matrix that stand for the whole: a torn record, a death amid a step, a rollback that dies.
CORE = "not test_crash_matrix or row and (torn-0.5 or write-1) or preview or run_again or covers"
HANGS = 900
"""Seconds after which a mutant is found out that never ends; a sound suite takes one and a half."""
NO_MUTANT = re.compile(r"^E +(NameError|AttributeError|UnboundLocalError|TypeError)", re.MULTILINE)
"""What a mutant dies of that was broken by mistake and not as it says."""

MUTANTS: dict[str, tuple[str, Break]] = {
    "nothing is looked at after apply": ("Loop._settle", condition(False, guards="EffectMissing")),
    "what was applied is looked for once": ("Loop._differences", loop("SETTLING")),
    "what the journal calls done is believed": ("Loop._settle", condition(True, "always_apply", beside="done")),
    "the before-image is taken only after the effect": (
        "Loop._settle", statement("capture", "seen", instead="step.apply(self._world)\n{itself}"),
    ),
    "what held already is applied again": ("Loop._settle", condition(False, "differs")),
    "a failure does not stop the rest": ("Loop.drive", condition(True, "failure", beside="is_set")),
    "a stop is not heard": ("Loop.drive", condition(True, "is_set")),
    "hosts are not counted": ("Loop._start", condition(True, "_hosts_at_once")),
    "a host's steps are not counted": ("Loop._start", condition(False, "STEPS_PER_HOST")),
    "followers do not wait for all": ("Loop._release", condition(True, "_waits")),
    "a lost link is not looked over again": ("Loop._look", handler("ConnectionLost")),
    "a failure is not written down": ("Loop._record", statement("failed")),
    "an undo is skipped where its before-image seems to hold": ("_undoing", keyword("always_apply", "False")),
    "an undo does not wait for what came later": ("_undoing", keyword("after", "()")),
    "an undo is believed": ("_undoing", keyword("differs", "lambda world: ()")),
    "steps held before we came are undone": ("_undoing, inverse", default("images", "{}")),
    "another plan is let through": ("Journal.require", condition(True, "plan")),
    "a torn tail stays": ("Journal._write", statement("ftruncate")),
    "records are not synced": ("Journal._write", statement("fsync")),
    "any transition is written": ("Journal._move", condition(False, "LEGAL")),
    "any transition is read": ("Journal._take", condition(False, "LEGAL")),
    "a newer format is read": ("Journal._first", condition(False, "FORMAT")),
    "a lost record is taken for true": ("Journal._append", statement("_broken")),
}  # fmt: skip


def suite_fails(tmp_path: Path, path: Path, source: str) -> bool:
    """Whether the engine's tests fail with a module of the program that reads `source`."""
    mutated = tmp_path / path.name
    mutated.write_text(source, encoding="utf-8")
    parts = path.relative_to(ROOT).with_suffix("").parts
    tests = [str(Path(__file__).parent / name) for name in TESTS]
    without = [word for plugin in ("cacheprovider", "xdist", "hypothesispytest") for word in ("-p", f"no:{plugin}")]
    options = ["-q", "-x", "--noconftest", "-p", "mutated", *without, "-k", CORE, "--basetemp", str(tmp_path / "t")]
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    environment = {**os.environ, "MUTATED_MODULE": module, "MUTATED_SOURCE": str(mutated),
                   "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}  # fmt: skip
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        ended = subprocess.run(
            command, cwd=ROOT / "tests", env=environment, capture_output=True, text=True, timeout=HANGS
        )
    except subprocess.TimeoutExpired:
        return True
    # 1 is "tests failed"; any other code would be a mutant that does not even load.
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    assert not NO_MUTANT.search(ended.stdout), ended.stdout
    return ended.returncode == 1


@pytest.mark.parametrize("name", sorted({function for function, _ in MUTANTS.values()})[:1])
def test_the_unbroken_program_passes(tmp_path: Path, name: str) -> None:
    """Also as its syntax tree is written down, as mutants are."""
    path, tree, _ = found(name)
    assert not suite_fails(tmp_path, path, ast.unparse(tree))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_rule_is_noticed(tmp_path: Path, name: str) -> None:
    function, breaks = MUTANTS[name]
    path, tree, broken = found(function)
    assert breaks(broken) == 1, f"{function} is no longer broken in one place; mend the mutant"
    assert suite_fails(tmp_path, path, ast.unparse(ast.fix_missing_locations(tree))), f"no test minds that {name}"
