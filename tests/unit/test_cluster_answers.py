"""An API server that says anything at all: each answer ends in bytes and time, and is that cluster's trouble."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from installer import certificates
from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly, HostUnreachable
from installer.formats import kubeconfig
from installer.remote.kubernetes import api as real
from installer.remote.kubernetes import connection
from installer.remote.ssh.commands import Ended

NOW = datetime.now(UTC)
CA = certificates.make_ca("an authority", NOW)
SERVER = certificates.issue(CA, "kubernetes", ("kubernetes",), NOW)
ADMIN = certificates.issue(CA, "admin", ("admin",), NOW)
CREDENTIALS = kubeconfig.Credentials(CA.certificate, ADMIN.certificate, ADMIN.key)
CONFIG = kubeconfig.written([kubeconfig.Cluster("production", CREDENTIALS, {"": "127.0.0.1:6443"}, "", "admin")])
Speak = Callable[[ssl.SSLSocket, bytes], None]
"""Answers one request, whose header it is given."""


class Link:
    """A way to a host that says `config` for the administrator's file, and behind which an API server listens."""

    def __init__(self, name: str, config: bytes, port: int) -> None:
        self.login = SimpleNamespace(name=name)
        self.config, self.port, self.dialled = config, port, 0

    def execute(self, argv: tuple[str, ...], payload: Any = (), timeout: float = 60) -> Ended:
        return Ended(0, self.config, b"")

    def dial(self, port: int, address: str = "127.0.0.1") -> socket.socket:
        self.dialled += 1
        return socket.create_connection(("127.0.0.1", self.port))


@contextmanager
def speaking(folder: Path, speak: Speak) -> Iterator[int]:
    """A TLS server in the API server's name; gives its port."""
    pair = folder / "server.pem"
    pair.write_bytes(SERVER.certificate + SERVER.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(plain: socket.socket) -> None:
        with suppress(OSError, ValueError), context.wrap_socket(plain, server_side=True) as stream:
            while True:
                header = b""
                while b"\r\n\r\n" not in header:
                    chunk = stream.recv(65536)
                    if not chunk:
                        return
                    header += chunk
                speak(stream, header)

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[[Speak], real.Cluster]]:
    opened: list[Any] = []

    def open_to(speak: Speak) -> real.Cluster:
        server = speaking(tmp_path, speak)
        made = real.Cluster("production", {"cp-1": Link("cp-1", CONFIG, server.__enter__())})  # type: ignore[dict-item]
        opened.append((server, made))
        return made

    yield open_to
    for server, made in opened:
        made.close()
        server.__exit__(None, None, None)


def body(content: bytes, status: str = "200 OK") -> Speak:
    def speak(stream: ssl.SSLSocket, _: bytes) -> None:
        stream.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(content), content))

    return speak


def raw(*parts: bytes, then: bytes = b"") -> Speak:
    """Say these bytes, and then the last ones for ever (or hang up)."""

    def speak(stream: ssl.SSLSocket, _: bytes) -> None:
        for part in parts:
            stream.sendall(part)
        while then:
            stream.sendall(then)
        raise OSError

    return speak


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS: dict[str, tuple[Speak, str]] = {
    "a list": (body(b"[1, 2]"), "not an object"),
    "a text": (body(b'"hello"'), "not an object"),
    "nothing of JSON": (body(b"<html>"), "not JSON"),
    "no UTF-8": (body(b'{"a": "\xff\xfe"}'), "not JSON"),
    "nested": (body(b"[" * 1_000_000), "not JSON"),
    "digits": (body(b'{"a": ' + b"9" * 100_000 + b"}"), "not JSON"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH\r\n\r\n"), "API"),
    "a status that is none": (raw(b"HTTP/1.1 abc OK\r\n\r\n"), "API"),
    "cut short": (raw(OK + b"Content-Length: 100\r\n\r\n{}"), "API"),
    "a length that is none": (raw(OK + b"Content-Length: -5\r\n\r\n[]"), "not an object"),
    "a chunk that is none": (raw(CHUNKED + b"zz\r\n"), "API"),
    "chunks of absurd size": (raw(CHUNKED + b"f" * 30 + b"\r\n"), "API"),
    "chunks without end": (raw(CHUNKED, then=b"10000\r\n" + b"x" * 65536 + b"\r\n"), "longer than"),
    "a body without end": (raw(OK + b"\r\n", then=b"x" * 65536), "longer than"),
    "an absurd length, and all of it": (raw(OK + b"Content-Length: 9999999999\r\n\r\n", then=b"x" * 65536), "longer"),
    "headers without end": (raw(OK, then=b"a: b\r\n" * 1000), "API"),
    "one header without end": (raw(OK + b"a: ", then=b"x" * 65536), "API"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_no_answer_of_an_api_is_told_as_its_trouble(
    cluster: Callable[[Speak], real.Cluster], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak, words = ANSWERS[case]
    monkeypatch.setattr(connection, "LONGEST", 1 << 20)
    with pytest.raises((ConnectionLost, HostAnswersOddly), match=words) as lost:
        cluster(speak).get("/api/v1/nodes")
    assert lost.value.message.startswith("production")


@pytest.mark.parametrize("then", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["slow bytes", "continue"])
def test_an_answer_that_never_ends_is_ended(
    cluster: Callable[[Speak], real.Cluster], monkeypatch: pytest.MonkeyPatch, then: bytes
) -> None:
    monkeypatch.setattr(real, "WHOLE", 0.5)
    first = [OK + b"\r\n"] if then == b"x" else []

    def speak(stream: ssl.SSLSocket, _: bytes) -> None:
        stream.sendall(b"".join(first))
        while True:
            stream.sendall(then)
            threading.Event().wait(0.01)

    with pytest.raises(ConnectionLost, match=r"no end of its answer within 0\.5 s"):
        cluster(speak).get("/api/v1/nodes")


def test_a_handshake_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Link("cp-1", CONFIG, listener.getsockname()[1])
        with pytest.raises(ConnectionLost, match="no API server answers: cp-1"):
            real.Cluster("production", {"cp-1": silent}).get("/")  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b'{"message": "no"}', "no"), (b'{"message": ["x"]}', "message"), (b"[1]", r"\[1\]"), (b"", "HTTP status 409"),
     (b"[" * 500_000, r"\[\[")],
)  # fmt: skip
def test_a_refusal_of_any_form_is_told(cluster: Callable[[Speak], real.Cluster], content: bytes, words: str) -> None:
    with pytest.raises(CommandFailed, match=words):
        cluster(body(content, "409 Conflict")).get("/api/v1/nodes")


@pytest.mark.parametrize("found", [[], {"resources": 7}, {"resources": ["x", {"name": 7}, {"kind": []}]}])
def test_kinds_of_any_form_are_no_kinds(
    cluster: Callable[[Speak], real.Cluster], monkeypatch: pytest.MonkeyPatch, found: Any
) -> None:
    monkeypatch.setattr(real, "NEW", 0)
    thing = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    with pytest.raises((CommandFailed, HostAnswersOddly), match=r"no kind Pod|not an object"):
        cluster(body(json.dumps(found).encode())).apply(thing)


@pytest.mark.parametrize(
    "config", [b"", b"[]", b"{users: 7}", b"[" * 100_000, b"\xff\xff", b"users: [{user: {exec: {command: sh}}}]"]
)
def test_an_administrators_file_of_any_form_is_that_hosts_trouble_and_the_next_is_asked(
    tmp_path: Path, config: bytes
) -> None:
    with speaking(tmp_path, body(b'{"kind": "NodeList"}')) as port:
        bad, good = Link("cp-1", config, port), Link("cp-2", CONFIG, port)
        with pytest.raises(ConnectionLost, match=r"cp-1: .*admin\.conf"):
            real.Cluster("production", {"cp-1": bad}).get("/api/v1/nodes")  # type: ignore[dict-item]
        made = real.Cluster("production", {"cp-1": bad, "cp-2": good})  # type: ignore[dict-item]
        assert made.get("/api/v1/nodes") == {"kind": "NodeList"}
        made.close()


def test_a_control_plane_that_did_not_answer_is_asked_after_the_others(tmp_path: Path) -> None:
    with speaking(tmp_path, body(b"{}")) as port:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]
        dead, good = Link("cp-1", CONFIG, nobody), Link("cp-2", CONFIG, port)
        made = real.Cluster("production", {"cp-1": dead, "cp-2": good})  # type: ignore[dict-item]
        for _ in range(3):
            assert made.get("/version") == {}
            made.close()
        assert dead.dialled == 1
        made.close()


def refusing(status: str, why: bytes) -> Speak:
    return body(json.dumps({"kind": "Status", "message": why.decode()}).encode(), status)


@pytest.mark.parametrize(
    "speak",
    [
        refusing("500 Internal Server Error", b"etcdserver: request timed out"),
        refusing("503 Service Unavailable", b"apiserver is shutting down"),
        raw(),
    ],
    ids=["without its etcd", "shutting down", "hanging up"],
)
def test_a_control_plane_in_trouble_of_its_own_is_passed_over_for_another(
    tmp_path_factory: pytest.TempPathFactory, speak: Speak
) -> None:
    one, other = tmp_path_factory.mktemp("cp-1"), tmp_path_factory.mktemp("cp-2")
    with speaking(one, speak) as troubled, speaking(other, body(b'{"kind": "NodeList"}')) as well:
        links = {"cp-1": Link("cp-1", CONFIG, troubled), "cp-2": Link("cp-2", CONFIG, well)}
        made = real.Cluster("production", links)  # type: ignore[arg-type]
        for _ in range(3):
            assert made.get("/api/v1/nodes") == {"kind": "NodeList"}
        assert links["cp-1"].dialled <= 2, "it is asked after the others from then on"
        made.close()


def test_where_every_control_plane_is_in_trouble_its_own_words_are_told(tmp_path: Path) -> None:
    with speaking(tmp_path, refusing("500 Internal Server Error", b"etcdserver: no leader")) as port:
        links = {name: Link(name, CONFIG, port) for name in ("cp-1", "cp-2")}
        made = real.Cluster("production", links)  # type: ignore[arg-type]
        with pytest.raises(ConnectionLost, match="etcdserver: no leader"):  # so that it is asked again, patiently
            made.get("/api/v1/nodes")
        assert {link.dialled for link in links.values()} <= {1, 2}
        made.close()


def test_an_object_is_applied_once_the_store_has_a_leader_again(
    cluster: Callable[[Speak], real.Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = body(json.dumps({"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}).encode())
    answers = [refusing("500 Internal Server Error", b"etcdserver: leader changed")] * 2 + [body(b"{}")]
    monkeypatch.setattr(real.time, "sleep", lambda _: None)

    def speak(stream: ssl.SSLSocket, header: bytes) -> None:
        (kinds if header.startswith(b"GET") else answers.pop(0))(stream, header)

    cluster(speak).apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}})
    assert answers == []


def test_many_who_ask_at_once_wait_for_a_host_that_is_gone_once(tmp_path: Path) -> None:
    class Gone(Link):
        def execute(self, argv: tuple[str, ...], payload: Any = (), timeout: float = 60) -> Ended:
            self.dialled += 1
            threading.Event().wait(0.2)
            raise HostUnreachable(host="cp-1", address="10.0.0.1:22", reason="no answer")

    with speaking(tmp_path, body(b"{}")) as port:
        gone, good = Gone("cp-1", CONFIG, port), Link("cp-2", CONFIG, port)
        made = real.Cluster("production", {"cp-1": gone, "cp-2": good})  # type: ignore[dict-item]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(made.get, ["/version"] * 8)) == [{}] * 8
        assert gone.dialled == 1
        made.close()
