"""A whole site in memory, behind the same port as the real one: hosts, registry, clusters, and faults at will."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from installer.bundle.manifest import Artifact, Manifest
from installer.errors import CommandFailed, ConnectionLost
from installer.messages import Message
from installer.ports import FileState, Output, Report, discarded
from installer.remote.ssh import commands
from installer.simulated import admission, helm, kubeadm, looked_at, pods, programs, queries, registry, scripts, systemd
from installer.simulated.controllers import metrics, serving, settle
from installer.simulated.faults import Fate, Faults
from installer.simulated.kubernetes import Cluster
from installer.simulated.machine import Machine
from installer.simulated.pace import Pace, Told
from installer.simulated.probing import SimulatedProbes
from installer.simulated.state import Call, Ended, Program, SimulatedHost, SimulatedSite, Unscripted

T = TypeVar("T")
PROGRAMS: Mapping[str, Program] = {
    **programs.PROGRAMS, **systemd.PROGRAMS, **queries.PROGRAMS, **scripts.PROGRAMS, **kubeadm.PROGRAMS,
    **helm.PROGRAMS, **pods.PROGRAMS, **looked_at.PROGRAMS,
}  # fmt: skip
NOT_FOUND = 127


def clock() -> datetime:
    """This machine's clock, UTC."""
    return datetime.now(UTC)


class SimulatedWorld:
    """`installer.ports.World` in memory: `site` is its state, `fate` decides what goes wrong, `pace` how fast."""

    def __init__(
        self,
        machines: Iterable[Machine],
        manifest: Manifest | None = None,
        *,
        fate: Fate | None = None,
        pace: Pace | None = None,
        now: Callable[[], datetime] = clock,
    ) -> None:
        hosts = {machine.name: SimulatedHost(machine) for machine in machines}
        self.site = SimulatedSite(manifest, now, hosts, dict(scripts.SCRIPTS))
        self.fate: Fate = fate or Faults({})
        self.pace = pace or Pace({})
        self._report: Report = discarded
        self._guard = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def snapshot(self) -> dict[str, dict[str, object]]:
        """Everything an installation may change, by host."""
        with self._guard:
            return {name: host.snapshot() for name, host in self.site.hosts.items()}

    def reporting(self, report: Report) -> SimulatedWorld:
        """The same site, with long verbs calling `report`."""
        other = object.__new__(SimulatedWorld)
        other.__dict__.update(self.__dict__, _report=report)
        return other

    @property
    def probing(self) -> SimulatedProbes:
        """What preflight tries on these hosts."""
        return SimulatedProbes(self.site)

    def now(self) -> datetime:
        """The operator's clock, UTC."""
        return self.site.now()

    def stat(self, host: str, *paths: str) -> tuple[FileState | None, ...]:
        """State of each path in order, None where nothing is."""

        def states(on: SimulatedHost) -> tuple[FileState | None, ...]:
            entries = [on.tree.entry(commands.absolute(path)) for path in paths]
            return tuple(entry.state() if entry else None for entry in entries)

        return self._on(host, "stat", states)

    def read(self, host: str, path: str) -> bytes | None:
        """Content of a file, None where there is none."""

        def content(on: SimulatedHost) -> bytes | None:
            return on.tree.read(path) if commands.absolute(path) in on.tree else None

        return self._on(host, "read", content)

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command that only reads."""
        commands.admitted(argv)
        return self._on(host, "query", lambda on: self._ran(on, argv, timeout))

    def stored(self, host: str, artifacts: Sequence[Artifact]) -> tuple[bool, ...]:
        """For each artifact, whether the site registry on `host` serves its manifest."""
        return self._on(host, "stored", lambda on: registry.stored(on, artifacts))

    def get(self, cluster: str, path: str) -> dict[str, Any] | None:
        """A Kubernetes API object or list by its URL path; None where the API says 404."""

        def found(of: Cluster) -> dict[str, Any] | None:
            if path == "/apis/metrics.k8s.io/v1beta1/nodes":
                return metrics(self.site, of)
            return of.get(path)

        return self._in(cluster, "get", found)

    def find(self, cluster: str, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object of that kind, namespace and name, None where there is none."""
        return self._in(cluster, "get", lambda of: of.find(thing))

    def differing(self, cluster: str, *objects: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """What applying objects would change."""

        def found(of: Cluster) -> tuple[tuple[str, str, str], ...]:
            return tuple(each for thing in objects for each in of.differing(thing))

        return self._in(cluster, "get", found) if objects else ()

    def refusal(self, cluster: str, thing: Mapping[str, Any]) -> str:
        """Why the API server would refuse this object; empty where it would take it."""
        return self._in(
            cluster, "get", lambda of: of.refusal(thing) or admission.refusal(self.site.manifest, of, thing)
        )

    def write(self, host: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file there, owned by root; makes missing parents."""
        self._on(host, "write", lambda on: on.tree.put(commands.absolute(path), content, mode))

    def make_directory(self, host: str, path: str, *, mode: int = 0o755) -> None:
        """Make a directory and its missing parents."""
        self._on(host, "make_directory", lambda on: on.tree.make_directory(commands.absolute(path), mode))

    def remove(self, host: str, *paths: str) -> None:
        """Remove files or whole trees; a path that is not there is no error."""
        plain = [commands.removable(path) for path in paths]

        def gone(on: SimulatedHost) -> None:
            for path in plain:
                on.tree.remove(path)

        self._on(host, "remove", gone)

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        """Run a short command to its end."""
        return self._on(host, "run", lambda on: self._ran(on, argv, timeout, stdin))

    def work(self, host: str, unit: str, *argv: str, timeout: float = 600) -> Output:
        """Run a long command as a transient unit; one that has ended and was not collected is not run again."""
        name = commands.unit_name(unit)

        def ended(on: SimulatedHost) -> Output:
            if name not in on.ended:
                output = self._ran(on, argv, timeout)
                said = f"{output.out}{output.err}"
                on.tree.put(f"{commands.LOGS}/{name.removesuffix('.service')}.log", said.encode())
                on.ended[name] = Ended(Output(output.code, said, ""))
            return on.ended[name].output

        output = self._on(host, "work", ended)
        with self._guard:
            self.site.host(host).ended.pop(name, None)
        return output

    def send(self, host: str, path: str, digest: str, *, mode: int = 0o644) -> None:
        """Copy one blob of the bundle to a file on the host."""
        blob = self.site.manifest.blobs()[digest]

        def arrived(on: SimulatedHost) -> None:
            self.site.demand_intact(blob)
            on.tree.put(commands.absolute(path), blob, mode)
            self.site.sent[digest] += 1
            self._report(blob.size, blob.size, "bytes", path)

        self._on(host, "send", arrived)

    def push(self, host: str, port: int, credential: tuple[str, str], artifacts: Sequence[Artifact]) -> None:
        """Push artifacts of the bundle to the registry on the host's loopback `port`."""
        told: list[Told] = []

        def pushed(on: SimulatedHost) -> None:
            sent = registry.push(self.site, on, port, credential, artifacts, lambda *each: told.append(each))
            self.site.sent.update(blob.digest for blob in sent)

        self._on(host, "push", pushed, lasts=False)
        self.pace.spread("push", host, told, self._report)

    def apply(self, cluster: str, *objects: Mapping[str, Any]) -> None:
        """Server-side apply each object, in order."""

        def applied(of: Cluster) -> None:
            for thing in objects:
                of.apply(json.loads(json.dumps(thing)), self.now())
                settle(self.site, of)

        self._in(cluster, "apply", applied)

    def withdraw(self, cluster: str, *objects: Mapping[str, Any]) -> None:
        """Delete each object, in order."""

        def gone(of: Cluster) -> None:
            for thing in objects:
                if (path := of.path(thing)) is not None:
                    of.delete(path)
            settle(self.site, of)

        self._in(cluster, "delete", gone)

    def delete(self, cluster: str, path: str) -> None:
        """Delete the object at an API path, dependents too."""

        def gone(of: Cluster) -> None:
            of.delete(path)
            settle(self.site, of)

        self._in(cluster, "delete", gone)

    def execute(self, cluster: str, namespace: str, pod: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command in a pod's first container."""
        return self._in(cluster, "execute", lambda of: pods.execute(of, namespace, pod, argv))

    def _on(self, host: str, verb: str, effect: Callable[[SimulatedHost], T], *, lasts: bool = True) -> T:
        """Do something on a host; the errors of its files are those of the verb."""
        if lasts:
            self.pace.spend(verb, host)
        with self._guard:
            on = self.site.host(host)
            try:
                return self.fate.around(verb, host, lambda: effect(on))
            except OSError as error:
                reason = f"{error.filename}: {error.strerror}"
                raise CommandFailed(host=host, command=verb, code=1, reason=reason) from error

    def _in(self, cluster: str, verb: str, effect: Callable[[Cluster], T]) -> T:
        """Ask a cluster's API."""
        self.pace.spend(verb, cluster)
        with self._guard:
            of = self.site.clusters.get(cluster)
            if of is None or not serving(self.site, of):
                raise ConnectionLost(host=cluster, reason=Message("no API server answers: no cluster is there yet"))
            settle(self.site, of)
            return self.fate.around(verb, cluster, lambda: effect(of))

    def _ran(self, host: SimulatedHost, argv: tuple[str, ...], timeout: float, stdin: bytes = b"") -> Output:
        """Run a program as a host does: one that is not there ends with 127, one nobody scripted ends the test."""
        folder, _, name = argv[0].rpartition("/")
        program = PROGRAMS.get(name)
        call = Call(self.site, host, argv, stdin, timeout)
        if program is None and (not folder or host.find(argv[0])):
            raise call.unscripted()
        if program is None or (name != "command" and not host.find(name)):
            return Output(NOT_FOUND, "", f"{argv[0]}: No such file or directory\n")
        try:
            return program(call)
        except OSError as error:
            return Output(1, "", f"{name}: {error.filename}: {error.strerror}\n")


__all__ = ["SimulatedWorld", "Unscripted"]
