"""Run directories: one folder per run of a site, readable by any tool, and the history they make.

    <state>/sites/<site>/runs/<UTC stamp>-<operation>/
        run.json        what the run is, and how it ended (format, operation, sequence, remembered flags, outcome)
        plan.json  journal.jsonl  events.jsonl  probes.json  hosts/<host>/<step>.log
        copies.json     what the hosts keep of it, by digest (installer.runs.site_copy)
        answers.yaml  bundle.json  ...      what it was planned from (installer.runs.provenance)

Folders are 0700 and files 0600: what stands in them holds no secrets, but it describes a customer's machines.
A site's runs are numbered: the clock of this machine, by which they are named, may be put back.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from installer import state_files
from installer.engine import events
from installer.engine.events import Event, RunFinished
from installer.engine.journal import Copy, Journal
from installer.formats import json_lines, strict_json
from installer.messages import Message, with_keys
from installer.plain import lines
from installer.plan.model import BACKWARD, Step
from installer.redaction import redacted
from installer.runs.run_file import FORMAT, MOST_RUNS, described, log_name

PLAN = "plan.json"
EVENTS = "events.jsonl"
"""What a run keeps in the form in which standard output tells it."""
PROBES = "probes.json"
"""How its probes ended, once it was proved."""
LOG = 1_000_000
"""Characters that one failure adds to a step's log at most: far more than anybody reads, far less than a disk holds."""
NAME = re.compile(r"\d{8}T\d{6}(?:\.\d{6})?Z-(?P<operation>[a-z]{1,16})", re.ASCII)
"""What a run is called (a whole match): when it began, and what it does."""


@dataclass(frozen=True)
class Run:
    """One run's folder. `sequence` is its number among the site's runs; 0 where an older program began it.

    `told` names the steps of which a host, and not this machine, told the before-image, and nobody has held it against
    the step itself yet (installer.runs.adoption).
    """

    folder: Path
    site: str
    operation: str
    remembered: Mapping[str, str]
    sequence: int = 0
    told: frozenset[str] = frozenset()
    _guard: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def outcome(self) -> str:
        """How it ended: "done", "failed", "interrupted"; "unfinished" where it did not end at all."""
        return str(described(self.folder).get("outcome", "unfinished"))

    @property
    def proved(self) -> bool:
        """Whether every probe has passed since its steps were done."""
        try:
            kept = strict_json.loads(self.read(PROBES) or b"{}")
            return bool(kept["probes"]) and all(probe["passed"] is True for probe in kept["probes"])
        except (ValueError, KeyError, TypeError):
            return False

    @property
    def planned(self) -> str:
        """Digest of the plan that it carried out; empty where that is not known."""
        return str((state_files.read_object(self.folder / PLAN, Message("remove it")) or {}).get("digest", ""))

    @contextmanager
    def journal(self, copy: Copy | None = None) -> Iterator[Journal]:
        """The run's journal, open for reading and writing; `copy` hears of each record."""
        journal = Journal(self.folder / "journal.jsonl", copy)
        try:
            yield journal
        finally:
            journal.close()

    def emit(self, event: Event) -> None:
        """Keep an event, and the outcome where it is the last one."""
        with self._guard:
            state_files.add(self.folder / EVENTS, json_lines.line(events.to_json(event)) + "\n")
        if isinstance(event, RunFinished):
            self.end(event.outcome)

    def end(self, outcome: str) -> None:
        """Write how the run ended."""
        self.write("run.json", {**described(self.folder), "outcome": outcome})

    def believe(self, told: frozenset[str]) -> None:
        """Write of which steps a host alone has told the before-image."""
        self.write("run.json", {**described(self.folder), "told": sorted(told)})

    def keep(self, step: Step, text: str) -> str:
        """Add a text to a step's log, without secrets and nothing in it that acts on a terminal; returns its name."""
        name = log_name(step.id)
        path = self.folder / name
        state_files.put(path, (state_files.read(path) or b"") + lines(redacted(text), LOG).encode() + b"\n")
        return name

    def write(self, name: str, body: Mapping[str, Any]) -> None:
        """Write one JSON file of the folder, whole or not at all."""
        self.put(name, json.dumps(with_keys(body), indent=2, default=str).encode() + b"\n")

    def put(self, name: str, content: bytes) -> None:
        """Write one file of the folder, whole or not at all."""
        state_files.put(self.folder / name, content)

    def read(self, name: str) -> bytes | None:
        """One file of the folder, None where it is not there.

        Raises:
            StateUnreadable: it cannot be read.
        """
        return state_files.read(self.folder / name)


class Runs:
    """All runs kept in a state directory."""

    def __init__(self, state: Path, *, simulated: bool = False) -> None:
        """Use a state directory, or the part of it for simulated sites; it is made when the first run begins.

        Raises:
            StateUnreadable: it is no directory, or not its user's alone.
        """
        self.state = state / "simulated" if simulated else state
        for folder in (state, self.state, self.state / "sites"):
            state_files.require_private(folder)

    def sites(self) -> tuple[str, ...]:
        """Names of the sites that have runs here; one that was only looked at has none."""
        folder = self.state / "sites"
        return tuple(sorted(e.name for e in folder.iterdir() if (e / "runs").is_dir())) if folder.is_dir() else ()

    def folder(self, site: str) -> Path:
        """A site's folder."""
        return self.state / "sites" / site

    def make(self, site: str) -> Path:
        """A site's folder, made where it is missing.

        Raises:
            StateUnreadable: it cannot be written.
        """
        folder = self.folder(site)
        with state_files.trouble(folder):
            state_files.make(folder)
        return folder

    def log(self, site: str, run: str, step: str) -> Path:
        """Where a run keeps the log of a step, by their names; there is none before the step has broken."""
        return self.folder(site) / "runs" / run / log_name(step)

    def history(self, site: str) -> tuple[Run, ...]:
        """A site's runs, the oldest first.

        Raises:
            StateUnreadable: a run's own description is damaged or of a newer program.
        """
        folder = self.folder(site) / "runs"
        with state_files.trouble(folder):
            named = [entry for entry in folder.iterdir() if NAME.fullmatch(entry.name)] if folder.is_dir() else []
            found = [entry for entry in named if (entry / "run.json").exists()]
        return tuple(sorted(map(_run, found), key=lambda run: (run.sequence, run.name)))

    def begin(self, site: str, operation: str, remembered: Mapping[str, str]) -> Run:
        """Make the folder of a new run.

        Raises:
            StateUnreadable: it cannot be written.
        """
        began, runs = datetime.now(UTC), self.folder(site) / "runs"
        while (folder := runs / f"{began:%Y%m%dT%H%M%S.%fZ}-{operation}").exists():  # by a clock that was put back
            began += timedelta(microseconds=1)
        return self._begun(Run(folder, site, operation, remembered, self._next(site)))

    def _next(self, site: str) -> int:
        return min(max((run.sequence for run in self.history(site)), default=0) + 1, MOST_RUNS)

    def adopt(self, site: str, name: str, remembered: Mapping[str, str]) -> Run:
        """Make the folder of a run that was begun on another machine; `remembered` are the flags given on this one.

        It is numbered as this machine came to know of it.

        Raises:
            StateUnreadable: it cannot be written.
        """
        operation = name.rpartition("-")[2]
        return self._begun(Run(self.folder(site) / "runs" / name, site, operation, remembered, self._next(site)))

    def _begun(self, run: Run) -> Run:
        with state_files.trouble(run.folder):
            state_files.make(run.folder)
        body = {"format": FORMAT, "site": run.site, "operation": run.operation, "sequence": run.sequence}
        run.write("run.json", {**body, "remembered": dict(run.remembered)})
        return run

    def unfinished(self, site: str, *, backward: bool | None = None) -> Run | None:
        """The last run, if it did not end well; of one direction only where `backward` says so."""
        runs = self.history(site)
        if not runs or runs[-1].outcome == "done":
            return None
        last = runs[-1]
        return last if backward is None or backward == (last.operation in BACKWARD) else None

    def standing(self, site: str) -> tuple[Run, ...]:
        """Forward runs that were not taken back, the oldest first."""
        runs = self.history(site)
        gone = {r.remembered.get("of") for r in runs if r.operation in BACKWARD and r.outcome == "done"}
        return tuple(run for run in runs if run.operation not in BACKWARD and run.name not in gone)

    def last_standing(self, site: str) -> Run | None:
        """The run that a rollback takes back next: the one an unfinished rollback is about, else the last one."""
        half = self.unfinished(site, backward=True)
        standing = {run.name: run for run in self.standing(site)}
        if half is not None:
            return standing.get(half.remembered.get("of", ""))
        return list(standing.values())[-1] if standing else None

    def keep(self, site: str, name: str, content: bytes) -> Path:
        """Keep a file with a site (0600) and return its path."""
        path = self.folder(site) / name
        state_files.put(path, content)
        return path

    def discard(self, site: str, *patterns: str) -> tuple[Path, ...]:
        """Remove the files kept with a site whose names are of one of these forms; returns their paths.

        Raises:
            StateUnreadable: one cannot be removed.
        """
        folder = self.folder(site)
        found = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
        for path in found:
            with state_files.trouble(path):
                path.unlink(missing_ok=True)
        return tuple(found)

    def forget(self, site: str) -> None:
        """Remove all that is kept of a site."""
        if self.folder(site).exists():
            shutil.rmtree(self.folder(site))


def _run(folder: Path) -> Run:
    body = described(folder)
    told = frozenset(body.get("told", ()))
    return Run(folder, body["site"], body["operation"], body.get("remembered", {}), body.get("sequence", 0), told)
