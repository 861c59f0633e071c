"""Steps that prepare every host: our directories, the signed bundle's papers, kernel modules and settings."""

from __future__ import annotations

import json

from installer.answers.model import Environment
from installer.errors import HostTaken
from installer.hosts.facts_parsing import OWNER, Owner, owner
from installer.layout import CONFIG, HOME, REGISTRY_CA, RUNTIME
from installer.messages import Message
from installer.plan.inputs import Inputs
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps.before_images import captures, files_before, keeps, names, take_back
from installer.plan.steps.commands import demand
from installer.plan.steps.files import Placed, Source, files_differ, place
from installer.ports import ReadOnly, World

PAPERS = f"{CONFIG}/bundle"
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

VOLUMES = f"{HOME}/volumes"
"""Where pods' volumes on a node's own disk are (values of the storage component)."""

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
    directories = (HOME, CONFIG)

    def differs(world: ReadOnly) -> Differences:
        *states, owned = world.stat(host, *directories, OWNER)
        missing = [Difference(path, Message("a directory"), state.kind if state else Message("nothing"))
                   for path, state in zip(directories, states, strict=True)
                   if state is None or state.kind != "directory"]  # fmt: skip
        return (*missing, *(() if file.holds(owned) else (file.difference(owned),)))

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

    def unrecorded(world: ReadOnly) -> bool:
        within = [set(names(world, host, directory)) for directory in directories]
        return file.holds(world.stat(host, OWNER)[0]) and within == [{OWNER.rpartition("/")[2]}, set()]

    def capture(world: ReadOnly) -> Before:
        if unrecorded(world):
            return {"files": {OWNER: None}, "leaves": dict.fromkeys(directories, False), "_within": {}, "_made": [],
                    "_volumes": []}  # fmt: skip
        seen = files_before(world, host, (OWNER,), directories)
        seen["_volumes"] = names(world, host, VOLUMES)
        if seen["_within"].get(HOME) == ["volumes"]:  # left by an installation that was taken back, its data kept
            seen["leaves"][HOME] = False
        return seen

    def undo(world: World, image: Image) -> None:
        # A run that died may have left the results of long work unfetched: another one would take them for its own.
        for verb in ("stop", "reset-failed"):
            world.run(host, "systemctl", verb, "sitewright-*.service")
        world.remove(host, RUNTIME, *_ours(world, host, image.seen, consent=inputs.delete_volumes))

    return Step(
        id=step_id(environment, "hosts.home", host), title=Message("make our directories and sign them"), phase="hosts",
        host=host, environment=environment.name, differs=differs, apply=apply, capture=capture, undo=undo, weight=0.2,
        unrecorded=unrecorded,
    )  # fmt: skip


def _ours(world: ReadOnly, host: str, seen: Before, *, consent: bool) -> list[str]:
    """What is to be removed with our directories: all that came since, of the volumes only with consent.

    Where a disk of its own is mounted at one of them, it stays, and what was on it.
    """
    volumes = [name for name in names(world, host, VOLUMES) if consent and name not in seen["_volumes"]]
    stays = set(names(world, host, VOLUMES)) - set(volumes)
    gone = [f"{VOLUMES}/{name}" for name in volumes]
    for directory, there in seen["leaves"].items():
        within = {*seen["_within"].get(directory, ()), *({"volumes"} if stays and directory == HOME else ())}
        if there or (stays and directory == HOME):
            gone += [f"{directory}/{name}" for name in names(world, host, directory) if name not in within]
        else:
            gone.append(directory)
    return gone


def _trust(inputs: Inputs, environment: Environment, host: str) -> Step:
    statement = Placed(f"{PAPERS}/bundle.json", 0o644, text=inputs.bundle_json)
    papers = (
        Placed(f"{PAPERS}/bundle.json.sig", 0o644, text=inputs.signature),
        Placed(f"{PAPERS}/allowed_signers", 0o644, text=inputs.signers),
    )
    wanted = (statement, *papers)

    def apply(world: World) -> None:
        # bundle.json beside these papers means that the host has verified it by them: it goes first and comes last.
        world.remove(host, statement.path)
        place(world, host, NO_PULL, papers)
        demand(world, host, "sh", "-c", VERIFY, "verify", PAPERS, stdin=inputs.bundle_json)
        place(world, host, NO_PULL, (statement,))

    return Step(
        id=step_id(environment, "hosts.trust", host),
        title=Message("verify the bundle's signature"),
        phase="hosts",
        host=host,
        environment=environment.name,
        after=(step_id(environment, "hosts.home", host),),
        differs=lambda world: files_differ(world, host, wanted),
        apply=apply,
        capture=captures(host, [file.path for file in wanted]),
        keep=keeps(host),
        undo=lambda world, image: take_back(world, host, image),
        weight=0.5,
    )


def _modules(environment: Environment, host: str) -> Step:
    listing = Placed("/etc/modules-load.d/sitewright.conf", 0o644, text="".join(f"{m}\n" for m in MODULES).encode())

    def differs(world: ReadOnly) -> Differences:
        overlay = (world.read(host, "/proc/filesystems") or b"").decode("utf-8", "replace")
        bridge = world.stat(host, "/proc/sys/net/bridge/bridge-nf-call-iptables")[0]
        loaded = {"overlay": "\toverlay\n" in overlay, "br_netfilter": bridge is not None}
        missing = tuple(Difference(Message("kernel module {name}", name=name), Message("loaded"), Message("not loaded"))
                        for name, there in loaded.items() if not there)  # fmt: skip
        return (*files_differ(world, host, (listing,)), *missing)

    def apply(world: World) -> None:
        place(world, host, NO_PULL, (listing,))
        # A kernel with these built in has no module to load and modprobe says so; the check decides, not its code.
        world.run(host, "modprobe", "--all", *MODULES)

    return Step(
        id=step_id(environment, "hosts.modules", host), title=Message("load kernel modules"), phase="hosts", host=host,
        environment=environment.name, after=(step_id(environment, "hosts.home", host),), differs=differs, apply=apply,
        capture=captures(host, [listing.path]), keep=keeps(host),
        undo=lambda world, image: take_back(world, host, image), weight=0.3,
    )  # fmt: skip


def _settings(environment: Environment, host: str) -> Step:
    text = "".join(f"{key} = {value}\n" for key, value in sorted(SETTINGS.items()))
    listing = Placed("/etc/sysctl.d/90-sitewright.conf", 0o644, text=text.encode())
    keys = tuple(SETTINGS)

    def current(world: ReadOnly) -> dict[str, str]:
        lines = world.query(host, "sysctl", "-n", *keys).out.split()
        return dict(zip(keys, lines, strict=False))

    def differs(world: ReadOnly) -> Differences:
        now = current(world)
        other = tuple(Difference(key, value, now.get(key, Message("nothing"))) for key, value in SETTINGS.items()
                      if now.get(key) != value)  # fmt: skip
        return (*files_differ(world, host, (listing,)), *other)

    def apply(world: World) -> None:
        place(world, host, NO_PULL, (listing,))
        demand(world, host, "sysctl", "-w", *(f"{key}={value}" for key, value in SETTINGS.items()))

    def undo(world: World, image: Image) -> None:
        take_back(world, host, image)
        demand(world, host, "sysctl", "-w", *(f"{key}={value}" for key, value in image.seen["values"].items()))

    return Step(
        id=step_id(environment, "hosts.settings", host), title=Message("set kernel settings"), phase="hosts", host=host,
        environment=environment.name, after=(step_id(environment, "hosts.modules", host),), differs=differs,
        apply=apply, capture=lambda world: {**files_before(world, host, [listing.path]), "values": current(world)},
        keep=keeps(host), undo=undo, weight=0.3,
    )  # fmt: skip
