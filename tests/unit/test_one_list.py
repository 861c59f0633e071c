"""The one list: what is installed is sized, for templates too, and nothing else; unknown figures are refused."""

from dataclasses import replace

import pytest
from core_manifest import core_manifest
from wired_bundle import answers, beside_core, bundle, part

from installer.answers.model import Answers
from installer.bundle import sized, specification
from installer.bundle.manifest import Component
from installer.errors import AnswersInvalid, NeedsInvalid
from installer.installed import installed
from installer.plan.inputs import Planned
from installer.requirements import needs_from, needs_of_sections
from sizing.bands import Band
from sizing.rules import load_rules

SIZED = {
    "replicas": "kafka.brokers",
    "cpu": "kafka.broker_cpu_cores",
    "memory": "kafka.broker_memory_gib",
    "heap": "kafka.heap_gib_per_broker",
    "disk": "kafka.disk_per_broker_gib",
}
QUEUE = part("queue", role="message-queue", placed="once", sized=SIZED)
WATCH = part("watch", role="metrics", placed="once")
USER = part("user", requires=["queue"])


def _said(given: Answers, environment: int, name: str, **values: object) -> Answers:
    """The answers, with values laid over a component."""
    changed = list(given.environments)
    components = {**changed[environment].components, name: values}
    changed[environment] = replace(changed[environment], components=components)
    return replace(given, environments=tuple(changed))


def test_what_is_installed_is_what_the_plan_solves_with_all_that_it_takes_along():
    given = answers(production=["user"], testing=[])
    with_bundle = installed(given, Planned(given, bundle(QUEUE, USER)).wiring.parts)
    assert [(each.environment, each.name, each.role) for each in with_bundle] == [
        ("production", "queue", "message-queue"),
        ("production", "user", ""),
    ]
    assert [each.name for each in installed(given)] == ["user"], "without a bundle nobody knows what is taken along"


def test_a_part_is_sized_by_its_figures_by_its_name_or_by_its_role():
    given = answers(production=["queue", "watch", "cert-manager", "shop"])
    known = bundle(QUEUE, WATCH, part("cert-manager"), part("shop"))
    chosen = {each.name: each.chosen for each in installed(given, Planned(given, known).wiring.parts)}
    assert {name: each.rules for name, each in chosen.items() if each} == {
        "queue": "kafka", "watch": "prometheus", "cert-manager": "cert-manager"}  # fmt: skip
    assert chosen["watch"].whole_site
    assert not chosen["queue"].whole_site, "its rules reckon for the whole site by themselves"


def test_each_role_has_one_rule():
    roles = [rules.role for rules in load_rules().components.values() if rules.role]
    assert len(roles) == len(set(roles)) > 10


def test_the_core_bundle_is_sized_by_what_it_has_and_nothing_else():
    given = answers(production=["metrics-server"])
    sizing = Planned(given, core_manifest()).sizing
    assert {each.size.name for each in sizing.parts} - {"product", "postgresql"} == {
        "kubernetes-control-plane", "etcd", "coredns", "node-agents", "registry", "metrics-server"}  # fmt: skip


def test_a_draft_is_read_as_the_plan_will_read_it():
    given = answers(production=["user"], testing=[])
    manifest = beside_core(QUEUE, USER)
    environments = [{"name": "production", "control_planes": ["h"], "components": {"user": {}, "no-such": {}}},
                    {"name": "testing", "control_planes": ["h"], "components": None}]  # fmt: skip
    drafted = needs_of_sections({}, environments, manifest)
    planned = needs_from(given, parts=Planned(given, manifest).wiring.parts)
    assert drafted == planned


def test_templates_see_the_figures_in_their_units_rounded_up():
    given = answers(production=["queue"])
    planned = Planned(given, bundle(QUEUE))
    size = next(each.size for each in planned.sizing.parts if each.size.name == "kafka")
    seen = planned.seen(given.environments[0], QUEUE)["sized"]
    assert seen["memory"] == pytest.approx(size.value("broker_memory_gib").expected * 1024, abs=1)
    assert seen["cpu"] == pytest.approx(size.value("broker_cpu_cores").expected * 1000, abs=1)
    assert 0 <= seen["disk"] - size.value("disk_per_broker_gib").expected < 1
    assert seen["replicas"] == size.value("brokers").expected
    assert all(type(value) is int and value > 0 for value in seen.values())
    more = Planned(replace(given, needs={"log_gb_per_day": 500}), bundle(QUEUE)).seen(given.environments[0], QUEUE)
    assert more["sized"]["disk"] > 10 * seen["disk"], "the customer's needs go into it"


def test_what_the_answers_say_goes_before_what_is_reckoned_in_plan_and_sizing_alike():
    given = _said(answers(production=["queue"]), 0, "queue", memory=1536, replicas=2, colour="red")
    planned = Planned(given, bundle(QUEUE))
    seen = planned.seen(given.environments[0], QUEUE)["sized"]
    assert (seen["memory"], seen["replicas"]) == (1536, 2)
    size = next(each.size for each in planned.sizing.parts if each.size.name == "kafka")
    assert size.value("broker_memory_gib") == Band.exactly(1.5)
    assert size.value("broker_memory_gib_total") == Band.exactly(3)


@pytest.mark.parametrize("value", ["lots", 0, -1, True, None, [2]])
def test_a_size_that_is_none_is_refused_in_its_line(value):
    given = _said(answers(production=["queue"]), 0, "queue", memory=value)
    with pytest.raises(AnswersInvalid) as refused:
        Planned(given, bundle(QUEUE)).wiring  # noqa: B018 - reading it solves it
    (problem,) = refused.value.problems
    assert problem.line == given.lines["environments.0.components.queue"]
    assert problem.wanted == "a number of MiB"


def test_a_part_to_be_sized_in_an_environment_that_the_needs_leave_out_is_refused():
    given = replace(answers(production=[], testing=["queue"]), needs={"environments": [{"name": "production"}]})
    with pytest.raises(NeedsInvalid) as refused:
        Planned(given, bundle(QUEUE)).seen(given.environments[1], QUEUE)
    assert "testing is not among them" in str(refused.value.problems)


@pytest.mark.parametrize(
    ("figures", "place", "told"),
    [
        ({"memory": "kafka.broker_memry_gib"}, "memory", "did you mean 'broker_memory_gib'?"),
        ({"memory": "kafak.brokers"}, "memory", "did you mean 'kafka'?"),
        ({"memory": "kafka.brokers"}, "memory", "cannot be told as a number of MiB"),
        ({"replicas": "kafka.broker_memory_gib"}, "replicas", "cannot be told as a number of copies"),
        ({"disk": "prometheus.disk_gib_per_day_per_replica"}, "disk", "cannot be told as a number of GiB"),
        ({"memory": "kafka.broker_memory_gib", "disk": "prometheus.disk_gib"}, "disk", "others here are of kafka"),
        ({"colour": "kafka.brokers"}, "colour", "unknown key"),
        ({"memory": "kafka"}, "memory", "a figure of the calculator"),
    ],
)
def test_figures_that_are_not_there_are_refused_with_the_nearest(figures, place, told):
    wrong = specification.Subject("queue", {"name": "queue", "sized": figures}, (), (), ())
    flaws = list(specification.flaws(wrong, "component"))
    assert [flaw.path for flaw in flaws] == [("sized", place)]
    assert told in flaws[0].said


def test_every_figure_of_every_rule_can_be_told_or_is_refused():
    """No figure makes the check itself fail."""
    for rules in load_rules().components.values():
        for key in rules.figures:
            for name in sized.UNITS:
                list(sized.flaws({"sized": {name: f"{rules.name}.{key}"}}))


def test_a_bundle_is_built_with_the_figures_of_the_defaults_where_nobody_said_a_need():
    alone = sized.alone(QUEUE.spec)
    assert alone.keys() == SIZED.keys()
    assert sized.alone(Component("plain", "1").spec) == {}
