"""A component's release as it is wanted: its chart, values and objects, rendered for one environment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import yaml

from installer.bundle.manifest import Artifact, Component
from installer.errors import BundleNotTrusted
from installer.formats import libyaml
from installer.formats.mappings import laid_over
from installer.messages import Message
from installer.render import templates


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
        for document in parse(component, text, templates.render(component, text, names))
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
    base = parse(component, text, templates.render(component, text, names)) if text else [{}]
    found = base[0] if base and base[0] else {}
    if not isinstance(found, dict):
        raise BundleNotTrusted(bundle=f"component {component.name}, {text}", reason=Message("values are not a mapping"))
    return laid_over(found, names["values"])


def parse(component: Component, text: str, rendered: str) -> list[Any]:
    """The YAML documents of a rendered template, empty ones left out.

    Raises:
        BundleNotTrusted: it is not YAML.
    """
    try:
        return [document for document in libyaml.load_all(rendered) if document]
    except yaml.YAMLError as error:
        raise BundleNotTrusted(
            bundle=f"component {component.name}, {text}", reason=Message("not YAML: {reason}", reason=error)
        ) from error
