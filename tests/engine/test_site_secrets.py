"""Secrets of a site's parts, on simulated hosts: made once, copied to those who consume, and in no file of a run."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import simulation
from core_manifest import core_manifest
from simulation import act, differences, install, site_of
from test_wired_site import STAYS, wired, world_of
from wired_bundle import beside_core

from installer import operations
from installer.bundle.manifest import Artifact, Component
from installer.errors import EffectMissing, UsageError
from installer.operations import rollout, secrets
from installer.plan.card import SecretCard
from installer.plan.inputs import Inputs
from installer.plan.steps.encryption import CONFIGURATION, configuration
from installer.plan.steps.secrets import generated
from installer.simulated.world import SimulatedWorld

USERS = {
    "password": {"generate": 32},
    "other": {"generate": 16},
    "lines": "admin:{{ secrets.users.password }} of {{ environment }}",
}
WRITER = {"username": "writer", "password": "{{ secrets.users.other }}"}


def charted(name: str, **spec: Any) -> Component:
    """A part with a chart, which is that of the sample product under another name."""
    (chart,) = (each for each in core_manifest().component("shop").artifacts if each.kind == "chart")
    own = Artifact("chart", f"charts.sitewright.internal/{name}", "1", chart.manifest, chart.blobs)
    return Component(name, "1", (own,), {"title": name, "chart": {"name": name, "namespace": f"{name}-space"}, **spec})


STORE = charted(
    "store", role="log-store", placed="once", secrets={"users": USERS, "writer": WRITER},
    publishes={"url": "https://{{ entrance }}:9200", "secret": "writer"},
)  # fmt: skip
READER = charted("reader", consumes=["log-store"])
ASKER = charted("asker", wants=["log-store"])


def given(*parts: Component, **chosen: Any) -> Inputs:
    return wired(beside_core(*parts), **chosen)


def held(world: SimulatedWorld, cluster: str, namespace: str, name: str) -> dict[str, str] | None:
    found = world.get(cluster, f"/api/v1/namespaces/{namespace}/secrets/{name}")
    return found and {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def test_a_value_is_made_once_and_copied_to_those_who_consume_in_another_cluster(tmp_path: Path) -> None:
    wanted = given(STORE, READER, ASKER, production=["reader", "asker"], pre=["store"])
    world = world_of(wanted)
    before = world.snapshot()
    site = site_of(world, tmp_path, inputs=wanted)
    assert install(site).outcome == "done"
    users, writer = held(world, "pre", "store-space", "users"), held(world, "pre", "store-space", "writer")
    assert users is not None
    assert len(users["password"]) == 32
    assert users["lines"] == f"admin:{users['password']} of pre"
    assert writer == {"username": "writer", "password": users["other"]}
    assert held(world, "production", "reader-space", "log-store") == writer
    assert held(world, "production", "asker-space", "log-store") == writer
    told = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    machines = "".join(map(str, world.snapshot()))
    for value in (users["password"], users["other"]):
        assert value not in told, "in a file of the run"
        assert value not in "".join(line for line in machines.splitlines() if "secrets" not in line)
    assert all(operations.preview(site, operations.plan(wanted)).values()), "a second run changes nothing"
    act(operations.uninstall, site)
    left = [each for each in differences(before, world.snapshot()) if not any(stays in each for stays in STAYS)]
    assert left == []


def test_what_is_missing_is_made_and_what_is_there_is_kept(tmp_path: Path) -> None:
    wanted = given(STORE, READER, production=["reader"], pre=["store"])
    world = world_of(wanted)
    site = site_of(world, tmp_path, inputs=wanted)
    install(site)
    first = held(world, "pre", "store-space", "users")
    assert first is not None
    standing = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "users", "namespace": "store-space"}}
    kept = {"password": base64.b64encode(first["password"].encode()).decode()}
    world.apply("pre", {**standing, "data": kept})
    world.withdraw("production", {**standing, "metadata": {"name": "log-store", "namespace": "reader-space"}})
    install(site)
    second = held(world, "pre", "store-space", "users")
    assert second is not None
    assert second["password"] == first["password"]
    assert second["other"] != first["other"]
    assert held(world, "production", "reader-space", "log-store") == {"username": "writer", "password": second["other"]}


def test_a_part_does_without_what_it_wants(tmp_path: Path) -> None:
    wanted = given(STORE, ASKER, production=["asker"], pre=[])
    world = world_of(wanted)
    assert install(site_of(world, tmp_path, inputs=wanted)).outcome == "done"
    assert held(world, "production", "asker-space", "log-store") is None
    (there,) = (each for each in wanted.answers.environments if each.name == "production")
    assert wanted.seen(there, ASKER)["consumes"] == {}


def test_what_is_seen_of_a_consumed_part_names_the_own_copy() -> None:
    wanted = given(STORE, READER, production=["reader"], pre=["store"])
    (there,) = (each for each in wanted.answers.environments if each.name == "production")
    assert wanted.seen(there, READER)["consumes"] == {
        "log-store": {"url": "https://10.0.1.1:9200", "secret": "log-store"}
    }


@pytest.mark.parametrize("length", [16, 128])
def test_a_value_is_of_letters_and_digits_and_never_the_same(length: int) -> None:
    made = {generated(length) for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == length and each.isalnum() and each.isascii() for each in made)


def test_control_planes_of_one_cluster_encrypt_with_one_key_that_no_other_cluster_has(tmp_path: Path) -> None:
    keys = []
    for profile in ("ha", "minimal"):
        world = simulation.world_of(profile)
        install(site_of(world, tmp_path / profile, profile))
        (environment,) = simulation.answers_of(profile).environments
        files = {world.read(host, CONFIGURATION) for host in environment.control_planes}
        (file,) = files
        assert file is not None
        assert {world.stat(host, CONFIGURATION)[0].mode for host in environment.control_planes} == {0o600}
        assert not any(world.read(host, CONFIGURATION) for host in environment.workers)
        keys.append(file)
    assert keys[0] != keys[1]


def test_the_key_encrypts_secrets_and_leaves_those_in_clear_readable() -> None:
    (rule,) = json.loads(configuration(bytes(32)))["resources"]
    first, last = rule["providers"]
    assert rule["resources"] == ["secrets"]
    assert base64.b64decode(first["secretbox"]["keys"][0]["secret"]) == bytes(32)
    assert last == {"identity": {}}


def workload(name: str, namespace: str, secret: str, **status: int) -> dict[str, Any]:
    """A deployment whose pods mount a Secret; all are new and ready unless `status` says otherwise."""
    volumes = [{"name": "x", "secret": {"secretName": secret}}]
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "x", "image": "x"}], "volumes": volumes},
    }
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "selector": {}, "template": template},
        "status": {"updatedReplicas": 1, "readyReplicas": 1, **status},
    }  # fmt: skip


def bring(world: Any, cluster: str, thing: dict[str, Any]) -> None:
    """Put it there as a chart would: its fields are not the installer's."""
    metadata = thing["metadata"]
    path = f"/apis/apps/v1/namespaces/{metadata['namespace']}/deployments/{metadata['name']}"
    world.site.clusters[cluster].put(path, thing)


def begun(world: SimulatedWorld, cluster: str, namespace: str, name: str) -> bool:
    found = world.get(cluster, f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    assert found is not None
    return "sitewright.internal/restarted" in found["spec"]["template"]["metadata"].get("annotations", {})


@pytest.fixture
def standing(tmp_path: Path) -> operations.Site:
    wanted = given(STORE, READER, ASKER, production=["reader", "asker"], pre=["store"])
    world = world_of(wanted)
    site = site_of(world, tmp_path, inputs=wanted)
    install(site)
    bring(world, "pre", workload("engine", "store-space", "users"))
    bring(world, "pre", workload("idle", "store-space", "none"))
    bring(world, "production", workload("front", "reader-space", "log-store"))
    return site


def rotate(site: operations.Site, name: str) -> tuple[str, ...]:
    return secrets.rotate(site, secrets.named(site.inputs, name))


def test_what_there_is_says_who_has_a_copy() -> None:
    wanted = given(STORE, READER, ASKER, production=["reader", "asker"], pre=["store"])
    users, writer = SecretCard.of(wanted)
    assert (users.name, users.made, users.copies) == ("pre/store/users", ("other", "password"), ())
    assert (writer.name, writer.made) == ("pre/store/writer", ())
    assert writer.copies == ("production/reader", "production/asker")


@pytest.mark.parametrize("name", ["store/none", "users", "production/store/users", ""])
def test_a_secret_that_is_not_there_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(UsageError, match="pre/store/users, pre/store/writer"):
        secrets.named(given(STORE, READER, production=["reader"], pre=["store"]), name)


def test_values_are_those_of_the_cluster(standing: operations.Site) -> None:
    wanted = secrets.named(standing.inputs, "store/users")
    shown = secrets.values(standing.inputs, standing.world, wanted)
    assert shown == held(standing.world, "pre", "store-space", "users")
    with pytest.raises(UsageError, match="is not in its cluster"):
        secrets.values(standing.inputs, standing.world, replace(wanted, secret="none"))


def test_new_values_reach_everybody_and_what_uses_them_is_started_anew(standing: operations.Site) -> None:
    world = standing.world
    before = held(world, "pre", "store-space", "users")
    assert before is not None
    assert rotate(standing, "store/users") == ("pre/store-space/engine", "production/reader-space/front")
    after = held(world, "pre", "store-space", "users")
    assert after is not None
    assert {after["password"], after["other"]}.isdisjoint({before["password"], before["other"]})
    assert after["lines"] == f"admin:{after['password']} of pre"
    for namespace in ("reader-space", "asker-space"):
        assert held(world, "production", namespace, "log-store") == {"username": "writer", "password": after["other"]}
    assert begun(world, "pre", "store-space", "engine")
    assert begun(world, "production", "reader-space", "front")
    assert not begun(world, "pre", "store-space", "idle")
    assert all(operations.preview(standing, operations.plan(standing.inputs)).values()), "nothing is left to install"


def test_a_workload_that_does_not_come_back_is_named(
    standing: operations.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "PATIENCE", 0)
    bring(standing.world, "pre", workload("engine", "store-space", "users", readyReplicas=0))
    with pytest.raises(EffectMissing, match="pre/store-space/engine"):
        rotate(standing, "store/users")


def test_a_secret_of_texts_alone_has_nothing_to_make_anew(standing: operations.Site) -> None:
    with pytest.raises(UsageError, match="nothing in pre/store/writer is made"):
        rotate(standing, "store/writer")
