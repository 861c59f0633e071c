"""Upgrades on a simulated site: what stands afterwards, the way back, and processes that die meanwhile."""

from __future__ import annotations

import json
from contextlib import closing
from types import SimpleNamespace

import pytest
from shelf import Fuse, Heard, StoppedClock
from simulation import differences, inputs_of, next_inputs_of, world_of
from test_simulated_crashes import go as lived

from installer import engine
from installer.engine.journal import Journal
from installer.errors import StepFailed
from installer.plan import install, upgrade
from installer.plan.steps import commands
from installer.simulated import upgrading
from installer.simulated.machine import KERNEL_MODULES
from installer.simulated.state import failed

EVERY = 29
"""Moments apart at which a process dies: without a common divisor with anything that comes in rows."""


def go(plan, folder, world, fuse=None) -> bool:
    """One process' life; whether it reached the end."""
    folder.mkdir(exist_ok=True)
    return lived(plan, folder / "journal.jsonl", world, fuse)


def standing(profile, folder):
    """A site as an installation of the release before leaves it, and about to be upgraded."""
    world = world_of(profile, loaded=KERNEL_MODULES)
    assert go(install.plan(inputs_of(profile)), folder / "install", world)
    world.site.bundle = next_inputs_of(profile).manifest
    return world


def shape(world):
    """Hosts without what runs keep of themselves."""
    hosts = {}
    for name, state in world.snapshot().items():
        files = {path: entry for path, entry in state["files"].items()
                 if not path.startswith(("/var/lib/sitewright/runs", "/var/lib/sitewright/log"))}  # fmt: skip
        hosts[name] = {**state, "files": files}
    return hosts


MADE_UP = ("/etc/sitewright/pki/", "/etc/kubernetes/pki/encryption.yaml", "/etc/kubernetes/admin.conf",
           "/var/lib/kubelet/pki/")  # fmt: skip


def alike(shape, other):
    """In what two shapes differ, but for what each installation makes up anew."""
    lines = [line for line in differences(shape, other) if "uncollected: sitewright-" not in line]
    return [line for line in lines if not line.partition(": ")[2].startswith(MADE_UP)]


def versions(world):
    return {node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes(world)}


def nodes(world):
    objects = world.site.clusters["production"].objects
    return [thing for path, thing in objects.items() if path.startswith("/api/v1/nodes/")]


def said(world, path):
    thing = world.site.clusters["production"].objects[path]
    return json.dumps({part: thing.get(part) for part in ("data", "spec")}, sort_keys=True)


OURS = ("/api/v1/namespaces/kube-system/configmaps/kubeadm-config",
        "/apis/apps/v1/namespaces/kube-system/deployments/coredns",
        "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy")  # fmt: skip


@pytest.mark.parametrize("profile", ["minimal", "rehearsal", "ha"])
def test_a_completed_upgrade_is_taken_back_and_what_was_written_since_stays(profile, tmp_path) -> None:
    world = standing(profile, tmp_path)
    before, objects = shape(world), {path: said(world, path) for path in OURS}
    plan = upgrade.plan(next_inputs_of(profile), "v1.36.3")
    assert go(plan, tmp_path / "upgrade", world)
    assert versions(world) == {"v1.37.2"}
    assert all(engine.preview(plan, world).values())
    # An installation of the new bundle finds everything as it wants it: both mean the same.
    assert all(engine.preview(install.plan(next_inputs_of(profile)), world).values())

    written = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "since", "namespace": "default"},
               "data": {"kept": "yes"}}  # fmt: skip
    world.apply("production", written)
    assert go(engine.inverse(plan, Journal(tmp_path / "upgrade" / "journal.jsonl")), tmp_path / "back", world)
    assert differences(before, shape(world)) == []
    assert versions(world) == {"v1.36.3"}
    assert {path: said(world, path) for path in OURS} == objects
    assert world.find("production", written)["data"] == {"kept": "yes"}
    assert not any(node.get("spec", {}).get("unschedulable") for node in nodes(world))

    assert go(plan, tmp_path / "again", world)
    assert versions(world) == {"v1.37.2"}


def test_resumed_it_ends_as_an_unbroken_one_and_taken_back_it_is_where_it_began(tmp_path) -> None:
    plan = upgrade.plan(next_inputs_of("rehearsal"), "v1.36.3")
    clean, fuse = standing("rehearsal", tmp_path), Fuse()
    start = shape(clean)
    assert go(plan, tmp_path / "clean", clean, fuse)
    for at in range(1, fuse.ticks + 1, EVERY):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = standing("rehearsal", folder)
        assert not go(plan, folder / "upgrade", world, Fuse(at, "after"))
        assert go(plan, folder / "upgrade", world)
        assert (at, alike(shape(clean), shape(world))) == (at, [])
        assert go(engine.inverse(plan, Journal(folder / "upgrade" / "journal.jsonl")), folder / "back", world)
        assert (at, alike(start, shape(world))) == (at, [])


class Starting:
    """Control planes whose API server takes a few looks to serve once its manifest has changed; a fate, too.

    `most` is how many of them were away at once, at the worst moment.
    """

    LOOKS = 12
    """More than the engine itself looks once a step has been applied."""

    def __init__(self, world, monkeypatch) -> None:
        self.hosts = {name: world.site.hosts[name] for name in world.site.clusters["production"].planes}
        self.serves = {name: self.written(name) for name in self.hosts}
        self.looks = dict.fromkeys(self.hosts, 0)
        self.most = 0
        answer = upgrading.curl

        def asked(call):
            name = call.host.name
            if call.argv[-1] == upgrading.VERSION and self.serves[name] != self.written(name):
                self.looks[name] += 1
                if self.looks[name] % self.LOOKS:
                    return failed("curl: (7) Failed to connect", 7)
                self.serves[name] = self.written(name)
            return answer(call)

        monkeypatch.setattr(upgrading, "curl", asked)
        monkeypatch.setattr(commands, "time", SimpleNamespace(sleep=lambda _seconds: None))

    def written(self, name: str) -> str:
        return self.hosts[name].tree.text("/etc/kubernetes/manifests/kube-apiserver.yaml")

    def around(self, _verb, _host, effect):
        result = effect()
        self.most = max(self.most, sum(self.serves[name] != self.written(name) for name in self.hosts))
        return result


def test_of_several_control_planes_one_at_a_time_is_away_there_and_back(tmp_path, monkeypatch) -> None:
    world = standing("ha", tmp_path)
    plan = upgrade.plan(next_inputs_of("ha"), "v1.36.3")
    world.fate = starting = Starting(world, monkeypatch)
    with closing(Journal(tmp_path / "upgrade")) as journal:
        engine.run(plan, journal, world, Heard(), clock=StoppedClock())
        assert starting.most == 1
        back = engine.inverse(plan, journal)
    with closing(Journal(tmp_path / "back")) as journal:
        engine.run(back, journal, world, Heard(), clock=StoppedClock())
    assert (starting.most, versions(world)) == (1, {"v1.36.3"})


def test_a_pod_that_ends_by_itself_is_waited_for_before_its_node_is_emptied(tmp_path, monkeypatch) -> None:
    world = standing("rehearsal", tmp_path)
    path = "/api/v1/namespaces/default/pods/clearing"
    clearing = {"metadata": {"name": "clearing", "namespace": "default"}, "status": {},
                "spec": {"nodeName": "node-1", "restartPolicy": "Never"}}  # fmt: skip
    cluster, looks = world.site.clusters["production"], []
    cluster.put(path, clearing)

    def passed(_seconds) -> None:
        looks.append(path in cluster.objects)
        if len(looks) == 3:
            cluster.delete(path)

    monkeypatch.setattr(commands, "time", SimpleNamespace(sleep=passed))
    assert go(upgrade.plan(next_inputs_of("rehearsal"), "v1.36.3"), tmp_path / "upgrade", world)
    assert looks[:3] == [True] * 3
    assert versions(world) == {"v1.37.2"}


def test_a_node_that_cannot_be_emptied_is_in_service_again_and_says_which_pod_stays(tmp_path) -> None:
    world = standing("rehearsal", tmp_path)
    naked = {"metadata": {"name": "alone", "namespace": "default"}, "spec": {"nodeName": "node-1"}, "status": {}}
    world.site.clusters["production"].put("/api/v1/namespaces/default/pods/alone", naked)
    with pytest.raises(StepFailed, match=r"node\.drain@node-1.*alone"):
        go(upgrade.plan(next_inputs_of("rehearsal"), "v1.36.3"), tmp_path / "upgrade", world)
    node = world.get("production", "/api/v1/nodes/node-1")
    assert not node.get("spec", {}).get("unschedulable")
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.3"


def test_control_planes_first_act_as_the_former_version(tmp_path) -> None:
    world = standing("minimal", tmp_path)
    plan = upgrade.plan(next_inputs_of("minimal"), "v1.36.3")
    seen = []

    class Watching:
        def around(self, verb, host, effect):
            result = effect()
            manifest = world.site.hosts["solo"].tree.text("/etc/kubernetes/manifests/kube-apiserver.yaml")
            if "v1.37.2" in manifest:
                seen.append("--emulated-version=1.36" in manifest)
            return result

    world.fate = Watching()
    journal = Journal(tmp_path / "journal.jsonl")
    engine.run(plan, journal, world, Heard(), clock=StoppedClock())
    journal.close()
    assert seen[0]
    assert not seen[-1]
