"""More need never gives less machine: over the whole space of needs, in low, expected and high alike.

Each example is a chain of needs, each of which asks for as much as the one before or more; every step is a pair that is
compared. `make soak` draws 10,000 pairs (`SITEWRIGHT_NEED_PAIRS`) and prints the number.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from sizing.bands import SCENARIOS
from sizing.engine import Sizing, size
from sizing.errors import SizingError
from sizing.needs import Environment, Needs

PAIRS = int(os.environ.get("SITEWRIGHT_NEED_PAIRS", "60"))
STEPS = 4
MACHINES = ("cpu_cores", "memory_gib", "disk_gib")


def upto(least: float, most: float) -> st.SearchStrategy[float]:
    """Numbers of every order of magnitude alike."""
    return st.floats(0, 1).map(lambda part: round(least * (most / least) ** part, 6))


def whole(least: int, most: int) -> st.SearchStrategy[int]:
    return upto(least, most).map(round)


SPACE: dict[str, st.SearchStrategy[Any]] = {
    "users": whole(1, 10_000_000),
    "requests_per_second": upto(0.1, 100_000),
    "services": whole(1, 2000),
    "service_replicas": st.integers(1, 10),
    "service_cpu_cores": upto(0.01, 16),
    "service_memory_gib": upto(0.05, 64),
    "data_gib": upto(0.1, 200_000),
    "data_growth_gib_per_month": upto(0.1, 5000),
    "log_gb_per_day": upto(0.01, 5000),
    "log_retention_days": whole(1, 1000),
    "metrics_retention_days": whole(1, 1000),
    "trace_retention_days": whole(1, 365),
    "trace_percent": st.floats(0, 100),
    "backup_retention_days": st.just(0) | whole(1, 3650),
    "outage_hours": st.sampled_from([100, 24, 5, 4, 1, 0]),
    "data_loss_hours": st.sampled_from([100, 24, 4, 1, 0.5, 0]),
    "developers": st.just(0) | whole(1, 5000),
    "pipelines_per_day": whole(1, 5000),
    "administrators": st.just(0) | whole(1, 300),
    "growth_percent_per_year": upto(1, 100),
    "horizon_months": st.integers(1, 60),
    "host_failures_tolerated": st.integers(0, 5),
}
"""Every need that can be more or less."""
SHORTER_IS_MORE = frozenset({"outage_hours", "data_loss_hours"})


@st.composite
def environments(draw: st.DrawFn) -> tuple[Environment, ...]:
    first = Environment("production", 100, draw(st.integers(0, 3)) > 0)
    names = ("pre-release", "testing")[: draw(st.integers(0, 2))]
    return (first, *(Environment(name, draw(st.sampled_from([5, 25, 50, 100])), draw(st.booleans())) for name in names))


@st.composite
def growing(draw: st.DrawFn) -> list[Needs]:
    """A chain of needs: some answers are the same in all, others rise from one to the next, the rest are left out."""
    names = draw(st.lists(st.sampled_from(sorted(SPACE)), unique=True, max_size=12))
    rising = draw(st.lists(st.sampled_from(sorted(SPACE)), unique=True, min_size=1, max_size=3))
    base = Needs(**{name: draw(SPACE[name]) for name in names}, environments=draw(environments()))
    steps: dict[str, list[Any]] = {
        name: sorted((draw(SPACE[name]) for _ in range(STEPS + 1)), reverse=name in SHORTER_IS_MORE) for name in rising
    }
    return [replace(base, **{name: values[step] for name, values in steps.items()}) for step in range(STEPS + 1)]


def sized(chain: list[Needs]) -> Iterator[Sizing]:
    """The machines of each; needs that are refused with a reason are left out."""
    for needs in chain:
        try:
            yield size(needs)
        except SizingError as refused:
            assert all(refused.problems)


def falls(less: Sizing, more: Sizing) -> Iterator[str]:
    for field in MACHINES:
        before, after = less.total(field), more.total(field)
        for scenario in SCENARIOS:
            if after.at(scenario) < before.at(scenario) * (1 - 1e-9):
                yield f"{field}, {scenario}: {before.at(scenario):g} -> {after.at(scenario):g}"


def test_more_need_never_gives_less_machine(capsys):
    compared = 0

    @settings(
        max_examples=max(1, PAIRS // STEPS),
        deadline=None,
        derandomize="SITEWRIGHT_NEED_PAIRS" not in os.environ,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(growing())
    @example([Needs(users=500, requests_per_second=rate) for rate in (2750, 2800, 5000, 5600)])
    @example([Needs(service_cpu_cores=16, requests_per_second=rate) for rate in (10, 3289, 13000)])
    @example([Needs(log_gb_per_day=20, log_retention_days=60, horizon_months=month) for month in (1, 9, 59)])
    def never_falls(chain: list[Needs]) -> None:
        nonlocal compared
        for less, more in pairwise(sized(chain)):
            compared += 1
            assert not list(falls(less, more)), f"{less.needs}\n{more.needs}"

    never_falls()
    with capsys.disabled():
        sys.stdout.write(f"\n{compared} pairs of needs, one of which asks for more: no machine less\n")
    assert compared >= PAIRS / 2
