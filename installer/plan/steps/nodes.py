"""Steps by which a node leaves service, comes to a new version and returns: nothing of it is changed under pods.

A node that is the only one of its cluster cannot be emptied: its pods have nowhere to go. There containers run on
while the programs beside them are exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.answers.model import Environment
from installer.errors import CommandFailed
from installer.formats.objects import at, condition, items, listed, text
from installer.messages import Message
from installer.plan import readiness
from installer.plan.inputs import Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps import static_pods
from installer.plan.steps.before_images import files_before, keeps, take_back
from installer.plan.steps.commands import demand, demand_work, wait_for
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kubernetes import ADMIN, SETTLED
from installer.plan.steps.planes import KUBEADM, LEFT, TOLD
from installer.ports import ReadOnly, World

PHASE = "nodes"
DRAINED = 900
"""Seconds that a node's pods may take to leave, each as its disruption budget allows."""
KUBELET_FILES = ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/instance-config.yaml")
OVER = frozenset({"Failed", "Succeeded"})


def drain(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that takes a node out of service: no pod comes to it, and those that may go have gone."""
    version = inputs.manifest.kubernetes

    def differs(world: ReadOnly) -> Differences:
        node = world.get(environment.name, f"/api/v1/nodes/{host}")
        if _version(node) == version:  # it was out of service when that came about
            return ()
        if not _closed(node):
            return (Difference(Message("node {host}", host=host), Message("out of service"), Message("in service")),)
        staying = [text(pod, "metadata", "name") for pod in _movable(world, environment, host)]
        return tuple(
            Difference(Message("pod {name} on {host}", name=name, host=host), Message("gone"), Message("there"))
            for name in staying
        )

    def capture(world: ReadOnly) -> Before:
        node = world.get(environment.name, f"/api/v1/nodes/{host}")
        return {"values": {"closed": str(_closed(node)), "kubelet": _version(node)}}

    def undo(world: World, image: Image) -> None:
        seen = image.seen["values"]
        static_pods.settle(world, environment)
        wait_for(SETTLED, lambda: not _unready(world, environment, host, seen["kubelet"]))
        if seen["closed"] == str(False):
            _kubectl(world, environment, "uncordon", host)

    return Step(
        id=step_id(environment, "node.drain", host), title=Message("take the node out of service"), phase=PHASE,
        host=host, environment=environment.name, after=after, differs=differs,
        apply=lambda world: _empty(world, environment, host), capture=capture, undo=undo, weight=45,
    )  # fmt: skip


def configure(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that gives a kubelet the configuration of the new version, as the cluster has it, with our patches."""
    mark = f"# {inputs.manifest.kubernetes}, {inputs.manifest.digest}\n"
    config = KUBELET_FILES[0]

    def differs(world: ReadOnly) -> Differences:
        marked = (world.read(host, config) or b"").decode("utf-8", "replace").startswith(mark)
        return () if marked else (Difference(config, inputs.manifest.kubernetes, Message("of a former version")),)

    def apply(world: World) -> None:
        static_pods.settle(world, environment)  # its program was exchanged just now
        argv = (KUBEADM, "upgrade", "node", "phase", "kubelet-config", "--config", TOLD)
        demand_work(world, host, "sitewright-kubelet-config", *argv, timeout=300)
        said = (world.read(host, config) or b"").decode()
        # The mark says of what version the file is: kubeadm writes nothing of the kind into it.
        world.write(host, config, f"{mark}{said}".encode(), mode=0o644)
        demand(world, host, "systemctl", "restart", "kubelet.service", timeout=120)
        static_pods.settle(world, environment)

    def undo(world: World, image: Image) -> None:
        take_back(world, host, image)
        demand(world, host, "systemctl", "restart", "kubelet.service", timeout=120)
        static_pods.settle(world, environment)

    return Step(
        id=step_id(environment, "kubernetes.kubelet", host), title=Message("configure the kubelet"), phase=PHASE,
        host=host, environment=environment.name, after=after, differs=differs, apply=apply,
        capture=lambda world: files_before(world, host, KUBELET_FILES, (LEFT,)), keep=keeps(host), undo=undo, weight=5,
    )  # fmt: skip


def give_back(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that puts a node into service again once its kubelet of the new version says that it is ready."""
    version, alone = inputs.manifest.kubernetes, len(environment.hosts) == 1

    def differs(world: ReadOnly) -> Differences:
        if host in environment.control_planes and (waiting := static_pods.unready(world, host)):
            return waiting
        unready = _unready(world, environment, host, version)
        closed = _closed(world.get(environment.name, f"/api/v1/nodes/{host}"))
        service = Difference(Message("node {host}", host=host), Message("in service"), Message("out of service"))
        return (*unready, service) if closed else unready

    def apply(world: World) -> None:
        static_pods.settle(world, environment)
        wait_for(SETTLED, lambda: not _unready(world, environment, host, version))
        _kubectl(world, environment, "uncordon", host)

    def capture(world: ReadOnly) -> Before:
        return {"values": {"closed": str(_closed(world.get(environment.name, f"/api/v1/nodes/{host}")))}}

    def undo(world: World, image: Image) -> None:
        if not alone:
            _empty(world, environment, host)

    return Step(
        id=step_id(environment, "node.return", host), title=Message("put the node into service again"), phase=PHASE,
        host=host, environment=environment.name, after=after, differs=differs, apply=apply, capture=capture, undo=undo,
        weight=15,
    )  # fmt: skip


def _empty(world: World, environment: Environment, host: str) -> None:
    """Close a node and let its pods go.

    Raises:
        CommandFailed: one does not go; the node is in service again.
    """
    # Its log names the pod, and the budget that holds it.
    argv = ("kubectl", "--kubeconfig", ADMIN, "drain", host, "--ignore-daemonsets", "--delete-emptydir-data",
            f"--timeout={DRAINED}s")  # fmt: skip
    first = environment.desk
    _kubectl(world, environment, "cordon", host)
    # Nothing starts these again, so nothing may delete them: a volume that is being cleared would stay half cleared.
    wait_for(DRAINED, lambda: not readiness.passing(_on(world, environment, host)))
    try:
        demand_work(world, first, f"sitewright-drain-{host}", *argv, timeout=DRAINED + 60)
    except CommandFailed:
        _kubectl(world, environment, "uncordon", host)
        raise


def _kubectl(world: World, environment: Environment, verb: str, host: str) -> None:
    demand(world, environment.desk, "kubectl", "--kubeconfig", ADMIN, verb, host, timeout=60)


def _unready(world: ReadOnly, environment: Environment, host: str, version: str) -> Differences:
    """Why a node is not ready under a kubelet of a version."""
    node = world.get(environment.name, f"/api/v1/nodes/{host}")
    if _version(node) != version:
        return (Difference(Message("kubelet on {host}", host=host), version, _version(node) or Message("nothing")),)
    if condition(node, "Ready"):
        return ()
    return (Difference(Message("node {host}", host=host), "Ready", Message("not ready")),)


def _version(node: Any) -> str:
    return text(node, "status", "nodeInfo", "kubeletVersion")


def _closed(node: Any) -> bool:
    return at(node, "spec", "unschedulable") is True


def _movable(world: ReadOnly, environment: Environment, host: str) -> list[Mapping[str, Any]]:
    """The pods of a node that have to leave it: not those of the node itself, nor those that every node has."""
    return [
        pod for pod in items(_on(world, environment, host))
        if text(pod, "status", "phase") not in OVER
        and not any(owner.get("kind") in ("DaemonSet", "Node") for owner in listed(pod, "metadata", "ownerReferences"))
    ]  # fmt: skip


def _on(world: ReadOnly, environment: Environment, host: str) -> Any:
    """The pods on a node."""
    return world.get(environment.name, f"/api/v1/pods?fieldSelector=spec.nodeName%3D{host}")
