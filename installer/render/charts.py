"""A component's release as it is wanted: its chart, values and objects, rendered for one environment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from installer.bundle.manifest import Artifact, Component
from installer.errors import BundleNotTrusted
from installer.formats import libyaml
from installer.formats.mappings import laid_over
from installer.formats.objects import name
from installer.messages import Message
from installer.render import templates

NAMED = ("apiVersion", "kind")
"""What an object of Kubernetes says beside its name."""
DEFINITION = "CustomResourceDefinition"
READY = 600
"""Seconds within which a release is ready: a slow host with a loaded disk took five times as long as a quiet one. It is
also when Kubernetes itself gives a deployment up (`progressDeadlineSeconds`)."""
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True)
class Release:
    """A component's release as it is wanted in one environment; `timeout` in seconds.

    `before` are the objects that come before its chart, definitions of kinds first; `objects` those that follow it.
    """

    name: str
    namespace: str
    timeout: float
    chart: Artifact | None
    values: bytes
    objects: tuple[dict[str, Any], ...]
    ready: tuple[dict[str, str], ...]
    before: tuple[dict[str, Any], ...] = ()

    @property
    def applied(self) -> tuple[dict[str, Any], ...]:
        """All objects, in the order in which they are applied."""
        return (*self.before, *self.objects)

    @property
    def defined(self) -> tuple[dict[str, str], ...]:
        """What must hold before anything of the kinds that it defines can be made, as `ready` says it."""
        return tuple({"path": f"{DEFINITIONS}/{each['metadata']['name']}", "condition": "Established"}
                     for each in self.before if each["kind"] == DEFINITION)  # fmt: skip

    @property
    def digest(self) -> str:
        """Digest of chart, values and objects."""
        chart = self.chart and self.chart.manifest.digest
        parts = [chart, self.values.decode(), self.objects, *([self.before] if self.before else [])]
        body = json.dumps(parts, sort_keys=True)
        return "sha256:" + hashlib.sha256(body.encode()).hexdigest()


def wanted_release(component: Component, names: dict[str, Any]) -> Release:
    """Render a component's release for one environment.

    Raises:
        BundleNotTrusted: a template cannot be rendered.
    """
    spec = component.spec.get("chart", {})
    return Release(
        name=component.name,
        namespace=spec.get("namespace", component.name),
        timeout=float(spec.get("timeout", READY)),
        chart=component.artifact("chart", spec["name"]) if spec else None,
        values=written(component, names).encode() if spec else b"",
        objects=_documents(component, "objects", names),
        ready=tuple(component.spec.get("ready", ())),
        before=(*_definitions(component), *_documents(component, "before", names)),
    )


def _documents(component: Component, key: str, names: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The objects of the templates that a component names under a key."""
    return tuple(each for text in component.spec.get(key, ()) for each in documents(component, text, names))


def documents(component: Component, text: str, names: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of one template.

    Raises:
        BundleNotTrusted: it cannot be rendered, or something in it is no Kubernetes object.
    """
    return _objects(component, text, templates.render(component, text, names))


def _definitions(component: Component) -> tuple[dict[str, Any], ...]:
    """The definitions of kinds that a component brings; their texts are no templates, for upstreams write braces there.

    Raises:
        BundleNotTrusted: there is something else in them.
    """
    found: list[dict[str, Any]] = []
    for text in component.spec.get("crds", ()):
        found += _objects(component, text, component.texts[text])
        if any(each["kind"] != DEFINITION for each in found):
            reason = Message("it holds something else than definitions of kinds (CustomResourceDefinition)")
            raise BundleNotTrusted(
                bundle=Message("component {name}, {text}", name=component.name, text=text), reason=reason
            )
    return tuple(found)


def _objects(component: Component, text: str, rendered: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a text.

    Raises:
        BundleNotTrusted: something in it is none.
    """
    found = parse(component, text, rendered)
    for each in found:
        if not (isinstance(each, dict) and name(each) and all(isinstance(each.get(k), str) for k in NAMED)):
            reason = Message("it holds something that is no Kubernetes object")
            raise BundleNotTrusted(
                bundle=Message("component {name}, {text}", name=component.name, text=text), reason=reason
            )
    return found


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
        raise BundleNotTrusted(
            bundle=Message("component {name}, {text}", name=component.name, text=text),
            reason=Message("values are not a mapping"),
        )
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
            bundle=Message("component {name}, {text}", name=component.name, text=text),
            reason=Message("not YAML: {reason}", reason=error),
        ) from error
