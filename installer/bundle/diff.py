"""What `bundle show` and `bundle diff` say: figures about one manifest, and what lies between two."""

from __future__ import annotations

from dataclasses import dataclass

from installer.bundle.manifest import Blob, Component, Manifest


@dataclass(frozen=True, slots=True)
class ComponentFigures:
    """One component: how many artifacts of each kind, and their distinct bytes."""

    name: str
    version: str
    images: int
    charts: int
    files: int
    bytes: int
    licence: str = ""
    """Of the component's programs, as its vendor names it; empty where nobody says."""


@dataclass(frozen=True, slots=True)
class Description:
    """One bundle. `bytes` counts each blob once; `shared_bytes` is what that saves."""

    name: str
    version: str
    architecture: str
    kubernetes: str
    digest: str
    components: tuple[ComponentFigures, ...]
    images: int
    charts: int
    files: int
    blobs: int
    bytes: int
    shared_bytes: int


@dataclass(frozen=True, slots=True)
class Change:
    """A component that is in both bundles but not the same. Equal versions: the same release, built or set otherwise.

    `new_bytes` lie in blobs that the old bundle has nowhere. `artifacts` are the references that are new or hold
    something else, `dropped` those that are no longer there; `settings` says whether its specification changed.
    """

    name: str
    before: str
    after: str
    new_bytes: int
    artifacts: tuple[str, ...]
    dropped: tuple[str, ...]
    settings: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """From an old bundle to a new one. `added` and `removed` are (name, version)."""

    kubernetes: tuple[str, str]
    architecture: tuple[str, str]
    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    changed: tuple[Change, ...]
    unchanged: tuple[str, ...]
    new_bytes: int
    kept_bytes: int
    dropped_bytes: int

    @property
    def nothing(self) -> bool:
        """Whether both hold the same components for the same machines."""
        before, after = zip(self.kubernetes, self.architecture, strict=True)
        return before == after and not (self.added or self.removed or self.changed)


def describe(manifest: Manifest) -> Description:
    """The figures of a bundle."""
    blobs = manifest.blobs()
    total = sum(blob.size for blob in blobs.values())
    once_each = {artifact.reference: artifact.size for artifact in manifest.artifacts()}
    figures = tuple(_figures(component) for component in manifest.components)
    return Description(
        name=manifest.name,
        version=manifest.version,
        architecture=manifest.architecture,
        kubernetes=manifest.kubernetes,
        digest=manifest.digest,
        components=figures,
        images=sum(component.images for component in figures),
        charts=sum(component.charts for component in figures),
        files=sum(component.files for component in figures),
        blobs=len(blobs),
        bytes=total,
        shared_bytes=sum(once_each.values()) - total,
    )


def difference(old: Manifest, new: Manifest) -> Difference:
    """What an upgrade from `old` to `new` brings, keeps and drops; components in the order of their bundle."""
    before = {component.name: component for component in old.components}
    after = {component.name: component for component in new.components}
    had, has = old.blobs(), new.blobs()
    common = [(before[name], component) for name, component in after.items() if name in before]
    return Difference(
        kubernetes=(old.kubernetes, new.kubernetes),
        architecture=(old.architecture, new.architecture),
        added=tuple((name, component.version) for name, component in after.items() if name not in before),
        removed=tuple((name, component.version) for name, component in before.items() if name not in after),
        changed=tuple(_change(one, other, had) for one, other in common if one != other),
        unchanged=tuple(one.name for one, other in common if one == other),
        new_bytes=_bytes(has, without=had),
        kept_bytes=_bytes(has) - _bytes(has, without=had),
        dropped_bytes=_bytes(had, without=has),
    )


def _change(old: Component, new: Component, had: dict[str, Blob]) -> Change:
    before = {artifact.reference: artifact.manifest for artifact in old.artifacts}
    after = {artifact.reference: artifact.manifest for artifact in new.artifacts}
    return Change(
        name=new.name,
        before=old.version,
        after=new.version,
        new_bytes=_bytes(_blobs(new), without=had),
        artifacts=tuple(reference for reference, blob in after.items() if before.get(reference) != blob),
        dropped=tuple(reference for reference in before if reference not in after),
        settings=(old.spec, old.texts) != (new.spec, new.texts),
    )


def _figures(component: Component) -> ComponentFigures:
    kinds = [artifact.kind for artifact in component.artifacts]
    return ComponentFigures(
        name=component.name,
        version=component.version,
        images=kinds.count("image"),
        charts=kinds.count("chart"),
        files=kinds.count("file"),
        bytes=_bytes(_blobs(component)),
        licence=str(component.spec.get("licence", "")),
    )


def _blobs(component: Component) -> dict[str, Blob]:
    parts = (blob for artifact in component.artifacts for blob in (artifact.manifest, *artifact.blobs))
    return {blob.digest: blob for blob in parts}


def _bytes(blobs: dict[str, Blob], *, without: dict[str, Blob] | None = None) -> int:
    return sum(blob.size for digest, blob in blobs.items() if digest not in (without or {}))
