"""A cluster's API as every World speaks it; what needs a kubelet or controllers is tried end to end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from apiserver import CLUSTER
from stages import Stage

from installer.errors import CommandFailed, ConnectionLost
from installer.remote.kubernetes import api as real

SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contract", "labels": {"for": "contract"}}}
SETTINGS = {
    "apiVersion": "v1", "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "contract"}, "data": {"a": "1", "b": "1"},
}  # fmt: skip
WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.contract.internal"},
    "spec": {
        "group": "contract.internal", "scope": "Cluster", "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [{
            "name": "v1", "served": True, "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }],
    },
}  # fmt: skip


def test_before_there_is_a_cluster_that_is_said(stage: Stage) -> None:
    with pytest.raises(ConnectionLost, match="no cluster is there yet"):
        stage.world.get(CLUSTER, "/api/v1/nodes")


def test_objects_are_got_by_path(cluster: Stage) -> None:
    assert cluster.world.get(CLUSTER, "/api/v1/namespaces/default")["metadata"]["name"] == "default"
    assert cluster.world.get(CLUSTER, "/api/v1/namespaces/none") is None
    assert cluster.world.get(CLUSTER, "/apis/no.such.group/v1/things/one") is None


def test_lists_are_got_by_path_and_label(cluster: Stage) -> None:
    cluster.world.apply(CLUSTER, SPACE)

    def names(path: str) -> set[str]:
        return {thing["metadata"]["name"] for thing in cluster.world.get(CLUSTER, path)["items"]}

    assert {"default", "contract"} <= names("/api/v1/namespaces")
    assert names("/api/v1/namespaces?labelSelector=for%3Dcontract") == {"contract"}
    assert names("/api/v1/namespaces/contract/pods") == set()
    assert cluster.world.get(CLUSTER, "/apis/no.such.group/v1/things") is None


def test_applied_objects_are_ours_and_applied_again_change(cluster: Stage) -> None:
    cluster.world.apply(CLUSTER, SPACE, SETTINGS)
    first = cluster.world.get(CLUSTER, "/api/v1/namespaces/contract/configmaps/settings")
    cluster.world.apply(CLUSTER, {**SETTINGS, "data": {"a": "2"}})
    found = cluster.world.get(CLUSTER, "/api/v1/namespaces/contract/configmaps/settings")
    assert (first["data"], found["data"]) == ({"a": "1", "b": "1"}, {"a": "2"})
    assert {entry["manager"] for entry in found["metadata"]["managedFields"]} == {"sitewright"}
    for name in ("uid", "creationTimestamp"):
        assert found["metadata"][name] == first["metadata"][name]
    assert datetime.fromisoformat(first["metadata"]["creationTimestamp"]).tzinfo is not None


def test_a_kind_defined_in_the_same_breath_is_applied(cluster: Stage) -> None:
    widget = {"apiVersion": "contract.internal/v1", "kind": "Widget", "metadata": {"name": "w"}}
    cluster.world.apply(CLUSTER, WIDGETS, widget)
    assert cluster.world.get(CLUSTER, "/apis/contract.internal/v1/widgets/w")["kind"] == "Widget"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"metadata": {"name": "Not_A_Name", "namespace": "default"}}, "lowercase"),
        ({"metadata": {"name": "nowhere", "namespace": "none"}}, 'namespaces "none" not found'),
        ({"kind": "Gadget"}, "no kind Gadget"),
    ],
    ids=["name", "namespace", "kind"],
)
def test_what_the_api_refuses_is_told_in_its_words(
    cluster: Stage, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(real, "NEW", 0)
    with pytest.raises(CommandFailed, match=words):
        cluster.world.apply(CLUSTER, {**SETTINGS, **changed})


def test_what_would_be_refused_is_told_and_nothing_is_made(cluster: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "NEW", 0)
    tried = {**SETTINGS, "metadata": {"name": "tried", "namespace": "default"}}
    assert cluster.world.refusal(CLUSTER, tried) == ""
    assert cluster.world.find(CLUSTER, tried) is None
    assert "lowercase" in cluster.world.refusal(CLUSTER, {**tried, "metadata": {"name": "Not_A_Name"}})
    with pytest.raises(CommandFailed, match='namespaces "none" not found'):
        cluster.world.refusal(CLUSTER, {**tried, "metadata": {"name": "nowhere", "namespace": "none"}})
    with pytest.raises(CommandFailed, match="no kind Gadget"):
        cluster.world.refusal(CLUSTER, {**tried, "kind": "Gadget"})


def test_a_command_in_no_pod_is_refused(cluster: Stage) -> None:
    with pytest.raises(CommandFailed, match="no such pod"):
        cluster.world.execute(CLUSTER, "default", "no-pod", "true")


def test_deleted_is_gone_and_again_is_no_error(cluster: Stage) -> None:
    cluster.world.apply(CLUSTER, {**SETTINGS, "metadata": {"name": "gone", "namespace": "default"}})
    for _ in range(2):
        cluster.world.delete(CLUSTER, "/api/v1/namespaces/default/configmaps/gone")
        assert cluster.world.get(CLUSTER, "/api/v1/namespaces/default/configmaps/gone") is None
