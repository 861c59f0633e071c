"""Steps of the site registry: its CA, a replica per registry host, the push, and replication over the LAN.

Each replica is one binary over one directory, run twice: for everybody over TLS and read-only; and, only while a push
lasts, on loopback with a password that lives as long as the push.
"""

from __future__ import annotations

import secrets
from typing import Any

import bcrypt

from installer import certificates, redaction
from installer.answers.model import Environment, Host
from installer.bundle import known
from installer.bundle.manifest import Artifact
from installer.layout import CONFIG, HOME, REGISTRY_CA
from installer.messages import Message
from installer.plan.inputs import Inputs, Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps import host_components as parts
from installer.plan.steps.authorities import Authority
from installer.plan.steps.before_images import captures, files_before, keeps, prune, take_back
from installer.plan.steps.commands import demand, demand_work
from installer.plan.steps.files import files_differ, place
from installer.plan.steps.hosts import NO_PULL, step_id
from installer.ports import ReadOnly, World

CA_KEY = f"{CONFIG}/pki/registry-ca.key"
CERTIFICATE = f"{CONFIG}/pki/registry.crt"
KEY = f"{CONFIG}/pki/registry.key"
BINARY = "/usr/local/bin/sitewright-registry"
UNIT = "sitewright-registry.service"
PUSH_UNIT = "sitewright-registry-push.service"
PASSWORDS = "/run/sitewright/registry.htpasswd"
DATA = f"{HOME}/registry"
REPLICATE = f"{HOME}/replicate"


def needed(inputs: Planned) -> tuple[Artifact, ...]:
    """The artifacts that this site's environments use, each once, in the bundle's order."""
    chosen = {c.name for environment in inputs.answers.environments for c in inputs.components(environment)}
    return tuple(a for c in inputs.manifest.components if c.name in chosen for a in c.artifacts)


def bytes_to_send(artifacts: tuple[Artifact, ...]) -> int:
    """Bytes of all distinct blobs."""
    return sum({blob.digest: blob.size for a in artifacts for blob in (a.manifest, *a.blobs)}.values())


def trust_id(environment: Environment, host: str) -> str:
    """The step after which a host trusts the site registry."""
    return step_id(environment, "registry.trust", host)


def filled_id(inputs: Planned) -> str:
    """The step after which everything can be pulled."""
    first = inputs.answers.registry.hosts[0]
    return step_id(inputs.answers.environment_of(first), "registry.push", first)


def serve(inputs: Inputs) -> list[Step]:
    """All steps of the registry itself, first replica first."""
    hosts = [inputs.answers.host(name) for name in inputs.answers.registry.hosts]
    steps = [_authority(inputs)]
    for host in hosts:
        steps += [trust(inputs, host.name), _certificate(inputs, host), _install(inputs, host.name)]
    steps.append(_push(inputs, hosts[0].name))
    steps += [_replicate(inputs, host.name) for host in hosts[1:]]
    return steps


def _own(inputs: Planned) -> Authority:
    return Authority("registry", "CA", inputs.answers.registry.hosts[0], CA_KEY, REGISTRY_CA)


def _authority_id(inputs: Planned) -> str:
    first = inputs.answers.registry.hosts[0]
    return step_id(inputs.answers.environment_of(first), "registry.authority", first)


def _authority(inputs: Planned) -> Step:
    own = _own(inputs)
    environment = inputs.answers.environment_of(own.host)
    return own.made(
        _authority_id(inputs), Message("make the registry's CA"), environment,
        (step_id(environment, "hosts.trust", own.host),),
        lambda now: certificates.make_ca(f"{inputs.answers.site} registry", now),
    )  # fmt: skip


def trust(inputs: Planned, host: str) -> Step:
    """The step by which a host comes to trust the registry."""
    environment = inputs.answers.environment_of(host)
    after = (_authority_id(inputs), step_id(environment, "hosts.trust", host))
    return _own(inputs).trusted(trust_id(environment, host), Message("trust the registry"), environment, after, host)


def _certificate(inputs: Planned, host: Host) -> Step:
    environment = inputs.answers.environment_of(host.name)
    first = inputs.answers.registry.hosts[0]
    names = (host.name, host.address, "127.0.0.1", "localhost")

    def differs(world: ReadOnly) -> Differences:
        key = world.stat(host.name, KEY)[0]
        good = certificates.is_good(
            world.read(host.name, CERTIFICATE), world.read(first, REGISTRY_CA), names, world.now()
        )  # fmt: skip
        if good and key is not None and key.mode == 0o600:
            return ()
        return (Difference(CERTIFICATE, f"a certificate of the site's CA for {', '.join(names)}", "another or none"),)

    def apply(world: World) -> None:
        ca = certificates.KeyPair(world.read(first, REGISTRY_CA) or b"", world.read(first, CA_KEY) or b"")
        pair = certificates.issue(ca, host.name, names, world.now())
        # One that runs goes on showing what it has loaded; stopped, it is started again by the step that follows.
        world.run(host.name, "systemctl", "stop", UNIT)
        world.write(host.name, KEY, pair.key, mode=0o600)
        world.write(host.name, CERTIFICATE, pair.certificate)

    def undo(world: World, image: Image) -> None:
        take_back(world, host.name, image)
        world.run(host.name, "systemctl", "try-restart", UNIT)  # it shows what it has loaded

    return Step(
        id=step_id(environment, "registry.certificate", host.name), title=Message("issue the registry's certificate"),
        phase="registry", host=host.name, environment=environment.name, after=(trust_id(environment, host.name),),
        differs=differs, apply=apply, capture=captures(host.name, [KEY, CERTIFICATE]), keep=keeps(host.name),
        undo=undo, weight=0.3,
    )  # fmt: skip


def _install(inputs: Inputs, host: str) -> Step:
    environment = inputs.answers.environment_of(host)
    component = inputs.manifest.component(known.REGISTRY)
    # Nothing can be pulled before the registry runs: its binary alone is sent, the texts are written.
    wanted = parts.wanted_files(inputs, environment, component, host)
    listed = parts.listing(component, wanted)
    binaries = tuple(file for file in wanted if file.pull)
    texts = tuple(file for file in wanted if not file.pull)

    def differs(world: ReadOnly) -> Differences:
        other = files_differ(world, host, (*wanted, listed))
        return (*other, *parts.units_differ(world, host, (UNIT,), (UNIT,)))

    def capture(world: ReadOnly) -> Before:
        return parts.before(world, host, (*wanted, listed), (PUSH_UNIT, UNIT), (DATA,))

    def apply(world: World) -> None:
        parts.withdraw(world, host, listed, wanted, (PUSH_UNIT, UNIT))
        for file in binaries:
            if file.pull and files_differ(world, host, (file,)):
                world.send(host, file.path, file.pull.file.digest, mode=file.mode)
        place(world, host, NO_PULL, texts)
        world.make_directory(host, DATA, mode=0o700)
        demand(world, host, "systemctl", "daemon-reload")
        demand(world, host, "systemctl", "enable", UNIT)
        demand(world, host, "systemctl", "restart", UNIT)
        place(world, host, NO_PULL, (listed,))

    def undo(world: World, image: Image) -> None:
        _close_for_writing(world, host)
        parts.give_back(world, host, image)
        prune(world, host, PASSWORDS.rpartition("/")[0])

    size = sum(file.pull.file.size for file in binaries if file.pull)
    return Step(
        id=step_id(environment, "registry.install", host),
        title=Message("start the registry {version}", version=component.version),
        phase="registry",
        host=host,
        environment=environment.name,
        after=(step_id(environment, "registry.certificate", host),),
        differs=differs,
        apply=apply,
        capture=capture,
        keep=keeps(host),
        undo=undo,
        weight=1 + size / inputs.send_rate,
        bytes=size,
    )


def _open_for_writing(world: World, host: str) -> tuple[str, str]:
    """Start the writing side with a fresh password; returns (user, password)."""
    password = secrets.token_urlsafe(24)
    redaction.learn(password)
    line = b"push:" + bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)) + b"\n"
    world.write(host, PASSWORDS, line, mode=0o600)
    demand(world, host, "systemctl", "restart", PUSH_UNIT)
    return "push", password


def _close_for_writing(world: World, host: str) -> None:
    world.run(host, "systemctl", "stop", PUSH_UNIT)
    world.remove(host, PASSWORDS)


def _unfilled(world: ReadOnly, host: str, artifacts: tuple[Artifact, ...]) -> Differences:
    """What is not there yet; and whether whoever brought it has closed behind himself: the password goes last."""
    stored = world.stored(host, artifacts)
    missing = [Difference(artifact.reference, "in the registry", "not there")
               for artifact, there in zip(artifacts, stored, strict=True) if not there]  # fmt: skip
    if world.stat(host, PASSWORDS) != (None,):
        missing.append(Difference(PASSWORDS, "nothing", "a password"))
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


def _push(inputs: Inputs, host: str) -> Step:
    environment = inputs.answers.environment_of(host)
    artifacts = needed(inputs)
    size = bytes_to_send(artifacts)

    def apply(world: World) -> None:
        credential = _open_for_writing(world, host)
        try:
            world.push(host, inputs.answers.registry.push_port, credential, artifacts)
        finally:
            _close_for_writing(world, host)

    return Step(
        id=step_id(environment, "registry.push", host), title=Message("fill the registry"), phase="registry", host=host,
        environment=environment.name, after=(step_id(environment, "registry.install", host),),
        differs=lambda world: _unfilled(world, host, artifacts), apply=apply, weight=1 + size / inputs.send_rate,
        bytes=size, **_filling(host, artifacts),
    )  # fmt: skip


def to_replicate(artifacts: tuple[Artifact, ...]) -> bytes:
    """What replicate.sh reads: a line for each artifact, its repository, tag, manifest and blobs."""
    lines = (" ".join((a.repository, a.tag, a.manifest.digest, *(blob.digest for blob in a.blobs))) for a in artifacts)
    return "".join(f"{line}\n" for line in lines).encode()


def _replicate(inputs: Planned, host: str) -> Step:
    environment = inputs.answers.environment_of(host)
    registry = inputs.answers.registry
    artifacts = needed(inputs)
    origin = f"{inputs.answers.host(registry.hosts[0]).address}:{registry.port}"

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
            _close_for_writing(world, host)

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
