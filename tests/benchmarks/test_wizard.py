"""How quick the wizard is at a real terminal: to its first screen, and from key to screen with two hundred hosts."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections import deque
from pathlib import Path

import pytest
import yaml
from core_manifest import ROOT
from measured import Measured, Row, typical
from terminal import START, Terminal

pytestmark = pytest.mark.bench
HOSTS, STARTS, QUIET = 200, 5, 0.3
LETTERS = b"abcdefghijklmnopqrstuvwxyz"
AWAY = 0.1
"""Seconds that a byte is on its way in one direction: 200 ms there and back."""
MODE, NO_MODE = b"\x1b[?2026$p", b"\x1b[?2026;0$y"
"""What a program asks a terminal when it begins (can it update in one piece?), and the plain terminal's answer."""


class Distant(Terminal):
    """A terminal at the far end of a slow link; it answers what it is asked, as terminals do."""

    def __init__(self, *argv: str) -> None:
        self._coming: deque[tuple[float, bytes]] = deque()
        self._going: deque[tuple[float, bytes]] = deque()
        super().__init__(*argv)

    def read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            before, self.output = self.output, b""
            super().read(0.002)
            now, arrived = time.monotonic(), self.output
            self.output = before
            if arrived:
                self._coming.append((now + AWAY, arrived))
            while self._coming and self._coming[0][0] <= now:
                seen = self._coming.popleft()[1]
                self.output += seen
                if MODE in seen:
                    self.type(NO_MODE)
            while self._going and self._going[0][0] <= now:
                os.write(self._near, self._going.popleft()[1])
            if now >= end:
                return

    def type(self, keys: bytes) -> None:
        self._going.append((time.monotonic() + AWAY, keys))


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """An answers file with many hosts."""
    document = yaml.safe_load((ROOT / "profiles/minimal.yaml").read_text())
    first = document["hosts"][0]
    document["hosts"] += [{**first, "name": f"n-{at}", "address": f"10.30.0.{at}"} for at in range(1, HOSTS)]
    document["environments"][0]["workers"] = [f"n-{at}" for at in range(1, HOSTS)]
    file = tmp_path / "answers.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


def begun(kind: type[Terminal], file: Path) -> tuple[Terminal, float]:
    """A wizard on a file, and the seconds until its first page stood there with its answers."""
    began = time.monotonic()
    argv = (sys.executable, "-c", START, "wizard", "--profile", str(file), "--state", str(file.parent / "state"))
    terminal = kind(*argv, "--language", "en")
    while b"Name of the site" not in terminal.output:
        terminal.read(0.005)
        assert time.monotonic() < began + 60, terminal.output[-2000:]
    return terminal, time.monotonic() - began


def shown(terminal: Terminal, keys: bytes, due: bytes) -> float:
    """Milliseconds from a key to what it brings on the screen, which was at rest."""
    terminal.read(QUIET)
    seen, began = len(terminal.output), time.monotonic()
    terminal.type(keys)
    while due not in terminal.output[seen:]:
        terminal.read(0.001)
        assert time.monotonic() < began + 30, terminal.output[seen:]
    return (time.monotonic() - began) * 1000


def ended(terminal: Terminal) -> None:
    terminal.process.terminate()
    terminal.end()


def first_page(kind: type[Terminal], file: Path) -> float:
    """Seconds to the first page, the median of some starts."""
    took = []
    for _ in range(STARTS):
        terminal, seconds = begun(kind, file)
        ended(terminal)
        took.append(seconds)
    return statistics.median(took)


def test_the_first_screen_comes_as_soon_as_the_libraries_are_there(answers: Path, measured: Measured) -> None:
    libraries = typical(sys.executable, "-c", "import jsonschema, paramiko, rich.console, textual.app, yaml")
    near, far = first_page(Terminal, answers), first_page(Distant, answers)
    measured.demand(
        Row("wizard: start to first screen; its libraries alone", near, "s", libraries, most=4),
        Row("  over a link of 200 ms; without one", far, "s", near, most=2),
    )


def test_a_key_is_on_the_screen_at_once_with_two_hundred_hosts(answers: Path, measured: Measured) -> None:
    terminal, _ = begun(Terminal, answers)
    terminal.read(QUIET)
    terminal.type(b"\x15")
    typed = [LETTERS[:at] for at in range(1, len(LETTERS) + 1)]
    letters = [shown(terminal, word[-1:], word) for word in typed]
    terminal.type(b"\x1bOQ" + b"\x1b[H" + b"\x1b[B\x1b[B\r")
    terminal.until(b"n-20")
    rows = [shown(terminal, b"\x1b[B", f"10.30.0.{at}".encode()) for at in range(1, len(LETTERS) + 1)]
    ended(terminal)
    for what, took in (("a letter in a field", letters), ("the next of 200 hosts", rows)):
        tenth = statistics.quantiles(took, n=10)[-1]
        measured.demand(
            Row(f"wizard: key to screen, {what}, median", statistics.median(took), "ms", most=500),
            Row("  nine of ten within", tenth, "ms", most=2000),
        )
