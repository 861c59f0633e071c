"""Pools: hosts that are put aside for some parts; what is refused about them, and how nodes get and lose them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from answers_sample import changed, host, plane
from core_manifest import ROOT, manifest_of
from simulation import act, answers_of, inputs_of, install, site_of, world_of

from installer import operations
from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.errors import AnswersInvalid
from installer.layout import POOL
from installer.plan import install as installing
from installer.plan import wiring

NODE = "/api/v1/nodes/node-2"


def pooled(**components: Any) -> Any:
    """A change of the good document, whose only worker is node-1: it goes into a pool, of which this is said."""

    def change(data: dict[str, Any]) -> None:
        host(data, 1)["pool"] = "stores"
        plane(data)["pools"] = {"stores": components}
        plane(data)["components"] = {"kafka": {}}

    return change


def elsewhere(data: dict[str, Any]) -> None:
    plane(data)["pools"] = {"fast": {}}


def on_a_control_plane(data: dict[str, Any]) -> None:
    host(data)["pool"] = "stores"


def in_two(data: dict[str, Any]) -> None:
    pooled(components=["kafka"])(data)
    data["hosts"].append({"name": "node-2", "address": "10.20.0.29", "pool": "fast"})
    plane(data)["workers"].append("node-2")
    plane(data)["pools"]["fast"] = {"components": ["kafka"]}


def two_builders(data: dict[str, Any]) -> None:
    for name, address in (("node-2", "10.20.0.28"), ("node-3", "10.20.0.29")):
        data["hosts"].append({"name": name, "address": address, "pool": "build"})
        plane(data)["workers"].append(name)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (elsewhere, 'environments.0.pools.fast: found "fast", in which no host of production is that takes pods'),
        (on_a_control_plane, 'hosts.0.pool: found "cp-1" in a pool, a control plane that takes no pods beside workers'),
        (pooled(reserved=True), "environments.0.pools: found every host that takes pods is reserved: node-1"),
        (lambda data: host(data, 1).update(pool="build"), "every host that takes pods is reserved: node-1"),
        (pooled(components=["zipkin"]), 'pools.stores.components.0: found "zipkin", which is not chosen here'),
        (in_two, 'pools.fast.components.0: found "kafka", which is in the pool stores already'),
        (two_builders, 'hosts.3.pool: found "node-3", but node-2 builds images already'),
        (pooled(component=["kafka"]), "pools.stores.component: found an unknown key, wanted `components`"),
        (lambda data: host(data, 1).update(pool="Stores"), "hosts.1.pool: found "),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
def test_what_is_wrong_is_told_at_its_line(change: Any, expected: str) -> None:
    found = changed(change)
    assert any(expected in problem for problem in found), found


def with_pool(profile: str, member: str, **said: Any) -> Answers:
    """The answers of a profile with one host in the pool `stores`, of which this is said."""
    whole = yaml.safe_load((ROOT / "profiles" / f"{profile}.yaml").read_text())
    next(each for each in whole["hosts"] if each["name"] == member)["pool"] = "stores"
    whole["environments"][0]["pools"] = {"stores": said}
    return answers_file.parse(yaml.safe_dump(whole), "site.yaml")


def test_a_part_that_cannot_be_kept_to_a_pool_is_refused() -> None:
    answers = with_pool("rehearsal", "node-2", components=["cert-manager"])
    with pytest.raises(AnswersInvalid, match="production/cert-manager, whose pods cannot be kept to a pool"):
        wiring.solve(answers, manifest_of("core"))


def test_a_part_sees_where_it_stands() -> None:
    answers = answers_of("platform-ha")
    inputs = inputs_of("platform-ha")
    there = answers.environment("pre-release")
    kafka = inputs.seen(there, inputs.manifest.component("kafka"))
    assert [each.name for each in kafka["places"]] == ["store-1", "store-2", "store-3"]
    assert kafka["placement"] == {"nodeSelector": {POOL: "stores"}}
    others = inputs.seen(there, inputs.manifest.component("prometheus"))
    assert "build-1" not in [each.name for each in others["places"]], "it is kept for building"
    assert others["placement"] == {}


@pytest.mark.parametrize("reserved", [False, True])
def test_a_node_gets_its_pool_and_loses_it(tmp_path, reserved: bool) -> None:
    world = world_of("rehearsal")
    before = inputs_of("rehearsal")
    install(site_of(world, tmp_path, inputs=before))
    inputs = replace(before, answers=with_pool("rehearsal", "node-2", reserved=reserved))
    install(site_of(world, tmp_path, inputs=inputs))
    node = world.get("production", NODE)
    assert node["metadata"]["labels"] == {POOL: "stores"}
    taint = {"key": POOL, "value": "stores", "effect": "NoSchedule"}
    assert node["spec"]["taints"] == ([taint] if reserved else [])
    assert POOL not in world.get("production", "/api/v1/nodes/node-1")["metadata"].get("labels", {})
    act(operations.rollback, site_of(world, tmp_path, inputs=inputs))
    node = world.get("production", NODE)
    assert POOL not in node["metadata"].get("labels", {})
    assert not node.get("spec", {}).get("taints")


def test_taints_of_others_stay(tmp_path) -> None:
    world = world_of("rehearsal")
    install(site_of(world, tmp_path))
    full = {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}
    world.site.clusters["production"].objects[NODE]["spec"] = {"taints": [full]}
    inputs = replace(inputs_of("rehearsal"), answers=with_pool("rehearsal", "node-2", reserved=True))
    install(site_of(world, tmp_path, inputs=inputs))
    assert full in world.get("production", NODE)["spec"]["taints"]


def test_without_pools_nothing_looks_for_them() -> None:
    assert not any("kubernetes.pool" in step.id for step in installing.plan(inputs_of("rehearsal")))
