"""What a detached run says, as typed values again, from its beginning: a screen that comes back catches up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from installer.answers.model import Waiver
from installer.engine import events
from installer.engine.events import Event, RunStarted
from installer.errors import SitewrightError
from installer.formats import strict_json
from installer.formats.records import record
from installer.messages import with_messages
from installer.plain import cleaned
from installer.plan import card
from installer.plan.card import PlanCard
from installer.preflight import Finding
from installer.probes.proof import ProbeResult
from installer.runs.background import Detached
from installer.runs.store import EVENTS, PLAN, PROBES, Run, Runs


@dataclass(frozen=True, slots=True)
class Asked:
    """Preflight has heard what a host is, or that it cannot be entered: `done` of `total` hosts."""

    host: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The installation stands and was proved; `kubeconfigs` by environment."""

    run: str
    folder: Path
    kubeconfigs: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Gone:
    """What was to be taken back is."""

    run: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """Why it ended, by the name of its class in `installer.errors`."""

    error: str
    message: str
    remedy: str
    exit_code: int


def failure(error: SitewrightError) -> Failure:
    """An error as a detached run tells it."""
    return Failure(type(error).__name__, error.message, error.remedy, error.exit_code)


@dataclass(frozen=True, slots=True)
class Note:
    """A line for people, from standard error or damaged."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last item: the process is gone. `exit_code` is None where it was killed without a word."""

    exit_code: int | None


Raw = dict[str, Any]
"""A line of a type that is not known here, as it was."""
Item = Event | Asked | Finding | ProbeResult | PlanCard | Ready | Gone | Failure | Note | Ended | Raw


@dataclass(frozen=True, slots=True)
class Left:
    """A site's last run, which did not end well or was not proved, and what it has kept of itself."""

    run: Run
    items: tuple[Item, ...]


class Follower:
    """Reads along with a detached process, which does not notice. `run` is the name of the last run that began."""

    def __init__(self, detached: Detached) -> None:
        self.detached = detached
        self.run = ""
        self.ended = False
        self._line = self._complaint = 0

    def poll(self) -> list[Item]:
        """What was said since the last time, in order; not all of it where there is much, and then call again at once.

        The last item of all is `Ended`, once the process is gone and everything it said was read.

        Raises:
            StateUnreadable: the files of the process cannot be read.
        """
        if self.ended:
            return []
        gone = not self.detached.alive  # before reading: what is read afterwards is all there will be
        lines, self._line = self.detached.lines(self._line)
        complaints, self._complaint = self.detached.complaints(self._complaint)
        items: list[Item] = [item for item in map(parse, lines) if not isinstance(item, Ended)]
        items += [Note(cleaned(text)) for text in complaints if text.strip()]
        for item in items:
            self.run = item.run if isinstance(item, RunStarted) else self.run
        if gone and not lines and not complaints:
            self.ended = True
            items.append(Ended(self.detached.exit_code))
        return items

    def log(self, step: str) -> Path:
        """Where the last run that began keeps the log of a step; there is none before the step has broken."""
        return self.detached.runs.log(self.detached.site, self.run, step)


def left(runs: Runs, site: str) -> Left | None:
    """The run of a site that can be gone on with or is to be proved; None where the last one stands, or there is none.

    Raises:
        StateUnreadable: its files cannot be read.
    """
    run = runs.unfinished(site)
    standing = runs.standing(site)
    if run is None and standing and not standing[-1].proved:
        run = standing[-1]
    return Left(run, tuple(replayed(run))) if run is not None else None


def replayed(run: Run) -> list[Item]:
    """What a run has kept of itself: its plan, its events, its probes, also where its process left nothing else.

    Raises:
        StateUnreadable: its files cannot be read.
    """
    items: list[Item] = []
    plan, told, probes = (run.read(name) for name in (PLAN, EVENTS, PROBES))
    if plan is not None:
        items.append(parse(plan.decode(errors="replace")))
    items += [parse(line) for line in (told or b"").decode(errors="replace").split("\n") if line]
    return [*items, *kept_probes(probes or b"")]


def kept_probes(content: bytes) -> list[ProbeResult]:
    """The results of probes that a run has kept; those that are none are left out."""
    kept = parse(content.decode(errors="replace"))
    found = kept.get("probes") if isinstance(kept, dict) else None
    told = (
        [_read({**each, "type": "probe"}) for each in found if isinstance(each, dict)]
        if isinstance(found, list)
        else []
    )
    return [each for each in told if isinstance(each, ProbeResult)]


def parse(line: str) -> Item:
    """A line of JSON as a value; one of an unknown type, or without what its type has to have, as it is."""
    try:
        said = strict_json.loads(line, halves=True)
    except ValueError:
        return Note(cleaned(line))
    if not isinstance(said, dict):
        return Note(cleaned(line))
    return _read(with_messages(_plain(said)))


def _read(body: Raw) -> Item:
    read = READ.get(str(body.get("type")))
    try:
        return read(body) if read else body
    except (KeyError, ValueError, TypeError, AttributeError):
        return body


def _plain(value: Any) -> Any:
    """All texts in a value of JSON as they may be shown."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {cleaned(key): _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def _finding(body: Raw) -> Finding:
    told = body.get("waiver")
    if not told:
        return record(Finding, body, waiver=None)
    waiver = record(Waiver, told, until=date.fromisoformat(told["until"]))
    return record(Finding, body, waiver=waiver)


def _ready(body: Raw) -> Ready:
    kubeconfigs = {name: Path(path) for name, path in body["kubeconfigs"].items()}
    return Ready(body["run"], Path(body["folder"]), kubeconfigs)


READ: Mapping[str, Callable[[Raw], Item]] = {
    **dict.fromkeys(events.KINDS, events.from_json),
    "asked": lambda body: record(Asked, body),
    "ended": lambda body: Ended(body["exit_code"]),
    "error": lambda body: record(Failure, body),
    "finding": _finding,
    "gone": lambda body: Gone(body["run"], Path(body["folder"])),
    "plan": card.from_json,
    "probe": lambda body: record(ProbeResult, body),
    "ready": _ready,
}
"""How each type of line is read."""
