"""The copy of a run's journal at the site, so that another laptop can carry on and can take everything back.

It lies on the first control plane, below the directory that the first step signs there and the last undo clears. Every
step that has begun is in it before the step has an effect; what it may lack are ends of steps, which the next run finds
by their checks. Records that come while one copy is written share the next one. Where there is no place for it yet, or
the link is lost, the run goes on without: it is the run's own steps that report a lost link.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from installer.errors import SitewrightError
from installer.facts_reading import OWNER
from installer.plan.steps.placed import HOME
from installer.runs import Run
from installer.world.ports import ReadOnly, World

FOLDER = f"{HOME}/runs"
JOURNAL = "journal.jsonl"
FILES = ("run.json", "answers.yaml")
"""What else of a run's folder is copied; each of them is there before the first step begins."""


class Mirror:
    """The copy of one run's journal on one host; an `installer.journal.Copy`."""

    def __init__(self, world: World, host: str, run: Run) -> None:
        self._world = world
        self._host = host
        self._run = run
        self._content = b""
        self._noted = self._tried = 0
        self._there: dict[str, bytes] = {}
        self._over = False
        self._fault: BaseException | None = None
        self._turn = threading.Condition()

    def note(self, content: bytes) -> None:
        """Take note of the journal's present content."""
        with self._turn:
            self._content = content
            self._noted += 1
            self._turn.notify_all()

    def settle(self) -> None:
        """Wait until all that was noted is there, or was tried to be put there."""
        with self._turn:
            wanted = self._noted
            self._turn.wait_for(lambda: self._tried >= wanted or self._over)

    @contextmanager
    def following(self) -> Iterator[Mirror]:
        """Copy as long as the block lasts, and once more at its end."""
        if not self._noted:
            self.note(self._run.read(JOURNAL) or b"")
        thread = threading.Thread(target=self._follow, name="mirror", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with self._turn:
                self._over = True
                self._turn.notify_all()
            thread.join()
        if self._fault is not None:
            raise self._fault
        self._copy(self._content)

    def _follow(self) -> None:
        try:
            while self._copied_the_next():
                continue
        except BaseException as fault:  # told when the run has ended: it does not depend on its copy
            with self._turn:
                self._fault, self._over = fault, True
                self._turn.notify_all()

    def _copied_the_next(self) -> bool:
        with self._turn:
            self._turn.wait_for(lambda: self._noted > self._tried or self._over)
            content, noted = self._content, self._noted
            if self._over:
                return False
        self._copy(content)
        with self._turn:
            self._tried = noted
            self._turn.notify_all()
        return True

    def _copy(self, journal: bytes) -> None:
        with suppress(SitewrightError):
            # Once it has a place it keeps it as long as the run goes on: a step waits for this round trip.
            if not self._there and self._world.stat(self._host, OWNER) == (None,):
                return
            for name in FILES:
                self._put(name, self._run.read(name) or b"")
            self._put(JOURNAL, journal)

    def _put(self, name: str, content: bytes) -> None:
        if self._there.get(name) != content:
            self._world.write(self._host, f"{FOLDER}/{self._run.name}/{name}", content, mode=0o600)
            self._there[name] = content


def kept(world: ReadOnly, host: str, site: str, known: Callable[[str], int]) -> dict[str, dict[str, bytes]]:
    """The runs of a site of which its host knows more than this machine: their files by the run's name.

    `known` gives the bytes of a run's journal as far as it is known here.
    """
    listing = world.query(host, "ls", "-1", FOLDER)
    names = listing.out.split() if listing.ok else []
    journals = world.stat(host, *(f"{FOLDER}/{name}/{JOURNAL}" for name in names)) if names else ()
    more = [name for name, journal in zip(names, journals, strict=True) if journal and journal.size > known(name)]
    found = {name: {file: world.read(host, f"{FOLDER}/{name}/{file}") for file in (*FILES, JOURNAL)} for name in more}
    whole = {name: {f: c for f, c in files.items() if c is not None} for name, files in found.items()}
    return {name: files for name, files in whole.items() if len(files) == len(FILES) + 1 and _is_of(site, files)}


def _is_of(site: str, files: Mapping[str, bytes]) -> bool:
    """Whether a run is of this site: a host may have been another one's."""
    try:
        return bool(json.loads(files["run.json"])["site"] == site)
    except (ValueError, KeyError, TypeError):
        return False
