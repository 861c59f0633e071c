"""Probes that components declare.

A program in a pod is asked until it says what is expected; an API server until it refuses, or takes, an object.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulation import NOW, inputs_of, install, machines_of, site_of

from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted, ProbeFailed
from installer.ports import Output
from installer.probes import builtin, proof
from installer.probes.declared import declared
from installer.simulated import admission
from installer.simulated.kubernetes import Cluster
from installer.simulated.world import SimulatedWorld

COMMAND = ["/usr/local/bin/promtool", "query", "instant", "https://{{ domain }}:9090", "count(up)"]
SPEC = {"kind": "exec", "name": "collects", "title": "it collects", "namespace": "prometheus", "app": "prometheus",
        "command": COMMAND, "expect": "=>"}  # fmt: skip
PODS = "/api/v1/namespaces/prometheus/pods?labelSelector=app%3Dprometheus"


class Pods:
    """A cluster with one pod: Ready once it was looked at so often; its program says one thing after another."""

    def __init__(self, *said: Output, ready_after: int = 0) -> None:
        self.said, self.looks, self.ready_after = iter(said), 0, ready_after
        self.asked: list[tuple[str, ...]] = []

    def get(self, cluster: str, path: str) -> Any:
        assert (cluster, path) == ("production", PODS)
        self.looks += 1
        status = {"conditions": [{"type": "Ready", "status": "True" if self.looks > self.ready_after else "False"}]}
        return {"items": [{"metadata": {"name": "prometheus-0"}, "status": status}]}

    def execute(self, cluster: str, namespace: str, pod: str, *argv: str, timeout: float) -> Output:
        assert (cluster, namespace, pod) == ("production", "prometheus", "prometheus-0")
        self.asked.append(argv)
        return next(self.said)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "PATIENCE", 0.5)


def asked(world: Any) -> str:
    environment = inputs_of("rehearsal").answers.environments[0]
    component = Component("prometheus", "v1", spec={"probes": [SPEC]})
    (probe,) = declared(component, environment, {"domain": "practice.internal"}, builtin.until)
    assert (probe.name, probe.title) == ("collects", "it collects")
    return probe.run(world)


def test_its_last_line_is_the_evidence() -> None:
    pods = Pods(Output(0, "{} =>\n3 @[17]\n\n", ""))
    assert asked(pods) == "promtool: 3 @[17]"
    assert pods.asked == [(*COMMAND[:3], "https://practice.internal:9090", "count(up)")]


def test_it_is_asked_again_until_a_pod_is_ready_and_says_so() -> None:
    pods = Pods(Output(1, "", "connection refused"), Output(0, "nothing yet", ""), Output(0, "=> 3", ""), ready_after=2)
    assert asked(pods) == "promtool: => 3"
    assert len(pods.asked) == 3


@pytest.mark.usefixtures("soon")
def test_what_it_said_last_is_told_where_it_never_says_what_is_expected() -> None:
    refused = (Output(1, "", "error\nx509: unknown authority") for _ in range(100))
    with pytest.raises(ProbeFailed, match=r"'=>' from /usr/local/bin/promtool in a pod of prometheus: not within .* s; "
                       "last it said: x509: unknown authority"):  # fmt: skip
        asked(Pods(*refused))


@pytest.mark.usefixtures("soon")
def test_where_no_pod_is_ready_nothing_was_said() -> None:
    with pytest.raises(ProbeFailed, match=r"not within 0 s$"):
        asked(Pods(ready_after=1000))


def test_a_simulated_pod_says_what_its_probe_expects_once_the_release_is_there(tmp_path: Path) -> None:
    inputs = inputs_of("rehearsal")
    own = {**SPEC, "namespace": "shop", "app": "shop-backend"}
    parts = [replace(part, spec={**part.spec, "probes": [*part.spec["probes"], own]}) if part.name == "shop" else part
             for part in inputs.manifest.components]  # fmt: skip
    inputs = replace(inputs, manifest=replace(inputs.manifest, components=tuple(parts)))
    world = SimulatedWorld(machines_of("rehearsal"), inputs.manifest, now=lambda: NOW)
    install(site_of(world, tmp_path, inputs=inputs))
    told = {each.id: each for each in proof.prove(world, inputs, lambda result: None)}
    assert told["production/probe.collects"].passed
    assert told["production/probe.collects"].evidence == "promtool: =>"


OBJECT = """apiVersion: v1
kind: Namespace
metadata: {name: foreign, labels: {of: "{{ environment }}"}}
"""


class Server:
    """An API server that answers one thing after another to an object that it is asked about."""

    def __init__(self, *said: str) -> None:
        self.said = list(said)
        self.tried: list[Any] = []

    def refusal(self, cluster: str, thing: Any) -> str:
        self.tried.append((cluster, thing["metadata"]))
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


def tried(world: Any, kind: str, text: str = OBJECT, **more: str) -> str:
    environment = inputs_of("rehearsal").answers.environments[0]
    spec = {"kind": kind, "name": "foreign", "title": "a foreign one", "object": "foreign.yaml", **more}
    component = Component("contract", "v1", spec={"probes": [spec]}, texts={"foreign.yaml": text})
    (probe,) = declared(component, environment, {"environment": "production", "prefix": "prod-"}, builtin.until)
    return probe.run(world)


def test_an_object_must_be_refused_in_the_words_that_are_expected() -> None:
    server = Server("", "another rule", "denied: names begin with prod-")
    said = tried(server, "refused", expect="begin with {{ prefix }}")
    assert said == "Namespace foreign: denied: names begin with prod-"
    assert server.tried == [("production", {"name": "foreign", "labels": {"of": "production"}})] * 3


def test_an_object_must_be_taken() -> None:
    assert tried(Server("not yet", ""), "admitted") == "Namespace foreign: admitted"


@pytest.mark.usefixtures("soon")
def test_what_the_server_said_last_is_told_where_it_never_does_what_is_wanted() -> None:
    with pytest.raises(ProbeFailed, match=r"Namespace foreign refused: not within .*; last it said: it is admitted"):
        tried(Server(""), "refused", expect="begin")
    with pytest.raises(ProbeFailed, match=r"Namespace foreign refused: not within .*; last it said: something else"):
        tried(Server("something else"), "refused", expect="begin")
    with pytest.raises(ProbeFailed, match=r"Namespace foreign admitted: not within .*; last it said: no"):
        tried(Server("no"), "admitted")


def test_a_probe_tries_one_object() -> None:
    with pytest.raises(BundleNotTrusted, match=r"contract, foreign\.yaml: it holds 2 objects, a probe tries one"):
        tried(Server(""), "admitted", f"{OBJECT}---\n{OBJECT}")


def test_a_simulated_cluster_refuses_what_a_component_says_it_does_once_there_is_a_policy() -> None:
    spec = {"kind": "refused", "name": "foreign", "title": "x", "object": "foreign.yaml", "expect": "begin with"}
    contract = Component("contract", "v1", spec={"probes": [spec]}, texts={"foreign.yaml": OBJECT})
    manifest = replace(inputs_of("rehearsal").manifest, components=(contract,))
    cluster = Cluster("production", "cluster.local", "10.244.0.0/16")
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "foreign"}}
    assert admission.refusal(manifest, cluster, foreign) == ""
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    cluster.apply({**policy, "metadata": {"name": "names"}}, NOW)
    assert "begin with" in admission.refusal(manifest, cluster, foreign)
    assert admission.refusal(manifest, cluster, {**foreign, "metadata": {"name": "foreign-one"}}) == ""
    assert admission.refusal(manifest, cluster, {**foreign, "kind": "Pod"}) == ""


class Entrance:
    """A cluster whose last host has an address, and a host that asks by curl and is told one thing."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.asked: tuple[str, ...] = ()

    def get(self, cluster: str, path: str) -> Any:
        assert path.startswith("/api/v1/nodes/")
        return {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.9"}]}}

    def read(self, host: str, path: str) -> bytes:
        return b"authority"

    def write(self, host: str, path: str, content: bytes) -> None:
        assert content == b"authority"

    def remove(self, host: str, path: str) -> None:
        pass

    def query(self, host: str, *argv: str) -> Output:
        self.asked = argv
        return Output(0, self.out, "")


@pytest.mark.parametrize(
    ("more", "out", "wanted", "address"),
    [
        ({"expect": "ok"}, "all is ok", "https://page.site/ answers at 10.0.0.9", "10.0.0.9"),
        ({"expect": "ok", "at": "10.0.0.7"}, "all is ok", "https://page.site/ answers at 10.0.0.7", "10.0.0.7"),
        ({"status": "401"}, "who?\n401", "https://page.site/ answers 401 at 10.0.0.9", "10.0.0.9"),
        ({"status": "401"}, "\n401", "https://page.site/ answers 401 at 10.0.0.9", "10.0.0.9"),
        ({"status": "401"}, "401\n200", "", "10.0.0.9"),
        ({"status": "401", "expect": "who"}, "nobody\n401", "", "10.0.0.9"),
        ({"expect": "ok"}, "well", "", "10.0.0.9"),
    ],
)
def test_a_page_is_asked_where_it_is_said_until_it_answers_as_is_wanted(
    soon: None, more: dict[str, str], out: str, wanted: str, address: str
) -> None:
    spec = {"name": "page", "title": "x", "url": "https://page.{{ domain }}/", **more}
    component, world = Component("page", "v1", spec={"probes": [spec]}), Entrance(out)
    environment = inputs_of("rehearsal").answers.environments[0]
    (probe,) = declared(component, environment, {"domain": "site"}, builtin.until)
    if wanted:
        assert probe.run(world) == wanted  # type: ignore[arg-type]
    else:
        with pytest.raises(ProbeFailed, match=r"https://page\.site/"):
            probe.run(world)  # type: ignore[arg-type]
    assert f"page.site:443:{address}" in world.asked
    assert ("--fail" in world.asked) == ("status" not in more), (
        "curl tells nothing of an answer that it takes as a fault"
    )
