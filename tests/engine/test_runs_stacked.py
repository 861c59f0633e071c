"""Several runs of one site, taken back one by one: after each, everything is as the run before had left it.

Compared is the whole simulated world: files with modes and content, units, API objects, releases, and the registry.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from core_manifest import blob, core_manifest
from simulation import NOW, act, inputs_of, install

from installer import operations
from installer.answers import file as answers_file
from installer.bundle.manifest import Manifest
from installer.bundle.manifest_json import decode, encode
from installer.plan.inputs import Inputs
from installer.plan.steps.hosts import VERIFY
from installer.runs.store import Runs
from installer.simulated.machine import KERNEL_MODULES, Machine
from installer.simulated.state import said
from installer.simulated.world import SimulatedWorld

HOSTS = {"cp-1": "10.89.10.11", "node-1": "10.89.10.12", "node-2": "10.89.10.13", "node-3": "10.89.10.14"}
CHOSEN = ("cert-manager", "site-ca", "metrics-server", "local-path-provisioner", "shop")
LOGS = "/var/lib/sitewright/log/"
"""What long work said: it tells of what was tried, and is no state of the site."""
GUARD = "/run/sitewright.lock.guard"
"""Stays until the next boot: whoever holds it cannot remove it safely."""


def answers_text(workers: tuple[str, ...], components: dict[str, Any], registry: int = 1) -> str:
    return json.dumps({
        "version": 1,
        "site": {"name": "acme"},
        "access": {"user": "root", "private_key": "/root/.ssh/id_ed25519"},
        "hosts": [{"name": name, "address": address, "host_key": "SHA256:" + "A" * 43}
                  for name, address in HOSTS.items() if name in ("cp-1", *workers)],
        "registry": {"hosts": ["cp-1", *workers][:registry]},
        "environments": [{"name": "production", "control_planes": ["cp-1"], "workers": list(workers),
                          "domain": "acme.internal", "components": components}],
    })  # fmt: skip


def edited(manifest: Manifest, name: str, **changes: Any) -> Manifest:
    """The manifest with one component changed."""
    parts = tuple(replace(part, **changes) if part.name == name else part for part in manifest.components)
    return replace(manifest, components=parts)


def with_texts(manifest: Manifest, name: str, text: str, old: str, new: str) -> Manifest:
    part = manifest.component(name)
    assert old in part.texts[text]
    return edited(manifest, name, texts={**part.texts, text: part.texts[text].replace(old, new)})


def inputs(manifest: Manifest, text: str) -> Inputs:
    base = inputs_of("rehearsal")
    bundle_json = encode(manifest)
    answers = answers_file.parse(text, "answers.yaml")
    return Inputs(answers, decode(bundle_json, "core"), bundle_json, base.signature, base.signers)


class SiteUnderTest:
    """One simulated site and the runs made of it; every host of `HOSTS` is there from the start."""

    def __init__(self, state: Path) -> None:
        machines = [Machine(name, address, loaded=KERNEL_MODULES) for name, address in HOSTS.items()]
        self.world = SimulatedWorld(machines, core_manifest(), now=lambda: NOW)
        self.world.site.scripts[VERIFY] = lambda _: said()
        self.state = state

    def site(self, wanted: Inputs) -> operations.Site:
        self.world.site.bundle = wanted.manifest
        return operations.Site(wanted, self.world, Runs(self.state), "tester", {})

    def install(self, wanted: Inputs) -> None:
        install(self.site(wanted))

    def rollback(self, wanted: Inputs, **consent: bool) -> None:
        act(partial(operations.rollback, **consent), self.site(wanted))

    def picture(self) -> dict[str, Any]:
        """Everything an installation may change."""
        hosts = {}
        for name, host in self.world.site.hosts.items():
            snapshot = host.snapshot()
            files = {path: (entry.kind, entry.mode, entry.content, entry.target)
                     for path, entry in snapshot["files"].items() if not path.startswith((LOGS, GUARD))}  # fmt: skip
            hosts[name] = {**snapshot, "files": files}
        clusters = {name: {
            "objects": {path: _plain(thing) for path, thing in cluster.objects.items()},
            "releases": {key: (kept[-1].status, kept[-1].description, kept[-1].content, kept[-1].brought)
                         for key, kept in cluster.releases.items()},
            "members": set(cluster.members), "planes": set(cluster.planes),
        } for name, cluster in self.world.site.clusters.items()}  # fmt: skip
        return copy.deepcopy({"hosts": hosts, "clusters": clusters})


def _plain(thing: dict[str, Any]) -> dict[str, Any]:
    """An object without what its API server writes into it."""
    own = ("uid", "creationTimestamp", "managedFields")
    metadata = {name: value for name, value in thing["metadata"].items() if name not in own}
    return {**thing, "metadata": metadata}


def differences(was: Any, now: Any, where: str = "") -> list[str]:
    """Where two pictures are not the same."""
    if isinstance(was, dict) and isinstance(now, dict):
        return [line for name in sorted({*was, *now}, key=str)
                for line in differences(was.get(name), now.get(name), f"{where}/{name}")]  # fmt: skip
    return [] if was == now else [f"{where}: {str(was)[:90]} -> {str(now)[:90]}"]


CORE = core_manifest()
WORKERS = ("node-1", "node-2")
ALL = {name: {} for name in CHOSEN}
SMALL = {name: {} for name in CHOSEN if name != "shop"}


def objects_edited(manifest: Manifest, change: str) -> Manifest:
    """The authority's objects: a field changed, an object no longer there, or one more."""
    if change == "changed":
        more = "site-intermediate, crlDistributionPoints: [http://crl.acme.internal]}"
        return with_texts(manifest, "site-ca", "authority.yaml", "site-intermediate}", more)
    part = manifest.component("site-ca")
    text = part.texts["authority.yaml"]
    more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: cert-manager}\ndata: {a: b}\n"
    new = f"{text}---\n{more}"
    return edited(manifest, "site-ca", texts={**part.texts, "authority.yaml": new})


def parts_edited(manifest: Manifest, change: str) -> Manifest:
    """A host component: a text changed, a unit and its file gone, or a program and a file in a new folder more."""
    if change == "text":
        return with_texts(manifest, "api-proxy", "haproxy.cfg", "defaults", "# more\ndefaults")
    name = "cni-plugins" if change == "fewer" else "containerd"
    part = manifest.component(name)
    host = dict(part.spec["host"])
    if change == "fewer":
        host["files"] = host["files"][:-1]
    else:
        copied = {"text": "config.toml", "path": "/etc/containerd/more/deep/copy.toml", "mode": "0644"}
        host["texts"] = [*host["texts"], copied]
    return edited(manifest, name, spec={**part.spec, "host": host})


def released(manifest: Manifest, release: str) -> Manifest:
    """Another release of the sample product: new images under their old names, a new chart."""
    part = manifest.component("shop")
    artifacts = tuple(
        replace(
            each,
            manifest=blob(f"{release}{each.reference}"),
            blobs=(*each.blobs[:-1], blob(f"{release}{each.name}")),
        )
        for each in part.artifacts
    )
    return edited(manifest, "shop", version=release, artifacts=artifacts)


@pytest.fixture
def under(tmp_path: Path) -> SiteUnderTest:
    return SiteUnderTest(tmp_path)


def test_a_second_run_taken_back_takes_its_own_changes_alone(under: SiteUnderTest) -> None:
    first, second = inputs(CORE, answers_text(WORKERS, SMALL)), inputs(CORE, answers_text(WORKERS, ALL))
    under.install(first)
    after_first = under.picture()
    under.install(second)
    assert ("shop", "shop") in under.world.site.clusters["production"].releases
    under.rollback(second)
    assert differences(after_first, under.picture()) == []
    site = under.site(first)
    assert all(operations.preview(site, operations.plan(first)).values())


SECOND = {
    "the same again": inputs(CORE, answers_text(WORKERS, SMALL)),
    "a component more": inputs(CORE, answers_text(WORKERS, ALL)),
    "a component fewer": inputs(CORE, answers_text(WORKERS, {"cert-manager": {}})),
    "a worker more": inputs(CORE, answers_text((*WORKERS, "node-3"), SMALL)),
    "a worker fewer": inputs(CORE, answers_text(("node-1",), SMALL)),
    "a registry more": inputs(CORE, answers_text(WORKERS, SMALL, registry=2)),
    "values of a chart": inputs(CORE, answers_text(WORKERS, SMALL | {"metrics-server": {"replicas": 3}})),
    "an object changed": inputs(objects_edited(CORE, "changed"), answers_text(WORKERS, SMALL)),
    "an object more": inputs(objects_edited(CORE, "more"), answers_text(WORKERS, SMALL)),
    "a text changed": inputs(parts_edited(CORE, "text"), answers_text(WORKERS, SMALL)),
    "a host file fewer": inputs(parts_edited(CORE, "fewer"), answers_text(WORKERS, SMALL)),
    "a host file more": inputs(parts_edited(CORE, "more"), answers_text(WORKERS, SMALL)),
    "another release": inputs(released(CORE, "1.1.0"), answers_text(WORKERS, ALL)),
}


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
@pytest.mark.parametrize("first", ["SMALL", "ALL"])
def test_install_twice_and_take_one_back(under: SiteUnderTest, first: str, second: Inputs) -> None:
    under.install(inputs(CORE, answers_text(WORKERS, {"SMALL": SMALL, "ALL": ALL}[first])))
    after_first = under.picture()
    under.install(second)
    assert all(operations.preview(under.site(second), operations.plan(second)).values())
    under.rollback(second)
    assert differences(after_first, under.picture()) == []


@pytest.mark.parametrize("change", ["changed", "more"])
def test_a_changed_object_reaches_the_cluster_and_what_is_gone_is_pruned(under: SiteUnderTest, change: str) -> None:
    plain = inputs(CORE, answers_text(WORKERS, SMALL))
    under.install(inputs(objects_edited(CORE, change), answers_text(WORKERS, SMALL)))
    objects = under.world.site.clusters["production"].objects
    authority = "/apis/cert-manager.io/v1/clusterissuers/site-ca"
    more = "/api/v1/namespaces/cert-manager/configmaps/more"
    assert ("crlDistributionPoints" in objects[authority]["spec"]["ca"]) == (change == "changed")
    assert (more in objects) == (change == "more")
    under.install(plain)
    assert "crlDistributionPoints" not in objects[authority]["spec"]["ca"]
    assert more not in objects


def test_what_somebody_changed_in_a_shipped_object_is_seen_and_mended(under: SiteUnderTest) -> None:
    wanted = inputs(CORE, answers_text(WORKERS, SMALL))
    under.install(wanted)
    authority = "/apis/cert-manager.io/v1/clusterissuers/site-ca"
    objects = under.world.site.clusters["production"].objects
    objects[authority]["spec"]["ca"]["secretName"] = "somebody-elses"
    holds = operations.preview(under.site(wanted), operations.plan(wanted))
    assert [name for name, held in holds.items() if not held] == ["production/site-ca.release@cp-1"]
    under.install(wanted)
    assert objects[authority]["spec"]["ca"]["secretName"] == "site-intermediate"


def test_an_object_that_was_there_before_us_comes_back_as_it_was(under: SiteUnderTest) -> None:
    more = inputs(objects_edited(CORE, "more"), answers_text(WORKERS, SMALL))
    under.install(inputs(CORE, answers_text(WORKERS, SMALL)))
    theirs = {"metadata": {"name": "more", "namespace": "cert-manager", "labels": {"of": "the customer"}},
              "apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "theirs", "c": "d"}}  # fmt: skip
    under.world.site.clusters["production"].put("/api/v1/namespaces/cert-manager/configmaps/more", theirs)
    before = under.picture()
    under.install(more)
    under.rollback(more)
    assert differences(before, under.picture()) == []


def test_the_record_tells_what_stands_though_it_is_no_longer_asked_for(under: SiteUnderTest) -> None:
    under.install(inputs(CORE, answers_text(WORKERS, ALL)))
    under.install(inputs(CORE, answers_text(WORKERS, {"cert-manager": {}})))
    record = json.loads(under.world.read("cp-1", "/var/lib/sitewright/site.json"))
    assert record["components"]["shop"] == "1.1.0"
    assert record["kubernetes"] == CORE.kubernetes
