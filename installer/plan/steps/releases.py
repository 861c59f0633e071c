"""Steps of a cluster's releases: one per component, by helm and the cluster's API, on a control plane that stands.

That host keeps of each release the chart, the values and the objects as they were applied last. They tell the next
version what it no longer has, and the way back what to apply again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from installer.answers.model import Environment
from installer.bundle.manifest import Component
from installer.formats.object_changes import applicable
from installer.formats.objects import condition
from installer.layout import HOME
from installer.messages import Message
from installer.plan.inputs import Inputs
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps import helm
from installer.plan.steps.before_images import files_before, folder, keeps, take_back
from installer.plan.steps.commands import wait_for
from installer.plan.steps.files import Placed, Source, files_differ, place
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kubernetes import ADMIN
from installer.plan.steps.volumes import retain
from installer.ports import ReadOnly, World
from installer.render.charts import Release, wanted_release

CHARTS = f"{HOME}/charts"
NAMESPACES = "/api/v1/namespaces"
GOING = 120
"""Seconds to wait for objects that were deleted: their finalizers may have something to clear."""
Object = dict[str, Any]


def release_id(environment: Environment, component: str) -> str:
    """The id of a component's release step."""
    return step_id(environment, f"{component}.release", environment.founder)


def release(inputs: Inputs, environment: Environment, component: Component, after: tuple[str, ...]) -> Step:
    """The step that brings a component's chart and objects to their wanted state.

    What is deployed is recognised by a digest of chart, values and objects that the release carries as its description;
    an object, by what applying it once more would change.
    """
    names = inputs.seen(environment, component)
    host, founder = environment.desk, environment.founder
    source = Source(tuple(names["registry"]["endpoints"]), names["registry"]["ca"])
    work = _Releasing(host, environment.name, wanted_release(component, names), source)
    return Step(
        id=release_id(environment, component.name), title=component.title, phase="charts",
        host=host, environment=environment.name, after=after, differs=work.differs, apply=work.apply,
        capture=work.capture, keep=work.keep,
        undo=lambda world, image: work.undo(world, image, delete_volumes=inputs.delete_volumes),
        weight=float(component.spec.get("chart", {}).get("weight", 10)),
        goes_with=(step_id(environment, "kubernetes.init", founder), step_id(environment, "hosts.home", founder)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Releasing:
    """One release, worked on from the control plane `host` of a cluster."""

    host: str
    cluster: str
    wanted: Release
    source: Source

    @property
    def chart(self) -> tuple[Placed, ...]:
        """The chart and its values as that control plane keeps them; nothing for a release without a chart."""
        if self.wanted.chart is None:
            return ()
        return (Placed(f"{CHARTS}/{self.wanted.name}.tgz", 0o644, pull=self.wanted.chart),
                Placed(f"{CHARTS}/{self.wanted.name}.yaml", 0o600, text=self.wanted.values))  # fmt: skip

    @property
    def listed(self) -> Placed:
        """The list of the objects as they are applied."""
        body = json.dumps({"format": 1, "objects": self.wanted.applied}, sort_keys=True)
        return Placed(f"{CHARTS}/{self.wanted.name}.objects.json", 0o600, text=body.encode() + b"\n")

    def differs(self, world: ReadOnly) -> Differences:
        if world.stat(self.host, ADMIN) == (None,):
            return (
                Difference(Message("cluster {cluster}", cluster=self.cluster), Message("there"), Message("nothing")),
            )
        return (
            *helm.differs(world, self.host, self.wanted),
            *files_differ(world, self.host, (self.listed,)),
            *(Difference(*each) for each in world.differing(self.cluster, *self.wanted.applied)),
            *not_ready(world, self.cluster, self.wanted),
        )

    def capture(self, world: ReadOnly) -> Before:
        seen = files_before(world, self.host, [file.path for file in (*self.chart, self.listed)])
        if world.stat(self.host, ADMIN) == (None,):
            return seen
        objects = (*with_secrets(self.wanted.applied), *applied(world, self.host, self.listed.path))
        there = {identity(each): world.find(self.cluster, each) is not None for each in objects}
        space = world.get(self.cluster, f"{NAMESPACES}/{self.wanted.namespace}") if self.wanted.chart else None
        return {**seen, "release": helm.standing(world, self.host, self.wanted), "objects": there,
                "_namespace": space is not None}  # fmt: skip

    def keep(self, world: World, image: Image) -> None:
        """Put aside what will be replaced: files, and objects that nobody of ours had applied."""
        keeps(self.host)(world, image)
        ours = {identity(each) for each in applied(world, self.host, self.listed.path)}
        foreign = [each for each in self.wanted.applied
                   if image.seen.get("objects", {}).get(identity(each)) and identity(each) not in ours]  # fmt: skip
        if not foreign or world.stat(self.host, self._aside(image)) != (None,):
            return
        lives = [live for live in (world.find(self.cluster, each) for each in foreign) if live is not None]
        body = json.dumps({"format": 1, "objects": [applicable(live) for live in lives]}, sort_keys=True)
        world.write(self.host, self._aside(image), body.encode() + b"\n", mode=0o600)

    def apply(self, world: World) -> None:
        if self.wanted.before:
            world.apply(self.cluster, *self.wanted.before)
            wait_for(self.wanted.timeout, lambda: not lacking(world, self.cluster, self.wanted.defined))
        if helm.differs(world, self.host, self.wanted):
            archive, values = (file.path for file in self.chart)
            bring = partial(place, world, self.host, self.source, self.chart)
            helm.deploy(world, self.host, self.wanted, bring, archive, values)
        wanted = {identity(each) for each in self.wanted.applied}
        stale = [each for each in applied(world, self.host, self.listed.path) if identity(each) not in wanted]
        world.withdraw(self.cluster, *reversed(stale))
        if self.wanted.objects:
            world.apply(self.cluster, *self.wanted.objects)
        place(world, self.host, self.source, (self.listed,))
        wait_for(self.wanted.timeout, lambda: not not_ready(world, self.cluster, self.wanted))

    def undo(self, world: World, image: Image, *, delete_volumes: bool) -> None:
        if world.stat(self.host, ADMIN) == (None,) or "objects" not in image.seen:
            return
        if not delete_volumes:
            retain(world, self.cluster, self.wanted.namespace)
        if self.wanted.chart:
            helm.give_back(world, self.host, self.wanted, image.seen["release"])
        self._give_objects_back(world, image)
        if self.wanted.chart and not image.seen["_namespace"]:
            world.delete(self.cluster, f"{NAMESPACES}/{self.wanted.namespace}")
        take_back(world, self.host, image)
        wait_for(GOING, lambda: self._back(self.capture(world), image.seen))

    def _back(self, now: Before, seen: Before) -> bool:
        """Whether what was deleted is gone, a namespace with all in it too: the next run may want one of that name."""
        return bool(now["objects"] == seen["objects"] and now["_namespace"] <= seen["_namespace"])

    def _give_objects_back(self, world: World, image: Image) -> None:
        """Take away the objects that a run added, and apply those again that stood before as they stood then."""
        there = image.seen["objects"]
        added = [each for each in with_secrets(self.wanted.applied) if not there.get(identity(each))]
        world.withdraw(self.cluster, *reversed(added))
        former = (*applied(world, self.host, self._aside(image)),
                  *applied(world, self.host, f"{folder(image)}{self.listed.path}"))  # fmt: skip
        back = [each for each in former if there.get(identity(each))]
        if back:
            world.apply(self.cluster, *back)

    def _aside(self, image: Image) -> str:
        return f"{folder(image)}/objects/{self.wanted.name}.json"


def identity(thing: Object) -> str:
    """What names an object in its cluster, whatever its API version: "group/kind/namespace/name" ("core/..." too)."""
    metadata = thing["metadata"]
    group = thing["apiVersion"].rpartition("/")[0] or "core"
    return f"{group}/{thing['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"


def with_secrets(objects: tuple[Object, ...]) -> tuple[Object, ...]:
    """Objects, and before them what would be left behind of them: cert-manager keeps a certificate's Secret.

    (cert-manager.io, "Cleaning up Secrets when Certificates are deleted".)
    """
    secrets = [
        {"apiVersion": "v1", "kind": "Secret",
         "metadata": {"name": each["spec"]["secretName"], "namespace": each["metadata"].get("namespace", "default")}}
        for each in objects if each["kind"] == "Certificate" and "secretName" in each.get("spec", {})
    ]  # fmt: skip
    return (*secrets, *objects)


def applied(world: ReadOnly, host: str, path: str) -> tuple[Object, ...]:
    """The objects that a host's list says were applied last; nothing where there is no list that can be read."""
    try:
        found = json.loads(world.read(host, path) or b"{}")
        objects = tuple(each for each in found.get("objects", ()) if identity(each))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return ()
    return objects


def not_ready(world: ReadOnly, cluster: str, wanted: Release) -> Differences:
    """Each object named under `ready` that is not there in its condition, and each kind that is not served yet."""
    return lacking(world, cluster, (*wanted.defined, *wanted.ready))


def lacking(world: ReadOnly, cluster: str, entries: Iterable[Mapping[str, str]]) -> Differences:
    """Each object that is not there in its condition."""
    found = []
    for entry in entries:
        seen, wish = world.get(cluster, entry["path"]), entry.get("condition", "")
        if seen is None or (wish and not condition(seen, wish)):
            found.append(
                Difference(
                    entry["path"],
                    wish or Message("there"),
                    Message("not {wish}", wish=wish) if seen else Message("nothing"),
                )
            )
    return tuple(found)
