"""A detached process is known by more than its number, and refused where its record is damaged."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys

import pytest
import test_detached
from test_detached import PATIENCE, SITE, of, to_the_end

from installer.errors import StateUnreadable
from installer.runs import background
from installer.runs.background import Detached
from installer.runs.store import Runs
from installer.runs.stream import Ended, Failure

bundle = test_detached.bundle
desk = test_detached.desk


@pytest.mark.parametrize("said", [b"", b'{"Password": "corr', b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_without_whole_secrets_nothing_is_done(desk, said):
    command = [sys.executable, "-m", "installer", *desk.argv("install"), "--json", "--secrets-from-stdin"]
    ended = subprocess.run(command, input=said, capture_output=True, check=False)
    (line,) = ended.stdout.splitlines()
    assert (ended.returncode, json.loads(line)["error"], ended.stderr) == (2, "UsageError", b"")
    assert not (desk.folder / "state").exists()


def test_a_program_that_cannot_be_started_is_told(desk, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(StateUnreadable, match="/nowhere/python"):
        desk.start("install")
    assert background.find(desk.runs, SITE) is None


def test_arguments_that_are_none_end_it_with_a_note(desk):
    told = to_the_end(background.start(["install", "--no-such-flag"], desk.runs, SITE, {}))
    assert ("no-such-flag" in of(Failure, told)[-1].message, told[-1]) == (True, Ended(2))


def test_a_process_is_known_by_more_than_its_number(tmp_path):
    began, boot = background._identity(os.getpid())
    assert Detached(Runs(tmp_path), SITE, os.getpid(), began, boot, (), "").alive
    assert not Detached(Runs(tmp_path), SITE, os.getpid(), began + 1, boot, (), "").alive
    assert not Detached(Runs(tmp_path), SITE, os.getpid(), began, "another", (), "").alive


def test_a_zombie_is_not_alive(tmp_path):
    with subprocess.Popen(["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        began, boot = background._identity(zombie.pid, dead=True)
        assert not Detached(Runs(tmp_path), SITE, zombie.pid, began, boot, (), "").alive


@pytest.mark.parametrize(
    ("record", "reason"),
    [("{", "damaged"), ("[]", "damaged"), ('{"format": 1}', "damaged"), ('{"format": 2}', "newer sitewright")],
)
def test_a_damaged_or_newer_record_is_refused(tmp_path, record, reason):
    runs = Runs(tmp_path)
    runs.keep(SITE, background.RECORD, record.encode())
    with pytest.raises(StateUnreadable, match=reason):
        background.find(runs, SITE)


def test_a_terminal_s_own_end_is_what_the_test_above_makes(tmp_path):
    """A process on a terminal that closes dies of it: so the test of survival can fail."""
    ours, theirs = pty.openpty()
    script = "import fcntl, signal, sys, termios, time; signal.signal(signal.SIGHUP, signal.SIG_DFL); " \
             "fcntl.ioctl(0, termios.TIOCSCTTY, 0); print(); time.sleep(600)"  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-uc", script], stdin=theirs, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        os.close(theirs)
        process.stdout.readline()
        os.close(ours)
        assert process.wait(PATIENCE) == -signal.SIGHUP
