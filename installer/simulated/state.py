"""The state behind a simulated world: hosts with files and units, clusters, and what a program is given to work on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from installer.bundle.manifest import Blob, Manifest
from installer.errors import HostUnreachable
from installer.messages import Message
from installer.plan.steps.commands import shown
from installer.ports import Output
from installer.remote.registry.intact import altered
from installer.simulated.kubernetes import Cluster
from installer.simulated.machine import Machine, furnished
from installer.simulated.tree import Tree

UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system")
WANTED = "/etc/systemd/system/multi-user.target.wants"
PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Unscripted(AssertionError):
    """Something was asked of the simulated world that nothing in it knows."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A transient unit that has ended and was not collected yet."""

    output: Output


class SimulatedHost:
    """One host: its files, the units that run, and long work whose result nobody has collected."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.tree: Tree = furnished(machine)
        self.active = {f"{name}.service" for name in machine.running}
        self.ended: dict[str, Ended] = {}
        self.listening: set[tuple[str, int]] = set()
        self.heard: set[tuple[str, int]] = set()

    @property
    def name(self) -> str:
        """The host's name."""
        return self.machine.name

    def runs(self, unit: str) -> bool:
        """Whether a unit runs."""
        return unit in self.active

    def installed(self, unit: str) -> bool:
        """Whether there is a unit file of that name."""
        return any(f"{folder}/{unit}" in self.tree for folder in UNIT_FOLDERS)

    def enabled(self, unit: str) -> bool:
        """Whether a unit starts at boot."""
        return f"{WANTED}/{unit}" in self.tree

    def find(self, program: str) -> str:
        """The path of a program, empty where the host has none of that name."""
        if program.startswith("/"):
            return program if program in self.tree else ""
        return next((f"{folder}/{program}" for folder in PATH if f"{folder}/{program}" in self.tree), "")

    def snapshot(self) -> dict[str, object]:
        """Everything an installation may change, to compare before with after."""
        return {"files": self.tree.snapshot(), "running": frozenset(self.active), "uncollected": frozenset(self.ended)}


@dataclass
class SimulatedSite:
    """All hosts and clusters by name, and shell scripts by text; `bundle` says what its releases bring about."""

    bundle: Manifest | None
    now: Callable[[], datetime]
    hosts: dict[str, SimulatedHost]
    scripts: dict[str, Program]
    clusters: dict[str, Cluster] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    """How often each blob went over the operator's link."""
    versions: dict[str, str] = field(default_factory=dict)
    """By the digest of a kubelet, the version that it is of: that of the bundle which was there when it first ran."""
    altered: set[str] = field(default_factory=set)
    """Digests of blobs whose bytes in the bundle are others than those."""

    @property
    def manifest(self) -> Manifest:
        """What the bundle holds."""
        if self.bundle is None:
            raise ValueError("this simulated site was opened without a bundle")
        return self.bundle

    def version_of(self, host: SimulatedHost) -> str:
        """The version of the kubelet on a host."""
        entry = host.tree.entry("/usr/local/bin/kubelet")
        digest = entry.state().sha256 if entry is not None else ""
        return self.versions.setdefault(digest, self.manifest.kubernetes)

    def demand_intact(self, blob: Blob) -> None:
        """Take a blob of the bundle over.

        Raises:
            BundleNotTrusted: its bytes are others than its digest says.
        """
        if blob.digest in self.altered:
            raise altered(blob.digest)

    def host(self, name: str) -> SimulatedHost:
        """A host that can be reached.

        Raises:
            HostUnreachable: there is none of that name, or it does not answer.
        """
        host = self.hosts.get(name)
        if host is None:
            raise HostUnreachable(
                host=name, address="simulated", reason=Message("the simulated site has no host of that name")
            )
        if not host.machine.reachable:
            raise HostUnreachable(host=name, address=host.machine.address, reason=Message("no answer (simulated)"))
        return host

    def at(self, address: str) -> SimulatedHost | None:
        """The host that has an address."""
        return next((host for host in self.hosts.values() if host.machine.address == address), None)

    def cluster_of(self, host: str) -> Cluster | None:
        """The cluster that a host is a member of."""
        return next((cluster for cluster in self.clusters.values() if host in cluster.members), None)


@dataclass(frozen=True)
class Call:
    """What a simulated program is given; `timeout` in seconds."""

    site: SimulatedSite
    host: SimulatedHost
    argv: tuple[str, ...]
    stdin: bytes = b""
    timeout: float = inf

    @property
    def tree(self) -> Tree:
        """The host's files."""
        return self.host.tree

    def option(self, name: str) -> str:
        """The word after an option, empty where it is not given."""
        return self.argv[self.argv.index(name) + 1] if name in self.argv else ""

    def unscripted(self) -> Unscripted:
        """The error to raise where the program has no such behaviour here."""
        return Unscripted(f"no simulated program on {self.host.name} knows: {shown(self.argv)}")


Program = Callable[[Call], Output]


def said(*lines: str) -> Output:
    """A good end, with these lines."""
    return Output(0, "".join(f"{line}\n" for line in lines), "")


def failed(reason: str, code: int = 1) -> Output:
    """A bad end with its reason."""
    return Output(code, "", f"{reason}\n")
