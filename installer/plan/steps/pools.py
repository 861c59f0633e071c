"""The step that makes a node a member of a pool: its label, and the taint that keeps others away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.answers.model import Environment
from installer.formats.objects import at
from installer.layout import POOL
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps.hosts import step_id
from installer.ports import ReadOnly, World


def pooled(inputs: Planned, environment: Environment) -> bool:
    """Whether any host of an environment is in a pool: then the others are seen to be in none."""
    return any(inputs.answers.host(name).pool for name in environment.hosts)


def join(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that gives a node the label and the taint of its pool, and takes away those of another one."""
    cluster, pool = environment.name, inputs.answers.host(host).pool
    wanted = (pool, bool(pool) and environment.reserved(pool))

    def differs(world: ReadOnly) -> Differences:
        node = world.get(cluster, _path(host))
        if node is None:
            return (Difference(Message("node {host}", host=host), Message("there"), Message("nothing")),)
        seen = _seen(node)
        return (
            ()
            if seen == wanted
            else (Difference(Message("node {host}: {pool}", host=host, pool=POOL), _told(wanted), _told(seen)),)
        )

    def capture(world: ReadOnly) -> Before:
        node = world.get(cluster, _path(host))
        if node is None:
            return {}
        name, reserved = _seen(node)
        return {"pool": name, "reserved": reserved}

    def undo(world: World, image: Image) -> None:
        if image.seen:
            _write(world, cluster, host, image.seen["pool"], reserved=image.seen["reserved"])

    return Step(
        id=step_id(environment, "kubernetes.pool", host),
        title=Message("put the node into the pool {pool}", pool=pool) if pool else Message("see that it is in no pool"),
        phase="kubernetes", host=host, environment=cluster, after=after, differs=differs, capture=capture,
        apply=lambda world: _write(world, cluster, host, pool, reserved=wanted[1]), undo=undo, weight=1,
        goes_with=(step_id(environment, "kubernetes.init", environment.founder),),
    )  # fmt: skip


def _path(host: str) -> str:
    return f"/api/v1/nodes/{host}"


def _taints(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = at(node, "spec", "taints")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _seen(node: Mapping[str, Any]) -> tuple[str, bool]:
    """The pool by a node's label, and whether a taint keeps others away."""
    name = at(node, "metadata", "labels", POOL)
    pool = name if isinstance(name, str) else ""
    return pool, any((each.get("key"), each.get("value")) == (POOL, pool) for each in _taints(node))


def _told(state: tuple[str, bool]) -> str:
    pool, reserved = state
    return f"{pool or 'none'}{', reserved' if reserved else ''}"


def _write(world: World, cluster: str, host: str, pool: str, *, reserved: bool) -> None:
    """Apply both; taints are one list, so those of others are said again."""
    node = world.get(cluster, _path(host))
    if node is None:  # a node that left its cluster has no pool
        return
    taints = [each for each in _taints(node) if each.get("key") != POOL]
    if reserved:
        taints.append({"key": POOL, "value": pool, "effect": "NoSchedule"})
    labels = {"labels": {POOL: pool}} if pool else {}
    world.apply(cluster, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": host, **labels},
                          "spec": {"taints": taints}})  # fmt: skip
