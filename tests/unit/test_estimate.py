"""How long a plan takes."""

import pytest

from installer.plan import estimate
from installer.plan.card import PlanCard
from installer.plan.model import Plan, Step


def step(name, weight, *after, size=0, host=""):
    return Step(name, name, "hosts", lambda w: True, lambda w: None, after=after, weight=weight, bytes=size, host=host)


PLAN = Plan("install", (step("a", 10), step("b", 3), step("c", 5, "a", "b"), step("d", 1, size=7), step("e", 2, "d")))


def remaining(plan, done=(), running=None):
    return estimate.remaining(PlanCard.of(plan), done, running)


def test_the_longest_chain_counts_and_what_runs_beside_it_does_not():
    assert remaining(PLAN) == 15


@pytest.mark.parametrize(("done", "left"), [({"a"}, 8), ({"a", "b"}, 5), ({"a", "b", "c"}, 3), (set("abcde"), 0)])
def test_done_steps_take_no_more_time(done, left):
    assert remaining(PLAN, done) == left


def test_a_running_step_takes_the_rest_of_its_weight():
    assert remaining(PLAN, (), {"a": 0.5}) == 10


def hosts(count, at_once, *more):
    """A plan with three steps of 10 s one after the other on each of so many hosts, and a last one after all."""
    steps = [
        step(f"{n}@{host}", 10, *([f"{n - 1}@{host}"] if n else []), host=f"h{host}")
        for host in range(count)
        for n in range(3)
    ]
    last = step("last", 5, *(f"2@{host}" for host in range(count)), host="h0")
    return Plan("install", (*steps, *more, last), {}, at_once)


@pytest.mark.parametrize(
    ("count", "at_once", "seconds"), [(1, 10, 35), (10, 10, 35), (20, 10, 65), (4, 1, 125), (5, 2, 95)]
)
def test_hosts_take_their_turns(count, at_once, seconds):
    assert remaining(hosts(count, at_once)) == seconds


def test_what_is_done_or_runs_takes_no_turn_from_others():
    plan = hosts(4, 2)
    done = {f"{n}@{host}" for host in (0, 1) for n in range(3)}
    assert remaining(plan, done) == 35
    assert remaining(plan, (), {"0@2": 0.5, "0@3": 0.5}) == 25 + 30 + 5


def test_a_step_for_the_whole_site_beside_hosts_is_played_as_well():
    assert remaining(hosts(2, 3, step("push", 50))) == 50


def test_it_takes_as_long_as_the_engines_own_rule():
    """Earliest in the plan first, on two hosts at a time."""
    plan, now, ends, done = hosts(5, 2), 0.0, {}, set()
    host_of = {each.id: each.host for each in plan}
    while len(done) < len(plan):
        for each in plan:
            busy = {host_of[name] for name in ends}
            fits = each.host in busy or len(busy) < plan.hosts_at_once
            if each.id not in done and each.id not in ends and set(each.after) <= done and fits:
                ends[each.id] = now + each.weight
        now = min(ends.values())
        ended = {name for name, end in ends.items() if end == now}
        done |= ended
        ends = {name: end for name, end in ends.items() if name not in ended}
    assert remaining(plan) == now


def test_bytes_are_those_of_all_steps():
    assert estimate.bytes_to_send(PlanCard.of(PLAN)) == 7


def test_an_empty_plan_takes_no_time():
    assert remaining(Plan("install", ())) == 0


def test_a_plan_refuses_a_name_given_twice_and_an_order_that_cannot_be():
    with pytest.raises(ValueError, match="not unique"):
        Plan("install", (step("a", 1), step("a", 1)))
    with pytest.raises(ValueError, match="comes before b"):
        Plan("install", (step("a", 1, "b"), step("b", 1)))


def test_the_digest_changes_with_operation_subject_steps_and_order():
    digests = {
        PLAN.digest,
        Plan("upgrade", PLAN.steps).digest,
        Plan("install", PLAN.steps, {"bundle": "sha256:1"}).digest,
        Plan("install", PLAN.steps[:-1]).digest,
        Plan("install", (PLAN.steps[1], PLAN.steps[0], *PLAN.steps[2:])).digest,
    }
    assert len(digests) == 5
    assert Plan("install", PLAN.steps).digest == PLAN.digest
