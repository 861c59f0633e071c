"""Any runs, one upon another, are taken back one by one."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_runs_stacked import (
    CHOSEN,
    CORE,
    WORKERS,
    SiteUnderTest,
    answers_text,
    differences,
    inputs,
    objects_edited,
    parts_edited,
    released,
)

from installer.plan.inputs import Inputs

EXAMPLES = int(os.environ.get("SITEWRIGHT_STACKED_RUNS", "12"))
"""Sites drawn; `make soak` draws many more."""


BUNDLES = {
    "core": CORE,
    "object changed": objects_edited(CORE, "changed"),
    "object more": objects_edited(CORE, "more"),
    "text changed": parts_edited(CORE, "text"),
    "file fewer": parts_edited(CORE, "fewer"),
    "file more": parts_edited(CORE, "more"),
    "release": released(CORE, "1.1.0"),
    "all of it": objects_edited(parts_edited(released(CORE, "2.0.0"), "fewer"), "changed"),
}
VALUES = {"": {}, "metrics": {"metrics-server": {"replicas": 3}}, "shop": {"shop": {"replicas": 4}}}


class Drawn(NamedTuple):
    """What one run of a site is asked for."""

    bundle: str
    workers: int
    components: frozenset[str]
    values: str
    registries: int

    def inputs(self) -> Inputs:
        chosen = {name: VALUES[self.values].get(name, {}) for name in CHOSEN if name in self.components}
        workers = (*WORKERS, "node-3")[: self.workers]
        return inputs(BUNDLES[self.bundle], answers_text(workers, chosen, self.registries))


DRAWN = st.builds(
    Drawn, st.sampled_from(list(BUNDLES)), st.integers(1, 3), st.frozensets(st.sampled_from(CHOSEN)),
    st.sampled_from(list(VALUES)), st.integers(1, 2),
)  # fmt: skip


@given(drawn=st.lists(DRAWN, min_size=2, max_size=4))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_any_runs_are_taken_back_one_by_one(tmp_path_factory: pytest.TempPathFactory, drawn: list[Drawn]) -> None:
    under, runs = SiteUnderTest(tmp_path_factory.mktemp("state")), [each.inputs() for each in drawn]
    pictures = [under.picture()]
    for wanted in runs:
        under.install(wanted)
        pictures.append(under.picture())
    for wanted, before in zip(reversed(runs), reversed(pictures[:-1]), strict=True):
        under.rollback(wanted)
        assert differences(before, under.picture()) == []
