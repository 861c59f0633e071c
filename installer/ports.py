"""The ports through which everything outside is reached.

`ReadOnly` has no verb that changes anything: planners' checks, preflight and `--dry-run` get no more than that.
`World` adds the effects. `Probing` is preflight's alone: it tries what cannot be read and leaves nothing behind.
Adapters: `installer.remote.world.Site` (SSH, the registry, the API of clusters) and
`installer.simulated.world.SimulatedWorld`; both pass `tests/contract`. `tests/adapter` tries what only the real one
has: logins, links that break, and the ways to a registry.

Rules every adapter keeps:
* Hosts are named as in the answers; every host verb acts as root (the adapter knows about sudo and bastions).
* argv are lists to the last edge; only the adapter quotes.
* A verb either completes or raises; a command that `run`, `query`, `work` or `execute` began does not: its exit code is
  in its `Output`.
* `ConnectionLost` and `HostUnreachable` are raised where the link, not the command, failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from installer.bundle.manifest import Artifact

CURL = ("curl", "--disable", "--noproxy", "*", "--silent")
"""How a host asks another of the site: past its proxy, and past what its .curlrc says."""
# Commands that read and never write: the first words an argv of `ReadOnly.query` must begin with.
QUERIES: frozenset[tuple[str, ...]] = frozenset(
    {
        ("command",), ("conntrack", "--dump"), CURL, ("date",), ("df",), ("du", "-sxB1"), ("getent",),
        ("grep", "-RsnE"), ("head",), ("helm", "history"), ("ip", "-json"), ("journalctl",), ("kubectl", "get"),
        ("ls",), ("modprobe", "--dry-run"), ("sed", "-sn", "-e", "1F"), ("sitewright-check", "show"), ("ss",),
        ("sysctl", "-n"), ("systemctl", "is-active"), ("systemctl", "show"), ("test",), ("timedatectl", "show"),
        ("uname",), ("which",),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Output:
    """How a command ended: exit code and both streams, decoded as UTF-8 with replacement."""

    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether the command exited 0."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class FileState:
    """What is at a path. `kind` is "file", "directory", "link" or "other"; `sha256` (hex) is set for files alone."""

    kind: str
    mode: int
    owner: str
    size: int
    sha256: str = ""
    target: str = ""


Report = Callable[[int, int, str, str], None]
"""(done, total, unit, note): how far the running step is."""


def discarded(done: int, total: int, unit: str, note: str) -> None:
    """Discards progress."""


class Questions(Protocol):
    """Asks hosts, by commands alone: enough to learn what a host is before anything else is known of its site."""

    def now(self) -> datetime:
        """The operator's clock, UTC."""
        ...

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command that only reads.

        Raises:
            ValueError: argv does not begin with an entry of `QUERIES`.
        """
        ...


class ReadOnly(Questions, Protocol):
    """Looks, never touches."""

    def stat(self, host: str, *paths: str) -> tuple[FileState | None, ...]:
        """State of each path in order, None where nothing is; one round trip for all. Links are not followed."""
        ...

    def read(self, host: str, path: str) -> bytes | None:
        """Content of a file of at most 16 MiB, None where there is none."""
        ...

    def stored(self, host: str, artifacts: Sequence[Artifact]) -> tuple[bool, ...]:
        """For each artifact, whether the site registry on `host` serves its manifest by that digest."""
        ...

    def get(self, cluster: str, path: str) -> dict[str, Any] | None:
        """A Kubernetes API object or list by its URL path ("/api/v1/nodes"); None where the API says 404.

        `cluster` is the environment's name. Raises ConnectionLost where no API server answers.
        """
        ...

    def find(self, cluster: str, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object of that kind, namespace and name as it is now; None where there is none, or no such kind."""
        ...

    def differing(self, cluster: str, *objects: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """What `apply` would change: (thing, wanted, seen) for each field; nothing where all is as applied.

        The API server itself works it out, by a server-side apply that it does not keep (`dryRun=All`).
        """
        ...

    def refusal(self, cluster: str, thing: Mapping[str, Any]) -> str:
        """Why the API server would refuse to make or change this object; empty where it would take it.

        Nothing is made: the server is asked by a server-side apply that it does not keep (`dryRun=All`).

        Raises:
            CommandFailed: it cannot even be asked: the cluster has no such kind, or no such namespace.
        """
        ...


Reached = Literal["open", "refused", "silent", "unreachable"]
"""What came of connecting: accepted, refused at once (nobody listens, or a firewall says so), no answer, no route."""


class Probing(Protocol):
    """Tries what cannot be read: disks, links and ports. Preflight's third port, between `ReadOnly` and `World`.

    A probe writes only to a temporary file of its own and listens only for its own time; whatever becomes of the
    installer, nothing of it is left on a host after a minute.
    """

    def fsync_latency(self, host: str, directory: str) -> float:
        """Seconds that 99 of 100 small synchronous writes in the directory stay below (etcd's way of writing).

        Raises:
            CommandFailed: it cannot be written there.
        """
        ...

    def disk_speed(self, host: str, directory: str) -> float:
        """Bytes per second of writing there, flushed to the disk.

        Raises:
            CommandFailed: it cannot be written there.
        """
        ...

    def link_speed(self, host: str) -> float:
        """Bytes per second from this machine to the host over the connection that the installation uses."""
        ...

    def listen(self, host: str, tcp: Sequence[int], udp: Sequence[int]) -> bool:
        """Listen on free ports until `hush`, or for a minute; False where the host has no means to.

        What a check that was killed left listening ends first.
        """
        ...

    def hush(self, host: str) -> None:
        """End what `listen` began; no error where nothing listens."""
        ...

    def connect(self, host: str, targets: Sequence[tuple[str, int]]) -> tuple[Reached, ...]:
        """What becomes of a TCP connection from the host to each (address, port), all at once."""
        ...

    def call(self, host: str, targets: Sequence[tuple[str, int]]) -> None:
        """Send a few UDP datagrams from the host to each (address, port); `heard` tells whose arrived."""
        ...

    def heard(self, host: str) -> frozenset[tuple[str, int]]:
        """(name of the calling host, port) of every datagram that arrived since the host began to `listen`."""
        ...


class Probed(ReadOnly, Protocol):
    """What preflight works with: a world to look at, and the means to try what cannot be read."""

    @property
    def probing(self) -> Probing:
        """The probes of this world."""
        ...


class World(ReadOnly, Protocol):
    """Looks and touches. Everything that changes anything outside goes through here."""

    def reporting(self, report: Report) -> World:
        """The same world, whose long verbs call `report` as they go on."""
        ...

    def write(self, host: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file there atomically (temporary name, fsync, rename), owned by root; makes missing parents (0755)."""
        ...

    def make_directory(self, host: str, path: str, *, mode: int = 0o755) -> None:
        """Make a directory and its missing parents."""
        ...

    def remove(self, host: str, *paths: str) -> None:
        """Remove files or whole trees; a path that is not there is no error. Never crosses a mount point."""
        ...

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        """Run a short command to its end."""
        ...

    def work(self, host: str, unit: str, *argv: str, timeout: float = 600) -> Output:
        """Run a long command as the transient systemd service `unit`, which outlives a lost connection.

        Where a unit of that name is still running, attaches to it instead of starting another; where it has ended
        and not been collected, returns its result without running anything. `out` holds both streams.
        """
        ...

    def send(self, host: str, path: str, digest: str, *, mode: int = 0o644) -> None:
        """Copy one blob of the bundle to a file on the host (the registry's own binary: nothing can be pulled yet).

        Raises:
            BundleNotTrusted: its bytes are not those that its digest names; nothing is at the path then.
        """
        ...

    def push(self, host: str, port: int, credential: tuple[str, str], artifacts: Sequence[Artifact]) -> None:
        """Push artifacts of the bundle to the registry that listens on the host's loopback `port`.

        What is already there is not sent; an upload broken off goes on at the byte where it stopped. `credential` is
        (user, password). Reports bytes.

        Raises:
            BundleNotTrusted: a blob's bytes are not those that its digest names; the registry has not taken it.
        """
        ...

    def apply(self, cluster: str, *objects: Mapping[str, Any]) -> None:
        """Server-side apply each object, in order, as field manager "sitewright"."""
        ...

    def withdraw(self, cluster: str, *objects: Mapping[str, Any]) -> None:
        """Delete each object of that kind, namespace and name, in order; one that is not there is no error."""
        ...

    def delete(self, cluster: str, path: str) -> None:
        """Delete the object at an API path, dependents too; one that is not there is no error."""
        ...

    def execute(self, cluster: str, namespace: str, pod: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command in a pod's first container."""
        ...
