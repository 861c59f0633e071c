"""Questions explain themselves, unknown is an answer, and contradictions are refused with every reason."""

import json
import re
from dataclasses import fields
from importlib import resources

import jsonschema
import pytest
from every import every

from sizing.bands import Band
from sizing.engine import size
from sizing.errors import SizingError
from sizing.needs import UNKNOWN, Environment, Needs, as_mapping, check, needs_of, questions
from sizing.rules import load_schema
from sizing.settings import with_settings
from sizing.workload import Extent, answers, loads, redundant_site

EXTENT = Extent({"production": Band.exactly(5)}, {"production": Band.exactly(100)})


def test_the_types_mirror_the_schema():
    properties = load_schema("needs")["properties"]
    assert [entry.name for entry in fields(Needs)] == list(properties)
    defaults = as_mapping(Needs())
    assert {name: entry["default"] for name, entry in properties.items()} == defaults


def test_the_answers_file_asks_the_same_questions():
    answers_file = json.loads(
        (resources.files("installer.answers") / "answers.schema.json").read_text(encoding="utf-8")
    )
    assert answers_file["properties"]["needs"]["properties"] == load_schema("needs")["properties"]


def test_every_question_is_explained_with_examples_that_are_valid():
    validator = jsonschema.Draft202012Validator(load_schema("needs"))
    for question in questions():
        assert question.title
        assert question.explanation.endswith(".")
        assert question.examples
        for example in question.examples:
            assert validator.is_valid({question.name: example}), (question.name, example)


def test_an_empty_mapping_is_the_defaults():
    assert needs_of({}) == Needs()


def test_needs_survive_the_way_through_a_mapping():
    needs = Needs(users=30, outage_hours=48, environments=(Environment("a", 50, False),), later=("kafka",))
    assert needs_of(as_mapping(needs)) == needs


def test_unknown_is_an_answer_to_everything():
    def holds(question):
        resolved = answers(needs_of({question: "unknown"}))
        assert resolved[question].low <= resolved[question].expected <= resolved[question].high

    every([question.name for question in questions() if question.may_be_unknown], holds)


def test_unknown_widens_the_range():
    assert answers(Needs(log_gb_per_day=5))["log_gb_per_day"] == Band.exactly(5)
    unknown = answers(Needs())["log_gb_per_day"]
    assert unknown.low < unknown.expected < unknown.high


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"users": 0}, 'users is 0; wanted a whole number from 1 to 10,000,000, or "unknown"'),
        ({"users": -3}, "users is -3"),
        ({"users": 10**12}, "users is 1000000000000"),
        ({"users": "many"}, "users is 'many'"),
        ({"用户": 3}, "用户"),
        ({"data_gib": float("inf")}, "data_gib is inf"),
        ({"data_gib": float("nan")}, "data_gib is nan; wanted a number"),
        ({"horizon_months": "unknown"}, "horizon_months"),
        ({"environments": []}, "environments"),
        ({"environments": [{"name": "x" * 64}]}, "environments.0.name"),
        ({"users": 10, "users_at_once": 20}, "users_at_once is 20, but only 10 people"),
        ({"users_at_once": 1, "requests_per_second": 5000}, "over 1000 a second for each of 1 people"),
        ({"pipelines_per_day": 5}, "no developers"),
        ({"log_gb_per_day": 100000, "log_retention_days": 3650}, "over 5e+06 GB"),
        ({"outage_hours": 0, "host_failures_tolerated": 0}, "every broken machine is an outage"),
        ({"data_loss_hours": 0, "host_failures_tolerated": 0}, "one broken disk would lose data"),
        ({"service_replicas": 1, "host_failures_tolerated": 1}, "too few to lose 1 machine(s)"),
        ({"host_failures_tolerated": 1, "environments": [{"name": "a", "redundant": False}]}, "no environment is"),
        ({"environments": [{"name": "a"}, {"name": "a"}]}, "'a' is named twice"),
        ({"environments": [{"name": "a", "load_percent": 0}]}, "no environment bears any load"),
        ({"later": ["kafak"]}, "no sizing rules for 'kafak'"),
        ({"later": ["loki"]}, "can be sized alone"),
        ({"later": ["elasticsearh"]}, "did you mean 'elasticsearch'?"),
        ({"later": ["etcd"]}, "is there from the first day"),
    ],
)
def test_absurd_and_contradictory_needs_are_refused_with_the_reason(given, told):
    with pytest.raises(SizingError) as refused:
        needs_of(given)
    assert told in "\n".join(refused.value.problems)


def test_all_contradictions_are_told_at_once():
    needs = Needs(users=10, users_at_once=20, pipelines_per_day=3, environments=(Environment("a"), Environment("a")))
    with pytest.raises(SizingError) as refused:
        check(needs)
    assert len(refused.value.problems) == 3


def test_settings_are_laid_over_a_mapping_without_changing_it():
    given = {"users": 5, "environments": [{"name": "a"}]}
    changed = with_settings(given, ["users=7", "environments.0.load_percent=20", "log_gb_per_day=unknown"])
    assert changed == {"users": 7, "environments": [{"name": "a", "load_percent": 20}], "log_gb_per_day": "unknown"}
    assert given == {"users": 5, "environments": [{"name": "a"}]}


@pytest.mark.parametrize("setting", ["users", "=3", "users.more=3", "environments.5.name=a", "environments.x=1"])
def test_settings_that_lead_nowhere_are_refused(setting):
    with pytest.raises(SizingError):
        with_settings({"users": 5, "environments": [{"name": "a"}]}, [setting])


@pytest.mark.parametrize(
    ("needs", "redundant"),
    [
        (Needs(), True),
        (Needs(outage_hours=48), False),
        (Needs(outage_hours=48, data_loss_hours=0.5), True),
        (Needs(outage_hours=48, host_failures_tolerated=1), True),
        (Needs(outage_hours=1, host_failures_tolerated=0), False),
    ],
)
def test_redundancy_follows_from_how_long_an_outage_may_last(needs, redundant):
    assert redundant_site(needs) is redundant


def test_growth_applies_to_use_and_to_data():
    needs = Needs(requests_per_second=100, data_gib=50, data_growth_gib_per_month=2, growth_percent_per_year=50)
    first, later = (loads(needs, month, EXTENT)[0].quantities for month in (0, 24))
    assert first["requests_per_second"].expected == 100
    assert later["requests_per_second"].expected == pytest.approx(225)
    assert later["data_gib"].expected == pytest.approx(98)
    assert later["services"] == first["services"]


def test_an_environment_bears_its_share_and_the_site_their_sum():
    needs = Needs(
        requests_per_second=100,
        log_gb_per_day=10,
        environments=(Environment("production"), Environment("testing", 10, False)),
    )
    extent = Extent(
        {"production": Band.exactly(5), "testing": Band.exactly(1)},
        {"production": Band.exactly(100), "testing": Band.exactly(30)},
    )
    production, testing = loads(needs, 0, extent)
    assert testing.quantities["requests_per_second"].expected == pytest.approx(10)
    assert not testing.redundant
    assert testing.quantities["service_replicas_here"] == Band.exactly(1)
    platform = sum(load.quantities["platform_log_gb_per_day"].expected for load in (production, testing))
    assert production.quantities["site_log_gb_per_day"].expected == pytest.approx(11 + platform)


def test_unknown_is_never_cheaper_than_the_default():
    usual = size(Needs())

    def holds(name):
        unknown = size(Needs(**{name: UNKNOWN}))
        for field in ("cpu_cores", "memory_gib", "disk_gib"):
            assert unknown.total(field).expected >= usual.total(field).expected, field
            assert unknown.total(field).high >= usual.total(field).high, field

    every([question.name for question in questions() if question.may_be_unknown], holds)


ONE_MACHINE = [{"name": "production", "redundant": False}]


@pytest.mark.parametrize(("asked", "refused"), [
    ({"outage_hours": 0}, "outage_hours is 0, but no environment survives"),
    ({"outage_hours": 4}, "above 4"),
    ({"data_loss_hours": 0.5}, "data_loss_hours is 0.5, but no environment survives"),
    ({"data_loss_hours": 24, "backup_retention_days": 0}, "no backup is kept"),
])  # fmt: skip
def test_what_one_machine_cannot_give_is_refused_where_it_was_asked_for(asked, refused):
    with pytest.raises(SizingError, match=refused):
        needs_of({**asked, "environments": ONE_MACHINE})
    assert needs_of({**asked, "environments": [*ONE_MACHINE, {"name": "other"}]})


def test_what_nobody_said_is_no_wish():
    assert needs_of({"environments": ONE_MACHINE})
    assert needs_of({"environments": ONE_MACHINE, "outage_hours": 48, "data_loss_hours": 24})


def test_one_copy_of_a_service_is_an_outage():
    with pytest.raises(SizingError, match="a service has no copy"):
        check(Needs(service_replicas=1, outage_hours=0))


@pytest.mark.parametrize(("asked", "told"), [
    ({"userz": 3}, "there is no 'userz'; did you mean 'users'?"),
    ({"horizon_months": "unknown"}, "wanted a whole number from 1 to 120"),
    ({"environments": [{"name": f"e{number}"} for number in range(30)]}, "30 are too many; wanted 20 at most"),
])  # fmt: skip
def test_what_the_schema_refuses_is_told_in_words(asked, told):
    with pytest.raises(SizingError, match=re.escape(told)):
        needs_of(asked)
