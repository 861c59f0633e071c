"""How long a plan takes."""

import pytest

from installer.plan import estimate
from installer.plan.model import Plan, Step


def step(name, weight, *after, size=0):
    return Step(name, name, "hosts", lambda w: True, lambda w: None, after=after, weight=weight, bytes=size)


PLAN = Plan("install", (step("a", 10), step("b", 3), step("c", 5, "a", "b"), step("d", 1, size=7), step("e", 2, "d")))


def test_the_longest_chain_counts_and_what_runs_beside_it_does_not():
    assert estimate.remaining(PLAN) == 15


@pytest.mark.parametrize(("done", "left"), [({"a"}, 8), ({"a", "b"}, 5), ({"a", "b", "c"}, 3), (set("abcde"), 0)])
def test_done_steps_take_no_more_time(done, left):
    assert estimate.remaining(PLAN, done) == left


def test_a_running_step_takes_the_rest_of_its_weight():
    assert estimate.remaining(PLAN, (), {"a": 0.5}) == 10


def test_bytes_are_those_of_all_steps():
    assert estimate.bytes_to_send(PLAN) == 7


def test_an_empty_plan_takes_no_time():
    assert estimate.remaining(Plan("install", ())) == 0


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
