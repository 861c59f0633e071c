"""The whole: machines for needs, sums that agree, and the property that more need never gives less machine."""

import json
from pathlib import Path

import jsonschema
import pytest

from installer.answers.model import Access, Answers, Host, Registry
from installer.answers.model import Environment as Cluster
from installer.requirements import needs_from
from sizing.bands import SCENARIOS, Band
from sizing.document import document
from sizing.engine import size
from sizing.errors import SizingError
from sizing.explanations import as_text, explain
from sizing.needs import Chosen, Environment, Needs
from sizing.offered import suffices
from sizing.offers import Offer
from sizing.rules import load_schema
from sizing.workload import answers

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
        # More need may mean fewer machines, and then the low need has not the fewest.
        for scenario in SCENARIOS if field in {"cpu_cores", "memory_gib", "disk_gib"} else ("expected",):
            by_pool = sum(getattr(getattr(pool, scenario), field) for pool in sizing.pools)
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
