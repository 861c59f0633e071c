"""More need, growth and months: what a sizing says of later."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_sizing_engine import ENTERPRISE, SITES

from sizing.bands import Band
from sizing.engine import pods_at, size
from sizing.growth import disk_forecast, exhaustions, growth
from sizing.needs import Needs, as_mapping
from sizing.workload import Extent

FIELDS = ("cpu_cores", "memory_gib", "disk_gib")


def _asked(needs: Needs) -> dict[str, float]:
    """What all pods ask for on machines that stay the same."""
    fixed = Extent({"production": Band.exactly(9)}, {"production": Band.exactly(200)})
    groups = [group for pool in pods_at(needs, needs.horizon_months, fixed).values() for _, group in pool]
    return {
        field: sum(getattr(group, field).expected * group.replicas.expected for group in groups) for field in FIELDS
    }


MORE = {
    "users": st.integers(1, 20_000),
    "requests_per_second": st.floats(0.1, 5000),
    "services": st.integers(1, 120),
    "service_cpu_cores": st.floats(0.05, 2),
    "service_memory_gib": st.floats(0.05, 4),
    "data_gib": st.floats(1, 20_000),
    "data_growth_gib_per_month": st.floats(0, 200),
    "log_gb_per_day": st.floats(0.1, 300),
    "log_retention_days": st.integers(1, 365),
    "metrics_retention_days": st.integers(1, 365),
    "trace_percent": st.floats(0, 100),
    "backup_retention_days": st.integers(1, 365),
    "developers": st.integers(1, 900),
    "administrators": st.integers(1, 100),
    "growth_percent_per_year": st.floats(0, 100),
    "horizon_months": st.integers(1, 60),
}


@settings(max_examples=300, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_more_need_never_asks_for_less(data):
    name = data.draw(st.sampled_from(sorted(MORE)))
    less, more = sorted((data.draw(MORE[name]), data.draw(MORE[name])))
    base = Needs(requests_per_second=20, users_at_once=1, developers=5, data_gib=50)
    before, after = (_asked(replace(base, **{name: value})) for value in (less, more))
    for field in FIELDS:
        assert after[field] >= before[field] - 1e-6, (name, less, more, field)


@pytest.mark.parametrize("name", sorted(MORE))
def test_twice_the_need_never_gives_less_machine(name):
    base = Needs(requests_per_second=20, users_at_once=1, developers=5, data_gib=50, log_gb_per_day=5, trace_percent=2)
    value = {**as_mapping(base), "service_cpu_cores": 0.25, "service_memory_gib": 0.5, "data_growth_gib_per_month": 3}[
        name
    ]
    sizes = [size(replace(base, **{name: value * 2**step})) for step in range(5)]
    for field in FIELDS:
        totals = [sizing.total(field).expected for sizing in sizes]
        assert totals == sorted(totals), field


def test_growth_is_told_by_month_up_to_the_horizon():
    needs = replace(Needs(), growth_percent_per_year=100, horizon_months=13)
    worker = [use for use in growth(size(needs)) if use.pool == "worker"]
    assert [use.month for use in worker] == [0, 3, 6, 9, 12, 13]
    assert all(before.disk_gib <= after.disk_gib for before, after in pairwise(worker))
    assert worker[0].memory_gib < worker[-1].memory_gib


def test_nothing_runs_out_before_the_horizon_and_something_does_after():
    needs = replace(ENTERPRISE, growth_percent_per_year=60, horizon_months=24)
    months = [entry.month for entry in exhaustions(size(needs)) if entry.month is not None]
    assert 24 < min(months) < 40


def test_without_growth_nothing_runs_out():
    needs = replace(Needs(), growth_percent_per_year=0, data_growth_gib_per_month=0)
    assert {entry.month for entry in exhaustions(size(needs))} == {None}


@SITES
def test_disks_are_forecast_for_every_machine_and_hold_until_the_horizon(needs):
    sizing = size(needs)
    forecast = disk_forecast(sizing)
    for pool in sizing.pools:
        mine = [entry for entry in forecast if (entry.environment, entry.pool) == (pool.environment, pool.name)]
        numbers = sorted(number for entry in mine if entry.mount == "/" for number in entry.machines)
        assert numbers == list(range(1, pool.expected.count + 1))
    for entry in forecast:
        assert 0 <= entry.used_first_month_gib <= entry.used_horizon_gib + 1e-6
        assert entry.used_horizon_gib <= entry.size_gib
