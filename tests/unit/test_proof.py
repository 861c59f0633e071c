"""Every probe fails where what it proves does not hold, and none takes the results of others along."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from simulation import NOW, At, inputs_of, install, site_of, world_of

from installer import certificates, translations
from installer.bundle.manifest import Component
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.probes import builtin, proof
from installer.simulated.controllers import SERVING
from installer.simulated.faults import Faults
from installer.simulated.kubernetes import Cluster
from installer.simulated.world import SimulatedWorld

PLACE = f"/api/v1/namespaces/sitewright-probe-{int(NOW.timestamp()):x}"
PODS, SECRET = f"{PLACE}/pods", f"{PLACE}/secrets/probe"
Break = Callable[[SimulatedWorld, Cluster], None]


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(builtin, "PATIENCE", 0.5)


@pytest.fixture
def world(tmp_path):
    """A site that stands."""
    world = world_of("rehearsal")
    install(site_of(world, tmp_path))
    return world


def proved(world: SimulatedWorld, profile: str = "rehearsal") -> tuple[dict[str, proof.ProbeResult], list[str]]:
    """Results by name, and the names in the order in which they were told."""
    told: list[str] = []
    results = proof.prove(world, inputs_of(profile), lambda result: told.append(result.id))
    return {result.id: result for result in results}, told


def another_image(world: SimulatedWorld, cluster: Cluster) -> None:
    def act() -> None:
        for path, thing in cluster.objects.items():
            if path == f"{PODS}/probe-node-1":
                thing["status"]["containerStatuses"][0]["imageID"] = "registry.example/busybox@sha256:0"

    world.fate = At("get", act)


def cut_off(world: SimulatedWorld, cluster: Cluster) -> None:
    """Whatever address somebody has read, the pod has left it when it is asked there."""
    numbers = itertools.count(9)

    def act() -> None:
        cluster.objects[f"{PODS}/probe-node-2"]["status"]["podIP"] = f"10.244.9.{next(numbers)}"

    world.fate = At("execute", act)


def no_names(world: SimulatedWorld, cluster: Cluster) -> None:
    world.fate = At("execute", lambda: setattr(cluster, "dns_domain", "elsewhere"))


def forgetful(world: SimulatedWorld, cluster: Cluster) -> None:
    world.fate = At("delete", lambda: cluster.volumes.clear())


def of_a_stranger(world: SimulatedWorld, cluster: Cluster) -> None:
    pair = certificates.issue(certificates.make_ca("stranger", NOW), "probe", ("probe.practice.internal",), NOW)
    data = {"tls.crt": base64.b64encode(pair.certificate).decode()}

    def act() -> None:
        if SECRET in cluster.objects:
            cluster.objects[SECRET]["data"] = data

    world.fate = At("get", act)


def unmeasured(world: SimulatedWorld, _: Cluster) -> None:
    world.site.hosts["node-1"].tree.remove(SERVING)


def phoning_home(world: SimulatedWorld, _: Cluster) -> None:
    host = world.site.hosts["node-2"]
    host.machine = replace(host.machine, talks_to=("203.0.113.7:443",))


def no_shop(_: SimulatedWorld, cluster: Cluster) -> None:
    del cluster.releases["shop", "shop"]


BROKEN: dict[str, tuple[Break, str]] = {
    "schedule": (another_image, "node-1 runs registry.example/busybox@sha256:0"),
    "traffic": (cut_off, "can't connect to remote host"),
    "dns": (no_names, "NXDOMAIN"),
    "volume": (forgetful, "can't open '/data/written'"),
    "certificate": (of_a_stranger, "the chain is not valid"),
    "metrics": (unmeasured, "metrics of every node"),
    "outside": (phoning_home, "reaches for 203.0.113.7:443, outside the site"),
    "shop": (no_shop, "https://shop.practice.internal:30443"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_probe_fails_where_what_it_proves_does_not_hold(name: str, world: SimulatedWorld) -> None:
    make, expected = BROKEN[name]
    make(world, world.site.clusters["production"])
    results, _ = proved(world)
    assert {each for each, result in results.items() if not result.passed} == {f"production/probe.{name}"}
    assert expected in results[f"production/probe.{name}"].evidence


def test_every_probe_is_made_to_fail_and_what_it_saw_can_be_told_in_every_language(world: SimulatedWorld) -> None:
    results, _ = proved(world)
    assert {f"production/probe.{name}" for name in BROKEN} == set(results)
    for result in results.values():
        assert result.passed
        assert isinstance(result.evidence, Message)
        assert result.evidence.template in translations.messages("installer.report", "zh")


@pytest.mark.parametrize("probe", sorted(builtin.CALLED_FOR))
def test_what_a_component_brings_is_tried_where_it_calls_for_that_whatever_its_name(probe: str) -> None:
    inputs = inputs_of("rehearsal")
    environment = inputs.answers.environments[0]
    parts = [replace(part, spec={key: value for key, value in part.spec.items() if key != "proof"})
             for part in inputs.manifest.components]  # fmt: skip
    calling = [replace(part, spec={**part.spec, "proof": {"probe": probe, "ca": "/api/v1/x"}})
               if part.name == "shop" else part for part in parts]  # fmt: skip

    def names(components: list[Component]) -> set[str]:
        planned = Planned(inputs.answers, replace(inputs.manifest, components=tuple(components)))
        return {each.id for each in builtin.probes(planned, builtin.ProbeNamespace(environment, ""))}

    assert names(calling) - names(parts) == {f"production/probe.{probe}"}


def test_what_a_killed_proof_has_left_is_taken_away_once_nobody_can_be_at_it(world: SimulatedWorld) -> None:
    inputs, old, young = inputs_of("rehearsal"), NOW - timedelta(minutes=16), NOW - timedelta(minutes=1)
    for since in (old, young):
        ground = builtin.ProbeNamespace.of_now(inputs.answers.environments[0], since)
        world.site.now = lambda since=since: since
        builtin.preparing(inputs, ground).run(world)
    world.site.now = lambda: NOW
    proved(world)
    left = {path for path in world.site.clusters["production"].objects if "sitewright-probe" in path}
    assert left
    assert all(ground.namespace in path for path in left)


def test_a_node_that_vanished_is_a_failed_probe(world: SimulatedWorld) -> None:
    del world.site.clusters["production"].objects["/api/v1/nodes/node-2"]
    failed = {name: result.evidence for name, result in proved(world)[0].items() if not result.passed}
    assert set(failed) == {f"production/probe.{name}" for name in ("schedule", "traffic", "dns", "shop")}
    assert not any("KeyError" in evidence for evidence in failed.values())


def test_what_a_probe_did_not_expect_is_its_failure_and_nobody_elses(world: SimulatedWorld) -> None:
    def act() -> Any:
        raise RuntimeError("an answer that nobody understands")

    world.fate = At("execute", act)
    results, told = proved(world)
    broken = {name for name, result in results.items() if not result.passed}
    assert broken == {f"production/probe.{name}" for name in ("traffic", "dns", "volume")}
    assert all(results[name].evidence == "RuntimeError: an answer that nobody understands" for name in broken)
    assert sorted(told) == sorted(results)


def test_what_goes_wrong_before_or_after_is_a_failed_probe_and_the_others_are_tried(tmp_path) -> None:
    world = world_of("environments")
    install(site_of(world, tmp_path, "environments"))
    world.fate = Faults({"apply@pre-release": "E", "delete@testing": "oE"})
    results, told = proved(world, "environments")
    failed = {name for name, result in results.items() if not result.passed}
    assert {"pre-release/probe.pods", "testing/probe.clean"} <= failed
    assert not any(name.startswith("production/") for name in failed)
    untried = {name for name in failed if results[name].evidence.startswith("not tried: ")}
    assert untried == {f"pre-release/probe.{name}" for name in builtin.PREPARED}
    assert "production/probe.traffic" in results
    assert results["pre-release/probe.outside"].passed
    assert results["testing/probe.clean"].evidence == "testing: `delete` ended with 1: a fault of the simulation"
    assert sorted(told) == sorted(results)
    assert not any(name.endswith(("production/probe.pods", "production/probe.clean")) for name in results)


def lost(world: SimulatedWorld, *hosts: str) -> dict[str, str]:
    """Lose hosts; why they do not answer."""
    for host in hosts:
        world.site.hosts[host].machine = replace(world.site.hosts[host].machine, reachable=False)
    return {host: f"{host} cannot be reached" for host in hosts}


@pytest.mark.parametrize(("profile", "host"), [("ha", "cp-1"), ("ha", "cp-3"), ("rehearsal", "node-2"),
                                               ("rehearsal", "node-1")])  # fmt: skip
def test_without_a_host_that_is_lost_the_others_are_proved_and_it_is_named(tmp_path, profile: str, host: str) -> None:
    world = world_of(profile)
    install(site_of(world, tmp_path, profile))
    told: list[str] = []
    results = proof.prove(world, inputs_of(profile), lambda result: told.append(result.id), missing=lost(world, host))
    assert [(each.id, each.title, each.evidence) for each in results if not each.passed] == [
        (f"production/probe.host@{host}", f"host {host} answers", f"{host} cannot be reached")
    ]
    assert {f"production/probe.{name}" for name in BROKEN} <= {each.id for each in results}
    assert "2 of 2 nodes" in {each.evidence for each in results}
    assert sorted(told) == sorted(each.id for each in results)


def test_an_environment_without_a_control_plane_left_is_not_tried_and_the_others_are(tmp_path) -> None:
    world = world_of("environments")
    install(site_of(world, tmp_path, "environments"))
    first, *others = inputs_of("environments").answers.environments
    missing = lost(world, *first.control_planes)
    results = proof.prove(world, inputs_of("environments"), lambda _: None, missing=missing)
    of_first = {each.id for each in results if each.environment == first.name}
    assert of_first == {f"{first.name}/probe.host@{host}" for host in first.control_planes}
    assert {each.environment for each in results if each.passed} == {each.name for each in others}
