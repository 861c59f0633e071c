"""Folders and volumes: what a service keeps has a place, as large as it must be, of a kind that the site has."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from installer.formats.spots import Spot
from installer.messages import Message
from installer.product.deployed import Case, Deployed
from installer.product.rules.rule import Found, OfCase, OfDeployed
from installer.product.rules.units import amount

GIB = Decimal(1024**3)
SCRATCH = frozenset({"emptyDir", "ephemeral"})


def _unmounted(case: Case) -> Found:
    for each in case.said.at("volumes").items():
        mount = each.at("mount")
        if (mount.text.rstrip("/") or "/") not in case.mounts:
            yield Message("nothing is mounted at {path}", path=mount.text), mount, case.container


def _no_volume(case: Case) -> Found:
    for mount, volume in case.mounts.values():
        if not volume:
            yield Message("mounts volume {name}, which the pod has not", name=mount.at("name").text), mount.at("name")


def _unstated(case: Case) -> Found:
    stated = {each.at("mount").text.rstrip("/") or "/" for each in case.said.at("volumes").items()}
    for path, (mount, volume) in case.mounts.items():
        if volume and path not in stated and _is_claim(volume):
            yield Message("keeps data at {path}, and the service states no such folder", path=path), mount, case.said


def _fleeting(case: Case) -> Found:
    for each in case.said.at("volumes").items():
        _, volume = case.mounts.get(each.at("mount").text.rstrip("/") or "/", (each, Spot("", 0, None)))
        kept = each.at("kind").text in ("", "persistent")
        if kept and volume and SCRATCH & set(volume.entries()):
            yield (
                Message("data at {path} goes with the pod, stated is that it stays", path=each.at("mount").text),
                volume,
                each,
            )


def _small(case: Case) -> Found:
    for each in case.said.at("volumes").items():
        stated = each.at("size_gib")
        _, volume = case.mounts.get(each.at("mount").text.rstrip("/") or "/", (each, Spot("", 0, None)))
        room = _claimed(case, volume).at("spec", "resources", "requests", "storage")
        wanted, found = amount(stated.text), amount(room.text)
        if wanted is not None and found is not None and found < wanted * GIB:
            yield Message("{path} has {found}, stated are {wanted} GiB", path=each.at("mount").text, found=room.text,
                          wanted=stated.text), room, stated  # fmt: skip


def _is_claim(volume: Spot) -> bool:
    return bool(volume.at("persistentVolumeClaim") or volume.at("spec", "accessModes"))


def _claimed(case: Case, volume: Spot) -> Spot:
    """The claim behind a volume of a pod."""
    name = volume.at("persistentVolumeClaim", "claimName").text
    claim = case.deployed.thing("PersistentVolumeClaim", case.workload, name) if name else None
    return claim.spot if claim else volume


def _claims(deployed: Deployed) -> Iterator[Spot]:
    yield from (each.spot for each in deployed.kind("PersistentVolumeClaim"))
    for each in deployed.kind("StatefulSet"):
        yield from each.spot.at("spec", "volumeClaimTemplates").items()


def _no_class(deployed: Deployed) -> Found:
    site = deployed.site
    if site is None or site.classes is None:
        return
    known = site.classes | {each.name for each in deployed.kind("StorageClass")}
    for claim in _claims(deployed):
        named = claim.at("spec", "storageClassName")
        if named.text and named.text not in known:
            yield (Message("storage class {name}, of which the site has none", name=named.text), named, site.said)
        elif not named and not known:
            yield Message("a volume, and the site has no storage"), claim, site.said


RULES = (
    OfCase("volume-unmounted", Message("mount a volume there, or take the folder out"), _unmounted),
    OfCase("volume-missing", Message("give the pod a volume of that name"), _no_volume),
    OfCase("volume-unstated", Message("state it under `volumes`: what is kept has to be saved and sized"), _unstated),
    OfCase("volume-fleeting", Message("claim a volume (persistentVolumeClaim), or state kind: scratch"), _fleeting),
    OfCase("volume-small", Message("ask for the room that is stated"), _small),
    OfDeployed("storage-class", Message("name a class that the site has, or none for its default"), _no_class),
)
