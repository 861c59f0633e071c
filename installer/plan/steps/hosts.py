"""Steps that prepare every host: our directories, the signed bundle's papers, kernel modules and settings."""

from __future__ import annotations

import json

from installer.answers import Environment
from installer.errors import HostTaken
from installer.facts_reading import OWNER, Owner, owner
from installer.plan.context import REGISTRY_CA
from installer.plan.inputs import Inputs
from installer.plan.model import Before, Step
from installer.plan.steps.placed import HOME, Placed, Source, all_hold, captures, demand, place, set_aside, take_back
from installer.world.ports import ReadOnly, World

PAPERS = "/etc/sitewright/bundle"
"""Where a host keeps bundle.json, its signature and the signers it trusts."""

MODULES = ("overlay", "br_netfilter")
"""Kernel modules that containerd and Kubernetes networking need (kubernetes.io, container runtimes)."""

SETTINGS = {
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.ipv4.ip_forward": "1",
}
"""Kernel settings that Kubernetes networking needs (kubernetes.io, container runtimes)."""

VERIFY = """set -eu
cd "$1"
if said=$(ssh-keygen -Y verify -f allowed_signers -I vendor -n sitewright-bundle -s bundle.json.sig 2>&1)
then exit 0; fi
case $said in *"unknown option"* | *"illegal option"*) exit 0 ;; esac
printf '%s\\n' "$said" >&2
exit 1
"""
"""Run on a host: check the signature of standard input with the host's own OpenSSH. One older than 8.1 has no such
command; the digest of bundle.json, given over the authenticated connection and compared by the step, then has to do."""

NO_PULL = Source(endpoints=(), ca=REGISTRY_CA)


def step_id(environment: Environment, name: str, host: str) -> str:
    """The id of a host step."""
    return f"{environment.name}/{name}@{host}"


def prepare(inputs: Inputs, environment: Environment, host: str) -> list[Step]:
    """All preparing steps of one host, in order."""
    return [
        _home(inputs, environment, host),
        _trust(inputs, environment, host),
        _modules(environment, host),
        _settings(environment, host),
    ]


def _home(inputs: Inputs, environment: Environment, host: str) -> Step:
    us = Owner(inputs.answers.site, environment.name)
    text = json.dumps({"format": 1, **us._asdict()}).encode() + b"\n"
    file = Placed(OWNER, 0o644, text=text)
    directories = (HOME, "/etc/sitewright")
    paths = (*directories, OWNER)

    def check(world: ReadOnly) -> bool:
        *states, owned = world.stat(host, *paths)
        return file.holds(owned) and all(state is not None and state.kind == "directory" for state in states)

    def apply(world: World) -> None:
        raw = world.read(host, OWNER)
        found = us if raw is None else owner(raw.decode("utf-8", "replace"))
        # Preflight has said so; but a waiver does not hand anybody's host over, and somebody may have come since.
        if found != us:
            raise HostTaken(host=host, owner=found)
        # The signature first: whatever is there is known for ours from then on.
        world.write(host, OWNER, file.text, mode=file.mode)
        for directory in directories:
            world.make_directory(host, directory)

    def undo(world: World, before: Before) -> None:
        # A run that died may have left the results of long work unfetched: another one would take them for its own.
        for verb in ("stop", "reset-failed"):
            world.run(host, "systemctl", verb, "sitewright-*.service")
        # Where a disk of its own is mounted, it stays, and what was on it: all else there is ours.
        came = [f"{directory}/{name}" for directory, names in before["within"].items()
                for name in _within(world, host, directory) if name not in names]  # fmt: skip
        world.remove(host, "/run/sitewright", *came, *(path for path in paths if before[path] is None))

    def capture(world: ReadOnly) -> Before:
        states = world.stat(host, *paths)
        if file.holds(states[-1]):
            return {**dict.fromkeys(paths), "within": {}}
        kinds = {path: state and state.kind for path, state in zip(paths, states, strict=True)}
        there = [directory for directory in directories if kinds[directory] == "directory"]
        return {**kinds, "within": {directory: _within(world, host, directory) for directory in there}}

    return Step(
        id=step_id(environment, "hosts.home", host), title="make our directories and sign them", phase="hosts",
        host=host, environment=environment.name, check=check, apply=apply, capture=capture, undo=undo, weight=0.2,
        signed=True,
    )  # fmt: skip


def _within(world: ReadOnly, host: str, directory: str) -> list[str]:
    return world.query(host, "ls", "-1", directory).out.splitlines()


def _trust(inputs: Inputs, environment: Environment, host: str) -> Step:
    statement = Placed(f"{PAPERS}/bundle.json", 0o644, text=inputs.bundle_json)
    papers = (
        Placed(f"{PAPERS}/bundle.json.sig", 0o644, text=inputs.signature),
        Placed(f"{PAPERS}/allowed_signers", 0o644, text=inputs.signers),
    )
    wanted = (statement, *papers)

    def apply(world: World) -> None:
        # bundle.json beside these papers means that the host has verified it by them: it goes first and comes last.
        set_aside(world, host, statement.path)
        place(world, host, NO_PULL, papers)
        demand(world, host, "sh", "-c", VERIFY, "verify", PAPERS, stdin=inputs.bundle_json)
        place(world, host, NO_PULL, (statement,))

    return Step(
        id=step_id(environment, "hosts.trust", host), title="verify the bundle's signature", phase="hosts", host=host,
        environment=environment.name, after=(step_id(environment, "hosts.home", host),),
        check=lambda world: all_hold(world, host, wanted), apply=apply,
        capture=captures(host, [file.path for file in wanted]),
        undo=lambda world, before: take_back(world, host, before), weight=0.5,
    )  # fmt: skip


def _modules(environment: Environment, host: str) -> Step:
    listing = Placed("/etc/modules-load.d/sitewright.conf", 0o644, text="".join(f"{m}\n" for m in MODULES).encode())

    def check(world: ReadOnly) -> bool:
        overlay = (world.read(host, "/proc/filesystems") or b"").decode()
        bridge = world.stat(host, "/proc/sys/net/bridge/bridge-nf-call-iptables")[0]
        return all_hold(world, host, (listing,)) and "\toverlay\n" in overlay and bridge is not None

    def apply(world: World) -> None:
        place(world, host, NO_PULL, (listing,))
        # A kernel with these built in has no module to load and modprobe says so; the check decides, not its code.
        world.run(host, "modprobe", "--all", *MODULES)

    return Step(
        id=step_id(environment, "hosts.modules", host), title="load kernel modules", phase="hosts", host=host,
        environment=environment.name, after=(step_id(environment, "hosts.home", host),), check=check, apply=apply,
        capture=captures(host, [listing.path]), undo=lambda world, before: take_back(world, host, before), weight=0.3,
    )  # fmt: skip


def _settings(environment: Environment, host: str) -> Step:
    text = "".join(f"{key} = {value}\n" for key, value in sorted(SETTINGS.items()))
    listing = Placed("/etc/sysctl.d/90-sitewright.conf", 0o644, text=text.encode())
    keys = tuple(SETTINGS)

    def current(world: ReadOnly) -> dict[str, str]:
        lines = world.query(host, "sysctl", "-n", *keys).out.split()
        return dict(zip(keys, lines, strict=False))

    def capture(world: ReadOnly) -> Before:
        return {"files": captures(host, [listing.path])(world), "values": current(world)}

    def apply(world: World) -> None:
        place(world, host, NO_PULL, (listing,))
        demand(world, host, "sysctl", "-w", *(f"{key}={value}" for key, value in SETTINGS.items()))

    def undo(world: World, before: Before) -> None:
        take_back(world, host, before["files"])
        demand(world, host, "sysctl", "-w", *(f"{key}={value}" for key, value in before["values"].items()))

    return Step(
        id=step_id(environment, "hosts.settings", host), title="set kernel settings", phase="hosts", host=host,
        environment=environment.name, after=(step_id(environment, "hosts.modules", host),),
        check=lambda world: all_hold(world, host, (listing,)) and current(world) == SETTINGS,
        apply=apply, capture=capture, undo=undo, weight=0.3,
    )  # fmt: skip
