"""Spreading what kubeadm puts on the first control plane before any other host has joined: the cluster's DNS.

kubeadm asks for two pods and only prefers that they stand apart, so both stay where they were started. A host that is
lost with both of them silences every service by name until they are evicted, minutes later (docs/adr/0024).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from installer.answers.model import Environment
from installer.errors import ConnectionLost
from installer.formats.objects import at, condition, items, name, text
from installer.messages import Message
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly, World

SPACE = "kube-system"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{SPACE}/deployments/coredns"
SERVICE = f"/api/v1/namespaces/{SPACE}/services/kube-dns"
BUDGET = f"/apis/policy/v1/namespaces/{SPACE}/poddisruptionbudgets/coredns"
PODS = f"/api/v1/namespaces/{SPACE}/pods?labelSelector=k8s-app%3Dkube-dns"
LABELS = {"k8s-app": "kube-dns"}
OVER = frozenset({"Failed", "Succeeded"})
"""Phases of pods that were evicted or have ended, and that nobody has cleared away yet."""
MOST = 3
"""Replicas at most: a third keeps two while one host is lost and another one is drained; more add nothing to that."""
EVICTED = 10
"""Seconds a DNS pod stays on a node that is not ready: it keeps nothing, so nothing is lost by going."""
PATIENCE = 300
"""Seconds for the pods to stand apart: an image is pulled by each new host, and one pod goes at a time."""

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
APART = [{"labelSelector": {"matchLabels": LABELS}, "topologyKey": "kubernetes.io/hostname"}]
"""Required, where kubeadm prefers: a pod whose host was lost waits for another host, and comes back to it."""
TOLERATIONS = [
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
    {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
    *({"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": EVICTED}
      for state in ("not-ready", "unreachable")),
]  # fmt: skip
"""kubeadm's own two, for a list is applied as a whole, and how long a pod waits on a lost node."""
NEAREST = "PreferSameNode"
"""A node asks the DNS pod that stands on it where there is one: a lost host then silences no other one for a moment.
Kubernetes, Service `spec.trafficDistribution`; stable since v1.35."""


def spread(environment: Environment, open_to_all: int, after: tuple[str, ...]) -> Step:
    """The step that puts the cluster's DNS on as many hosts as there are that no pool reserves, three at most."""
    host, cluster = environment.desk, environment.name
    replicas = min(MOST, open_to_all)

    def differs(world: ReadOnly) -> Differences:
        if world.stat(host, ADMIN) != (None,) and _stands(world, cluster, replicas):
            return ()
        return (
            Difference(
                Message("deployment coredns"),
                Message("{replicas} pods ready, each on a host of its own", replicas=replicas),
                Message("otherwise"),
            ),
        )

    def capture(world: ReadOnly) -> Before:
        if world.stat(host, ADMIN) == (None,):
            return {}
        try:
            return _settings(world, cluster)
        except ConnectionLost:  # a cluster that does not answer is taken back as a whole
            return {}

    def apply(world: World) -> None:
        world.apply(cluster, *_wanted(replicas))
        until = time.monotonic() + PATIENCE
        while not _apart(world, cluster, replicas) and time.monotonic() < until:
            time.sleep(0.5)

    def undo(world: World, image: Image) -> None:
        if image.seen and world.stat(host, ADMIN) != (None,):
            _restore(world, cluster, image.seen)

    return Step(
        id=step_id(environment, "kubernetes.spread", environment.founder),
        title=Message("spread the cluster's DNS over the hosts"),
        phase="kubernetes", host=host, environment=cluster, after=after, differs=differs, capture=capture, apply=apply,
        undo=undo, weight=10, goes_with=(step_id(environment, "kubernetes.init", environment.founder),),
    )  # fmt: skip


def _wanted(replicas: int) -> tuple[dict[str, Any], ...]:
    return (
        _deployment(replicas, {"podAntiAffinity": {REQUIRED: APART}}, TOLERATIONS),
        _service({"trafficDistribution": NEAREST}),
        {
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "coredns", "namespace": SPACE},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}},
        },
    )  # fmt: skip


def _deployment(replicas: Any, affinity: Any, tolerations: Any) -> dict[str, Any]:
    pod = {key: value for key, value in (("affinity", affinity), ("tolerations", tolerations)) if value}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "coredns", "namespace": SPACE},
        "spec": {"replicas": replicas, "template": {"spec": pod}},
    }  # fmt: skip


def _service(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": SPACE}, "spec": spec}


def _stands(world: ReadOnly, cluster: str, replicas: int) -> bool:
    """Whether all is as wanted: settings that kubeadm may have written over since, and the pods themselves."""
    found = world.get(cluster, DEPLOYMENT)
    pod = at(found, "spec", "template", "spec")
    tolerated = at(pod, "tolerations")
    return (
        at(found, "spec", "replicas") == replicas
        and at(pod, "affinity", "podAntiAffinity", REQUIRED) == APART
        and isinstance(tolerated, list)
        and all(each in tolerated for each in TOLERATIONS)
        and text(world.get(cluster, SERVICE), "spec", "trafficDistribution") == NEAREST
        and world.get(cluster, BUDGET) is not None
        and _apart(world, cluster, replicas)
    )


def _apart(world: ReadOnly, cluster: str, replicas: int) -> bool:
    """Whether so many pods are ready, each on a node of its own, and no other one is left."""
    pods = [each for each in items(world.get(cluster, PODS))
            if not at(each, "metadata", "deletionTimestamp") and text(each, "status", "phase") not in OVER]  # fmt: skip
    nodes = {text(each, "spec", "nodeName") for each in pods if condition(each, "Ready")}
    return len(pods) == len(nodes - {""}) == replicas


def _settings(world: ReadOnly, cluster: str) -> Before:
    """What this step sets, as it is now; empty where the cluster has no such DNS."""
    found = world.get(cluster, DEPLOYMENT)
    if name(found) != "coredns":
        return {}
    pod = at(found, "spec", "template", "spec")
    return {
        "replicas": at(found, "spec", "replicas"),
        "affinity": at(pod, "affinity"),
        "tolerations": at(pod, "tolerations"),
        "traffic": text(world.get(cluster, SERVICE), "spec", "trafficDistribution"),
        "budget": world.get(cluster, BUDGET) is not None,
    }


def _restore(world: World, cluster: str, before: Before) -> None:
    traffic = {"trafficDistribution": before["traffic"]} if before.get("traffic") else {}
    deployment = _deployment(before.get("replicas"), before.get("affinity"), before.get("tolerations"))
    world.apply(cluster, deployment, _service(traffic))
    if not before.get("budget"):
        world.delete(cluster, BUDGET)
