"""The proof of completeness at the site: with the customer's own answers, every image that is named is in the bundle.

The bundle's own helm renders each chosen chart here, on the operator's machine, before a host is touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from installer import __version__
from installer.answers.model import Answers, Environment
from installer.bundle.archive import Archive
from installer.bundle.manifest import Component
from installer.errors import BuildFailed, BundleNotTrusted, ProgramUnbounded
from installer.messages import Message
from installer.plan.inputs import Inputs, Planned
from installer.preflight.finding import Lacking, Violation
from installer.render import images
from installer.render.images import Needed, Renderer
from installer.workshop import Workshop, cache_folder

WANTED = Message("every image in the bundle: nothing else can be pulled at the site")
FAULT = Message("this is a fault of the bundle; tell the vendor")


def digest(inputs: Inputs) -> str:
    """Of all that the proof goes by: the bundle, the answers, and this program."""
    body = json.dumps([__version__, hashlib.sha256(inputs.bundle_json).hexdigest(), inputs.answers.text])
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"


def none(inputs: Planned) -> Lacking:
    """That nothing is lacking, as `lacking` tells it."""
    return {environment.desk: () for environment in inputs.answers.environments}


def lacking(inputs: Planned, archive: Archive) -> Lacking:
    """For the first control plane of each environment, on which its charts are installed, what the bundle lacks.

    Raises:
        BundleNotTrusted: a blob is not what bundle.json names, or a chart is rendered without end.
    """
    workshop = Workshop(cache_folder(), inputs.manifest.architecture)
    with workshop.scratch() as folder:

        def blob(digest: str) -> Path:
            return _extracted(archive, digest, folder)

        def helm() -> Path:
            path = blob(images.helm_of(inputs.manifest).file.digest)
            path.chmod(0o700)
            return path

        renderer = Renderer(inputs.manifest, blob, helm, workshop)
        return {environment.desk: tuple(_of_environment(inputs, environment, renderer))
                for environment in inputs.answers.environments}  # fmt: skip


def _extracted(archive: Archive, digest: str, folder: Path) -> Path:
    """A blob as a file of a folder that is ours alone."""
    path = folder / digest.removeprefix("sha256:")
    if not path.exists():
        archive.extract(digest, path)
    return path


def _of_environment(inputs: Planned, environment: Environment, renderer: Renderer) -> Iterator[Violation]:
    for component in inputs.components(environment):
        names = inputs.seen(environment, component)
        try:
            needed = set(images.rendered(renderer, component, names))
        except ProgramUnbounded as error:
            raise BundleNotTrusted(
                bundle=Message("bundle {name} {version}", name=inputs.manifest.name, version=inputs.manifest.version),
                reason=error.message,
                hint=FAULT,
            ) from error
        except BuildFailed as error:
            remedy = (
                _remedy(inputs.answers, environment, component, _paths(names["values"])) if names["values"] else FAULT
            )
            found = Message("environment {name}: {reason}", name=environment.name, reason=error.message)
            yield Violation(found, WANTED, remedy)
        except OSError as error:
            found = Message(
                "not looked at: the bundle's helm cannot be run on this machine ({reason})", reason=error.strerror
            )
            yield Violation(
                found, WANTED, Message("run the installer on Linux of the bundle's architecture"), warning=True
            )
            return
        else:
            for each in images.lacking(inputs.manifest, needed):
                yield _trouble(inputs.answers, environment, component, each, names["values"])


def _trouble(
    answers: Answers, environment: Environment, component: Component, needed: Needed, values: Mapping[str, Any]
) -> Violation:
    said = [path for path, value in _leaves(values) if value and value in needed.image]
    remedy = _remedy(answers, environment, component, said) if said else FAULT
    found = Message(
        "environment {name}: {component}: {place} names image {image}, which the bundle lacks",
        name=environment.name, component=component.name, place=needed.where, image=needed.image,
    )  # fmt: skip
    return Violation(found, WANTED, remedy)


def _remedy(
    answers: Answers, environment: Environment, component: Component, paths: Iterator[str] | list[str]
) -> Message:
    """Which values of the answers to correct, with their lines."""
    at = f"environments.{answers.environments.index(environment)}.components.{component.name}"
    shown = []
    for path in paths:
        line = answers.lines.get(f"{at}.{path}") or answers.lines.get(at)
        shown.append(f"{path} ({answers.file}:{line})" if line else path)
    return Message(
        "correct or leave out, of {component}: {values}; or take a bundle that holds the image",
        component=component.name, values=tuple(shown),
    )  # fmt: skip


def _paths(values: Mapping[str, Any]) -> Iterator[str]:
    return (path for path, _ in _leaves(values))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every single value with its dotted path."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _leaves(below, f"{path}.{number}")
    else:
        yield path, str(value)
