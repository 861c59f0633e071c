"""Definitions of kinds and other objects that come before a chart: applied first, brought up to date, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from simulation import act, install, site_of
from test_wired_site import wired, world_of
from wired_bundle import CONFIG, beside_core

from installer import operations
from installer.bundle.manifest import Component, Manifest
from installer.errors import BundleNotTrusted
from installer.plan.inputs import Inputs
from installer.render import charts, context
from installer.simulated.world import SimulatedWorld

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions: [{name: v1, served: true, storage: true, schema: {description: "as {{ $labels }} says, SINCE"}}]
"""
THING = (
    "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one, namespace: things}\nspec: {of: '{{ domain }}'}\n"
)
SPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: things}\n"
AT = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"


def bringing(since: str) -> Manifest:
    texts = {"crds.yaml": CRD.replace("SINCE", since), "space.yaml": SPACE, "thing.yaml": THING}
    spec = {"title": "things", "crds": ["crds.yaml"], "before": ["space.yaml"], "objects": ["thing.yaml"]}
    return beside_core(Component("things", since, (), spec, texts))


def since(world: SimulatedWorld) -> str:
    found = world.get("a", AT)
    return found["spec"]["versions"][0]["schema"]["description"] if found else ""


def test_definitions_come_first_are_brought_up_to_date_and_go_again(tmp_path) -> None:
    first, second = (wired(bringing(each), a=["things"]) for each in ("old", "new"))
    bare = wired(beside_core(), a=[])
    world = world_of(bare)

    def site(given: Inputs) -> operations.Site:
        world.site.bundle = given.manifest
        return site_of(world, tmp_path, inputs=given)

    install(site(bare))
    install(site(first))
    assert since(world) == "as {{ $labels }} says, old", "upstreams' braces are no templates"
    assert (world.get("a", "/apis/example.com/v1/namespaces/things/things/one") or {})["spec"] == {"of": "a.internal"}
    assert all(operations.preview(site(first), operations.plan(first)).values())
    later = operations.preview(site(second), operations.plan(second))
    assert not later["a/things.release@a-1"]
    install(site(second))
    assert since(world).endswith("new")
    act(operations.rollback, site(second))
    assert since(world).endswith("old")
    act(operations.rollback, site(first))
    assert world.get("a", AT) is None
    assert world.get("a", "/api/v1/namespaces/things") is None
    assert all(operations.preview(site(bare), operations.plan(bare)).values())


class Spy:
    """A fate that notes, at each effect, whether the object ahead of the chart and the release are there."""

    def __init__(self) -> None:
        self.world: SimulatedWorld | None = None
        self.seen: list[tuple[bool, bool]] = []

    def around(self, _verb, _host, effect):
        done = effect()
        cluster = self.world.site.clusters.get("a") if self.world else None
        if cluster is not None:
            ahead = "/api/v1/namespaces/default/configmaps/ahead" in cluster.objects
            self.seen.append((ahead, any(name == "cert-manager" for _, name in cluster.releases)))
        return done


def test_objects_ahead_of_a_chart_are_there_when_it_is_released(tmp_path) -> None:
    def changed(part: Component) -> Component:
        if part.name != "cert-manager":
            return part
        text = CONFIG.replace("NAME", "ahead").replace("TOLD", "x")
        return replace(part, spec={**part.spec, "before": ["ahead.yaml"]}, texts={**part.texts, "ahead.yaml": text})

    core = beside_core()
    given = wired(replace(core, components=tuple(map(changed, core.components))), a=["cert-manager"])
    world, spy = world_of(given), Spy()
    spy.world = world
    world.fate = spy  # type: ignore[attr-defined]
    install(site_of(world, tmp_path, inputs=given))
    assert (True, False) in spy.seen
    assert (False, True) not in spy.seen


def rendered(texts: dict[str, str], **spec: Any) -> Iterator[Any]:
    component = Component("things", "1", (), spec, texts)
    given = wired(beside_core(), a=[])
    names = given.names(given.answers.environments[0])
    return charts.wanted_release(component, context.for_component(names, given.answers.environments[0], component))


@pytest.mark.parametrize("text", ["kind: Pod\napiVersion: v1\nmetadata: {name: x}\n", "- a\n", "kind: Thing\n", "7\n"])
def test_other_things_among_definitions_are_refused(text: str) -> None:
    with pytest.raises(BundleNotTrusted, match=r"crds\.yaml"):
        rendered({"crds.yaml": text}, crds=["crds.yaml"], objects=[])


@pytest.mark.parametrize("text", ["- a\n", "kind: Thing\n", "7\n", "{apiVersion: v1, kind: Pod, metadata: x}\n"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(BundleNotTrusted, match="no Kubernetes object"):
        rendered({"x.yaml": text}, before=["x.yaml"], objects=[])
