"""What a run says as JSON lines and as values: there and back, torn, unknown, in bulk, and not too often."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from installer.answers.model import Waiver
from installer.engine import events
from installer.engine.events import RunFinished, RunStarted, StepBroke, StepFinished, StepProgressed, StepStarted
from installer.plain import plain
from installer.plan.card import PlanCard, StepCard
from installer.preflight import Finding
from installer.probes.proof import ProbeResult
from installer.runs import background
from installer.runs.background import CONSOLE, RECORD, Detached
from installer.runs.store import Runs
from installer.runs.stream import Ended, Failure, Follower, Note, parse
from installer.ui import jsonl

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = "acme"


def one_of_each():
    yield RunStarted(AT, "20261123T120000Z-install", "install", 3, 1)
    yield StepStarted(AT, "a@b")
    yield StepProgressed(AT, "a@b", 1, 2, "bytes", "ein Bild\u2028…")
    yield StepFinished(AT, "a@b", True, 0.5)
    yield StepBroke(AT, "a@b", "no\nway", "hosts/b/a.log")
    yield RunFinished(AT, "20261123T120000Z-install", "failed", 2.0, 1)
    yield events.BuildProgressed(AT, "making", "etcd", 1, 2, 3.0)


@pytest.fixture
def process(tmp_path):
    """A process that is alive, for it is this one, and has said nothing yet."""
    runs = Runs(tmp_path)
    began, boot = background._identity(os.getpid())
    body = {"format": 1, "pid": os.getpid(), "began": began, "boot": boot, "argv": ["install"], "since": ""}
    runs.keep(SITE, RECORD, json.dumps(body).encode())
    runs.keep(SITE, CONSOLE, b"")
    return Detached(runs, SITE, os.getpid(), began, boot, ("install",), "")


@pytest.fixture
def say(process):
    def add(text):
        with (process.runs.folder(SITE) / CONSOLE).open("ab") as file:
            file.write(text)

    return add


def test_every_event_has_a_type_and_comes_back_as_it_was(capsys):
    sent = list(one_of_each())
    for event in sent:
        jsonl.emit(event)
    shown = [replace(each, note=plain(each.note)) if isinstance(each, StepProgressed) else each for each in sent]
    assert [parse(line) for line in capsys.readouterr().out.split("\n")[:-1]] == shown
    assert {type(event) for event in sent} == set(events.KINDS.values())


def test_a_run_keeps_an_event_as_standard_output_tells_it(tmp_path, capsys):
    run = Runs(tmp_path).begin(SITE, "install", {})
    for event in one_of_each():
        jsonl.emit(event)
        run.emit(event)
    kept = (run.folder / "events.jsonl").read_text()
    assert kept == capsys.readouterr().out
    assert [events.from_json(json.loads(line)) for line in kept.splitlines()] == list(one_of_each())


@pytest.mark.parametrize("body", [{}, {"type": "plan"}, {"type": "step_started", "at": AT.isoformat()}], ids=json.dumps)
def test_what_is_no_event_is_not_taken_for_one(body):
    with pytest.raises(ValueError, match="no event"):
        events.from_json(body)


def test_findings_and_probes_come_back_as_they_were(capsys):
    waiver = Waiver("memory.swap", "a practice", "Li Wei", date(2030, 1, 1), ("node-1",))
    sent = [
        Finding("memory.swap", "node-1", "waived", "1 GiB", "none", "swapoff -a", waiver),
        Finding("host.cpu", "node-1", "ok", "4"),
        ProbeResult("production/probe.pod", "a pod runs", "production", True, "seen", 1.5),
    ]
    for each in sent:
        jsonl.write("probe" if isinstance(each, ProbeResult) else "finding", asdict(each))
    assert [parse(line) for line in capsys.readouterr().out.splitlines()] == sent


def test_a_plan_comes_back_with_its_steps():
    step = {"id": "a@b", "title": "A", "phase": "hosts", "host": "b", "environment": "", "after": ["c@b"],
            "seconds": 1.5, "bytes": 7, "can_be_undone": True, "of a newer program": 1}  # fmt: skip
    body = {"type": "plan", "format": 1, "operation": "install", "digest": "sha256:0", "subject": {"bundle": "x"},
            "steps": [{**step, "id": "c@b", "after": []}, step], "holding": {"a@b": False}}  # fmt: skip
    steps = (
        StepCard("c@b", "A", "hosts", "b", "", (), 1.5, 7, True),
        StepCard("a@b", "A", "hosts", "b", "", ("c@b",), 1.5, 7, True),
    )
    assert parse(json.dumps(body)) == PlanCard("install", "sha256:0", {"bundle": "x"}, steps, {"a@b": False})


@pytest.mark.parametrize(
    "body",
    [
        {"type": "of a newer program", "x": 1},
        {"no": "type"},
        {"type": ["list"]},
        {"type": "step_started"},
        {"type": "step_started", "step": "a", "at": "yesterday"},
        {"type": "plan", "steps": [1]},
        {"type": "ready", "run": "x", "folder": "y", "kubeconfigs": []},
        {"type": "finding", "check": "x", "host": "y", "status": "waived", "found": "", "waiver": {"check": "x"}},
    ],
    ids=json.dumps,
)
def test_what_is_not_known_stays_as_it_is(body):
    assert parse(json.dumps(body)) == body


@pytest.mark.parametrize("line", ["", "{", "7", "null", "Traceback", "[" * 100_000])
def test_what_is_no_object_is_a_note(line):
    assert parse(line) == Note(line)


def test_a_torn_line_is_told_when_it_is_whole(process, say):
    follower = Follower(process)
    say(b'{"type": "x", "text": "\xe4')
    assert follower.poll() == []
    say(b'\xb8\xad"}\n{"type"')
    assert follower.poll() == [{"type": "x", "text": "中"}]
    assert follower.poll() == []


def test_much_is_told_piece_by_piece_and_a_long_line_whole(process, say, monkeypatch):
    monkeypatch.setattr(background, "AT_ONCE", 1000)
    sent = [{"type": "x", "number": number} for number in range(500)]
    sent.insert(250, {"type": "x", "long": "y" * 5000})
    say(b"".join(json.dumps(each).encode() + b"\n" for each in sent))
    follower, told, polls = Follower(process), [], 0
    while piece := follower.poll():
        told, polls = told + piece, polls + 1
    assert (told == sent, polls > 10) == (True, True)


def test_the_end_is_told_once_and_last(process, say):
    dead = Detached(process.runs, SITE, process.pid, process.began, process.boot, (), "")
    say(b'{"type": "ended", "exit_code": 6}\n')
    say(b'{"type": "error", "error": "StepFailed", "message": "m", "remedy": "r", "exit_code": 6}\n')
    follower = Follower(dead)
    assert follower.poll() == [Failure("StepFailed", "m", "r", 6)]
    assert (follower.poll(), follower.ended) == ([], False)
    object.__setattr__(dead, "began", dead.began + 1)
    body = json.loads((process.runs.folder(SITE) / RECORD).read_text())
    process.runs.keep(SITE, RECORD, json.dumps({**body, "began": dead.began}).encode())
    assert (follower.poll(), follower.ended) == ([Ended(6)], True)
    assert follower.poll() == []


def test_the_log_of_a_step_is_named_by_run_and_step(process, say):
    follower = Follower(process)
    say(json.dumps({"type": "run_started", **asdict(RunStarted(AT, "r", "install", 1, 0))}, default=str).encode())
    say(b"\n")
    follower.poll()
    logs = process.runs.folder(SITE) / "runs/r/hosts"
    assert follower.log("production/containerd.install@node-1") == logs / "node-1/production.containerd.install.log"
    assert follower.log("undo:a/b@c") == logs / "c/undo.a.b.log"


def test_a_site_that_was_forgotten_has_nothing_more_to_say(process, say):
    say(b'{"type": "x"}\n')
    process.runs.forget(SITE)
    assert (Follower(process).poll(), process.exit_code) == ([], None)


def progress(seconds, done, step="a", total=100):
    return StepProgressed(AT + timedelta(seconds=seconds), step, done, total, "bytes")


def flowed(*sent):
    told = []
    flow = jsonl.Flow(told.append)
    for event in sent:
        flow(event)
    return told


def test_progress_comes_five_times_a_second_and_the_last_always():
    sent = [progress(number / 100, number) for number in range(95)]
    end = StepFinished(AT + timedelta(seconds=1), "a", True, 1.0)
    told = flowed(StepStarted(AT, "a"), *sent, end)
    assert [event.done for event in told[1:-1]] == [0, 20, 40, 60, 80, 94]
    assert (told[0], told[-1]) == (StepStarted(AT, "a"), end)


def test_each_step_has_a_flow_of_its_own():
    told = flowed(progress(0, 1, "a"), progress(0, 2, "b"), progress(0.1, 3, "a"), progress(0.3, 4, "b"))
    assert [event.done for event in told] == [1, 2, 4]


def test_being_through_is_told_at_once():
    assert [event.done for event in flowed(progress(0, 1), progress(0.01, 100), progress(0.02, 100))] == [1, 100]


@pytest.mark.parametrize(
    "end", [StepBroke(AT, "a", "no way"), RunFinished(AT, "r", "interrupted", 1.0, 0)], ids=lambda e: type(e).__name__
)
def test_what_waits_is_told_before_the_end(end):
    assert flowed(progress(0, 1), progress(0.1, 2), end)[1:] == [progress(0.1, 2), end]


def test_a_clock_that_is_set_back_does_not_silence_progress():
    assert len(flowed(progress(3600, 1), progress(0, 2), progress(0.3, 3))) == 3


def test_paths_are_read_as_paths():
    told = parse('{"type": "ready", "run": "r", "folder": "/x", "kubeconfigs": {"production": "/y"}}')
    assert (told.folder, told.kubeconfigs) == (Path("/x"), {"production": Path("/y")})
