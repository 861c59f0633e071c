"""Rules of admission on a simulated cluster: what a component says that its policies refuse is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from installer.bundle.manifest import Component, Manifest
from installer.simulated.kubernetes import ADMISSION, Cluster

POLICIES = f"/apis/{ADMISSION}/validatingadmissionpolicies/"


def refusal(manifest: Manifest | None, cluster: Cluster, thing: Mapping[str, Any]) -> str:
    """What policies say against an object, once there are any; empty where they say nothing.

    A policy's own expressions are not read: an object is known by the kind and name that a component's probe of kind
    `refused` tries.
    """
    if manifest is None or not any(path.startswith(POLICIES) for path in cluster.objects):
        return ""
    for component in manifest.components:
        for text, said in _refused(component):
            if _names(text, thing):
                return f"ValidatingAdmissionPolicy of {component.name} denied request: {said}"
    return ""


def _refused(component: Component) -> Iterator[tuple[str, str]]:
    for probe in component.spec.get("probes", ()):
        if probe.get("kind") == "refused":
            yield component.texts[probe["object"]], probe["expect"]


def _names(text: str, thing: Mapping[str, Any]) -> bool:
    kind, name = (re.escape(str(each)) for each in (thing["kind"], thing["metadata"]["name"]))
    return all(re.search(pattern, text, re.MULTILINE)
               for pattern in (rf"^kind: {kind}$", rf"\bname: {name}(?=[,}}\s])"))  # fmt: skip
