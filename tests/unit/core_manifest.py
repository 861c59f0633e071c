"""The manifests that bundles have when they are built, with made-up digests: enough for everything that only plans."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from installer.answers.model import Answers
from installer.builder import reading, recipe
from installer.bundle.manifest import Artifact, Blob, Component, Manifest
from installer.cli.rehearse import recipe_for

ROOT = Path(__file__).resolve().parents[2]


def blob(text: str) -> Blob:
    return Blob("sha256:" + hashlib.sha256(text.encode()).hexdigest(), len(text))


def _artifacts(part: recipe.Part) -> tuple[Artifact, ...]:
    """What a part brings; what another recipe than the first has of its own is made of other bytes."""
    found = []
    salt = part.release if part.folder.parts[-3] == "core-next" else ""
    for image in part.listed("images"):
        name = f"{image['name']}:{image['tag']}"
        found.append(
            Artifact("image", image["name"], str(image["tag"]), blob(name + salt),
                     (blob(name + "c"), blob(name + "l" + salt)))
        )  # fmt: skip
    for kind, host in (("charts", "charts.sitewright.internal"), ("files", "files.sitewright.internal")):
        for entry in part.listed(kind):
            repository = f"{host}/{entry['name']}"
            blobs = (blob(repository + "c"), blob(repository + salt))
            found.append(Artifact(kind[:-1], repository, part.release, blob(repository + "m" + salt), blobs))  # type: ignore[arg-type]
    return tuple(found)


@cache
def manifest_of(name: str) -> Manifest:
    """What a recipe of `bundles` makes."""
    found = reading.load(ROOT / "bundles" / name)
    components = tuple(Component(p.name, p.release, _artifacts(p), p.spec, p.texts) for p in found.parts)
    return Manifest(found.name, found.release, found.architecture, found.kubernetes, components, "sha256:" + "0" * 64)


def core_manifest() -> Manifest:
    return manifest_of("core")


_recipes: dict[frozenset[str], str] = {}
"""The name of the recipe for each choice of components: reading one takes a sixth of a second."""


def manifest_for(answers: Answers) -> Manifest:
    """What the recipe makes that a rehearsal of these answers would take."""
    chosen = frozenset(name for environment in answers.environments for name in environment.components)
    if chosen not in _recipes:
        _recipes[chosen] = recipe_for(answers).name
    return manifest_of(_recipes[chosen])
