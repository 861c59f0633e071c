"""Volumes of applications on the way back: they outlive what used them, unless somebody has consented to lose them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from installer.plan.steps.before_images import names
from installer.plan.steps.hosts import VOLUMES
from installer.ports import ReadOnly, World

LOCAL = re.compile(r"(?P<volume>pvc-[0-9a-f-]+)_(?P<namespace>[^_]+)_(?P<claim>[^_]+)")
"""How the storage component names a volume's directory: volume, namespace and claim."""
PERSISTENT = "/api/v1/persistentvolumes"


@dataclass(frozen=True, slots=True)
class Volume:
    """Data of an application on a host's own disk: `application` is "namespace/claim", `size` in bytes."""

    name: str
    application: str
    host: str
    path: str
    size: int


def found(world: ReadOnly, host: str) -> tuple[Volume, ...]:
    """The volumes on a host, by name, found without its cluster, which may not answer any more."""
    places = {name: f"{VOLUMES}/{name}" for name in sorted(names(world, host, VOLUMES))}
    if not places:
        return ()
    told = world.query(host, "du", "-sxB1", *places.values(), timeout=120).out
    sizes = {path: size for size, _, path in (line.partition("\t") for line in told.splitlines())}
    volumes = []
    for name, path in places.items():
        parts = LOCAL.fullmatch(name)
        size = sizes.get(path, "")
        volumes.append(Volume(
            parts["volume"] if parts else name, f"{parts['namespace']}/{parts['claim']}" if parts else "unknown", host,
            path, int(size) if size.isdecimal() and len(size) < 19 else 0,
        ))  # fmt: skip
    return tuple(volumes)


def retain(world: World, cluster: str, namespace: str) -> None:
    """Let the volumes claimed in a namespace outlive their claims: nothing on disk goes when an application goes."""
    listed = world.get(cluster, PERSISTENT) or {}
    for volume in listed.get("items", ()):
        spec = volume.get("spec", {})
        if (
            spec.get("claimRef", {}).get("namespace") == namespace
            and spec.get("persistentVolumeReclaimPolicy") != "Retain"
        ):
            world.apply(cluster, {
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume["metadata"]["name"]},
                "spec": {"persistentVolumeReclaimPolicy": "Retain"},
            })  # fmt: skip
