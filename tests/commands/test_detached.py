"""Runs that outlive whoever started them: real processes on a simulated site, followed, paused, killed, found again."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from core_bundle import make_core_bundle
from core_manifest import ROOT
from simulation import answers_of

from installer.engine.events import RunFinished, RunStarted, StepFinished, StepStarted
from installer.errors import SiteLocked
from installer.plan.card import PlanCard
from installer.runs import background
from installer.runs.background import Detached
from installer.runs.store import Runs
from installer.runs.stream import Ended, Failure, Follower, Gone, Note, Ready

SITE = "practice-minimal"
PATIENCE = 300
"""Seconds after which something hangs; it takes a few, more where the machine is busy."""
SLOW = "slow: {work: 0.4}\n"
SECRET = "correct horse battery staple"

PARENT = """
import fcntl, json, signal, sys, termios, time
from pathlib import Path
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever started the tests may ignore it (nohup)
from installer.runs import background as detached
from installer.runs.store import Runs
if sys.stdin.isatty():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
argv, state, site = json.loads(sys.argv[1])
print(detached.start(argv, Runs(Path(state)), site, {}).pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_core_bundle(tmp_path_factory.mktemp("bundle"))


@dataclass
class Desk:
    """Where runs of one simulated site are started from."""

    folder: Path
    bundle: tuple[Path, Path]

    @property
    def runs(self) -> Runs:
        return Runs(self.folder / "state" / "simulated")

    def argv(self, verb: str, top: str = "") -> list[str]:
        """A verb on the site, whose hosts are as `top` says."""
        hosts = "".join(f"  - {{name: {h.name}, address: {h.address}}}\n" for h in answers_of("minimal").hosts)
        described = self.folder / "site.yaml"
        described.write_text(f"version: 1\nhosts:\n{hosts}{top}")
        path, signers = self.bundle
        return [verb, "--profile", str(ROOT / "profiles/minimal.yaml"), "--bundle", str(path), "--signers",
                str(signers), "--simulate", str(described), "--state", str(self.folder / "state"),
                *(["--yes"] if verb == "uninstall" else [])]  # fmt: skip

    def start(self, verb: str, top: str = "", **secrets: str) -> Detached:
        return background.start(self.argv(verb, top), self.runs, SITE, secrets)


@pytest.fixture
def desk(tmp_path, bundle):
    desk = Desk(tmp_path, bundle)
    yield desk
    left = background.find(desk.runs, SITE)
    if left is not None and left.alive:
        with suppress(ProcessLookupError):  # it has just ended
            os.killpg(left.pid, signal.SIGKILL)


def until(follower, wanted):
    """Everything that is told until something is as wanted, or the end."""
    told, end = [], time.monotonic() + PATIENCE
    while not any(wanted(item) for item in told) and not follower.ended:
        assert time.monotonic() < end, told[-5:]
        told += follower.poll()
        time.sleep(0.02)
    return told


def to_the_end(process):
    return until(Follower(process), lambda item: False)


def of(kind, items):
    return [item for item in items if isinstance(item, kind)]


def is_a(kind):
    return lambda item: isinstance(item, kind)


def wait_for(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_installation_is_followed_from_its_plan_to_its_end(desk):
    process = desk.start("install", "slow: {push: 1}\n")
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    told = to_the_end(process)
    (plan,), (began,), (ready,) = of(PlanCard, told), of(RunStarted, told), of(Ready, told)
    assert {step.id for step in plan.steps} == {event.step for event in of(StepFinished, told)}
    assert told.index(plan) < told.index(began) < told.index(ready)
    assert (told[-1], len(of(Ended, told)), process.alive, process.exit_code) == (Ended(0), 1, False, 0)
    assert ready.run == began.run == desk.runs.history(SITE)[0].name
    assert ready.kubeconfigs["production"].is_file()
    found = background.find(desk.runs, SITE)
    assert (found.alive, found.exit_code, found.argv[0], found.child) == (False, 0, "install", None)


def test_what_it_leaves_is_its_owner_s_alone(desk):
    to_the_end(desk.start("check"))
    for path in (desk.folder / "state").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert desk.runs.sites() == ()


def test_a_follower_that_comes_back_catches_up(desk):
    first = until(Follower(desk.start("install", SLOW)), is_a(StepFinished))
    again = to_the_end(background.find(desk.runs, SITE))
    assert again[: len(first)] == first
    assert again[-1] == Ended(0)


def test_it_is_paused_in_the_middle_and_goes_on(desk):
    process = desk.start("install", SLOW)
    until(Follower(process), is_a(StepFinished))
    assert background.find(desk.runs, SITE).pause()
    told = to_the_end(process)
    assert [(f.error, f.exit_code) for f in of(Failure, told)] == [("Interrupted", 130)]
    assert "stopping after the running steps" in " ".join(note.text for note in of(Note, told))
    assert [event.outcome for event in of(RunFinished, told)] == ["interrupted"]
    assert {e.step for e in of(StepStarted, told)} <= {e.step for e in of(StepFinished, told)}
    assert (told[-1], process.pause()) == (Ended(130), False)
    rest = to_the_end(desk.start("resume"))
    assert (of(RunStarted, rest)[0].already_done > 0, len(of(PlanCard, rest)), rest[-1]) == (True, 1, Ended(0))


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_it_can_be_paused_from_its_first_moment_on(desk, after):
    process = desk.start("install", "slow: {work: 0.5, stat: 0.2}\n")
    time.sleep(after)
    process.pause()
    told = to_the_end(process)
    assert told[-1] == Ended(130)
    assert "Traceback" not in "".join(note.text for note in of(Note, told))


def test_what_it_says_is_read_whatever_the_terminal_s_encoding(desk, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "gbk")
    told = to_the_end(background.start(["check", "--profile", "/中文/é\udcff.yaml"], desk.runs, SITE, {}))
    assert ("/中文/é" in of(Failure, told)[0].message, told[-1]) == (True, Ended(3))


def test_it_is_aborted_at_once_and_goes_on(desk):
    process = desk.start("install", "slow: {work: 600}\n")
    until(Follower(process), is_a(StepStarted))
    began = time.monotonic()
    process.stop()
    wait_for(lambda: not process.alive)
    assert time.monotonic() - began < 300  # its step would have taken 600
    assert isinstance(to_the_end(process)[-1], Ended)
    assert to_the_end(desk.start("resume"))[-1] == Ended(0)


def test_one_that_was_killed_without_a_word_has_ended_and_can_be_resumed(desk):
    process = desk.start("install", SLOW)
    until(Follower(process), is_a(StepFinished))
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not process.alive)
    assert process.exit_code == 128 + signal.SIGKILL
    assert to_the_end(background.find(desk.runs, SITE))[-1] == Ended(None)
    assert to_the_end(desk.start("resume"))[-1] == Ended(0)


@pytest.mark.parametrize("end", ["killed", "terminal closed"])
def test_it_survives_its_parent_and_its_terminal(desk, end):
    ours, theirs = pty.openpty()
    told = json.dumps([desk.argv("install", SLOW), str(desk.runs.state), SITE])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, told],
        stdin=theirs if end == "terminal closed" else subprocess.DEVNULL,
        stdout=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    os.close(theirs)
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        if end == "killed":
            parent.kill()
        os.close(ours)
        assert parent.wait(PATIENCE) == -(signal.SIGKILL if end == "killed" else signal.SIGHUP)
    process = background.find(desk.runs, SITE)
    assert (process.pid, process.alive) == (pid, True)
    follower = Follower(process)
    until(follower, is_a(StepStarted))
    os.kill(pid, signal.SIGHUP)
    assert until(follower, lambda item: False)[-1] == Ended(0)


def test_of_two_starts_at_once_one_is_refused(desk):
    argv, outcomes = desk.argv("install", SLOW), []
    together = threading.Barrier(2)

    def start():
        together.wait()
        try:
            outcomes.append(background.start(argv, desk.runs, SITE, {}))
        except SiteLocked as error:
            outcomes.append(error)

    starters = [threading.Thread(target=start) for _ in range(2)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    (started,), (refused,) = of(Detached, outcomes), of(SiteLocked, outcomes)
    assert (refused.exit_code, f"process {started.pid}" in refused.message) == (8, True)
    assert to_the_end(started)[-1] == Ended(0)


def test_one_that_meets_a_run_at_a_terminal_ends_saying_so(desk):
    command = [sys.executable, "-m", "installer", *desk.argv("install", SLOW), "--json"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as typed:
        for line in typed.stdout:
            if b"step_started" in line:
                break
        typed.send_signal(signal.SIGSTOP)  # it holds what it holds, however long the other one takes
        told = to_the_end(desk.start("install"))
        typed.send_signal(signal.SIGCONT)
        typed.stdout.read()
    assert [failure.error for failure in of(Failure, told)] == ["SiteLocked"]
    assert f"process {typed.pid}" in of(Failure, told)[0].message
    assert (told[-1], typed.returncode) == (Ended(8), 0)


def test_uninstalling_tells_a_plan_and_that_all_is_gone(desk):
    assert to_the_end(desk.start("install"))[-1] == Ended(0)
    told = to_the_end(desk.start("uninstall"))
    assert [plan.operation for plan in of(PlanCard, told)] == ["uninstall"]
    assert (len(of(Gone, told)), told[-1]) == (1, Ended(0))


def test_an_earlier_start_does_not_read_what_a_later_one_says(desk):
    to_the_end(desk.start("check"))
    earlier = background.find(desk.runs, SITE)
    assert (earlier.lines()[0] != [], earlier.exit_code) == (True, 0)
    assert to_the_end(desk.start("check", "nonsense: 1\n"))[-1] == Ended(2)
    assert (earlier.lines(), earlier.exit_code, earlier.alive) == (([], 0), None, False)


def test_a_prompted_secret_is_where_nobody_looks(desk):
    process = desk.start("install", SLOW, **{"Password of the hosts": SECRET})
    until(Follower(process), is_a(StepStarted))
    for name in ("cmdline", "environ"):
        assert SECRET.encode() not in Path(f"/proc/{process.pid}/{name}").read_bytes()
    assert to_the_end(process)[-1] == Ended(0)
    files = [path for path in desk.folder.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert {"console.jsonl", "process.json", "journal.jsonl"} <= {path.name for path in files}
