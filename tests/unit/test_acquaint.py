"""Getting to know hosts: stage by stage, on simulated hosts and on a real SSH server on loopback."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import paramiko
import pytest
from simulation import answers_of, world_of

from installer.answers.model import Access, Host, SecretRef
from installer.errors import HostKeyMismatch, HostKeyUnknown, HostUnreachable, LoginRefused, SitewrightError
from installer.hosts.connection_test import STAGES, ConnectionResult, Stage, try_all, try_host
from installer.remote.connection_test import SshConnectors
from installer.simulated.connection_test import SimulatedConnectors
from installer.simulated.faults import Faults

PASSWORD = "correct horse"


def course(stages: list[Stage], host: str) -> list[tuple[str, str]]:
    return [(stage.stage, stage.status) for stage in stages if stage.host == host]


def well(until: str = "facts") -> list[tuple[str, str]]:
    ended = STAGES[: STAGES.index(until) + 1]
    return [(stage, status) for stage in ended for status in ("running", "ok")]


def broken(at: str, status: str = "failed") -> list[tuple[str, str]]:
    return [*well(at)[:-1], (at, status)]


# Simulated hosts -----------------------------------------------------------------------------------------------------

HOSTS = answers_of("rehearsal").hosts


def test_simulated_hosts_tell_their_facts_and_one_that_is_away_is_one_host_less():
    world = world_of("rehearsal", cpus=6)
    world.site.hosts["node-1"].machine = replace(world.site.hosts["node-1"].machine, reachable=False)
    told: list[Stage] = []
    found = try_all(HOSTS, SimulatedConnectors(world), told.append, at_once=2)
    assert [each.host for each in found] == ["cp-1", "node-1", "node-2"]
    assert [each.facts.cpus if each.facts else None for each in found] == [6, None, 6]
    assert isinstance(found[1].error, HostUnreachable)
    assert course(told, "cp-1") == well()
    assert course(told, "node-1") == broken("port")
    assert "6 cores" in told[[(s.host, s.stage, s.status) for s in told].index(("cp-1", "facts", "ok"))].text
    assert all(stage.remedy for stage in told if stage.status == "failed")


def test_a_simulated_key_is_confirmed_and_then_pinned():
    bare = replace(HOSTS[0], access=replace(HOSTS[0].access, known_hosts=""))
    connectors = SimulatedConnectors(world_of("rehearsal"))
    told: list[Stage] = []
    first = try_host(bare, connectors, told.append)
    assert course(told, "cp-1") == broken("key", "unknown-key")
    assert first.to_confirm
    second = try_host(replace(bare, host_key=first.fingerprint), connectors, told.append)
    assert (second.error, second.fingerprint, second.stage) == (None, first.fingerprint, "facts")


@pytest.mark.parametrize("letters", ["T", "oT", "ooE"])
def test_a_connection_lost_among_the_questions_ends_in_the_result(letters):
    told: list[Stage] = []
    found = try_host(HOSTS[0], SimulatedConnectors(world_of("rehearsal", Faults({"query": letters}))), told.append)
    assert found.error
    assert found.facts is None
    assert course(told, "cp-1") == broken("facts")


def test_whatever_else_goes_wrong_ends_in_the_result_as_well():
    class Burst:
        def open(self, host):
            raise RuntimeError("nobody foresaw this")

    def deaf(stage: Stage) -> None:
        raise ValueError("no screen any more")

    found = try_host(HOSTS[0], Burst(), print)
    assert "RuntimeError: nobody foresaw this" in str(found.error)
    assert "no screen any more" in str(try_host(HOSTS[0], SimulatedConnectors(world_of("rehearsal")), deaf).error)


def test_stopping_ends_every_host_after_the_stage_it_is_in():
    stop = threading.Event()
    told: list[Stage] = []

    def tell(stage: Stage) -> None:
        told.append(stage)
        if (stage.stage, stage.status) == ("port", "ok"):
            stop.set()

    found = try_all(HOSTS, SimulatedConnectors(world_of("rehearsal")), tell, at_once=1, stop=stop)
    assert ["stopped" in str(each.error) for each in found] == [True, True, True]
    assert course(told, "cp-1") == [*well("port"), ("key", "failed")]
    assert course(told, "node-2") == [("name", "failed")]


def test_each_result_is_told_as_it_comes():
    met: list[ConnectionResult] = []
    found = try_all(HOSTS, SimulatedConnectors(world_of("rehearsal")), lambda stage: None, at_once=1, met=met.append)
    assert met == list(found)


def test_no_hosts_are_no_trouble():
    assert try_all((), SimulatedConnectors(world_of("rehearsal")), print) == ()


# A real SSH server ---------------------------------------------------------------------------------------------------


def pump(read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], object] = bool) -> None:
    with suppress(OSError, EOFError, ValueError):
        while data := read(65536):
            write(data)
    with suppress(OSError):
        end()


@dataclass
class Server(paramiko.ServerInterface):
    """An SSH server on loopback: root's password opens it, and its commands run on this machine."""

    key: paramiko.PKey
    logins: list[str] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def fingerprint(self) -> str:
        return self.key.fingerprint

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._socket.accept()
                self.connections += 1
                transport = paramiko.Transport(near)
                transport.add_server_key(self.key)
                self._transports.append(transport)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(event=threading.Event(), server=self)

    def close(self) -> None:
        self._socket.close()
        for transport in self._transports:
            transport.close()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.logins.append(username)
        return paramiko.AUTH_SUCCESSFUL if password == PASSWORD else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_direct_tcpip_request(self, chanid, origin, destination) -> int:
        try:
            far = socket.create_connection(destination, 5)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        threading.Thread(target=self._relay, args=(chanid, far), daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def _relay(self, chanid: int, far: socket.socket) -> None:
        channel = None
        while channel is None:
            if not any(transport.is_active() for transport in self._transports):  # it was hung up meanwhile
                far.close()
                return
            time.sleep(0.001)
            channel = next((c for t in self._transports if (c := t._channels.get(chanid))), None)

        threading.Thread(target=pump, args=(channel.recv, far.sendall, far.close), daemon=True).start()
        pump(far.recv, channel.sendall, far.close)

    def check_channel_exec_request(self, channel, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command), daemon=True).start()
        return True

    def _run(self, channel, command: bytes) -> None:
        pipe = subprocess.PIPE
        with subprocess.Popen(command, shell=True, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
            assert process.stdin and process.stdout and process.stderr
            fed = threading.Thread(target=pump, args=(channel.recv, process.stdin.write, process.stdin.close))
            told = threading.Thread(target=pump, args=(process.stderr.read, channel.sendall_stderr))
            fed.start()
            told.start()
            pump(process.stdout.read, channel.sendall)
            told.join()
            with suppress(OSError):
                channel.send_exit_status(process.wait())
                channel.close()
            fed.join()


@pytest.fixture(scope="module", params=["ecdsa", "rsa"])
def key(request) -> paramiko.PKey:
    return paramiko.ECDSAKey.generate() if request.param == "ecdsa" else paramiko.RSAKey.generate(2048)


@contextmanager
def serving(key: paramiko.PKey | None = None) -> Iterator[Server]:
    server = Server(key or paramiko.ECDSAKey.generate())
    try:
        yield server
    finally:
        server.close()


def host_of(server: Server, **changed) -> Host:
    access = Access(user="root", port=server.port, password=SecretRef("env", "PASSWORD"))
    return replace(Host("one", "127.0.0.1", access, server.fingerprint), **changed)


def met(host: Host, password: str = PASSWORD) -> tuple[ConnectionResult, list[Stage]]:
    told: list[Stage] = []
    with SshConnectors((host,), lambda _: password) as connectors:
        return try_host(host, connectors, told.append), told


def test_a_pinned_host_is_got_to_know(key):
    with serving(key) as server:
        found, told = met(host_of(server))
        assert (found.error, found.stage) == (None, "facts")
        assert (found.fingerprint, found.key_type) == (server.fingerprint, key.get_name())
        assert found.facts is not None and found.facts.memory > 0
        assert course(told, "one") == well()
        assert server.logins == ["root"]


def test_the_key_of_an_unknown_host_is_shown_without_a_login(key):
    with serving(key) as server:
        found, told = met(host_of(server, host_key=""))
        assert isinstance(found.error, HostKeyUnknown)
        assert found.to_confirm
        assert (found.fingerprint, found.key_type) == (server.fingerprint, key.get_name())
        assert course(told, "one") == broken("key", "unknown-key")
        assert server.fingerprint in told[-1].text
        assert server.logins == []


def test_another_key_than_the_pinned_one_is_no_key_to_confirm(key):
    with serving(key) as server:
        found, told = met(host_of(server, host_key="SHA256:" + "A" * 43))
        assert isinstance(found.error, HostKeyMismatch)
        assert (found.fingerprint, found.to_confirm) == ("", False)
        assert course(told, "one") == broken("key")
        assert server.logins == []


def test_a_refused_login_is_tried_once_and_told_as_such():
    with serving() as server:
        found, told = met(host_of(server), "wrong")
        assert isinstance(found.error, LoginRefused)
        assert course(told, "one") == broken("login")
        assert found.fingerprint == server.fingerprint
        assert "wrong" not in repr(told)
        assert len(server.logins) == 1


def test_nobody_there_and_no_ssh_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = Host("one", "127.0.0.1", Access(port=port, agent=True), "SHA256:" + "A" * 43)
    found, told = met(away)
    assert isinstance(found.error, HostUnreachable)
    assert course(told, "one") == broken("port")
    assert "nothing listens" in told[-1].text
    nowhere, told = met(replace(away, address="no-such-name.invalid"))
    assert course(told, "one") == broken("name")
    assert isinstance(nowhere.error, HostUnreachable)


def test_a_secret_that_cannot_be_had_is_a_refusal_of_the_login():
    def missing(_: SecretRef) -> str:
        raise SitewrightError(reason="no such secret")

    with serving() as server, SshConnectors((host_of(server),), missing) as connectors:
        told: list[Stage] = []
        assert "no such secret" in str(try_host(host_of(server), connectors, told.append).error)
        assert course(told, "one") == broken("login")
