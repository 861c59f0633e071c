"""Hosts are worked on at the same time, as many as allowed, and what they say is told in order."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from shelf import END, START, Shelf, StoppedClock, put
from test_engine import journal, one, run

from installer import engine
from installer.engine import loop
from installer.engine.events import StepProgressed
from installer.errors import ConnectionLost
from installer.plan.model import Plan, Step


def test_progress_is_told_ten_times_a_second_and_at_the_end(tmp_path):
    step, clock = put("n1", "2", "version"), StoppedClock()

    def apply(world) -> None:
        for sent in range(1, 1001):
            world.report(sent, 1000, "bytes", "")
        step.apply(world)

    heard = run(one(step, apply=apply), journal(tmp_path), {}, clock=clock)
    told = heard.of(StepProgressed)
    assert 8 <= len(told) <= 12
    assert [event.done for event in told] == sorted({event.done for event in told})
    assert told[-1].done == 1000


def test_hosts_are_worked_on_at_the_same_time(tmp_path):
    together = threading.Barrier(3)

    def step(host: str) -> Step:
        base = put(host, "1", "a")

        def apply(world) -> None:
            together.wait(30)
            base.apply(world)

        return replace(base, apply=apply)

    run(Plan("install", tuple(step(f"n{index}") for index in range(3))), journal(tmp_path), {})


@pytest.fixture
def waves(monkeypatch):
    """Steps end one by one, the first started first; before each end, notes the ids of the steps under way."""
    pending, seen = [], []

    class Thread:
        def __init__(self, target, args, name, daemon) -> None:
            self.name, self.end = name, lambda: target(*args)

        def start(self) -> None:
            pending.append(self)

    class Queue(list):
        put = list.append

        def get(self):
            seen.append([thread.name for thread in pending])
            pending.pop(0).end()
            return self.pop(0)

    monkeypatch.setattr(loop, "threading", SimpleNamespace(Thread=Thread, Lock=threading.Lock))
    monkeypatch.setattr(loop, "queue", SimpleNamespace(SimpleQueue=Queue))
    return seen


def test_no_more_hosts_than_allowed_are_worked_on_at_a_time_and_in_the_plans_order(tmp_path, waves):
    steps = [replace(put(host, "1", path), id=host + path) for path in "ab" for host in ("n1", "n2", "n3")]
    run(Plan("install", tuple(steps)), journal(tmp_path), {}, hosts_at_once=2)
    assert waves == [
        ["n1a", "n2a", "n1b", "n2b"],
        ["n2a", "n1b", "n2b"],
        ["n1b", "n2b"],
        ["n2b", "n3a", "n3b"],
        ["n3a", "n3b"],
        ["n3b"],
    ]


def test_no_more_steps_than_a_connection_bears_run_on_a_host(tmp_path, waves):
    steps = [replace(put("n1", "1", str(index)), id=str(index)) for index in range(6)]
    run(Plan("install", tuple(steps)), journal(tmp_path), {})
    assert waves == [list("0123"), list("1234"), list("2345"), list("345"), list("45"), ["5"]]


def test_a_preview_takes_a_cluster_that_is_still_to_come_for_no_but_a_lost_host_for_an_error():
    def away(world) -> bool:
        raise ConnectionLost(host="production", reason="no API server answers")

    first, chart = put("n1", "2", "version"), replace(put("n1", "1", "chart"), differs=away)
    gated = Plan("install", (first, replace(chart, after=(first.id,))))
    assert engine.preview(gated, Shelf(dict(START))) == {first.id: False, chart.id: False}
    with pytest.raises(ConnectionLost):
        engine.preview(gated, Shelf(dict(END)))


@pytest.mark.parametrize(("seconds", "words"), [(0.24, "0.2 s"), (12, "12 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s")])
def test_durations_read_like_speech(seconds, words):
    assert engine.spell(seconds) == words
