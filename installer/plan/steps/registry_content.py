"""Steps that fill the site's registry: images and charts pushed to the first host, replicated to the others."""

from __future__ import annotations

import secrets
from typing import Any

import bcrypt

from installer import redaction
from installer.answers.model import present
from installer.bundle.manifest import Artifact
from installer.layout import HOME, REGISTRY_CA, RUNTIME
from installer.messages import Message
from installer.plan.inputs import Inputs, Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps.before_images import files_before, keeps, take_back
from installer.plan.steps.commands import demand, demand_work
from installer.plan.steps.hosts import step_id
from installer.ports import ReadOnly, World

UNIT = "sitewright-registry.service"
PUSH_UNIT = "sitewright-registry-push.service"
PASSWORDS = f"{RUNTIME}/registry.htpasswd"
DATA = f"{HOME}/registry"
REPLICATE = f"{HOME}/replicate"


def needed(inputs: Planned) -> tuple[Artifact, ...]:
    """The artifacts that this site's environments use, each once, in the bundle's order."""
    chosen = {c.name for environment in inputs.answers.environments for c in inputs.components(environment)}
    return tuple(a for c in inputs.manifest.components if c.name in chosen for a in c.artifacts)


def bytes_to_send(artifacts: tuple[Artifact, ...]) -> int:
    """Bytes of all distinct blobs."""
    return sum({blob.digest: blob.size for a in artifacts for blob in (a.manifest, *a.blobs)}.values())


def filled_id(inputs: Planned) -> str:
    """The step after which everything can be pulled."""
    first = inputs.answers.registry.hosts[0]
    return step_id(inputs.answers.environment_of(first), "registry.push", first)


def _open_for_writing(world: World, host: str) -> tuple[str, str]:
    """Start the writing side with a fresh password; returns (user, password)."""
    password = secrets.token_urlsafe(24)
    redaction.learn(password)
    line = b"push:" + bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)) + b"\n"
    world.write(host, PASSWORDS, line, mode=0o600)
    demand(world, host, "systemctl", "restart", PUSH_UNIT)
    return "push", password


def close_for_writing(world: World, host: str) -> None:
    """Take the push password away again, whatever came of the push."""
    world.run(host, "systemctl", "stop", PUSH_UNIT)
    world.remove(host, PASSWORDS)


def _unfilled(world: ReadOnly, host: str, artifacts: tuple[Artifact, ...]) -> Differences:
    """What is not there yet; and whether whoever brought it has closed behind himself: the password goes last."""
    stored = world.stored(host, artifacts)
    missing = [Difference(artifact.reference, Message("in the registry"), Message("not there"))
               for artifact, there in zip(artifacts, stored, strict=True) if not there]  # fmt: skip
    if world.stat(host, PASSWORDS) != (None,):
        missing.append(Difference(PASSWORDS, Message("nothing"), Message("a password")))
    return tuple(missing)


def _filling(host: str, artifacts: tuple[Artifact, ...]) -> dict[str, Any]:
    """Capture, keep and undo of what fills a registry: what a run added goes, a tag that it moved moves back."""
    tags, made = stored_at(artifacts)

    def capture(world: ReadOnly) -> Before:
        return files_before(world, host, tags, made, in_use=True)

    def undo(world: World, image: Image) -> None:
        take_back(world, host, image)
        world.run(host, "systemctl", "try-restart", UNIT)  # it remembers which blobs it has seen

    return {"capture": capture, "keep": keeps(host), "undo": undo}


def stored_at(artifacts: tuple[Artifact, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where a registry keeps artifacts in its directory: the links of their tags, and the folders of all else.

    That layout is part of the distribution project's storage format and the same in all its versions
    (github.com/distribution/distribution, registry/storage/paths.go).
    """
    root = f"{DATA}/docker/registry/v2"
    tags, made = [], []
    for artifact in artifacts:
        repository = f"{root}/repositories/{artifact.repository}"
        manifest = artifact.manifest.digest.partition(":")[2]
        tags.append(f"{repository}/_manifests/tags/{artifact.tag}/current/link")
        made += [repository, f"{repository}/_manifests/tags/{artifact.tag}",
                 f"{repository}/_manifests/tags/{artifact.tag}/index/sha256/{manifest}",
                 f"{repository}/_manifests/revisions/sha256/{manifest}"]  # fmt: skip
        for digest in (manifest, *(blob.digest.partition(":")[2] for blob in artifact.blobs)):
            made += [f"{repository}/_layers/sha256/{digest}", f"{root}/blobs/sha256/{digest[:2]}/{digest}"]
    return tuple(dict.fromkeys(tags)), tuple(dict.fromkeys(made))


def push(inputs: Inputs, host: str) -> Step:
    """Send what hosts pull to the first host of the registry."""
    environment = inputs.answers.environment_of(host)
    artifacts = needed(inputs)
    size = bytes_to_send(artifacts)
    after = (step_id(environment, "registry.install", host),)
    step, host = filled_id(inputs), present(inputs.answers.registry.hosts, inputs.answers.gone)

    def apply(world: World) -> None:
        credential = _open_for_writing(world, host)
        try:
            world.push(host, inputs.answers.registry.push_port, credential, artifacts)
        finally:
            close_for_writing(world, host)

    return Step(
        id=step, title=Message("fill the registry"), phase="registry", host=host,
        environment=environment.name, after=after,
        differs=lambda world: _unfilled(world, host, artifacts), apply=apply, weight=1 + size / inputs.send_rate,
        bytes=size, **_filling(host, artifacts),
    )  # fmt: skip


def to_replicate(artifacts: tuple[Artifact, ...]) -> bytes:
    """What replicate.sh reads: a line for each artifact, its repository, tag, manifest and blobs."""
    lines = (" ".join((a.repository, a.tag, a.manifest.digest, *(blob.digest for blob in a.blobs))) for a in artifacts)
    return "".join(f"{line}\n" for line in lines).encode()


def replicate(inputs: Planned, host: str) -> Step:
    """Let another host of the registry fetch the same from the first."""
    environment = inputs.answers.environment_of(host)
    registry = inputs.answers.registry
    artifacts = needed(inputs)
    origin = f"{inputs.answers.host(present(registry.hosts, inputs.answers.gone)).address}:{registry.port}"

    def apply(world: World) -> None:
        def prepare() -> None:
            user, password = _open_for_writing(world, host)
            world.write(host, f"{REPLICATE}/artifacts", to_replicate(artifacts))
            world.write(host, f"{REPLICATE}/curlrc", f'user = "{user}:{password}"\n'.encode(), mode=0o600)

        try:
            demand_work(
                world, host, "sitewright-registry-replicate", "/bin/sh", f"{HOME}/bin/replicate", REPLICATE, origin,
                f"127.0.0.1:{registry.push_port}", REGISTRY_CA, timeout=3600, prepare=prepare,
            )  # fmt: skip
        finally:
            world.remove(host, REPLICATE)
            close_for_writing(world, host)

    return Step(
        id=step_id(environment, "registry.replicate", host),
        title=Message("fill the registry from the first"),
        phase="registry",
        host=host,
        environment=environment.name,
        after=(filled_id(inputs), step_id(environment, "registry.install", host)),
        differs=lambda world: _unfilled(world, host, artifacts),
        apply=apply,
        weight=5 + bytes_to_send(artifacts) / 100e6,
        **_filling(host, artifacts),
    )
