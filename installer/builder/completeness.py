"""Proof that a bundle is complete: every image that a chart, an object or a host's text names is in it.

Charts are rendered by the bundle's own helm with the values of every environment of every example profile, just as at
a site. Without profiles they are rendered with their own defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from installer.answers.file import load as load_answers
from installer.bundle.manifest import Manifest
from installer.errors import BuildFailed, BundleNotTrusted
from installer.render import context, images
from installer.render.images import Needed, Renderer
from installer.workshop import Workshop


def prove(
    manifest: Manifest,
    blob_path: Callable[[str], Path],
    profiles: tuple[Path, ...],
    workshop: Workshop,
    tell: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> frozenset[Needed]:
    """Collect every image that is needed; returns them. `tell` hears which component is rendered next, of how many.

    Raises:
        BuildFailed: the bundle lacks one, or something cannot be rendered.
    """
    renderer = Renderer(manifest, blob_path, lambda: _kept_helm(manifest, blob_path, workshop), workshop)
    needed = set(_listed(manifest))
    pairs = [(answers, each) for answers in map(load_answers, profiles) for each in answers.environments]
    total = len(manifest.components) * max(1, len(pairs))
    try:
        for count, (answers, environment) in enumerate(pairs):
            names = context.context(answers, environment, manifest)
            for number, component in enumerate(manifest.components, start=count * len(manifest.components)):
                tell(number, total, component.name)
                needed |= set(
                    images.rendered(renderer, component, context.for_component(names, environment, component))
                )
        if not pairs:
            for number, component in enumerate(manifest.components):
                tell(number, total, component.name)
                needed |= set(images.in_charts(renderer, component, ""))
    except BundleNotTrusted as error:
        raise BuildFailed(what=error.facts["bundle"], reason=error.facts["reason"]) from error
    missing = images.lacking(manifest, needed)
    if missing:
        raise BuildFailed(
            what=f"{missing[0].component}: {missing[0].where}",
            reason="; ".join(f"{each.where} names image {each.image}, which the bundle lacks" for each in missing),
        )
    return frozenset(needed)


def _listed(manifest: Manifest) -> Iterator[Needed]:
    """Images that programs name by flag or in their code; the component lists them under `also`."""
    for component in manifest.components:
        for image in component.spec.get("also", ()):
            yield Needed(component.name, "component.yaml, also", image)


def _kept_helm(manifest: Manifest, blob_path: Callable[[str], Path], workshop: Workshop) -> Path:
    """The bundle's own helm, made executable in the cache."""
    origin = blob_path(images.helm_of(manifest).file.digest)

    def make(into: Path) -> None:
        (into / "helm").write_bytes(origin.read_bytes())
        (into / "helm").chmod(0o755)

    return workshop.keep(workshop.cache / "tools" / f"helm-{origin.name[:16]}", make) / "helm"
