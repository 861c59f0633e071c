"""The copy of a run's journal at the site, so that another laptop can carry on.

It lies on the first control plane, below the directory that the first step makes there and the last undo removes. The
copy is at most `PAUSE` seconds old; what it misses are steps whose checks tell the next run that they hold.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from installer.errors import CommandFailed, ConnectionLost, HostUnreachable
from installer.plan.steps.placed import HOME
from installer.runs import Run
from installer.world.ports import ReadOnly, World

FOLDER = f"{HOME}/runs"
PAUSE = 3.0
FILES = ("run.json", "journal.jsonl")


class Mirror:
    """Hears a journal's whole content after each record and copies it now and then; the run never waits for it."""

    def __init__(self, world: World, host: str, run: Run) -> None:
        self._world = world
        self._host = host
        self._run = run
        self._content = b""
        self._changed = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="mirror", daemon=True)

    def __call__(self, content: bytes) -> None:
        """Take note of the journal's present content."""
        self._content = content
        self._changed.set()

    @contextmanager
    def following(self) -> Iterator[Mirror]:
        """Copy as long as the block lasts, and once more at its end."""
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._changed.set()
            self._thread.join()

    def _follow(self) -> None:
        while not self._over.is_set():
            self._changed.wait()
            self._over.wait(PAUSE)
            self._changed.clear()
            self._copy()

    def _copy(self) -> None:
        # Before the first step there is nowhere to put it; a lost link is the run's to report.
        with suppress(ConnectionLost, HostUnreachable, CommandFailed):
            if self._world.stat(self._host, HOME) == (None,):
                return
            folder = f"{FOLDER}/{self._run.name}"
            self._world.write(self._host, f"{folder}/journal.jsonl", self._content, mode=0o600)
            self._world.write(
                self._host, f"{folder}/run.json", (self._run.folder / "run.json").read_bytes(), mode=0o600
            )


def kept(world: ReadOnly, host: str) -> dict[str, dict[str, bytes]]:
    """The runs whose copies lie at the site: their files by the run's name."""
    listing = world.query(host, "ls", "-1", FOLDER)
    names = listing.out.split() if listing.ok else []
    found = {name: {file: world.read(host, f"{FOLDER}/{name}/{file}") for file in FILES} for name in names}
    return {
        name: {file: content for file, content in files.items() if content is not None}
        for name, files in found.items()
        if all(content is not None for content in files.values())
    }
