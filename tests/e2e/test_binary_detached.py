"""What the program starts goes on without it, and the terminal is given back."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import test_binary
from ship import records
from test_binary import PATIENCE, ROOT, SITE, Desk

from installer.engine.events import StepFinished
from installer.runs import background
from installer.runs.store import Runs
from installer.runs.stream import Ended as TheEnd
from installer.runs.stream import Follower
from installer.ui.tui.state import editor

binary = test_binary.binary
core = test_binary.core
desk = test_binary.desk
unpacked = test_binary.unpacked

SLOW = "slow: {work: 0.4}\n"


def _until(near: int, said: bytes, wanted: bytes) -> bytes:
    """Read on until a text has come, at least once."""
    end = time.monotonic() + PATIENCE
    while True:
        if select.select([near], [], [], 0.1)[0]:
            said += os.read(near, 65536)
        if wanted in said:
            return said
        assert time.monotonic() < end, said[-2000:]


# What runs by itself.


@pytest.fixture
def started(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., background.Detached]]:
    """Starts a detached run as the frozen program does."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    (program,) = desk.unpacked
    monkeypatch.setattr(sys, "executable", str(program / "sitewright"))
    for name in set(os.environ) - set(desk.environment):
        monkeypatch.delenv(name)
    for name, value in desk.environment.items():
        monkeypatch.setenv(name, value)
    state = desk.home / "state"

    def start(verb: str, top: str = "") -> background.Detached:
        argv = [verb, *map(str, desk.simulated(top)), "--state", str(state)]
        return background.start(argv, Runs(state / "simulated"), SITE, {})

    yield start
    left = background.find(Runs(state / "simulated"), SITE)
    if left is not None and left.alive:
        left.stop()


def followed(process: background.Detached, until: type[object] = TheEnd) -> list[object]:
    follower, told, end = Follower(process), [], time.monotonic() + PATIENCE
    while not any(isinstance(item, until) for item in told) and not follower.ended:
        assert time.monotonic() < end, told[-5:]
        told += follower.poll()
        time.sleep(0.02)
    return told


def test_a_detached_run_is_followed_paused_once_and_resumed(
    desk: Desk, started: Callable[..., background.Detached]
) -> None:
    process = started("install", SLOW)
    followed(process, StepFinished)
    assert process.pause()
    assert followed(process)[-1] == TheEnd(130)
    assert not process.alive
    rest = followed(started("resume"))
    assert rest[-1] == TheEnd(0)
    assert any(isinstance(item, StepFinished) for item in rest)
    assert list((desk.home / "tmp").iterdir()) == []


def test_a_run_that_is_terminated_stops_in_order_and_leaves_nothing(desk: Desk) -> None:
    with desk.start("install", *desk.simulated(SLOW), "--json", "--state", desk.home / "state") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"step_started" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 130
    assert list((desk.home / "tmp").iterdir()) == []
    (run,) = (desk.home / "state").rglob("journal.jsonl")
    assert records(run) != []


# At a terminal.


def test_the_wizard_opens_and_gives_the_terminal_back(desk: Desk) -> None:
    near, far = pty.openpty()
    before = termios.tcgetattr(far)
    environment = {**desk.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    answers = Path(shutil.copy(ROOT / "profiles/rehearsal.yaml", desk.home / "answers.yaml"))
    process = subprocess.Popen(
        [desk.program, "wizard", "--profile", answers], env=environment, cwd=desk.home,
        stdin=far, stdout=far, stderr=far, start_new_session=True,
    )  # fmt: skip
    said = _until(near, b"", b"Site and people")
    said = _until(near, said, b"practice")
    time.sleep(0.5)
    os.write(near, b"\t")
    time.sleep(0.5)
    os.write(near, b"X")
    end = time.monotonic() + PATIENCE
    while not editor.draft_of(answers).exists():
        assert time.monotonic() < end
        said = _until(near, said, b"")
    os.write(near, b"\x03")
    said = _until(near, said, b"Leave the wizard?")
    time.sleep(0.5)
    os.write(near, b"\t\t\r")
    said = _until(near, said, b"\x1b[?1049l")
    assert process.wait(PATIENCE) == 0
    assert (termios.tcgetattr(far), b"Traceback" in said) == (before, False)
    assert list((desk.home / "tmp").iterdir()) == []
    os.close(near)
    os.close(far)
