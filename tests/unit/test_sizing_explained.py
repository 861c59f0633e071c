"""Every figure of a sizing is explained down to an answer."""

import pytest
from every import every
from test_sizing_engine import ENTERPRISE

from sizing.bands import Band
from sizing.components import size_component
from sizing.engine import size
from sizing.errors import SizingError
from sizing.explanations import as_text, explain, explain_component, shares
from sizing.needs import Needs, needs_of


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
    sizing = size(ENTERPRISE)
    tree = explain(sizing, "production/worker.count")
    cores = [part.value.expected for part in tree.parts if isinstance(part.value, Band)]
    assert cores == sorted(cores, reverse=True)
    assert "of them, no two on one machine" in next(p.because for p in tree.parts if p.name == "kafka: broker")
    (data, *agents) = explain(sizing, "production/elasticsearch-store.count").parts
    assert data.name == "elasticsearch: data"
    assert {each.because for each in agents} == {"on every machine"}
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


def test_what_stands_apart_for_the_high_need_alone_is_still_carried_by_the_expected_one():
    sizing = size(needs_of({"environments": [{"name": "production", "load_percent": 100, "redundant": False}]}))
    node = next(pool for pool in sizing.pools if pool.name == "node")
    assert node.expected.held("postgresql/database") == 1
    assert node.high.held("postgresql/database") == 0
    carried = {f"{share.component}/{share.group.name}": share.copies.expected for share in shares(sizing, node)}
    assert carried["postgresql/database"] == 1
