"""What each host keeps of a run: the records of its own steps, so that another laptop can carry on and take it back.

They lie below the directory that a host's first step signs and its last undo clears. Every step that has begun is
among them before it has an effect; what they may lack are ends of steps, which the next run finds by looking. Where
there is no place for them yet, or the link is lost, the run goes on without: its own steps report a lost link.

The first cluster's control planes keep the answers too. They are there to be compared and shown, and never acted upon:
what a host says is believed about that host alone (installer.runs.host_records).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from installer import state_files
from installer.errors import HostRecordRefused, SitewrightError
from installer.hosts.facts_parsing import OWNER, owner
from installer.messages import Message
from installer.plan.model import BACKWARD
from installer.plan.steps.before_images import RUNS as FOLDER
from installer.ports import ReadOnly, World
from installer.runs import host_records
from installer.runs.store import NAME, Run

JOURNAL, ANSWERS = "journal.jsonl", "answers.yaml"
COPIES = "copies.json"
"""In a run's folder here: the digest of what each host keeps of it, as it was last written or read."""
NEWEST = 50
"""Runs of a host that are looked at, the newest by name: nobody goes back further, and a host may claim any number."""
MOST_READ = 32 << 20
"""Bytes of a host's records that are read at once."""
LARGEST_ANSWERS = 1 << 20


@dataclass
class _Part:
    """A host's own records: how many of them it has, and whether there is a place for them."""

    lines: list[bytes] = field(default_factory=list)
    there: str = ""
    placed: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)


class Mirror:
    """The copies of one run's records on its hosts, as the journal's `Copy`. `planes` keep the answers too."""

    def __init__(self, world: World, site: str, planes: Collection[str], run: Run, hosts_at_once: int) -> None:
        self._world, self._site, self._planes, self._run = world, site, planes, run
        self._at_once = hosts_at_once
        self._header: dict[str, Any] = {}
        self._parts: defaultdict[str, _Part] = defaultdict(_Part)
        self._guard = threading.Lock()

    def note(self, line: bytes) -> None:
        """Take note of one more record; the first time, of all that stand in the journal: it has been read by then."""
        with self._guard:
            if not self._header:
                self._catch_up()
            elif host := host_records.host_of(json.loads(line)["step"]):
                self._parts[host].lines.append(line)

    def _catch_up(self) -> None:
        header, *lines = (self._run.read(JOURNAL) or b"").splitlines(keepends=True) or [b"{}"]
        self._header = json.loads(header)
        for line in lines:
            if line.endswith(b"\n") and (host := host_records.host_of(json.loads(line)["step"])):
                self._parts[host].lines.append(line)

    def settle(self, step: str) -> None:
        """Put the records of the step's host there; of several steps at once the first does it for all."""
        with self._guard:
            part = self._parts.get(host_records.host_of(step))
        if part is not None:
            self._copy(host_records.host_of(step), part)

    @contextmanager
    def following(self) -> Iterator[Mirror]:
        """Put everything there once more when the block ends, with how the run ended."""
        if not self._header:
            self._catch_up()
        try:
            yield self
        finally:
            with ThreadPoolExecutor(self._at_once, "copies") as pool:
                list(pool.map(lambda item: self._copy(*item), list(self._parts.items())))
            copies = {host: part.there for host, part in self._parts.items() if part.there}
            with suppress(SitewrightError):  # a disk that is full has been told of; without, hosts are read once more
                remember(self._run, copies)

    def _copy(self, host: str, part: _Part) -> None:
        with part.turn, suppress(SitewrightError):
            if not part.placed:
                raw = self._world.read(host, OWNER)
                part.placed = raw is not None and owner(raw.decode("utf-8", "replace")).site == self._site
            if not part.placed:
                return
            with self._guard:
                more = {"site": self._site, "sequence": self._run.sequence, "outcome": self._run.outcome}
                header = json.dumps({**self._header, **more}, sort_keys=True).encode() + b"\n"
                content = b"".join((header, *part.lines))
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            if digest == part.there:
                return
            if host in self._planes and not part.there:
                self._world.write(host, f"{FOLDER}/{self._run.name}/{ANSWERS}", self._run.read(ANSWERS) or b"",
                                  mode=0o600)  # fmt: skip
            self._world.write(host, f"{FOLDER}/{self._run.name}/{JOURNAL}", content, mode=0o600)
            part.there = digest


def remember(run: Run, copies: Mapping[str, str]) -> None:
    """Keep the digests of what hosts keep of a run, beside those of other hosts.

    Raises:
        StateUnreadable: they cannot be written.
    """
    run.write(COPIES, {**remembered(run), **copies})


def remembered(run: Run) -> dict[str, str]:
    """By host, the digest of what it was last seen to keep of a run."""
    with suppress(SitewrightError):
        return {host: str(each) for host, each in (state_files.read_object(run.folder / COPIES, "") or {}).items()}
    return {}


@dataclass(frozen=True)
class Kept:
    """What one host keeps of one run, by the digest of the file: its part; or why that is not to be believed."""

    host: str
    run: str
    digest: str
    part: host_records.Slice | None = None
    refusal: HostRecordRefused | None = None


def kept(world: ReadOnly, host: str, site: str, known: Callable[[str, str], str]) -> tuple[Kept, ...]:
    """Of a host's newest runs those whose records are not what is known of them here.

    `known` gives the digest of a host's records of a run as they were last seen; empty where they never were.
    """
    listing = world.query(host, "ls", "-1", FOLDER)
    named = [match for name in listing.out.split("\n") if (match := NAME.fullmatch(name))] if listing.ok else []
    newest = sorted((match[0] for match in named if match["operation"] not in BACKWARD), reverse=True)[:NEWEST]
    states = world.stat(host, *(f"{FOLDER}/{name}/{JOURNAL}" for name in newest)) if newest else ()
    found: list[Kept] = []
    taken = 0
    for name, state in zip(newest, states, strict=True):
        if state is None or state.kind != "file" or state.sha256 == known(host, name):
            continue
        if state.size > host_records.LARGEST:
            reason = Message(
                "{size} bytes, and at most {largest} are read", size=state.size, largest=host_records.LARGEST
            )
            found.append(Kept(host, name, state.sha256, refusal=refusal(host, name, reason)))
        elif (taken := taken + state.size) > MOST_READ:
            reason = Message("this and newer ones have more than {most_read} bytes together", most_read=MOST_READ)
            found.append(Kept(host, name, state.sha256, refusal=refusal(host, name, reason)))
        else:
            found.append(_read(world, host, site, name))
    return tuple(found)


def _read(world: ReadOnly, host: str, site: str, name: str) -> Kept:
    raw = world.read(host, f"{FOLDER}/{name}/{JOURNAL}") or b""
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    try:
        return Kept(host, name, digest, host_records.read(host, site, name, raw[: host_records.LARGEST]))
    except ValueError as error:
        return Kept(host, name, digest, refusal=refusal(host, name, str(error)))


def refusal(host: str, run: str, reason: str) -> HostRecordRefused:
    """The error that says so."""
    hint = Message("find out who has changed it there; without it (remove it), that host's steps are not taken back")
    return HostRecordRefused(host=host, path=f"{FOLDER}/{run}/{JOURNAL}", reason=reason, hint=hint)


def answers(world: ReadOnly, planes: Sequence[str], run: str) -> Sequence[str] | None:
    """The lines of the answers that the first of some hosts keeps with a run, to be shown.

    None where none of them answers and has any, or they are too many.
    """
    path = f"{FOLDER}/{run}/{ANSWERS}"
    for host in planes:
        with suppress(SitewrightError):
            state = world.stat(host, path)[0]
            if state is not None and state.kind == "file" and state.size <= LARGEST_ANSWERS:
                raw = (world.read(host, path) or b"")[:LARGEST_ANSWERS]
                return raw.decode("utf-8", "replace").splitlines()
    return None
