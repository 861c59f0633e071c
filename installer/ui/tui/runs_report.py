"""The report on what was built, made by the command that makes it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from installer import detached
from installer.followed import Failure, parse
from installer.runs import Run

FOLDER = "report"


def files(run: Run | None) -> tuple[Path, ...]:
    """The files of a run's report that were made here."""
    return tuple(sorted((run.folder / FOLDER).glob("*"))) if run is not None else ()


def make(run: Run, state: Path, flags: Mapping[str, Path | None]) -> Failure | None:
    """Write a run's report beside it; why that could not be done, or not all of it.

    Args:
        run: the run that is reported on.
        state: the state directory that has it.
        flags: files by the names of their flags, "--profile" among them.
    """
    named = {**flags, "--state": state, "--out": run.folder / FOLDER}
    given = [word for name, path in named.items() if path for word in (name, str(path.absolute()))]
    command = [*detached.program(), "report", *given, "--run", run.name, "--json"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    told = [parse(line) for line in ended.stdout.splitlines()]
    said = ended.stderr.strip().removeprefix("✖").strip()
    failed = next((item for item in told if isinstance(item, Failure)), None)
    return failed or (Failure("", said, "", ended.returncode) if ended.returncode else None)
