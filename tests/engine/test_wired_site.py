"""Two clusters that need each other, installed and taken back by the engine on simulated hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import simulation
from simulation import NOW, act, inputs_of, install, site_of
from wired_bundle import answers, beside_core, part

from installer import operations
from installer.bundle.manifest import Manifest
from installer.bundle.manifest_json import decode, encode
from installer.plan import standing
from installer.plan.inputs import Inputs
from installer.simulated.machine import Machine
from installer.simulated.world import SimulatedWorld

STAYS = (": /proc/", ": /sys/module", ": /var/log/", ": /run/sitewright", ".guard")
"""What a host keeps of itself: logs, what its kernel has loaded, and the guard of the site's lock."""
STORE = part("elastic", "here", role="log-store", placed="once", publishes={"url": "https://{{ entrance }}:9200"})
QUEUE = part("kafka", "here", role="queue", placed="once", publishes={"at": "{{ domain }}:30092"})
SHIPPER = part("beats", "{{ consumes['log-store'].url }}", consumes=["log-store"])
PIPE = part("pipe", "{{ consumes.queue.at }}", consumes=["queue"], requires=["elastic"])


def wired(manifest: Manifest, **chosen: Any) -> Inputs:
    bundle_json = encode(manifest)
    return replace(
        inputs_of("minimal"), answers=answers(**chosen), manifest=decode(bundle_json, "wired"), bundle_json=bundle_json,
        signature=simulation._signed(bundle_json)[0], signers=simulation._signed(bundle_json)[1], _names={},
    )  # fmt: skip


def world_of(given: Inputs) -> SimulatedWorld:
    machines = [Machine(host.name, host.address) for host in given.answers.hosts]
    return SimulatedWorld(machines, given.manifest, now=lambda: NOW)


def told(world: SimulatedWorld, cluster: str, name: str) -> str:
    found = world.get(cluster, f"/api/v1/namespaces/default/configmaps/{name}")
    assert found is not None
    return str(found["data"]["told"])


def test_clusters_that_need_each_other_are_installed_side_by_side_and_taken_back(tmp_path) -> None:
    given = wired(beside_core(STORE, QUEUE, SHIPPER, PIPE), production=["beats", "kafka"], pre=["pipe", "elastic"])
    world = world_of(given)
    before = world.snapshot()
    site = site_of(world, tmp_path, inputs=given)
    run = install(site)
    assert run.outcome == "done"
    assert told(world, "production", "beats") == "https://10.0.1.1:9200"
    assert told(world, "pre", "pipe") == "production.internal:30092"
    assert all(operations.preview(site, operations.plan(given)).values()), "a second run changes nothing"
    act(operations.uninstall, site)
    left = [
        line for line in simulation.differences(before, world.snapshot()) if not any(each in line for each in STAYS)
    ]
    assert left == []


def test_probes_of_one_cluster_still_know_the_other_when_that_is_silent(tmp_path) -> None:
    given = wired(beside_core(STORE, SHIPPER), production=["beats"], pre=["elastic"])
    there = standing.remaining(given, ["pre-1"])
    (left,) = there.answers.environments
    assert there.seen(left, SHIPPER)["consumes"] == {"log-store": {"url": "https://10.0.1.1:9200"}}
