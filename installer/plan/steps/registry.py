"""Steps of the site registry: its CA, a replica per registry host, the push, and replication over the LAN.

Each replica is one binary over one directory, run twice: for everybody over TLS and read-only; and, only while a push
lasts, on loopback with a password that lives as long as the push.
"""

from __future__ import annotations

from installer import certificates
from installer.answers.model import Environment, Host, present
from installer.bundle import known
from installer.layout import CONFIG, REGISTRY_CA
from installer.messages import Message
from installer.plan.inputs import Inputs, Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps import host_components as parts
from installer.plan.steps.authorities import Authority
from installer.plan.steps.before_images import captures, keeps, prune, take_back
from installer.plan.steps.commands import demand
from installer.plan.steps.files import files_differ, place
from installer.plan.steps.hosts import NO_PULL, step_id
from installer.plan.steps.registry_content import DATA, PASSWORDS, PUSH_UNIT, UNIT, close_for_writing, push, replicate
from installer.ports import ReadOnly, World

CA_KEY = f"{CONFIG}/pki/registry-ca.key"
CERTIFICATE = f"{CONFIG}/pki/registry.crt"
KEY = f"{CONFIG}/pki/registry.key"
BINARY = "/usr/local/bin/sitewright-registry"


def trust_id(environment: Environment, host: str) -> str:
    """The step after which a host trusts the site registry."""
    return step_id(environment, "registry.trust", host)


def serve(inputs: Inputs) -> list[Step]:
    """All steps of the registry itself, first replica first."""
    hosts = [inputs.answers.host(name) for name in inputs.answers.registry.hosts]
    steps = [_authority(inputs)]
    for host in hosts:
        steps += [trust(inputs, host.name), _certificate(inputs, host), _install(inputs, host.name)]
    steps.append(push(inputs, hosts[0].name))
    steps += [replicate(inputs, host.name) for host in hosts[1:]]
    return steps


def _own(inputs: Planned) -> Authority:
    replicas, absent = inputs.answers.registry.hosts, inputs.answers.absent
    return Authority("registry", "CA", replicas[0], CA_KEY, REGISTRY_CA, present(replicas, absent), replicas)


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
    issuer = _own(inputs).source
    names = (host.name, host.address, "127.0.0.1", "localhost")

    def differs(world: ReadOnly) -> Differences:
        key = world.stat(host.name, KEY)[0]
        good = certificates.is_good(
            world.read(host.name, CERTIFICATE), world.read(issuer, REGISTRY_CA), names, world.now()
        )  # fmt: skip
        if good and key is not None and key.mode == 0o600:
            return ()
        return (
            Difference(
                CERTIFICATE,
                Message("a certificate of the site's CA for {names}", names=", ".join(names)),
                Message("another or none"),
            ),
        )

    def apply(world: World) -> None:
        ca = certificates.KeyPair(world.read(issuer, REGISTRY_CA) or b"", world.read(issuer, CA_KEY) or b"")
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
        close_for_writing(world, host)
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
