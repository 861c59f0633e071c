"""The real World: SSH to the hosts, the distribution protocol to their registry, the Kubernetes API behind them."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from installer.answers.model import Answers
from installer.bundle.manifest import Artifact, Manifest
from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly, HostUnreachable
from installer.messages import Message
from installer.ports import FileState, Output, Report, discarded
from installer.remote.kubernetes.api import Cluster
from installer.remote.probing import Probes
from installer.remote.registry.carrier import Carriers
from installer.remote.registry.client import stored
from installer.remote.registry.intact import altered
from installer.remote.registry.push import Push
from installer.remote.ssh import commands
from installer.remote.ssh.commands import Ended
from installer.remote.ssh.link import Link
from installer.remote.ssh.links import Links, output
from installer.remote.ssh.login import Resolve

T = TypeVar("T")

STAT_AT_ONCE = 500
"""Paths to one round trip, well below what one command line may hold."""
WATCH = 60
"""Seconds one round trip waits for long work."""
AWAY = 600
"""Seconds a host may be away while long work runs on it: a server that restarts tests itself for minutes first. As long
as Ansible's `reboot` waits for one by default (`reboot_timeout`)."""


class Bundle(Protocol):
    """What a Site needs of an open bundle; `installer.bundle.archive.Archive` has it."""

    @property
    def manifest(self) -> Manifest:
        """The verified bundle.json."""
        ...

    def size(self, digest: str) -> int:
        """Bytes of a blob."""
        ...

    def blob(self, digest: str) -> Any:
        """A blob as a seekable raw stream."""
        ...


class Site:
    """The hosts, the registry and the clusters that the answers name; a context manager, connected when first used.

    `resolve` gives a secret's value, `state` is the site's folder on this machine, in which `uploads`
    remembers what is unfinished and `ssh` holds what the system's ssh is told.
    """

    def __init__(self, answers: Answers, resolve: Resolve, archive: Bundle | None, state: Path) -> None:
        self._answers = answers
        self._archive = archive
        self._state = state
        self._report: Report = discarded
        self._links = Links(answers.hosts, resolve)
        self._clusters: dict[str, Cluster] = {}
        self._carriers = Carriers(answers.host, self.link, state)
        self._guard = threading.RLock()
        self._turns: dict[str, threading.Lock] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up everywhere."""
        for cluster in self._clusters.values():
            cluster.close()
        self._links.close()

    def reporting(self, report: Report) -> Site:
        """The same connections, with long verbs calling `report`."""
        other = object.__new__(Site)
        other.__dict__.update(self.__dict__, _report=report)
        return other

    @property
    def probing(self) -> Probes:
        """What preflight tries on these hosts."""
        return Probes(self)

    def now(self) -> datetime:
        """The operator's clock, UTC."""
        return self._links.now()

    def stat(self, host: str, *paths: str) -> tuple[FileState | None, ...]:
        """State of each path in order, None where nothing is."""
        found: list[FileState | None] = []
        for start in range(0, len(paths), STAT_AT_ONCE):
            some = [commands.absolute(path) for path in paths[start : start + STAT_AT_ONCE]]
            ended = self.link(host).execute(commands.script(commands.STAT, *some), timeout=300)
            found += self._understood(host, partial(commands.file_states, some), ended.out)
        return tuple(found)

    def read(self, host: str, path: str) -> bytes | None:
        """Content of a file of at most 16 MiB, None where there is none."""
        argv = commands.script(commands.READ, commands.absolute(path), str(commands.LIMIT + 1))
        ended = self.link(host).execute(argv, most=commands.LIMIT + 1)
        if ended.code == commands.ABSENT:
            return None
        self._must(host, f"read {path}", ended)
        if len(ended.out) > commands.LIMIT:
            raise CommandFailed(host=host, command=f"read {path}", code=1, reason=Message("it is larger than 16 MiB"))
        return ended.out

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command that only reads."""
        return self._links.query(host, *argv, timeout=timeout)

    def stored(self, host: str, artifacts: Sequence[Artifact]) -> tuple[bool, ...]:
        """For each artifact, whether the site registry on `host` serves its manifest."""
        return stored(self.link(host), self._answers.registry.port, artifacts)

    def get(self, cluster: str, path: str) -> dict[str, Any] | None:
        """A Kubernetes API object or list by its URL path; None where the API says 404."""
        return self._cluster(cluster).get(path)

    def find(self, cluster: str, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object of that kind, namespace and name, None where there is none."""
        return self._cluster(cluster).find(thing)

    def differing(self, cluster: str, *objects: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """What applying objects would change."""
        return tuple(each for thing in objects for each in self._cluster(cluster).differing(thing))

    def refusal(self, cluster: str, thing: Mapping[str, Any]) -> str:
        """Why the API server would refuse this object; empty where it would take it."""
        return self._cluster(cluster).refusal(thing)

    def write(self, host: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file there atomically, owned by root; makes missing parents."""
        digest = hashlib.sha256(content).hexdigest()
        self._must(host, f"write {path}", self._written(host, path, (content,), digest, mode, timeout=300))

    def make_directory(self, host: str, path: str, *, mode: int = 0o755) -> None:
        """Make a directory and its missing parents."""
        argv = commands.script(commands.MAKE_DIRECTORY, commands.absolute(path), f"{mode:o}")
        self._must(host, f"make directory {path}", self.link(host).execute(argv))

    def remove(self, host: str, *paths: str) -> None:
        """Remove files or whole trees; a path that is not there is no error."""
        plain = [commands.removable(path) for path in paths]
        if plain:
            ended = self.link(host).execute(commands.script(commands.REMOVE, *plain), timeout=600)
            self._must(host, f"remove {' '.join(plain)}", ended)

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        """Run a short command to its end; one that takes longer than `timeout` ends with code 124."""
        return output(self.link(host).execute(argv, (stdin,) if stdin else (), timeout))

    def work(self, host: str, unit: str, *argv: str, timeout: float = 600) -> Output:
        """Run a long command as a transient systemd service, or attach to the one of that name."""
        name = commands.unit_name(unit)
        log = f"{commands.LOGS}/{name.removesuffix('.service')}.log"
        environment = [*commands.ENVIRONMENT, *argv]
        watch = commands.script(commands.WORK, name, log, f"{timeout:g}", str(WATCH), *environment)
        told = None
        while told is None:
            ended = self._patiently(host, watch)
            if ended.code:
                return output(ended)
            told = self._understood(host, commands.work_ended, ended.out)
        self._patiently(host, commands.script(commands.COLLECT, name))
        code, said = told
        return Output(code, said.decode("utf-8", "replace"), "")

    def send(self, host: str, path: str, digest: str, *, mode: int = 0o644) -> None:
        """Copy one blob of the bundle to a file on the host.

        Raises:
            BundleNotTrusted: the blob is not what its digest says; the host has refused it.
        """
        size, hexadecimal, seen = self._bundle.size(digest), digest.removeprefix("sha256:"), hashlib.sha256()
        with self._bundle.blob(digest) as blob:
            content = self._counted(blob, size, path, seen.update)
            ended = self._written(host, path, content, hexadecimal, mode, timeout=3600)
        if ended.code == commands.ALTERED and seen.hexdigest() != hexadecimal:
            raise altered(digest)
        self._must(host, f"send {path}", ended)

    def push(self, host: str, port: int, credential: tuple[str, str], artifacts: Sequence[Artifact]) -> None:
        """Push artifacts of the bundle to the registry on the host's loopback `port`."""
        uploads = self._state / "uploads" / host
        carrier = partial(self._carriers.to, host, port)
        with self._guard:
            turn = self._turns.setdefault(host, threading.Lock())
        with turn:  # two at a time would take each other's unfinished uploads for their own
            Push(host, carrier, credential, self._bundle, uploads, self._report).run(artifacts)

    def apply(self, cluster: str, *objects: Mapping[str, Any]) -> None:
        """Server-side apply each object, in order."""
        for number, thing in enumerate(objects):
            self._report(number, len(objects), "items", f"{thing['kind']} {thing['metadata']['name']}")
            self._cluster(cluster).apply(thing)

    def withdraw(self, cluster: str, *objects: Mapping[str, Any]) -> None:
        """Delete each object, in order."""
        for thing in objects:
            self._cluster(cluster).withdraw(thing)

    def delete(self, cluster: str, path: str) -> None:
        """Delete the object at an API path, dependents too."""
        self._cluster(cluster).delete(path)

    def execute(self, cluster: str, namespace: str, pod: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command in a pod's first container."""
        return self._cluster(cluster).execute(namespace, pod, argv, timeout)

    @property
    def _bundle(self) -> Bundle:
        if self._archive is None:
            raise ValueError("this site was opened without a bundle")
        return self._archive

    def link(self, host: str) -> Link:
        """The connection to a host.

        Raises:
            KeyError: there is no such host.
        """
        return self._links.to(host)

    def _cluster(self, name: str) -> Cluster:
        with self._guard:
            if name not in self._clusters:
                hosts = self._answers.environment(name).control_planes
                self._clusters[name] = Cluster(name, {host: self.link(host) for host in hosts})
            return self._clusters[name]

    def _written(
        self, host: str, path: str, content: Iterable[bytes], sha256: str, mode: int, *, timeout: float
    ) -> Ended:
        argv = commands.script(commands.WRITE, commands.absolute(path), f"{mode:o}", sha256)
        return self.link(host).execute(argv, content, timeout)

    def _counted(self, blob: Any, size: int, note: str, see: Callable[[bytes], object]) -> Iterator[bytes]:
        done = 0
        while chunk := blob.read(1 << 18):
            see(chunk)
            done += len(chunk)
            self._report(done, size, "bytes", note)
            yield chunk

    def _patiently(self, host: str, argv: tuple[str, ...]) -> Ended:
        """Run a command that may be repeated, sitting out a host that is away for a while."""
        until = time.monotonic() + AWAY
        while True:
            try:
                return self.link(host).execute(argv, timeout=WATCH + 30)
            except (ConnectionLost, HostUnreachable) as error:
                if time.monotonic() > until:
                    raise ConnectionLost(
                        host=host, reason=Message("it stayed away for {away} s: {reason}", away=AWAY, reason=error)
                    ) from error
                time.sleep(2)

    def _understood(self, host: str, reading: Callable[[bytes], T], said: bytes) -> T:
        """What a host said, as a reading of ours takes it.

        Raises:
            HostAnswersOddly: it is of another form.
        """
        try:
            return reading(said)
        except ValueError as error:
            raise HostAnswersOddly(host=host, reason=Message("it gave {reason}", reason=error)) from error

    def _must(self, host: str, doing: str, ended: Ended) -> None:
        if ended.code:
            raise CommandFailed(host=host, command=doing, code=ended.code, reason=ended.reason)
