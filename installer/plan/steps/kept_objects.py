"""Objects of a cluster that a program changes for us, kept whole beforehand and put back exactly as they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from installer.formats.object_changes import applicable
from installer.plan.model import Before, Image
from installer.plan.steps.before_images import folder
from installer.plan.steps.commands import demand
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly, World

SPACE = "kube-system"


def named(version: str, kind: str, name: str) -> dict[str, Any]:
    """What names an object of the cluster itself."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": SPACE}}


@dataclass(frozen=True)
class KeptObjects:
    """Objects of `cluster`, kept on its first control plane `host` under a `name` of their own."""

    host: str
    cluster: str
    name: str
    objects: tuple[Mapping[str, Any], ...]

    def capture(self, world: ReadOnly) -> Before:
        """{"values": {kind and name: digest of what the object says, empty where there is none}}."""
        return {"values": {f"{each['kind']} {each['metadata']['name']}": _digest(world.find(self.cluster, each))
                           for each in self.objects}}  # fmt: skip

    def keep(self, world: World, image: Image) -> None:
        """Put them aside on the host, once."""
        place = self._place(image)
        if world.stat(self.host, place) != (None,):
            return
        lives = [(each, world.find(self.cluster, each)) for each in self.objects]
        whole = [{**each, **applicable(live)} for each, live in lives if live is not None]
        body = {"apiVersion": "v1", "kind": "List", "items": whole}
        world.write(self.host, place, json.dumps(body, sort_keys=True).encode() + b"\n", mode=0o600)

    def give_back(self, world: World, image: Image) -> None:
        """Put them back: what was added to them goes, and one that was not there.

        Raises:
            CommandFailed: the cluster does not take them.
        """
        seen = image.seen["values"]
        added = [each for each in self.objects if not seen.get(f"{each['kind']} {each['metadata']['name']}")]
        world.withdraw(self.cluster, *added)
        if len(added) < len(self.objects):
            place = self._place(image)
            demand(world, self.host, "kubectl", "--kubeconfig", ADMIN, "replace", "--filename", place, timeout=120)

    def _place(self, image: Image) -> str:
        return f"{folder(image)}/objects/{self.name}.json"


def _digest(live: Mapping[str, Any] | None) -> str:
    if live is None:
        return ""
    said = json.dumps({part: live.get(part) for part in ("data", "spec")}, sort_keys=True)
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()
