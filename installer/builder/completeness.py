"""Proof that a bundle is complete: every image that a chart, an object or a host's text names is in it.

Charts are rendered by the bundle's own helm with the values of every environment of every example profile, just as at
a site. Without profiles they are rendered with their own defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from installer.answers.file import load as load_answers
from installer.answers.model import Environment
from installer.bundle import sized
from installer.bundle.manifest import Component, Manifest
from installer.errors import BuildFailed, BundleNotTrusted
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.render import context, images, templates
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
        AnswersInvalid: a profile chooses what the bundle has not, or parts whose needs it does not meet.
    """
    renderer = Renderer(manifest, blob_path, lambda: _kept_helm(manifest, blob_path, workshop), workshop)
    needed = set(_listed(manifest))
    sites = [Planned(answers, manifest) for answers in map(load_answers, profiles)]
    pairs = [(planned, each) for planned in sites for each in planned.answers.environments]
    total = len(manifest.components) * max(1, len(pairs))
    try:
        for count, (planned, environment) in enumerate(pairs):
            for number, component in enumerate(manifest.components, start=count * len(manifest.components)):
                tell(number, total, component.name)
                needed |= set(images.rendered(renderer, component, _seen(planned, environment, component)))
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
            reason=Message.joined(
                "; ",
                (
                    Message("{where} names image {image}, which the bundle lacks", where=each.where, image=each.image)
                    for each in missing
                ),
            ),
        )
    return frozenset(needed)


def _seen(planned: Planned, environment: Environment, component: Component) -> dict[str, Any]:
    """What a component's templates see in an environment; one that does not stand there, as if it did.

    It then consumes what the first component of each role would publish there, and that in turn only names of hosts
    that are nowhere.
    """
    if component in planned.components(environment):
        return planned.seen(environment, component)
    names, filling = planned.names(environment), planned.manifest.filling
    consumed = {}
    for role in (each for each in component.roles_seen if each in filling):
        part = filling[role][0]
        nowhere = {each: dict.fromkeys(filling[each][0].spec.get("publishes", ()), f"{each}.invalid")
                   for each in part.roles_seen if each in filling}  # fmt: skip
        seen = context.for_component(names, environment, part, nowhere, sized.alone(part.spec))
        consumed[role] = {name: templates.fill(part, text, seen)
                          for name, text in part.spec.get("publishes", {}).items()}  # fmt: skip
    return context.for_component(names, environment, component, consumed, sized.alone(component.spec))


def _listed(manifest: Manifest) -> Iterator[Needed]:
    """Images that programs name by flag or in their code; the component lists them under `also`."""
    for component in manifest.components:
        for image in component.spec.get("also", ()):
            yield Needed(component.name, Message("component.yaml, also"), image)


def _kept_helm(manifest: Manifest, blob_path: Callable[[str], Path], workshop: Workshop) -> Path:
    """The bundle's own helm, made executable in the cache."""
    origin = blob_path(images.helm_of(manifest).file.digest)

    def make(into: Path) -> None:
        (into / "helm").write_bytes(origin.read_bytes())
        (into / "helm").chmod(0o755)

    return workshop.keep(workshop.cache / "tools" / f"helm-{origin.name[:16]}", make) / "helm"
