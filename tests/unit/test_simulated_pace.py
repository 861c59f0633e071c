"""How long a simulated world takes."""

from __future__ import annotations

import threading
import time

import pytest
from simulation import inputs_of, world_of

from installer import operations
from installer.errors import UsageError
from installer.runs.store import Runs
from installer.simulated import file
from installer.simulated.pace import Pace

HOSTS = "version: 1\nhosts: [{name: a, address: 192.0.2.1}]\n"


def test_a_verb_takes_its_seconds_and_on_one_host_others():
    slept = []
    pace = Pace({"run": 2, "run@a": 0.5, "get": 0}, slept.append)
    for verb, host in (("run", "a"), ("run", "b"), ("get", "a"), ("stat", "a")):
        pace.spend(verb, host)
    assert slept == [0.5, 2]


def test_reports_are_spread_over_the_time_and_none_is_lost():
    slept, told = [], []
    pace = Pace({"push": 2}, slept.append)
    reports = [(number, 4, "bytes", "") for number in range(1, 5)]
    pace.spread("push", "a", reports, lambda *each: told.append((len(slept), *each)))
    assert told == [(number, *report) for number, report in enumerate(reports, 1)]
    assert sum(slept) == 2


def test_hosts_take_their_time_side_by_side():
    world = world_of("rehearsal")
    world.pace = Pace({"stat": 0.3})
    began = time.monotonic()
    callers = [threading.Thread(target=world.stat, args=(host, "/")) for host in world.site.hosts]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert 0.3 <= time.monotonic() - began < 0.3 * len(callers)


def test_a_push_tells_how_far_it_is_all_the_while(tmp_path):
    world, told = world_of("minimal"), []
    world.pace = Pace({"push": 0.5})
    site = operations.Site(inputs_of("minimal"), world, Runs(tmp_path), "tester", {})
    operations.install(site, operations.plan(site.inputs), Watching(told), threading.Event())
    pushed = [event for event in told if getattr(event, "unit", "") == "bytes" and "push" in event.step]
    assert len(pushed) >= 3
    assert pushed[-1].done == pushed[-1].total


class Watching:
    """Keeps the events of a run."""

    def __init__(self, told):
        self._told = told

    def __call__(self, _plan):
        return self

    def __enter__(self):
        return self._told.append

    def __exit__(self, *_):
        return None


@pytest.mark.parametrize(
    ("slow", "told"),
    [("{pull: 1}", "verb@host"), ("{push: -1}", "slow.push"), ("{push: fast}", "slow.push"), ("[1]", "slow")],
)
def test_a_pace_that_is_none_is_refused(tmp_path, slow, told):
    path = tmp_path / "site.yaml"
    path.write_text(f"{HOSTS}slow: {slow}\n")
    with pytest.raises(UsageError) as refused:
        file.load(path, inputs_of("minimal").manifest)
    assert told in refused.value.message
    assert "site.yaml:3" in refused.value.message
