"""The step by which what kubeadm itself runs in a cluster, its DNS and kube-proxy, follows the nodes."""

from __future__ import annotations

from installer.answers.model import Environment
from installer.formats.objects import at, listed, text
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Difference, Differences, Image, Step
from installer.plan.steps.commands import demand_work, wait_for
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kept_objects import SPACE, KeptObjects, named
from installer.plan.steps.planes import KUBEADM, TOLD
from installer.ports import ReadOnly, World

PATIENCE = 600
"""Seconds until every node has the new pods: each pulls an image, and they go one at a time."""
WORKLOADS = {"registry.k8s.io/kube-proxy": ("daemonsets", "kube-proxy"),
             "registry.k8s.io/coredns/coredns": ("deployments", "coredns")}  # fmt: skip
"""By the repository of its image, the plural and the name of a workload."""
COUNTS = {"daemonsets": ("desiredNumberScheduled", "updatedNumberScheduled", "numberReady"),
          "deployments": ("replicas", "updatedReplicas", "readyReplicas")}  # fmt: skip
"""What a workload's status says: how many pods there should be, how many are of the newest form, how many are ready."""


def follow(inputs: Planned, environment: Environment, after: tuple[str, ...]) -> Step:
    """The step after which the cluster's DNS and kube-proxy are those of the new version, everywhere."""
    host, cluster = environment.desk, environment.name
    images = inputs.names(environment)["images"]
    kept = KeptObjects(host, cluster, "addons", (
        named("v1", "ConfigMap", "kube-proxy"), named("v1", "ConfigMap", "coredns"),
        named("apps/v1", "DaemonSet", "kube-proxy"), named("apps/v1", "Deployment", "coredns"),
    ))  # fmt: skip

    def differs(world: ReadOnly) -> Differences:
        found = []
        for repository, (plural, name) in WORKLOADS.items():
            tag = images[repository].partition("@")[0].rpartition(":")[2]
            path = f"/apis/apps/v1/namespaces/{SPACE}/{plural}/{name}"
            live = world.get(cluster, path)
            seen = [text(each, "image").rpartition(":")[2]
                    for each in listed(live, "spec", "template", "spec", "containers")]  # fmt: skip
            if seen != [tag]:
                found.append(Difference(name, tag, ", ".join(seen) or Message("nothing")))
            elif not rolled_out(world, cluster, plural, name):
                found.append(Difference(name, Message("new pods everywhere"), Message("not yet")))
        return tuple(found)

    def apply(world: World) -> None:
        argv = (KUBEADM, "upgrade", "node", "phase", "addon", "all", "--config", TOLD)
        demand_work(world, host, "sitewright-kubernetes-addons", *argv, timeout=600)
        wait_for(PATIENCE, lambda: not differs(world))

    def undo(world: World, image: Image) -> None:
        kept.give_back(world, image)
        wait_for(PATIENCE, lambda: all(rolled_out(world, cluster, *each) for each in WORKLOADS.values()))

    return Step(
        id=step_id(environment, "kubernetes.addons", environment.founder),
        title=Message("let DNS and kube-proxy follow"), phase="charts", host=host,
        environment=cluster, after=after, differs=differs, apply=apply,
        capture=kept.capture, keep=kept.keep, undo=undo, weight=30,
    )  # fmt: skip


def rolled_out(world: ReadOnly, cluster: str, plural: str, name: str) -> bool:
    """Whether all pods of a workload are of its newest form, and ready."""
    live = world.get(cluster, f"/apis/apps/v1/namespaces/{SPACE}/{plural}/{name}")
    counts = [at(live, "status", each) or 0 for each in COUNTS[plural]]
    current = at(live, "status", "observedGeneration") == at(live, "metadata", "generation")
    return current and len(set(counts)) == 1
