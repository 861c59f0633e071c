"""Work on a running cluster goes by whichever control plane stands, the first one being gone or not of it yet."""

from __future__ import annotations

import pytest
from simulation import inputs_of

from installer import operations
from installer.errors import UsageError
from installer.plan import standing

LOST = "cp-1"


@pytest.mark.parametrize(("seen", "away"), [
    ({"cp-1": False, "cp-2": False, "cp-3": False}, set()),
    ({"cp-1": True, "cp-2": False, "cp-3": None}, {"cp-2", "cp-3"}),
    ({"cp-1": None, "cp-2": True, "cp-3": True}, {"cp-1"}),
    ({"cp-1": None, "cp-2": None, "cp-3": None}, set()),
])  # fmt: skip
def test_no_work_goes_by_a_plane_that_is_silent_or_not_of_a_standing_cluster(seen, away) -> None:
    assert standing.strangers(inputs_of("ha").answers.environments[0], seen) == away


def test_steps_keep_their_names_whatever_stands() -> None:
    inputs = inputs_of("ha")
    as_ever, without = operations.plan(inputs), operations.plan(standing.regarding(inputs, {LOST}, {LOST}))
    assert without.digest == as_ever.digest
    by_host = {step.id: step.host for step in without}
    assert by_host["production/shop.release@cp-1"] == "cp-2"
    assert by_host["production/kubernetes.join@cp-3"] == "cp-3"


@pytest.mark.parametrize("gone", [("cp-1", "cp-2"), ("nobody",)])
def test_a_cluster_that_could_decide_nothing_is_not_worked_on(gone) -> None:
    with pytest.raises(UsageError):
        standing.require(inputs_of("ha").answers, gone)
