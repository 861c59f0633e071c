"""The report on what was built, made by the command that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from installer import local_program
from installer.plain import lines
from installer.runs import background
from installer.runs.store import Run
from installer.runs.stream import Failure, parse

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
    command = [*background.program(), "report", *given, "--run", run.name, "--json"]
    ended = local_program.run(command)
    told = [parse(line) for line in ended.out.decode(errors="replace").splitlines()]
    said = ended.err.decode(errors="replace").strip().removeprefix("✖").strip()
    failed = next((item for item in told if isinstance(item, Failure)), None)
    return failed or (Failure("", lines(said), "", ended.code) if ended.code else None)
