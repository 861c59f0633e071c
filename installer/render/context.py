"""The names that a component's templates see; docs/components.md lists them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from installer.answers.model import Answers, Environment
from installer.bundle.manifest import Artifact, Component, Manifest
from installer.layout import API_PORT, POOL, PROXY_PORT, REGISTRY_CA


@dataclass(frozen=True, slots=True)
class HostView:
    """A host as templates see it; `waived` are the checks that are waived there."""

    name: str
    address: str
    control_plane: bool
    waived: frozenset[str]
    pool: str = ""


RELEASED = frozenset({"chart", "objects"})
"""What a component that is released to clusters has, one of them or both."""


def namespace(component: Component) -> str:
    """The namespace that a component has for itself."""
    return str(component.spec.get("chart", {}).get("namespace", component.name))


def cluster_dns(services: str) -> str:
    """The cluster DNS address: the tenth of the service network, as kubeadm chooses it."""
    return str(ipaddress.ip_network(services)[10])


def api_server(environment: Environment) -> str:
    """The "name:port" by which every node reaches the API: the customer's endpoint, else the node's own proxy."""
    return environment.endpoint or f"127.0.0.1:{PROXY_PORT}"


def context(answers: Answers, environment: Environment, manifest: Manifest) -> dict[str, Any]:
    """The names that every template of an environment sees."""
    views = {
        name: HostView(
            name,
            answers.host(name).address,
            name in environment.control_planes,
            frozenset(each.check for each in answers.waivers if not each.hosts or name in each.hosts),
            answers.host(name).pool,
        )
        for name in environment.hosts
    }
    images = list(manifest.artifacts("image"))
    return {
        "site": answers.site,
        "environment": environment.name,
        "environments": [each.name for each in answers.environments],
        "entrance": answers.host(environment.hosts[0]).address,
        "entrances": [answers.host(name).address for name in environment.hosts],
        "domain": environment.domain,
        "hosts": list(views.values()),
        "control_planes": [views[name] for name in environment.control_planes],
        "workers": [views[name] for name in environment.workers],
        "networks": {
            "pods": environment.networks.pods,
            "services": environment.networks.services,
            "domain": environment.networks.domain,
            "dns": cluster_dns(environment.networks.services),
        },
        "registry": {
            "endpoints": [f"{answers.host(name).address}:{answers.registry.port}" for name in answers.registry.hosts],
            "ca": REGISTRY_CA,
            "port": answers.registry.port,
            "push_port": answers.registry.push_port,
        },
        "api": {"server": api_server(environment), "port": API_PORT, "proxy_port": PROXY_PORT,
                "endpoint": environment.endpoint},
        "kubernetes": manifest.kubernetes,
        "images": _whole_names(images),
        "upstreams": sorted({image.repository.split("/", 1)[0] for image in images}),
        "namespaces": sorted({namespace(part) for part in manifest.components if RELEASED & part.spec.keys()}),
        "roles": sorted({part.role for part in manifest.components if part.name in environment.components} - {""}),
        "waived_somewhere": frozenset().union(*(view.waived for view in views.values())),
        "values": {},
        "replicas": 1 if len(environment.hosts) == 1 else 2,
    }  # fmt: skip


def _whole_names(images: list[Artifact]) -> dict[str, str]:
    """Each image's reference by its whole repository; one that is there in several versions has none."""
    found: dict[str, set[str]] = {}
    for image in images:
        found.setdefault(image.repository, set()).add(image.reference)
    return {repository: next(iter(references)) for repository, references in found.items() if len(references) == 1}


def for_host(names: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The same names and `host`, for a text that is put on one host."""
    view = next(view for view in names["hosts"] if view.name == host)
    return {**names, "host": view}


def knows_pools(component: Component) -> bool:
    """Whether the values of a component's chart say on which hosts its pods are to stand."""
    return "placement" in component.texts.get(component.spec.get("chart", {}).get("values", ""), "")


def stands(environment: Environment, component: Component, pool: str) -> bool:
    """Whether pods of a component may stand on the hosts of a pool (empty: on hosts of no pool)."""
    own = environment.pool_of(component.name)
    return pool == own if own else not environment.reserved(pool)


def _placement(pool: str, *, reserved: bool) -> dict[str, Any]:
    """What a pod's specification says to stand on the hosts of a pool; nothing where it stands anywhere."""
    if not pool:
        return {}
    taint = {"key": POOL, "operator": "Equal", "value": pool, "effect": "NoSchedule"}
    return {"nodeSelector": {POOL: pool}, **({"tolerations": [taint]} if reserved else {})}


def for_component(
    names: Mapping[str, Any],
    environment: Environment,
    component: Component,
    consumed: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    sized: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """The same names with one component's own: the customer's `values`, ports, sizes, and by role what it consumes.

    What is consumed has as `secret`, where it publishes one, the name of the component's own copy: that of the role.
    """
    pool = environment.pool_of(component.name)
    return {**names, "values": dict(environment.components.get(component.name, {})),
            "places": [each for each in names["workers"] or names["control_planes"]
                       if stands(environment, component, each.pool)],
            "placement": _placement(pool, reserved=environment.reserved(pool)),
            "ports": {name: entry["port"] for name, entry in component.spec.get("ports", {}).items()},
            "sized": dict(sized),
            "consumes": {role: {name: role if name == "secret" else text for name, text in published.items()}
                         for role, published in consumed.items()}}  # fmt: skip
