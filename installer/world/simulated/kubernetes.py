"""The API of a simulated cluster: objects by path, applied, listed and deleted as an API server does."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from installer.errors import CommandFailed

APPS, CERTIFICATES = "apps/v1", "cert-manager.io/v1"
KINDS: Mapping[tuple[str, str], tuple[str, bool]] = {
    ("v1", "ConfigMap"): ("configmaps", True),
    ("v1", "Namespace"): ("namespaces", False),
    ("v1", "Pod"): ("pods", True),
    ("v1", "Secret"): ("secrets", True),
    ("v1", "ServiceAccount"): ("serviceaccounts", True),
    ("v1", "Service"): ("services", True),
    (APPS, "DaemonSet"): ("daemonsets", True),
    (APPS, "Deployment"): ("deployments", True),
    (APPS, "StatefulSet"): ("statefulsets", True),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): ("customresourcedefinitions", False),
    ("policy/v1", "PodDisruptionBudget"): ("poddisruptionbudgets", True),
    (CERTIFICATES, "Certificate"): ("certificates", True),
    (CERTIFICATES, "ClusterIssuer"): ("clusterissuers", False),
    (CERTIFICATES, "Issuer"): ("issuers", True),
}
"""(apiVersion, kind) to (plural, whether it is in a namespace)."""
OWN_GROUPS = frozenset({"apps", "autoscaling", "batch", "policy"})
"""Groups that every API server serves, beside those that end in `.k8s.io`."""
ITS_OWN = frozenset({"uid", "creationTimestamp"})
"""What the API server itself writes into an object's metadata, once."""
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DEFINED_BY = {CERTIFICATES: f"{DEFINITIONS}/certificates.cert-manager.io"}
"""API groups that are served only once the cluster has their definition."""


@dataclass(frozen=True, slots=True)
class Release:
    """What helm keeps of a release."""

    status: str
    description: str
    brought: tuple[str, ...] = ()
    """API paths of what came with it."""


@dataclass
class Cluster:
    """One cluster. `members` are the hosts that joined and were not reset; `volumes` outlive their pods."""

    name: str
    dns_domain: str
    pods_network: str
    members: set[str] = field(default_factory=set)
    planes: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    certificate_key: str = ""
    admin: str = ""
    """The administrator's kubeconfig."""
    releases: dict[tuple[str, str], Release] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    volumes: dict[str, dict[str, str]] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields of applied objects that are somebody else's, kubeadm's for one: they stay whatever is applied."""

    def get(self, path: str) -> dict[str, Any] | None:
        """A copy of an object or list, None where there is none of that path."""
        parts = urlsplit(path)
        if parts.path in self.objects:
            return copy.deepcopy(self.objects[parts.path])
        words = _below_group(parts.path)
        if len(words) % 2 == 0 or not self._has_group(parts.path):
            return None
        found = [thing for at, thing in sorted(self.objects.items()) if _is_in(at, parts.path, words)]
        selected = [thing for thing in found if _matches(thing, parts.query)]
        return {"items": copy.deepcopy(selected)}

    def apply(self, thing: Mapping[str, Any], now: datetime) -> str:
        """Bring an object to the wanted state, at this time; returns its path.

        Raises:
            CommandFailed: the cluster serves no such kind, has no such namespace, or nothing may be called so.
        """
        version, kind = str(thing["apiVersion"]), str(thing["kind"])
        name = thing["metadata"]["name"]
        served = self._served(version, kind)
        if served is None:
            raise self._refused(f"apply {kind} {name}", f"the cluster has no kind {kind} in {version}")
        if not NAME.fullmatch(name):
            reason = f'{kind} "{name}" is invalid: metadata.name: a lowercase RFC 1123 subdomain is wanted'
            raise self._refused(f"apply {kind} {name}", reason, 422)
        plural, in_namespace = served
        base = group(version)
        if in_namespace:
            namespace = thing["metadata"].get("namespace", "default")
            if f"/api/v1/namespaces/{namespace}" not in self.objects:
                raise self._refused(f"apply {kind} {name}", f'namespaces "{namespace}" not found')
            base = f"{base}/namespaces/{namespace}"
        path = f"{base}/{plural}/{name}"
        if path in self.objects and path not in self.others:
            former = self.objects[path]
            ours = former["metadata"].get("managedFields") is not None
            self.others[path] = (
                {} if ours else {key: former[key] for key in former if key not in ("metadata", "status")}
            )
        self.others[path] = _without(self.others.get(path, {}), thing)
        self.put(path, _merged(self.others[path], thing))
        metadata = self.objects[path]["metadata"]
        metadata["managedFields"] = [{"manager": "sitewright"}]
        metadata.setdefault("creationTimestamp", f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        return path

    def put(self, path: str, thing: Mapping[str, Any]) -> None:
        """Store an object; what the cluster itself knows of it (uid, status) stays unless the object says otherwise."""
        former = self.objects.get(path, {})
        wanted: dict[str, Any] = copy.deepcopy(dict(thing))
        known = {name: value for name, value in former.get("metadata", {}).items() if name in ITS_OWN}
        metadata = {"uid": str(uuid.uuid4()), **known, **wanted.get("metadata", {})}
        self.objects[path] = {"status": former.get("status", {}), **wanted, "metadata": metadata}

    def delete(self, path: str) -> None:
        """Delete an object, whatever is in it where it is a namespace, and the pods it owns."""
        inside = f"{path.removeprefix('/api/v1')}/" if path.startswith("/api/v1/namespaces/") else f"{path}/"
        for each in [at for at, thing in self.objects.items()
                     if at == path or inside in at or thing["metadata"].get("owner") == path]:  # fmt: skip
            del self.objects[each]
            self.others.pop(each, None)

    def holds(self, ready: Mapping[str, str]) -> bool:
        """Whether an entry of a component's `ready` holds."""
        thing = self.objects.get(ready["path"])
        if thing is None or "condition" not in ready:
            return thing is not None
        conditions = thing.get("status", {}).get("conditions", ())
        return any(c["type"] == ready["condition"] and c["status"] == "True" for c in conditions)

    def _served(self, version: str, kind: str) -> tuple[str, bool] | None:
        """The plural of a kind and whether it is in a namespace: built in, or as a definition says."""
        if (version, kind) in KINDS:
            return KINDS[version, kind] if DEFINED_BY.get(version, "") in {"", *self.objects} else None
        for path, thing in self.objects.items():
            spec = thing.get("spec", {}) if path.startswith(f"{DEFINITIONS}/") else {}
            versions = {f"{spec.get('group')}/{each['name']}" for each in spec.get("versions", ())}
            if version in versions and spec["names"]["kind"] == kind:
                return spec["names"]["plural"], spec["scope"] == "Namespaced"
        return None

    def _has_group(self, path: str) -> bool:
        """Whether the API group of a path is served: the cluster's own ones, and those that are defined."""
        kind, name = path.split("/")[1:3]
        own = kind == "api" or name in OWN_GROUPS or name.endswith(".k8s.io")
        return own or any(each.startswith(f"{DEFINITIONS}/") and each.endswith(f".{name}") for each in self.objects)

    def _refused(self, doing: str, reason: str, code: int = 404) -> CommandFailed:
        return CommandFailed(host=self.name, command=doing, code=code, reason=reason)


def group(version: str) -> str:
    """The path below which an API version's objects are."""
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def condition(name: str, holds: bool = True) -> dict[str, Any]:
    """A status with one condition."""
    return {"conditions": [{"type": name, "status": str(holds)}]}


def _without(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """What stays another's once we have taken fields over: lists and plain values go as a whole."""
    left = {}
    for key, value in theirs.items():
        if key not in ours:
            left[key] = value
        elif isinstance(value, Mapping) and isinstance(ours[key], Mapping):
            left[key] = _without(value, ours[key])
    return left


def _merged(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key in theirs if isinstance(theirs[key], Mapping) and isinstance(ours.get(key), Mapping)}
    return {**theirs, **ours, **{key: _merged(theirs[key], ours[key]) for key in both}}


def _below_group(path: str) -> list[str]:
    words = path.strip("/").split("/")
    return words[2:] if words[0] == "api" else words[3:]


def _is_in(at: str, collection: str, words: list[str]) -> bool:
    """Whether an object is in a collection; one without a namespace lists all of them."""
    own = _below_group(at)
    base = collection[: len(collection) - len("/".join(words))]
    if not at.startswith(base):
        return False
    return own[: len(words)] == words and len(own) == len(words) + 1 if len(words) != 1 else own[-2:-1] == words


def _matches(thing: Mapping[str, Any], query: str) -> bool:
    labels = thing["metadata"].get("labels", {})
    wanted = [pair.split("=") for text in parse_qs(query).get("labelSelector", ()) for pair in text.split(",")]
    return all(labels.get(key) == value for key, value in wanted)
