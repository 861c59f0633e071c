"""The API of a simulated cluster: objects by path, applied, listed and deleted as an API server does."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from installer.errors import CommandFailed
from installer.formats import objects
from installer.formats.mappings import laid_over
from installer.formats.object_changes import changes
from installer.render.charts import DEFINITIONS

APPS, CERTIFICATES, ADMISSION = "apps/v1", "cert-manager.io/v1", "admissionregistration.k8s.io/v1"
KINDS: Mapping[tuple[str, str], tuple[str, bool]] = {
    ("v1", "ConfigMap"): ("configmaps", True),
    ("v1", "Namespace"): ("namespaces", False),
    ("v1", "Node"): ("nodes", False),
    ("v1", "PersistentVolume"): ("persistentvolumes", False),
    ("v1", "PersistentVolumeClaim"): ("persistentvolumeclaims", True),
    ("v1", "Pod"): ("pods", True),
    ("v1", "Secret"): ("secrets", True),
    ("v1", "ServiceAccount"): ("serviceaccounts", True),
    ("v1", "Service"): ("services", True),
    (APPS, "DaemonSet"): ("daemonsets", True),
    (APPS, "Deployment"): ("deployments", True),
    (APPS, "StatefulSet"): ("statefulsets", True),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("clusterrolebindings", False),
    (ADMISSION, "ValidatingAdmissionPolicy"): ("validatingadmissionpolicies", False),
    (ADMISSION, "ValidatingAdmissionPolicyBinding"): ("validatingadmissionpolicybindings", False),
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
INVALID = 422
"""HTTP status of an object whose form is wrong."""
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
DEFINED_BY = {CERTIFICATES: f"{DEFINITIONS}/certificates.cert-manager.io"}
"""API groups that are served only once the cluster has their definition."""


@dataclass(frozen=True, slots=True)
class Release:
    """A revision that helm keeps of a release. `content` is the digest of its chart, and its values."""

    status: str
    description: str
    brought: tuple[str, ...] = ()
    """API paths of what came with it."""
    revision: int = 1
    content: tuple[str, str] = ("", "")


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
    releases: dict[tuple[str, str], tuple[Release, ...]] = field(default_factory=dict)
    """Each release's revisions, the newest last."""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    applied: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was last applied, by path: the fields that the installer owns."""
    volumes: dict[str, dict[str, str]] = field(default_factory=dict)

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
        """Server-side apply an object, at this time; returns its path.

        Fields that were applied before and are no longer in it go.

        Raises:
            CommandFailed: the cluster serves no such kind, has no such namespace, or nothing may be called so.
        """
        path = self._path_for(thing)
        self.put(path, self._merged(path, thing))
        self.applied[path] = copy.deepcopy(dict(thing))
        metadata = self.objects[path]["metadata"]
        metadata["managedFields"] = [{"manager": "sitewright"}]
        metadata.setdefault("creationTimestamp", f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        return path

    def find(self, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """A copy of the object of that kind, namespace and name, None where there is none."""
        path = self.path(thing)
        return None if path is None else self.get(path)

    def differing(self, thing: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """What applying an object would change."""
        path, name = self.path(thing), f"{thing['kind']} {thing['metadata']['name']}"
        live = None if path is None else self.objects.get(path)
        if path is None or live is None:
            return tuple(changes(name, None, thing))
        return tuple(changes(name, live, {**live, **self._merged(path, thing)}))

    def refusal(self, thing: Mapping[str, Any]) -> str:
        """Why an object would be refused by its form; empty where it would be taken."""
        try:
            self._path_for(thing)
        except CommandFailed as error:
            if error.facts["code"] == INVALID:
                return str(error.facts["reason"])
            raise
        return ""

    def _merged(self, path: str, thing: Mapping[str, Any]) -> dict[str, Any]:
        """What an object becomes by being applied: its fields laid over what others wrote."""
        others = _without(self.objects.get(path, {}), self.applied.get(path, {}), thing)
        return laid_over(others, json.loads(json.dumps(thing)))

    def _path_for(self, thing: Mapping[str, Any]) -> str:
        kind, name = str(thing["kind"]), thing["metadata"]["name"]
        path = self.path(thing)
        if path is None:
            raise self._refused(f"apply {kind} {name}", f"the cluster has no kind {kind} in {thing['apiVersion']}")
        if not NAME.fullmatch(name):
            reason = f'{kind} "{name}" is invalid: metadata.name: a lowercase RFC 1123 subdomain is wanted'
            raise self._refused(f"apply {kind} {name}", reason, INVALID)
        namespace = thing["metadata"].get("namespace", "default")
        if "/namespaces/" in path and f"/api/v1/namespaces/{namespace}" not in self.objects and kind != "Namespace":
            raise self._refused(f"apply {kind} {name}", f'namespaces "{namespace}" not found')
        return path

    def path(self, thing: Mapping[str, Any]) -> str | None:
        """The API path of an object, None where the cluster serves no such kind."""
        served = self._served(str(thing["apiVersion"]), str(thing["kind"]))
        if served is None:
            return None
        plural, in_namespace = served
        metadata = thing["metadata"]
        place = f"/namespaces/{metadata.get('namespace', 'default')}" if in_namespace else ""
        return f"{group(str(thing['apiVersion']))}{place}/{plural}/{metadata['name']}"

    def put(self, path: str, thing: Mapping[str, Any]) -> None:
        """Store an object; what the cluster itself knows of it (uid, status) stays unless the object says otherwise."""
        former = self.objects.get(path, {})
        wanted: dict[str, Any] = copy.deepcopy(dict(thing))
        known = {name: value for name, value in former.get("metadata", {}).items() if name in ITS_OWN}
        metadata = {"uid": str(uuid.uuid4()), **known, **wanted.get("metadata", {})}
        served = condition("Established") if path.startswith(f"{DEFINITIONS}/") else {}
        self.objects[path] = {"status": former.get("status", served), **wanted, "metadata": metadata}

    def delete(self, path: str) -> None:
        """Delete an object, whatever is in it where it is a namespace, and the pods it owns."""
        inside = f"{path.removeprefix('/api/v1')}/" if path.startswith("/api/v1/namespaces/") else f"{path}/"
        for each in [at for at, thing in self.objects.items()
                     if at == path or inside in at or thing["metadata"].get("owner") == path]:  # fmt: skip
            del self.objects[each]
            self.applied.pop(each, None)

    def knows(self, host: str) -> bool:
        """Whether a host is a node of it."""
        return f"/api/v1/nodes/{host}" in self.objects

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


def _without(live: Mapping[str, Any], owned: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """An object without the fields that were owned and are no longer wanted."""
    kept = {}
    for key, value in live.items():
        was, wish = owned.get(key), wanted.get(key)
        if isinstance(value, dict) and isinstance(was, dict):
            kept[key] = _without(value, was, wish if isinstance(wish, dict) else {})
        elif key not in owned or key in wanted:
            kept[key] = value
    return kept


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
    fields = [pair.split("=") for text in parse_qs(query).get("fieldSelector", ()) for pair in text.split(",")]
    return all(labels.get(key) == value for key, value in wanted) and all(
        str(objects.at(thing, *key.split("."))) == value for key, value in fields
    )
