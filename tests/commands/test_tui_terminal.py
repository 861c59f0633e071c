"""The wizard in a real pseudo-terminal: it begins, it gives the terminal back, also when it is killed or breaks."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal import BACK, PATIENCE, START, Terminal
from wizards import answers_of

from installer.ui.tui.state import editor

BREAKS_LOOKING = "import installer.ui.tui.state.review as review; review.changes = lambda *of: 1 / 0; "
WAITS = "import installer.ui.tui.app as app; app.PAUSE = 600; "
"""Looks at what was typed, and keeps it, long after it was typed."""
BREAKS = "import installer.ui.tui.app as app; app.Wizard.action_undo = lambda self: 1 / 0; "


LIGHT = {"47", "107"}
"""White and bright white, as backgrounds."""


def begun(tmp_path: Path, program: str = START, **environment: str) -> Terminal:
    """A wizard on a profile, with its first page shown and something typed and kept."""
    terminal = typed(tmp_path, program, **environment)
    end = time.monotonic() + PATIENCE
    while not editor.draft_of(tmp_path / "answers.yaml").exists():
        assert time.monotonic() < end
        terminal.read(0.1)
    return terminal


def shown(terminal: Terminal, holds: Callable[[bytes], object]) -> None:
    """Read on until what a terminal shows is as wanted."""
    end = time.monotonic() + PATIENCE
    while not holds(terminal.output):
        assert time.monotonic() < end, terminal.output[-3000:]
        terminal.read(0.2)


def typed(tmp_path: Path, program: str = START, **environment: str) -> Terminal:
    """A wizard on a profile, with its first page shown and something typed."""
    file = answers_of(tmp_path, "rehearsal")
    state = str(tmp_path / "state")
    terminal = Terminal(
        sys.executable, "-c", program, "wizard", "--profile", str(file), "--state", state, **environment
    )
    terminal.until(b"Site and people")
    terminal.until(b"practice")
    terminal.read(0.3)
    terminal.type(b"\t")
    terminal.read(0.3)
    terminal.output = b""
    terminal.type(b"X")
    terminal.until(b"X")
    return terminal


def test_leaving_gives_the_terminal_back(tmp_path: Path) -> None:
    terminal = begun(tmp_path)
    terminal.type(b"\x03")
    terminal.until(b"Leave the wizard?")
    terminal.read(0.3)
    terminal.type(b"\t\t\r")
    assert terminal.end() == 0
    assert terminal.restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_killed_wizard_gives_the_terminal_back_and_keeps_the_draft(tmp_path: Path, number: signal.Signals) -> None:
    terminal = begun(tmp_path)
    terminal.process.send_signal(number)
    terminal.end()
    assert terminal.restored()
    assert "X" in str(editor.opened(tmp_path / "answers.yaml").draft.at(("site",)))


def test_a_fault_gives_the_terminal_back_names_the_log_and_shows_no_traceback(tmp_path: Path) -> None:
    terminal = begun(tmp_path, BREAKS + START)
    terminal.type(b"\x1a")
    assert terminal.end() == 1
    assert terminal.restored()
    told = terminal.output[terminal.output.rfind(BACK) :].decode()
    assert "Traceback" not in told
    assert "kept in the draft" in told
    (kept,) = (tmp_path / "state").glob("fault-*.log")
    assert str(kept) in told.replace("\r\n", "")
    assert "ZeroDivisionError" in kept.read_text()
    assert "X" in str(editor.opened(tmp_path / "answers.yaml").draft.at(("site",)))


def test_a_fault_of_a_thread_ends_the_wizard_as_any_fault(tmp_path: Path) -> None:
    """One that nobody hears of would leave a wizard that keeps no draft any more."""
    terminal = begun(tmp_path, BREAKS_LOOKING + START)
    assert terminal.end() == 1
    assert terminal.output.rfind(BACK) > 0
    (kept,) = (tmp_path / "state").glob("fault-*.log")
    assert "ZeroDivisionError" in kept.read_text()
    assert "X" in str(editor.opened(tmp_path / "answers.yaml").draft.at(("site",)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_typed_last_is_kept_when_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    terminal = typed(tmp_path, WAITS + START)
    assert not editor.draft_of(tmp_path / "answers.yaml").exists()
    terminal.process.send_signal(number)
    terminal.end()
    assert "X" in str(editor.opened(tmp_path / "answers.yaml").draft.at(("site",)))


def test_what_was_typed_last_is_kept_at_a_fault(tmp_path: Path) -> None:
    terminal = typed(tmp_path, WAITS + BREAKS + START)
    terminal.type(b"\x1a")
    assert terminal.end() == 1
    assert "X" in str(editor.opened(tmp_path / "answers.yaml").draft.at(("site",)))


@pytest.mark.parametrize("environment", [{"TERM": "linux"}, {"TERM": "xterm"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_any_terminal_does(tmp_path: Path, environment: dict[str, str]) -> None:
    terminal = begun(tmp_path, **environment)
    terminal.process.send_signal(signal.SIGTERM)
    terminal.end()
    assert terminal.restored()


def test_without_a_terminal_the_command_line_is_named(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START, "wizard"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "needs a terminal" in ended.stderr
    assert "sitewright install" in ended.stderr


def test_a_terminal_that_is_gone_without_a_word_ends_the_wizard(tmp_path: Path) -> None:
    terminal = begun(tmp_path)
    os.close(terminal.far)
    os.close(terminal._near)
    assert terminal.process.wait(timeout=PATIENCE) is not None
    assert "X" in str(editor.opened(tmp_path / "answers.yaml").draft.at(("site",)))


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "told to end"])
def test_a_wizard_that_nobody_reads_can_still_be_ended(tmp_path: Path, gone: bool) -> None:
    """What it says fills the terminal's buffer, and its event loop stands still."""
    terminal = begun(tmp_path)
    os.set_blocking(terminal._near, False)
    main = Path("/proc", str(terminal.process.pid), "task", str(terminal.process.pid), "schedstat")
    spent: list[str] = []
    end = time.monotonic() + 120
    while len(spent) < 4 or len(set(spent[-4:])) > 1:  # it is shown anew and anew, until it does nothing any more
        assert time.monotonic() < end
        with contextlib.suppress(BlockingIOError):
            os.write(terminal._near, b"\x1b[20~" * 5)
        time.sleep(0.5)
        spent.append(main.read_text())
    if gone:
        os.close(terminal.far)
        os.close(terminal._near)
    else:
        terminal.process.terminate()
    assert terminal.process.wait(timeout=PATIENCE) is not None


AHEAD = {
    "keys": b"\x15Acme\x1b[Z\x15acme-hq\t\t",
    "pasted": b"\x15A\x1b[Z\x15\x1b[200~acme-hq\x1b[201~\t\x15\x1b[200~Acme\x1b[201~\t\t",
}


@pytest.mark.parametrize("typed", AHEAD.values(), ids=AHEAD)
def test_what_is_typed_and_pasted_ahead_reaches_the_next_field(tmp_path: Path, typed: bytes) -> None:
    terminal = begun(tmp_path)
    terminal.type(typed)
    end = time.monotonic() + PATIENCE
    file = tmp_path / "answers.yaml"
    while editor.opened(file).draft.at(("site",)) != {"name": "acme-hq", "customer": "Acme", "language": "en"}:
        assert time.monotonic() < end, editor.opened(file).draft.at(("site",))
        terminal.read(0.1)
    terminal.process.terminate()
    terminal.end()


def style_of(output: bytes, text: str) -> set[str]:
    """The attributes with which a text was written last; none where it was not written yet."""
    found = re.findall(rb"\x1b\[([0-9;]*)m[ ]*" + text.encode(), output)
    return set(found[-1].decode().split(";")) if found else set()


@pytest.mark.parametrize("environment", [{"TERM": "linux"}, {"TERM": "xterm-16color"}], ids=lambda each: each["TERM"])
def test_with_sixteen_colours_the_cursor_is_seen(tmp_path: Path, environment: dict[str, str]) -> None:
    terminal = begun(tmp_path, **environment, COLORTERM="")
    try:
        shown(terminal, lambda output: "30" in style_of(output, "Practice") and LIGHT & style_of(output, "Practice"))
        terminal.type(b"\t")
        shown(terminal, lambda output: not LIGHT & (style_of(output, "Practice") or LIGHT))
        seen = len(terminal.output)
        terminal.type(b"\x1bOQ")
        shown(terminal, lambda output: LIGHT & style_of(output[seen:], "1 Site and people"))
    finally:
        terminal.process.terminate()
        terminal.end()
