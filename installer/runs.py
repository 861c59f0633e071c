"""Run directories: one folder per run of a site, readable by any tool, and the history they make.

    <state>/sites/<site>/runs/<UTC stamp>-<operation>/
        run.json        what the run is, and how it ended (format, operation, remembered flags, outcome)
        plan.json  journal.jsonl  events.jsonl  probes.json  hosts/<host>/<step>.log
        answers.yaml  bundle.json  ...      what it was planned from (installer.origin)

Folders are 0700 and files 0600: what stands in them holds no secrets, but it describes a customer's machines.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from installer.errors import StateUnreadable
from installer.events import Event, RunFinished
from installer.journal import Copy, Journal
from installer.plain import in_json, lines
from installer.plan.model import BACKWARD, Step
from installer.redaction import redacted

FORMAT = 1
LOG = 1_000_000
"""Characters that one failure adds to a step's log at most: far more than anybody reads, far less than a disk holds."""


@dataclass(frozen=True)
class Run:
    """One run's folder. `name` sorts by time."""

    folder: Path
    site: str
    operation: str
    remembered: Mapping[str, str]
    _guard: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def outcome(self) -> str:
        """How it ended: "done", "failed", "interrupted"; "unfinished" where it did not end at all."""
        return str(_read(self.folder / "run.json").get("outcome", "unfinished"))

    @property
    def proved(self) -> bool:
        """Whether every probe has passed since its steps were done."""
        try:
            kept = json.loads(self.read("probes.json") or b"{}")
            return bool(kept["probes"]) and all(probe["passed"] for probe in kept["probes"])
        except (ValueError, KeyError, TypeError):
            return False

    @property
    def planned(self) -> str:
        """Digest of the plan that it carried out; empty where that is not known."""
        return str(_read(self.folder / "plan.json").get("digest", ""))

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
        body = {"event": type(event).__name__, **asdict(event)}
        line = redacted(in_json(json.dumps(body, default=str))) + "\n"
        with self._guard, trouble(self.folder):
            handle = os.open(self.folder / "events.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(line)
        if isinstance(event, RunFinished):
            self.end(event.outcome)

    def end(self, outcome: str) -> None:
        """Write how the run ended."""
        self.write("run.json", {**_read(self.folder / "run.json"), "outcome": outcome})

    def keep(self, step: Step, text: str) -> str:
        """Add a text to a step's log, without secrets and nothing in it that acts on a terminal; returns its name."""
        name = log_name(step.id)
        path = self.folder / name
        earlier = path.read_bytes() if path.exists() else b""
        _put(path, earlier + lines(redacted(text), LOG).encode() + b"\n")
        return name

    def write(self, name: str, body: Mapping[str, Any]) -> None:
        """Write one JSON file of the folder, whole or not at all."""
        self.put(name, json.dumps(body, indent=2, default=str).encode() + b"\n")

    def put(self, name: str, content: bytes) -> None:
        """Write one file of the folder, whole or not at all."""
        _put(self.folder / name, content)

    def read(self, name: str) -> bytes | None:
        """One file of the folder, None where it is not there.

        Raises:
            StateUnreadable: it cannot be read.
        """
        with trouble(self.folder / name), suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return None


class Runs:
    """All runs kept in a state directory."""

    def __init__(self, state: Path) -> None:
        """Use a state directory; it is made when the first run begins.

        Raises:
            StateUnreadable: it is no directory.
        """
        self.state = state
        if state.exists() and not state.is_dir():
            raise StateUnreadable(path=state, reason="the state directory is a file; name another with --state DIR")

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
        with trouble(folder):
            _make(folder)
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
        found = sorted(entry for entry in folder.iterdir() if (entry / "run.json").is_file()) if folder.is_dir() else []
        return tuple(self._run(entry) for entry in found)

    def begin(self, site: str, operation: str, remembered: Mapping[str, str]) -> Run:
        """Make the folder of a new run.

        Raises:
            StateUnreadable: it cannot be written.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        folder = self.folder(site) / "runs" / f"{stamp}-{operation}"
        with trouble(folder):
            _make(folder)
        body = {"format": FORMAT, "site": site, "operation": operation, "remembered": dict(remembered)}
        run = Run(folder, site, operation, dict(remembered))
        run.write("run.json", body)
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

    def size(self, site: str, name: str) -> int:
        """Bytes of a run's journal as it is known here; 0 where it is not."""
        journal = self.folder(site) / "runs" / name / "journal.jsonl"
        return journal.stat().st_size if journal.is_file() else 0

    def adopt(self, site: str, name: str, files: Mapping[str, bytes]) -> None:
        """Make a run of another machine one of ours, from the copy that the site kept of it.

        Raises:
            StateUnreadable: it cannot be written.
        """
        for file, content in files.items():
            _put(self.folder(site) / "runs" / name / file, content)

    def keep(self, site: str, name: str, content: bytes) -> Path:
        """Keep a file with a site (0600) and return its path."""
        path = self.folder(site) / name
        _put(path, content)
        return path

    def forget(self, site: str) -> None:
        """Remove all that is kept of a site."""
        if self.folder(site).exists():
            shutil.rmtree(self.folder(site))

    def _run(self, folder: Path) -> Run:
        body = _read(folder / "run.json")
        if body.get("format", 0) > FORMAT:
            raise StateUnreadable(path=folder, reason=f"run format {body['format']} is of a newer sitewright")
        return Run(folder, body["site"], body["operation"], body.get("remembered", {}))


def log_name(step: str) -> str:
    """A log's name below the run's folder, from the id of its step: "hosts/<host>/<environment>.<what>.log"."""
    what, at, host = step.rpartition("@")
    return f"hosts/{host if at else 'site'}/{(what or host).replace('/', '.').replace(':', '.')}.log"


@contextmanager
def trouble(path: Path) -> Iterator[None]:
    """Tell a refusal of the file system as StateUnreadable, with the file it is about or else `path`."""
    try:
        yield
    except OSError as error:
        raise StateUnreadable(path=error.filename or path, reason=error.strerror or str(error)) from error


def _make(folder: Path) -> None:
    """Make a folder and its missing parents, every one of them its owner's alone."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _read(path: Path) -> dict[str, Any]:
    with trouble(path):
        raw = path.read_bytes()
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise StateUnreadable(path=path, reason="it is damaged") from error
    return found if isinstance(found, dict) else {}


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    with trouble(path):
        _make(path.parent)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
