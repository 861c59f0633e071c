"""What holds for any needs: sums agree, more need never gives less machine, and nonsense is refused with its reason."""

import json
from dataclasses import fields, replace

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sizing.bands import SCENARIOS
from sizing.components import size_component
from sizing.document import document
from sizing.engine import Sizing, size
from sizing.errors import SizingError
from sizing.explanations import explain
from sizing.growth import exhaustions
from sizing.needs import UNKNOWN, Environment, Needs, as_mapping, check, needs_of
from sizing.offered import suffices
from sizing.offers import offers_of
from sizing.rules import load_rules, load_schema
from sizing.settings import with_settings


def often(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


# Found once: just above a step of Elasticsearch's nodes, fewer machines came out than just below it.
A_STEP = {"log_gb_per_day": 20, "log_retention_days": 60, "requests_per_second": 20}
MACHINES = ("cpu_cores", "memory_gib", "disk_gib")
SUMS = ("replicas", "cpu_cores", "memory_gib", "disk_gib")

BOUNDED = {
    "users": st.integers(1, 5000),
    "users_at_once": st.just(UNKNOWN) | st.integers(0, 1),
    "requests_per_second": st.just(UNKNOWN) | st.floats(0, 500),
    "services": st.integers(1, 60),
    "service_replicas": st.just(UNKNOWN) | st.integers(2, 4),
    "service_cpu_cores": st.just(UNKNOWN) | st.floats(0.05, 2),
    "service_memory_gib": st.just(UNKNOWN) | st.floats(0.05, 4),
    "data_gib": st.just(UNKNOWN) | st.floats(0, 5000),
    "data_growth_gib_per_month": st.just(UNKNOWN) | st.floats(0, 100),
    "log_gb_per_day": st.just(UNKNOWN) | st.floats(0, 100),
    "log_retention_days": st.integers(1, 90),
    "metrics_retention_days": st.integers(1, 90),
    "trace_percent": st.floats(0, 50),
    "backup_retention_days": st.integers(0, 90),
    "outage_hours": st.floats(0.5, 100),
    "developers": st.integers(1, 200),
    "pipelines_per_day": st.just(UNKNOWN) | st.integers(0, 300),
    "administrators": st.integers(0, 30),
    "growth_percent_per_year": st.floats(0, 60),
    "horizon_months": st.integers(1, 48),
}
NAMES = ("production", "pre-release", "testing")


@st.composite
def environments(draw):
    count = draw(st.integers(1, 3))
    return tuple(
        Environment(name, 100 if number == 0 else draw(st.integers(1, 100)), draw(st.booleans()))
        for number, name in enumerate(NAMES[:count])
    )


@st.composite
def some_needs(draw):
    return Needs(**{name: draw(values) for name, values in BOUNDED.items()}, environments=draw(environments()))


def sized(needs: Needs) -> Sizing:
    """The machines; a case that the rules refuse with a reason is left out."""
    try:
        check(needs)
        return size(needs)
    except SizingError as refused:
        assert refused.problems
        assume(False)
        raise


@often(20)
@given(some_needs())
def test_sums_agree_from_pods_to_totals(needs):
    sizing = sized(needs)
    for part in sizing.parts:
        for field in SUMS:
            for scenario in SCENARIOS:
                each = [
                    group.replicas.at(scenario) * (1 if field == "replicas" else getattr(group, field).at(scenario))
                    for group in part.size.pods
                ]
                assert part.size.total(field).at(scenario) == pytest.approx(sum(each))
    for field in ("count", *MACHINES, "disk_to_order_gib"):
        here = [sizing.total(field, environment.name) for environment in needs.environments]
        for scenario in SCENARIOS if field in MACHINES else ("expected",):
            pools = sum(getattr(getattr(pool, scenario), field) for pool in sizing.pools)
            assert sizing.total(field).at(scenario) == pytest.approx(sum(band.at(scenario) for band in here))
            assert sizing.total(field).at(scenario) == pytest.approx(pools)
        assert sizing.total(field).low <= sizing.total(field).expected <= sizing.total(field).high


@often(20)
@given(some_needs())
def test_what_is_placed_is_what_the_components_ask_for(needs):
    sizing = sized(needs)
    for pool in sizing.pools:
        for layout in (pool.low, pool.expected, pool.high):
            placed = sum(alike.count for alike in layout.placement.machines)
            assert placed == layout.count
            for alike in layout.placement.machines:
                assert alike.left.cpu_cores >= -1e-6
                assert alike.left.memory_gib >= -1e-6
                assert alike.left.pods >= 0
    wanted = sum(g.replicas.expected for part in sizing.parts for g in part.size.pods if not g.every_host)
    agents = {f"{part.size.name}/{g.name}" for part in sizing.parts for g in part.size.pods if g.every_host}
    found = sum(
        each * alike.count
        for pool in sizing.pools
        for alike in pool.expected.placement.machines
        for name, each in alike.holds
        if name not in agents
    )
    assert found == wanted


@often(8)
@given(some_needs())
def test_any_sizing_is_of_the_published_schema(needs):
    sizing = sized(needs)
    pool = sizing.pools[0]
    body = document(sizing, suffices(needs, ()), ("total.memory_gib", f"{pool.environment}/{pool.name}.count"))
    jsonschema.Draft202012Validator(load_schema("output")).validate(json.loads(json.dumps(body, allow_nan=False)))


MORE = ("users", "requests_per_second", "services", "service_cpu_cores", "service_memory_gib", "data_gib",
        "data_growth_gib_per_month", "log_gb_per_day", "log_retention_days", "metrics_retention_days", "trace_percent",
        "backup_retention_days", "developers", "pipelines_per_day", "administrators", "growth_percent_per_year",
        "horizon_months")  # fmt: skip


@often(30)
@given(some_needs(), st.sampled_from(MORE), st.data())
def test_more_need_never_gives_less_machine(needs, name, data):
    drawn = sorted(value for value in (data.draw(BOUNDED[name]), data.draw(BOUNDED[name])) if value != UNKNOWN)
    assume(len(drawn) == 2)
    less, more = (sized(replace(needs, **{name: value})) for value in drawn)
    for field in MACHINES:
        before, after = less.total(field).expected, more.total(field).expected
        assert after >= before * (1 - 1e-9), (name, drawn, field, before, after)


def test_machines_grow_along_every_step_of_the_log_store():
    totals = [size(Needs(**A_STEP, horizon_months=month)).total("cpu_cores").expected for month in range(1, 60, 4)]
    assert totals == sorted(totals)


WORDS = st.text(max_size=12) | st.sampled_from(["unknown", "nan", "-1", "1e999", "用户", "x" * 300])
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 10**40, 1e308, float("inf"), float("nan")])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
DEFAULT = size(Needs())
QUESTIONS = [entry.name for entry in fields(Needs)]


@often(200)
@given(st.dictionaries(st.sampled_from(QUESTIONS) | WORDS, ANYTHING, max_size=3))
@example({"environments": [{"name": "a", "load_percent": float("nan")}]})
@example({"later": [["kafka"]]})
@example({"data_gib": 10**40})
def test_nonsense_in_needs_is_refused_or_sized(answers):
    try:
        sizing = size(needs_of(answers))
    except SizingError as refused:
        assert refused.problems
        assert all(refused.problems)
    else:
        assert 0 < sizing.total("cpu_cores").expected < float("inf")


@often(200)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["environment", "pool", "cpu_cores", "memory_gib", "count", "data_disk_gib", "name"])
            | WORDS,
            ANYTHING,
            max_size=6,
        ),
        max_size=3,
    )
)
@example([{"environment": "production", "pool": "worker", "cpu_cores": "eight", "memory_gib": 32}])
@example([{"environment": "production", "pool": "worker", "cpu_cores": 8, "memory_gib": 32, "count": 1.5}])
@example([{"environment": "production", "pool": "worker", "cpu_cores": float("nan"), "memory_gib": 32}])
@example([{"environment": ["production"], "pool": "worker", "cpu_cores": 8, "memory_gib": 32}])
@example([{"environment": "production", "pool": "worker", "cpu_cores": 8, "memory_gib": 32, "count": 10**30}])
@example([{"environment": "production", "pool": "worker", "cpu_cores": 8, "memory_gib": 32, "data_disk_gib": -5}])
@example([{"environment": "production", "pool": "wroker", "cpu_cores": 8, "memory_gib": 32}])
def test_nonsense_in_offers_is_refused_or_judged(entries):
    try:
        verdict = suffices(Needs(), offers_of(entries))
    except SizingError as refused:
        assert all(refused.problems)
    else:
        assert verdict.suffices in {True, False}


@often(200)
@given(st.lists(WORDS | st.sampled_from(["users=3", "environments.0.name=a", "users=", "a.b.c=1"]), max_size=3))
@example(["users=!!python/object/apply:os.system [true]"])
@example(["users=[1"])
@example(["environments.99999999999=1"])
@example(["=", "."])
def test_nonsense_in_settings_is_refused_or_taken(lines):
    try:
        needs_of(with_settings(as_mapping(Needs()), lines))
    except SizingError as refused:
        assert all(refused.problems)


@often(200)
@given(
    st.sampled_from(sorted(load_rules().components)) | WORDS,
    st.dictionaries(WORDS | st.sampled_from(["nodes", "replicas", "users", "retention_days"]), ANYTHING, max_size=3),
)
@example("kafka", {"retention_days": [1]})
@example("kafka", {"message_bytes": None})
@example("kafka", {"message_bytes": 10**400})
@example("kafka", {"message_bytes": {"a": 1}})
@example("k3s", {"datastore": ["embedded"]})
@example("harbor", {"profile": {"a": 1}})
def test_nonsense_in_a_component_is_refused_or_sized(name, inputs):
    try:
        found = size_component(name, inputs)
    except SizingError as refused:
        assert all(refused.problems)
    else:
        assert found.total("cpu_cores").expected >= 0


@often(100)
@given(WORDS | st.builds("{}.{}".format, st.sampled_from(["worker", "total", "kafka"]), WORDS))
def test_nonsense_to_explain_is_refused_or_explained(figure):
    try:
        assert explain(DEFAULT, figure).name
    except SizingError as refused:
        assert all(refused.problems)


def test_every_estimate_says_why_it_is_one():
    rules = load_rules()
    cited = {figure.source for component in rules.components.values() for figure in component.figures.values()}
    assert "assumed" not in cited, "say why nothing is published: a source of its own named assumed-..."
    reasons = [text for name, text in rules.sources.items() if name.startswith("assumed-")]
    assert all(len(text) > 40 for text in reasons)


@often(12)
@given(st.floats(0, 1000), st.integers(1, 120), st.integers(1, 500_000))
@example(280.0, 36, 500)
@example(300.0, 36, 500)
@example(200.0, 36, 500_000)
@example(1000.0, 120, 1)
def test_what_could_be_reckoned_for_the_horizon_is_told_to_its_end(growth: float, horizon: int, users: int) -> None:
    """However steep the growth: what lies beyond all measure lies beyond what is looked at."""
    try:
        sizing = size(Needs(growth_percent_per_year=growth, horizon_months=horizon, users=users))
    except SizingError:  # the machines for the horizon itself are none that exist; told as what it is
        return
    assert document(sizing)
    assert all(each.month is None or each.month > horizon for each in exhaustions(sizing))
