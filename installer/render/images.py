"""Every image that a component names, found by rendering its chart, its objects and the texts for its hosts.

Charts are rendered by the bundle's own helm. The build proves so that a bundle is complete, and preflight that it is
with the customer's own values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from installer.bundle.manifest import Artifact, Component, Manifest
from installer.errors import BuildFailed
from installer.formats import libyaml
from installer.messages import Message
from installer.render import charts, context, templates
from installer.workshop import Workshop

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
RENDERED = 16 << 20
"""Bytes that one chart may render to: three times what the largest charts with all their definitions come to."""
PATIENCE = 60
"""Seconds that helm may take for one chart: the largest take two on a slow machine."""
_SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Needed:
    """An image that something names: which component, in which text or template."""

    component: str
    where: str
    image: str


@dataclass(frozen=True)
class Renderer:
    """Renders charts: `blob` gives the path of a blob by its digest, `helm` that of the bundle's own helm."""

    manifest: Manifest
    blob: Callable[[str], Path]
    helm: Callable[[], Path]
    workshop: Workshop


def lacking(manifest: Manifest, needed: set[Needed]) -> list[Needed]:
    """Those of the needed images that the bundle does not hold, in order."""
    held = {image.reference for image in manifest.artifacts("image")}
    held |= {f"{image.repository}@{image.manifest.digest}" for image in manifest.artifacts("image")}
    absent = (each for each in needed if each.image not in held)
    return sorted(absent, key=lambda each: (each.component, each.where, each.image))


def images_in(documents: Any) -> Iterator[str]:
    """Every image named in a container of a Kubernetes object, however deep its pod template lies.

    What aliases of YAML name many times over is looked at once, and what they name within itself too.
    """
    ahead, seen = [documents], set[int]()
    while ahead:
        at = ahead.pop()
        if not isinstance(at, Mapping | list) or id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, Mapping):
            for key, value in at.items():
                if key in CONTAINERS and isinstance(value, list):
                    yield from (str(each["image"]) for each in value if isinstance(each, Mapping) and each.get("image"))
        ahead += reversed(list(at.values() if isinstance(at, Mapping) else at))


def rendered(renderer: Renderer, component: Component, names: Mapping[str, Any]) -> Iterator[Needed]:
    """Images of a component's chart, objects and host texts, as these names and values make them.

    Raises:
        BuildFailed: something cannot be rendered.
        BundleNotTrusted: a template uses a name that is not defined.
    """
    spec = component.spec
    for text in (*spec.get("before", ()), *spec.get("objects", ())):
        yield from _objects(component, text, templates.render(component, text, names))
    for entry in (spec.get("host") or {}).get("texts", ()):
        if entry["text"].endswith((".yaml", ".yml")):
            for view in names["hosts"]:
                text = templates.render(component, entry["text"], context.for_host(names, view.name))
                yield from _objects(component, entry["text"], text)
    yield from in_charts(renderer, component, charts.written(component, dict(names)) if "chart" in spec else "")


def _objects(component: Component, name: str, text: str) -> Iterator[Needed]:
    try:
        documents = libyaml.load_all(text)
    except yaml.YAMLError as error:
        raise BuildFailed(
            what=f"{component.name}: {name}", reason=Message("is not YAML once rendered: {reason}", reason=error)
        ) from error
    for image in images_in(documents):
        yield Needed(component.name, name, image)


def in_charts(renderer: Renderer, component: Component, values: str) -> Iterator[Needed]:
    """Images of a component's charts; `values` are those of its own chart, empty for the chart's defaults.

    Raises:
        BuildFailed: helm cannot render one.
    """
    spec = component.spec.get("chart") or {}
    for chart in (each for each in component.artifacts if each.kind == "chart"):
        with renderer.workshop.scratch() as folder:
            (folder / "values.yaml").write_text(values if chart.name == spec.get("name") else "", encoding="utf-8")
            (folder / "chart.tgz").symlink_to(renderer.blob(chart.file.digest))
            said = renderer.workshop.run(
                Message("{component}: chart {name}", component=component.name, name=chart.name),
                str(renderer.helm()),
                "template",
                component.name,
                str(folder / "chart.tgz"),
                "--namespace",
                spec.get("namespace", component.name),
                "--values",
                str(folder / "values.yaml"),
                "--kube-version",
                renderer.manifest.kubernetes,
                env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
                most=RENDERED,
                patience=PATIENCE,
            )
        for template, text in printed(said):
            yield from _objects(component, template, text)


def printed(said: str) -> Iterator[tuple[str, str]]:
    """What `helm template` printed, as pairs of template and text."""
    for document in re.split(r"^---$", said, flags=re.MULTILINE):
        if found := _SOURCE.search(document):
            yield found[1], document


def helm_of(manifest: Manifest) -> Artifact:
    """The bundle's own helm.

    Raises:
        BuildFailed: it has none.
    """
    for file in manifest.artifacts("file"):
        if file.name == "helm":
            return file
    raise BuildFailed(
        what=Message("completeness"),
        reason=Message("the bundle has charts, but no host file named helm to render them"),
    )
