"""Steps of a cluster's releases: one per component, installed by helm on the first control plane."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import yaml

from installer import libyaml
from installer.answers import Environment
from installer.bundle.manifest import Artifact, Component
from installer.errors import BundleNotTrusted, CommandFailed, ConnectionLost
from installer.objects import condition
from installer.plan import context
from installer.plan.inputs import Inputs
from installer.plan.model import Before, Step
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kubernetes import ADMIN
from installer.plan.steps.placed import HOME, Placed, Source, demand, demand_work, place
from installer.world.ports import Output, ReadOnly, World

CHARTS = f"{HOME}/charts"
FLAGS = ("--kubeconfig", ADMIN)


def release_id(environment: Environment, component: str) -> str:
    """The id of a component's release step."""
    return step_id(environment, f"{component}.release", environment.control_planes[0])


def release(inputs: Inputs, environment: Environment, component: Component, after: tuple[str, ...]) -> Step:
    """The step that brings a component's chart and objects to their wanted state.

    What is deployed is recognised by a digest of chart, values and objects that the release carries as its description.
    """
    names = context.for_component(inputs.names(environment), environment, component)
    rendered = wanted_release(component, names)
    host = environment.control_planes[0]
    source = Source(tuple(names["registry"]["endpoints"]), names["registry"]["ca"])

    def check(world: ReadOnly) -> bool:
        if world.stat(host, ADMIN) == (None,):
            return False
        deployed = not rendered.chart or _status(world, host, rendered) == ("deployed", rendered.digest)
        return deployed and objects_hold(world, environment.name, rendered)

    def apply(world: World) -> None:
        if rendered.chart:
            _deploy(world, host, source, rendered)
        if rendered.objects:
            world.apply(environment.name, *rendered.objects)
        for _ in range(int(rendered.timeout * 2)):
            if objects_hold(world, environment.name, rendered):
                return
            time.sleep(0.5)

    def undo(world: World, _: Before) -> None:
        if world.stat(host, ADMIN) == (None,):
            return
        # A cluster that does not answer goes as a whole, when its control plane is taken back.
        if rendered.chart and _history(world, host, rendered).ok:
            demand_work(
                world, host, f"sitewright-helm-{rendered.name}-away", "helm", "uninstall", rendered.name, "--namespace",
                rendered.namespace, "--ignore-not-found", "--no-hooks", "--timeout", "120s", *FLAGS, timeout=180,
            )  # fmt: skip

    return Step(
        id=release_id(environment, component.name), title=component.spec.get("title", component.name), phase="charts",
        host=host, environment=environment.name, after=after, check=check, apply=apply, undo=undo,
        weight=float(component.spec.get("chart", {}).get("weight", 10)),
    )  # fmt: skip


@dataclass(frozen=True)
class Release:
    """A component's release as it is wanted in one environment; `timeout` in seconds."""

    name: str
    namespace: str
    timeout: float
    chart: Artifact | None
    values: bytes
    objects: tuple[dict[str, Any], ...]
    ready: tuple[dict[str, str], ...]

    @property
    def digest(self) -> str:
        """Digest of chart, values and objects."""
        chart = self.chart and self.chart.manifest.digest
        body = json.dumps([chart, self.values.decode(), self.objects], sort_keys=True)
        return "sha256:" + hashlib.sha256(body.encode()).hexdigest()


def wanted_release(component: Component, names: dict[str, Any]) -> Release:
    """Render a component's release for one environment.

    Raises:
        BundleNotTrusted: a template cannot be rendered.
    """
    spec = component.spec.get("chart", {})
    documents = [
        document
        for text in component.spec.get("objects", ())
        for document in parse(component, text, context.render(component, text, names))
    ]
    return Release(
        name=component.name,
        namespace=spec.get("namespace", component.name),
        timeout=float(spec.get("timeout", 300)),
        chart=component.artifact("chart", spec["name"]) if spec else None,
        values=written(component, names).encode() if spec else b"",
        objects=tuple(documents),
        ready=tuple(component.spec.get("ready", ())),
    )


def written(component: Component, names: dict[str, Any]) -> str:
    """A chart's values as helm is given them.

    Raises:
        BundleNotTrusted: the template does not give a YAML mapping.
    """
    return yaml.safe_dump(values(component, names), sort_keys=True)


def values(component: Component, names: dict[str, Any]) -> dict[str, Any]:
    """A chart's values: the component's template, with what the customer's answers lay over it.

    Raises:
        BundleNotTrusted: the template does not give a YAML mapping.
    """
    text = component.spec["chart"].get("values")
    base = parse(component, text, context.render(component, text, names)) if text else [{}]
    found = base[0] if base and base[0] else {}
    if not isinstance(found, dict):
        raise BundleNotTrusted(bundle=f"component {component.name}, {text}", reason="values are not a mapping")
    return _laid_over(found, names["values"])


def parse(component: Component, text: str, rendered: str) -> list[Any]:
    """The YAML documents of a rendered template, empty ones left out.

    Raises:
        BundleNotTrusted: it is not YAML.
    """
    try:
        return [document for document in libyaml.load_all(rendered) if document]
    except yaml.YAMLError as error:
        raise BundleNotTrusted(bundle=f"component {component.name}, {text}", reason=f"not YAML: {error}") from error


def objects_hold(world: ReadOnly, cluster: str, wanted: Release) -> bool:
    """Whether each object named under `ready` is there in its condition."""
    for entry in wanted.ready:
        found = world.get(cluster, entry["path"])
        if found is None or ("condition" in entry and not condition(found, entry["condition"])):
            return False
    return True


def _laid_over(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _history(world: ReadOnly, host: str, wanted: Release) -> Output:
    """What helm says of the release's newest revision, as JSON.

    `helm status` would tell it too, and with it every object of the release as it is now: megabytes.
    """
    return world.query(
        host, "helm", "history", wanted.name, "--namespace", wanted.namespace, "--max", "1", "--output", "json", *FLAGS
    )


def _status(world: ReadOnly, host: str, wanted: Release) -> tuple[str, str]:
    """Helm's status of the release and the digest it carries; empty strings where there is none.

    Raises:
        ConnectionLost: the cluster did not tell.
    """
    output = _history(world, host, wanted)
    if output.ok:
        (newest,) = json.loads(output.out)
        return newest["status"], newest.get("description", "")
    if "release: not found" in output.err:
        return "", ""
    raise ConnectionLost(host=host, reason=f"its API: helm history {wanted.name}: {output.err.strip()}")


def _deploy(world: World, host: str, source: Source, wanted: Release) -> None:
    """Install or upgrade the release, after clearing what a broken-off attempt left pending."""
    if wanted.chart is None:
        raise CommandFailed(host=host, command="helm", code=0, reason=f"{wanted.name} has no chart")
    # Named after what is wanted: the unfetched result of a run that died never passes for another release's.
    unit = f"sitewright-helm-{wanted.name}-{wanted.digest[7:15]}"
    archive = f"{CHARTS}/{wanted.name}.tgz"
    listing = f"{CHARTS}/{wanted.name}.yaml"

    def prepare() -> None:
        _clear_pending(world, host, wanted)
        place(
            world, host, source,
            (Placed(archive, 0o644, pull=wanted.chart), Placed(listing, 0o600, text=wanted.values)),
        )  # fmt: skip

    demand_work(
        world, host, unit, "helm", "upgrade", "--install", wanted.name, archive, "--namespace", wanted.namespace,
        "--create-namespace", "--values", listing, "--wait", "--timeout", f"{wanted.timeout:.0f}s", "--description",
        wanted.digest, *FLAGS, timeout=wanted.timeout + 60, prepare=prepare,
    )  # fmt: skip


def _clear_pending(world: World, host: str, wanted: Release) -> None:
    status, _ = _status(world, host, wanted)
    where = ("--namespace", wanted.namespace, *FLAGS)
    if status == "pending-install":
        demand(world, host, "helm", "uninstall", wanted.name, "--no-hooks", *where, timeout=120)
    elif status in {"pending-upgrade", "pending-rollback"}:
        demand(world, host, "helm", "rollback", wanted.name, *where, timeout=300)
