"""The whole: machines for needs, sums that agree, and the property that more need never gives less machine."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from every import every
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from installer.answers.model import Access, Answers, Host, Registry
from installer.answers.model import Environment as Cluster
from installer.hosts.facts import Facts
from installer.hosts.facts_parsing import Disk
from installer.requirements import needs_from, offers_from
from sizing.bands import SCENARIOS, Band
from sizing.components import size_component
from sizing.document import document
from sizing.engine import pods_at, size
from sizing.errors import SizingError
from sizing.explanations import as_text, explain, explain_component
from sizing.growth import disk_forecast, exhaustions, growth
from sizing.needs import Chosen, Environment, Needs, as_mapping
from sizing.offered import Offer, offers_of, suffices
from sizing.rules import load_schema
from sizing.workload import Extent, answers

GOLDEN = Path(__file__).parent.parent / "golden"

SMALL = Needs(users=30, services=6, outage_hours=48, administrators=0, backup_retention_days=0)
ENTERPRISE = Needs(
    users=5000,
    services=40,
    developers=60,
    log_gb_per_day=50,
    environments=(Environment("production"), Environment("pre-release", 25), Environment("testing", 10, False)),
)
SITES = pytest.mark.parametrize("needs", [SMALL, Needs(), ENTERPRISE], ids=["small", "default", "enterprise"])


@SITES
def test_totals_are_the_sums_of_their_parts(needs):
    sizing = size(needs)
    for field in ("count", "cpu_cores", "memory_gib", "disk_gib", "disk_to_order_gib"):
        for scenario in SCENARIOS:
            by_pool = sum(pool.band(field).at(scenario) for pool in sizing.pools)
            by_environment = sum(
                sizing.total(field, environment.name).at(scenario) for environment in needs.environments
            )
            assert sizing.total(field).at(scenario) == pytest.approx(by_pool) == pytest.approx(by_environment)


@SITES
def test_every_pod_of_every_component_is_on_a_machine(needs):
    sizing = size(needs)
    for environment in needs.environments:
        placed: dict[str, int] = {}
        for pool in (pool for pool in sizing.pools if pool.environment == environment.name):
            for alike in pool.expected.placement.machines:
                for name, each in alike.holds:
                    placed[name] = placed.get(name, 0) + each * alike.count
        for part in (part for part in sizing.parts if part.environment == environment.name):
            for group in part.size.pods:
                found = placed.pop(f"{part.size.name}/{group.name}", 0)
                assert found == group.replicas.expected, (part.size.name, group.name)
        assert not placed


@SITES
def test_the_document_is_of_its_schema_and_is_json(needs):
    offered = suffices(needs, [Offer("production", "worker", 8, 32)])
    body = document(size(needs), offered, ("elasticsearch.disk_gb", "total.count"))
    jsonschema.Draft202012Validator(load_schema("output")).validate(json.loads(json.dumps(body, allow_nan=False)))


def test_a_site_that_may_stand_still_is_one_machine():
    assert [(pool.name, pool.expected.count) for pool in size(SMALL).pools] == [("node", 1)]


def test_a_site_that_may_not_has_three_control_planes_and_survives_a_loss():
    pools = {pool.name: pool for pool in size(Needs()).pools}
    assert pools["control-plane"].expected.count == 3
    assert pools["control-plane"].expected.fast_disk_gib > 0
    assert pools["worker"].failures_tolerated == 1
    assert pools["worker"].expected.cpu_free_after_loss >= 0
    assert pools["worker"].expected.memory_free_after_loss >= 0


def test_builds_run_on_machines_of_their_own():
    pools = {pool.name: pool for pool in size(Needs(developers=20)).pools}
    on_build = {name for alike in pools["build"].expected.placement.machines for name, _ in alike.holds}
    elsewhere = {name for alike in pools["worker"].expected.placement.machines for name, _ in alike.holds}
    assert "gitlab-runner/job" in on_build
    assert "gitlab-runner/job" not in elsewhere
    assert "build" not in {pool.name for pool in size(Needs()).pools}


EVERY_SITE = {"kubernetes-control-plane", "etcd", "coredns", "node-agents", "registry", "product", "postgresql"}


def _standing(*environments: Environment, **needs: object) -> dict[tuple[str, str], str]:
    parts = size(Needs(environments=environments, **needs)).parts
    return {(part.environment, part.size.name): part.standing for part in parts if part.size.name not in EVERY_SITE}


def _installed(name: str, *rules: str, **more: object) -> Environment:
    return Environment(name, components=tuple(map(Chosen, rules)), **more)


def test_what_is_not_installed_is_not_sized_and_what_comes_later_is_and_says_so():
    production, testing = _installed("production", "prometheus"), _installed("testing")
    assert _standing(production, testing) == {("production", "prometheus"): "installed"}
    assert _standing(production, testing, later=("prometheus", "kafka")) == {
        ("production", "prometheus"): "installed",
        ("production", "kafka"): "later",  # once on a site
        ("testing", "prometheus"): "later",
    }
    names = {part.size.name for part in size(Needs(environments=(_installed("production"),))).parts}
    assert names == EVERY_SITE


def test_what_is_once_on_a_site_is_sized_where_it_is_installed_for_the_load_of_all():
    alone = size(Needs(environments=(_installed("production"), _installed("testing", "kafka")), log_gb_per_day=100))
    (kafka,) = (part for part in alone.parts if part.size.name == "kafka")
    assert kafka.environment == "testing"
    assert kafka.load.quantities["site_log_gb_per_day"].expected > 200
    each = size(Needs(environments=(_installed("production", "kafka"), _installed("testing", "kafka")),
                      log_gb_per_day=100))  # fmt: skip
    own = [part.load.quantities["site_log_gb_per_day"].expected for part in each.parts if part.size.name == "kafka"]
    assert len(own) == 2
    assert sum(own) == pytest.approx(kafka.load.quantities["site_log_gb_per_day"].expected, rel=0.2)


def test_one_that_watches_all_environments_is_sized_for_all():
    def watching(whole: bool) -> float:
        chosen = (Chosen("prometheus", whole_site=whole),)
        needs = Needs(environments=(Environment("production", components=chosen), _installed("testing")))
        (part,) = (part for part in size(needs).parts if part.size.name == "prometheus")
        return part.size.value("memory_gib_per_replica").expected

    assert watching(True) > 1.1 * watching(False)


def test_a_part_of_no_full_stack_is_sized_where_somebody_names_it():
    assert "rsyslog" not in {part.size.name for part in size(Needs()).parts}
    assert _standing(_installed("production", "rsyslog")) == {("production", "rsyslog"): "installed"}
    assert _standing(_installed("production"), later=("victorialogs",)) == {("production", "victorialogs"): "later"}


def test_what_somebody_has_said_of_a_part_is_not_reckoned_and_all_follows_it():
    said = Environment("production", components=(Chosen("kafka", (("broker_memory_gib", 5.0), ("brokers", 4.0))),))
    sizing = size(Needs(environments=(said,)))
    (kafka,) = (part.size for part in sizing.parts if part.size.name == "kafka")
    assert kafka.value("broker_memory_gib_total") == Band.exactly(20)
    (brokers,) = (group for group in kafka.pods if group.name == "broker")
    assert (brokers.replicas.expected, brokers.memory_gib.expected) == (4, 5)
    placed = sum(each * alike.count for pool in sizing.pools for alike in pool.expected.placement.machines
                 for name, each in alike.holds if name == "kafka/broker")  # fmt: skip
    assert placed == 4
    assert "said, not reckoned" in "\n".join(as_text(explain(sizing, "kafka.brokers")))


def test_what_is_once_on_a_site_is_in_its_first_environment():
    homes = {part.environment for part in size(ENTERPRISE).parts if part.size.name == "elasticsearch"}
    assert homes == {"production"}


def test_unknown_widens_and_known_narrows():
    unknown = size(Needs()).total("memory_gib")
    known = size(
        Needs(
            requests_per_second=6,
            log_gb_per_day=1,
            data_gib=90,
            data_growth_gib_per_month=3,
            service_replicas=2,
            service_cpu_cores=0.25,
            service_memory_gib=0.5,
        )
    ).total("memory_gib")
    assert known.high - known.low < unknown.high - unknown.low


def test_what_lies_beyond_a_source_is_noted():
    notes = size(Needs(developers=60_000, pipelines_per_day=100)).notes
    assert "production: gitlab: users is 60000; the source covers 1 to 50000" in notes


def test_a_thousand_machines_are_sized():
    needs = Needs(users=1_000_000, requests_per_second=200_000, services=300, service_replicas=20, log_gb_per_day=3000)
    sizing = size(needs)
    assert sizing.total("count").expected > 250
    assert sizing.total("count").high > 1000


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


def test_the_machines_sized_suffice_when_offered():
    offers = [
        Offer(
            pool.environment,
            pool.name,
            pool.expected.shape.cpu_cores,
            pool.expected.shape.memory_gib,
            pool.expected.count,
            pool.expected.system_disk_gib,
        )
        for pool in size(ENTERPRISE).pools
    ]
    verdict = suffices(ENTERPRISE, offers)
    assert verdict.suffices, [entry for entry in verdict.verdicts if not entry.suffices]


@pytest.mark.parametrize(
    ("offer", "resource"),
    [
        (Offer("production", "worker", 4, 256, 3), "cpu_cores"),
        (Offer("production", "worker", 64, 16, 3), "memory_gib"),
        (Offer("production", "worker", 64, 256, 3, 200, 40), "disk_gib"),
        (Offer("production", "worker", 64, 256, 2), "machines"),
        (Offer("production", "worker", 64, 256, 3, 50), "system_disk_gib"),
    ],
)
def test_what_is_short_is_named_with_what_would_do(offer, resource):
    found = next(entry for entry in suffices(Needs(), [offer]).verdicts if entry.pool == "worker")
    assert not found.suffices
    assert resource in {entry.resource for entry in found.shortfalls}
    assert all(entry.wanted > entry.offered for entry in found.shortfalls)
    assert " x " in found.would_fit


def test_pools_without_an_offer_are_short_of_machines():
    verdicts = suffices(Needs(), []).verdicts
    assert {entry.shortfalls[0].resource for entry in verdicts} == {"machines"}
    assert all(entry.shortfalls[0].remedy.startswith("none is offered") for entry in verdicts)


def test_offers_of_strange_environments_and_forms_are_refused():
    with pytest.raises(SizingError, match="'staging', which is no environment"):
        suffices(Needs(), [Offer("staging", "worker", 8, 32)])
    with pytest.raises(SizingError) as refused:
        offers_of([{"environment": "a", "pool": "worker", "cpu_cores": 0, "memory_gib": 1}, {"cores": 3}])
    assert len(refused.value.problems) == 2


def test_a_figure_is_explained_down_to_an_answer():
    text = "\n".join(as_text(explain(size(ENTERPRISE), "elasticsearch.disk_gb")))
    assert "answered: Log volume per day; 50 today, grown over 36 months; 25 % of it here" in text
    assert "elastic.co/blog/benchmarking" in text
    assert "constant" not in text.splitlines()[0]


def test_every_figure_in_a_sizing_can_be_explained():
    def holds(part):
        sizing = size(ENTERPRISE)
        found = next(entry.size for entry in sizing.parts if entry.size.name == part)
        for key in (*found.figures, "cpu_cores", "memory_gib", "disk_gib", "replicas"):
            assert explain(sizing, f"{part}.{key}").because

    every(sorted({part.size.name for part in size(ENTERPRISE).parts}), holds)


def test_pools_and_totals_are_explained_by_what_they_are_made_of():
    sizing = size(ENTERPRISE)
    total = explain(sizing, "total.memory_gib")
    assert isinstance(total.value, Band)
    sums = [part.value.expected for part in total.parts if isinstance(part.value, Band)]
    assert total.value.expected == pytest.approx(sum(sums))
    assert explain(sizing, "testing/total.count").value == sizing.total("count", "testing")
    assert explain(sizing, "pre-release/worker.count").value == next(
        pool.band("count") for pool in sizing.pools if (pool.environment, pool.name) == ("pre-release", "worker")
    )


def test_agents_count_once_for_each_machine_of_a_kind():
    sizing = size(Needs())
    worker = next(pool for pool in sizing.pools if pool.name == "worker")
    tree = explain(sizing, "worker.count")
    agents = next(part.value for part in tree.parts if part.because == "on every machine")
    assert isinstance(agents, Band)
    assert agents.expected == pytest.approx(0.25 * worker.expected.count)
    assert "go on after the loss of 1" in tree.because


def test_what_machines_carry_is_told_largest_first_and_where_it_must_be_apart():
    tree = explain(size(ENTERPRISE), "production/worker.count")
    cores = [part.value.expected for part in tree.parts if isinstance(part.value, Band)]
    assert cores == sorted(cores, reverse=True)
    assert "of them, no two on one machine" in next(p.because for p in tree.parts if p.name == "elasticsearch: data")
    assert "e+" not in "\n".join(as_text(explain(size(ENTERPRISE), "elasticsearch.disk_gb")))


def test_a_component_alone_is_explained_in_the_unit_asked_for():
    tree = explain_component(size_component("kafka", {"retained_message_gb": 100}), "disk_gb")
    assert tree.because == "disk_gib in other units"
    assert isinstance(tree.value, Band)
    assert tree.value.expected == pytest.approx(300)


@pytest.mark.parametrize("figure", ["disk", "kafak.disk_gib", "kafka.dsik_gib", "worker.colour", "x/total.count.y"])
def test_what_cannot_be_explained_is_refused(figure):
    with pytest.raises(SizingError):
        explain(size(Needs()), figure)


def _answers(needs: dict[str, object]) -> Answers:
    host = Host("h", "10.0.0.1", Access())
    clusters = (Cluster("production", ("a", "b", "c")), Cluster("testing", ("d",)))
    return Answers("site", (host,), clusters, Registry(("a",)), "", needs=needs)


def test_needs_come_from_the_answers_with_their_environments():
    needs = needs_from(_answers({"users": 70}), ["users=80"])
    assert needs.users == 80
    assert needs.environments == (Environment("production", 100, True, ()), Environment("testing", 100, False, ()))
    said = needs_from(_answers({"environments": [{"name": "production"}]}))
    assert said.environments == (Environment("production", components=()),)


def _facts(host: str, disks: dict[str, Disk]) -> Facts:
    return Facts(host=host, cpus=8, memory=round(31.3 * 2**30), disks=disks)


def test_hosts_are_offered_by_what_they_say_and_what_they_are_for():
    root, var = Disk("/", "ext4", 99 * 2**30, 0), Disk("/var/lib", "xfs", 500 * 2**30, 0)
    site = _answers({})
    facts = {"a": _facts("a", {"/": root, "/var/lib": var}), "d": _facts("d", {"/": root, "/var/lib": root})}
    assert offers_from(site, facts, needs_from(site)) == (
        Offer("production", "control-plane", 8, 32, 1, 99, 500, "a"),
        Offer("testing", "node", 8, 32, 1, 99, 0, "d"),
    )


@pytest.mark.parametrize("name", ["small", "default", "enterprise"])
def test_the_machines_are_those_of_the_golden_file(name):
    needs = {"small": SMALL, "default": Needs(), "enterprise": ENTERPRISE}[name]
    lines = [
        f"{pool.environment} {pool.name}: {pool.expected.count} x {pool.expected.shape.cpu_cores:g} cores, "
        f"{pool.expected.shape.memory_gib:g} GiB, disks {pool.expected.system_disk_gib:g} + "
        f"{pool.expected.data_disk_gib:g} + {pool.expected.fast_disk_gib:g} GiB "
        f"(low {pool.low.count} x {pool.low.shape.cpu_cores:g}, high {pool.high.count} x {pool.high.shape.cpu_cores:g})"
        for pool in size(needs).pools
    ]
    golden = GOLDEN / f"sizing_{name}.txt"
    assert "\n".join(lines) + "\n" == golden.read_text(encoding="utf-8"), "changed on purpose? then write it anew"


def test_needs_that_are_wrong_are_refused_where_they_come_from_answers():
    with pytest.raises(SizingError, match="users is -1"):
        needs_from(_answers({"users": -1}))


def test_every_answer_is_within_its_band():
    for band in answers(ENTERPRISE).values():
        assert band.low <= band.expected <= band.high
