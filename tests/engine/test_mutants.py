"""The engine's tests have teeth: each way of breaking a rule in the source makes them fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ("test_engine.py", "test_journal.py", "test_crash_matrix.py")
# Points of the matrix that stand for the whole: a torn record, a death amid a step, a rollback that dies.
CORE = "not test_crash_matrix or row and (torn-0.5 or write-1) or preview or run_again or covers"

MUTANTS = {
    "nothing is looked at after apply": ("loop.py", "if left:\n            raise", "if False:\n            raise"),
    "what was applied is looked for once": ("loop.py", "for pause in SETTLING:", "for pause in ():"),
    "what the journal calls done is believed": (
        "loop.py", "if step.always_apply and state == \"done\":", "if state == \"done\":",
    ),
    "the before-image is taken only after the effect": (
        "loop.py",
        "        seen = self._look(step.capture) if state is None else None\n",
        "        step.apply(self._world)\n        seen = self._look(step.capture) if state is None else None\n",
    ),
    "what held already is applied again": (
        "loop.py", "if not step.always_apply and not self._look(step.differs):", "if False:",
    ),
    "a failure does not stop the rest": ("loop.py", "if failure is None and fatal is None and", "if"),
    "a stop is not heard": ("loop.py", "not self._stop.is_set()", "True"),
    "hosts are not counted": ("loop.py", "len(self._active) < self._hosts_at_once", "True"),
    "a host's steps are not counted": ("loop.py", "self._active[step.host] >= STEPS_PER_HOST", "False"),
    "followers do not wait for all": ("loop.py", "if self._waits[follower.id] == 0:", "if True:"),
    "a lost link is not looked over again": (
        "loop.py", "except (ConnectionLost, HostUnreachable):", "except KeyError:",
    ),
    "a failure is not written down": ("loop.py", "self._journal.failed(step.id, self._clock.now())", "pass"),
    "an undo is skipped where its before-image seems to hold": ("__init__.py", "always_apply=True", "once=False"),
    "an undo does not wait for what came later": ("__init__.py", "        after=after,\n", "        after=(),\n"),
    "an undo is believed": ("__init__.py", "compared(image.seen, json.loads(json.dumps(step.capture(world))))", "()"),
    "steps held before we came are undone": (
        "__init__.py", "if seen is None or step.undo is None or whole:",
        "seen = seen or {}\n        if step.undo is None or whole:",
    ),
    "another plan is let through": ("journal.py", "if self._header.get(\"plan\") == plan:", "if True:"),
    "a torn tail stays": ("journal.py", "os.ftruncate(self._file, self._size)", "pass"),
    "records are not synced": ("journal.py", "        os.fsync(self._file)\n", ""),
    "any transition is legal": ("journal.py", "(self._states.get(step), state) not in LEGAL", "False"),
    "a newer format is read": ("journal.py", "record[\"format\"] > FORMAT", "False"),
    "a lost record is taken for true": ("journal.py", "            self._broken = True\n", ""),
}  # fmt: skip


def suite_fails(tmp_path: Path, file: str, old: str, new: str) -> bool:
    """Whether the engine's tests fail on a copy of the program in which `old` reads `new`."""
    shutil.copytree(ROOT / "installer", tmp_path / "installer", ignore=shutil.ignore_patterns("__pycache__"))
    source = tmp_path / "installer" / "engine" / file
    text = source.read_text()
    assert text.count(old) >= 1, f"{file} has no {old!r} any more; mend the mutant"
    source.write_text(text.replace(old, new))
    # A mutant that never ends is found out too; a sound suite takes a small part of this.
    tests = [str(Path(__file__).parent / name) for name in TESTS]
    without = [word for plugin in ("cacheprovider", "xdist", "hypothesispytest") for word in ("-p", f"no:{plugin}")]
    options = ["-q", "-x", "--noconftest", *without, "-k", CORE, "--basetemp", str(tmp_path / "t")]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        ended = subprocess.run(
            command, cwd=ROOT / "tests", env=environment, capture_output=True, text=True, timeout=240
        )
    except subprocess.TimeoutExpired:
        return True
    # 1 is "tests failed"; any other code would be a mutant that does not even load.
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.returncode == 1


def test_the_unbroken_program_passes(tmp_path):
    assert not suite_fails(tmp_path, "loop.py", "class Loop", "class Loop")


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_rule_is_noticed(tmp_path, name):
    assert suite_fails(tmp_path, *MUTANTS[name]), f"no test minds that {name}"
