"""Starting workloads anew, as `kubectl rollout restart` does: pods go one after the other as each workload allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.formats.objects import at, items, name
from installer.plan.steps.commands import wait_for
from installer.ports import ReadOnly, World

KINDS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}
"""The workloads whose pods stay, by their names in the API."""
RESTARTED = "sitewright.internal/restarted"
"""The annotation whose change makes pods anew: when they were."""
PATIENCE = 300
"""Seconds that a workload may take until all its pods are new and ready."""


@dataclass(frozen=True)
class Workload:
    """A workload of a cluster, `plural` as the API names its kind."""

    cluster: str
    namespace: str
    plural: str
    name: str

    @property
    def path(self) -> str:
        """In the API."""
        return f"/apis/apps/v1/namespaces/{self.namespace}/{self.plural}/{self.name}"

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}/{self.name}"


def using(world: ReadOnly, cluster: str, namespace: str, secrets: Collection[str]) -> tuple[Workload, ...]:
    """The workloads of a namespace whose pods mount one of these Secrets, or have it in their environment."""
    found = []
    for plural in KINDS:
        listing = world.get(cluster, f"/apis/apps/v1/namespaces/{namespace}/{plural}")
        found += [Workload(cluster, namespace, plural, name(each)) for each in items(listing)
                  if set(_secrets_in(at(each, "spec", "template", "spec"))) & set(secrets)]  # fmt: skip
    return tuple(found)


def _secrets_in(pod: Any) -> Iterator[str]:
    """Names of the Secrets that a pod's specification asks for, in a volume or in the environment of a container."""
    if isinstance(pod, Mapping):
        for key, value in pod.items():
            if key == "secretName":
                yield str(value)
            elif key in ("secret", "secretKeyRef", "secretRef") and isinstance(value, Mapping) and "name" in value:
                yield str(value["name"])
            yield from _secrets_in(value)
    elif isinstance(pod, list):
        for each in pod:
            yield from _secrets_in(each)


def restart(world: World, workload: Workload) -> None:
    """Let its pods be made anew."""
    annotations = {RESTARTED: world.now().isoformat(timespec="seconds")}
    world.apply(workload.cluster, {
        "apiVersion": "apps/v1", "kind": KINDS[workload.plural],
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {"template": {"metadata": {"annotations": annotations}}},
    })  # fmt: skip


def settled(world: ReadOnly, workload: Workload) -> bool:
    """Wait until every pod is a new one and ready; whether that has come about in time."""
    wait_for(PATIENCE, lambda: _whole(world.get(workload.cluster, workload.path)))
    return _whole(world.get(workload.cluster, workload.path))


def _whole(seen: Mapping[str, Any] | None) -> bool:
    """Whether a workload's controller has seen its last change and all its pods are of it, and ready."""
    if seen is None:
        return False
    status = at(seen, "status") or {}
    daemons = "desiredNumberScheduled" in status
    wanted = status["desiredNumberScheduled"] if daemons else at(seen, "spec", "replicas")
    updated = status.get("updatedNumberScheduled" if daemons else "updatedReplicas", 0)
    ready = status.get("numberReady" if daemons else "readyReplicas", 0)
    return bool(
        status.get("observedGeneration") == at(seen, "metadata", "generation")
        and updated == wanted and ready == wanted
    )  # fmt: skip
