"""Each rule says its unit, its formula and its source, and every name in a formula is known."""

import pytest
from every import every

from sizing.bands import Band
from sizing.components import component_inputs, component_rules, size_component
from sizing.errors import SizingError
from sizing.expressions import FUNCTIONS, evaluator, names_in
from sizing.rules import load_rules
from sizing.units import same_quantity, unit_of

COMPONENTS = sorted(load_rules().components)


def test_every_source_is_named_in_the_list_of_sources():
    def holds(name):
        rules = load_rules().components[name]
        cited = {rule.source for rule in rules.figures.values()} | {entry.source for entry in rules.inputs.values()}
        assert cited - {""} <= load_rules().sources.keys()
        assert all(rule.source for rule in rules.figures.values())

    every(COMPONENTS, holds)


def test_formulas_name_only_what_the_component_knows():
    def holds(name):
        rules = load_rules().components[name]
        known = {*rules.inputs, *rules.constants, *rules.figures}
        for figure in rules.figures.values():
            assert set(names_in(figure.formula)) <= known, figure.key
        for pod in rules.pods:
            for formula in (pod.replicas, pod.cpu_cores, pod.memory_gib, pod.disk_gib, pod.iops, pod.network_mb_s):
                assert set(names_in(formula)) <= known, (pod.name, formula)

    every(COMPONENTS, holds)


def test_low_expected_and_high_are_in_order():
    def holds(name):
        size = size_component(name, {})
        for group in size.pods:
            for field in ("replicas", "cpu_cores", "memory_gib", "disk_gib", "iops", "network_mb_s"):
                total = size.total(field)
                assert total.low <= total.expected <= total.high, (group.name, field)

    every(COMPONENTS, holds)


def test_a_component_that_runs_never_gives_a_lone_number():
    def holds(name):
        size = size_component(name, {})
        if size.pods:
            cpu, memory = size.total("cpu_cores"), size.total("memory_gib")
            assert cpu.low < cpu.high
            assert memory.low < memory.high

    every(COMPONENTS, holds)


def test_a_spread_names_a_row_of_spreads():
    def holds(name):
        assert {rule.spread for rule in load_rules().components[name].figures.values()} <= {"", *load_rules().spreads}

    every(COMPONENTS, holds)


def test_every_source_in_the_list_is_used():
    used = {rule.source for rules in load_rules().components.values() for rule in rules.figures.values()}
    used |= {entry.source for rules in load_rules().components.values() for entry in rules.inputs.values()}
    assert load_rules().sources.keys() <= used | {"assumed"}


def test_names_of_functions_are_not_names_of_quantities():
    for rules in load_rules().components.values():
        assert not FUNCTIONS.keys() & {*rules.inputs, *rules.figures, *rules.constants}


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("disk_gib", "GiB"),
        ("ingest_gb_per_day", "GB/day"),
        ("disk_bandwidth_mb_s", "MB/s"),
        ("reserved_cpu_millicores", "millicores"),
        ("requests_per_second", "1/second"),
        ("growth_percent_per_year", "%"),
        ("concurrent_iops", "IOPS"),
        ("brokers", ""),
    ],
)
def test_the_unit_is_read_from_the_key(key, unit):
    assert unit_of(key) == unit


@pytest.mark.parametrize(
    ("asked", "known", "factor"),
    [
        ("disk_gib", "disk_gib", 1),
        ("disk_gb", "disk_gib", 1e9 / 2**30),
        ("retention_days", "retention_seconds", 86400),
        ("ingest_gb_per_hour", "ingest_gb_per_day", 24),
        ("cpu_millicores", "cpu_cores", 0.001),
        ("memory_mib_per_replica", "memory_gib_per_replica", 1 / 1024),
    ],
)
def test_a_quantity_is_recognised_in_another_unit(asked, known, factor):
    found = same_quantity(asked, ["something_else", known])
    assert found is not None
    assert found == (known, pytest.approx(factor))


def test_different_quantities_are_not_confused():
    assert same_quantity("disk_gib_per_node", ["disk_gib", "memory_gib"]) is None


def test_figures_are_given_in_the_unit_asked_for():
    size = size_component("kafka", {"messages_per_second": 39000, "message_bytes": 1941, "retention_seconds": 300})
    assert size.value("disk_gb").expected == pytest.approx(68.13, rel=1e-3)
    assert size.value("disk_gib").expected == pytest.approx(63.45, rel=1e-3)


def test_inputs_are_taken_in_the_unit_given():
    by_days = size_component("prometheus", {"samples_per_second": 1000, "retention_days": 10})
    by_seconds = size_component("prometheus", {"samples_per_second": 1000, "retention_seconds": 864000})
    assert by_days.value("disk_gib") == by_seconds.value("disk_gib")


def test_unknown_component_and_inputs_are_refused_with_what_is_known():
    with pytest.raises(SizingError, match=r"no sizing rules for component 'kafak'.*kafka"):
        size_component("kafak", {})
    with pytest.raises(SizingError) as refused:
        size_component("kafka", {"mesages": 1, "replication_factor": -1, "message_bytes": "many"})
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.5])
def test_values_that_are_no_quantity_are_refused(value):
    with pytest.raises(SizingError, match="message_bytes"):
        size_component("kafka", {"message_bytes": value})


@pytest.mark.parametrize("value", [0, 1, 1e15, 1e300])
def test_extreme_inputs_are_sized_or_refused(value):
    def holds(name):
        for entry in component_inputs(name):
            try:
                size = size_component(name, {entry.name: value})
            except SizingError as refused:
                assert refused.problems
            else:
                assert all(0 <= size.total(field).expected < float("inf") for field in ("cpu_cores", "memory_gib"))

    every(COMPONENTS, holds)


def test_other_names_of_figures_work_in_other_units():
    size = size_component("prometheus", {"active_series": 1_000_000})
    assert size.value("memory_mib").expected == pytest.approx(size.value("memory_gib_per_replica").expected * 1024)


def test_choices_are_closed():
    with pytest.raises(SizingError, match="wanted one of: embedded, external"):
        size_component("k3s", {"datastore": "sqlite"})


def test_unknown_as_an_answer_widens_the_range():
    known = size_component("elasticsearch", {"ingest_gb_per_day": 10}).value("disk_gb")
    unknown = size_component("elasticsearch", {"ingest_gb_per_day": "unknown"}).value("disk_gb")
    assert known.low == known.expected == known.high
    assert unknown.low < unknown.expected == known.expected < unknown.high


def test_a_band_as_input_is_carried_through():
    size = size_component("filebeat", {"nodes": Band(2, 4, 8)})
    assert size.value("replicas") == Band(2, 4, 8)


def test_a_value_beyond_the_source_is_noted():
    assert size_component("rancher", {"managed_nodes": 9000}).notes == (
        "managed_nodes is 9000; the source covers 1 to 5000",
    )
    assert size_component("rancher", {"managed_nodes": 10}).notes == ()


def test_past_the_last_row_a_table_grows_in_proportion():
    assert size_component("rancher", {"managed_nodes": 10000}).value("cpu_cores_per_node").expected == 32


def test_components_are_found_by_other_names_and_spellings():
    assert component_rules("OpenSearch").name == "elasticsearch"
    assert component_rules("kube_state_metrics").name == "kube-state-metrics"


def test_inputs_are_listed_with_units_and_defaults():
    listed = {entry.name: entry for entry in component_inputs("kafka")}
    assert listed["retention_seconds"].value == Band(86400, 86400, 86400)
    assert listed["retention_seconds"].unit == "seconds"
    assert not any(entry.given for entry in listed.values())


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os').system('true')",
        "().__class__",
        "open('/etc/passwd')",
        "[x for x in (1, 2)]",
        "9 ** 9 ** 9 ** 9",
        "1 / 0",
        "nothing",
        "1 +",
        "'a' * 1000000000",
    ],
)
def test_formulas_cannot_reach_beyond_arithmetic(formula):
    with pytest.raises(SizingError):
        evaluator({}, {})(formula)


def test_rounding_does_not_add_a_machine_for_a_rounding_error():
    calculate = evaluator({}, {})
    assert calculate("ceil(0.1 * 3 / 0.1)") == 3
    assert calculate("ceil(3.01)") == 4
    assert calculate("floor(2.9999999999)") == 3
    assert calculate("ceil_to(26.8, 3)") == 27
