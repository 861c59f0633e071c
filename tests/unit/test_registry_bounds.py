"""Registries that answer without end, or something that is no answer: told soon, and with little memory."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly, SitewrightError
from installer.remote.kubernetes import exec
from installer.remote.kubernetes.exec import run_in_pod
from installer.remote.registry import client
from installer.remote.registry.client import Registry, Reply


@contextmanager
def served(act: Callable[[socket.socket], None]) -> Iterator[Callable[[], socket.socket]]:
    """Dials somebody who does this once the request has come."""
    open_ends: list[socket.socket] = []

    def dial() -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(30)
        open_ends.extend((ours, theirs))

        def answer() -> None:
            with suppress(OSError):
                while b"\r\n\r\n" not in theirs.recv(65536):
                    pass
                act(theirs)

        threading.Thread(target=answer, daemon=True).start()
        return ours

    yield dial
    for end in open_ends:
        end.close()


def endlessly(first: bytes, again: bytes, pause: float = 0) -> Callable[[socket.socket], None]:
    def act(link: socket.socket) -> None:
        link.sendall(first)
        while True:
            link.sendall(again)
            time.sleep(pause)

    return act


OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "a body": endlessly(OK + b"\r\n", b"x" * 65536),
    "a body of an absurd length": endlessly(OK + b"Content-Length: " + b"9" * 18 + b"\r\n\r\n", b"x" * 65536),
    "a body of a length below nothing": endlessly(OK + b"Content-Length: -5\r\n\r\n", b"x" * 65536),
    "a chunk of an absurd length": endlessly(
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 15 + b"\r\n", b"x" * 65536
    ),
    "chunks": endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 9999),
    "interim answers": endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
    "a byte at a time": endlessly(OK + b"\r\n", b"x", 0.1),
}


@pytest.mark.parametrize("act", ENDLESS.values(), ids=ENDLESS)
def test_an_answer_without_end_is_told(act: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 2.0)
    with served(act) as dial, pytest.raises(HostAnswersOddly, match=r"cp-1.*no end"):
        Registry("cp-1", dial, ("pusher", "word")).ask("GET", "/v2/")


ODD = {
    "no HTTP": b"\xff" * 99 + b"\r\n\r\n", "a status of letters": b"HTTP/1.1 abc\r\n\r\n",
    "headers without end": OK + b"a: b\r\n" * 9999,
    "a line without end": OK + b"a" * 99999, "a chunk of no length": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
def test_what_is_no_answer_is_a_broken_connection(said: bytes) -> None:
    def act(link: socket.socket) -> None:
        link.sendall(said)
        link.shutdown(socket.SHUT_WR)

    with served(act) as dial, pytest.raises(ConnectionLost, match="cp-1"):
        Registry("cp-1", dial, ("pusher", "word")).ask("GET", "/v2/")


@pytest.mark.parametrize("body", [b"[" * 99999, b'{"errors": [3]}', b'{"errors": [[]]}', b"9" * 5000, b"\xff", b"null"])
def test_a_refusal_of_any_form_has_a_reason(body: bytes) -> None:
    assert 0 < len(Reply(500, {}, body).reason) <= client.LONGEST


@pytest.mark.parametrize("said", ["", "x", "http://[::1", "/v2/\r\nX: y", "/v2/ü", "/v2/a b", "/" + "a" * 9999])
def test_a_location_that_is_none_is_told(said: str) -> None:
    asked = Registry("cp-1", socket.socket, ("pusher", "word"))
    with pytest.raises(HostAnswersOddly, match="location"):
        asked.location(Reply(202, {"location": said}, b""))
    assert asked.location(Reply(202, {"location": "http://x/v2/a?b=%20"}, b"")) == "/v2/a?b=%20"


@pytest.mark.parametrize("said", ["", "-", "0-", "1-5", "0--1", "0-x", "0-٣", "0-" + "9" * 5000])
def test_a_range_that_is_none_is_told(said: str) -> None:
    asked = Registry("cp-1", socket.socket, ("pusher", "word"))
    with pytest.raises(HostAnswersOddly, match="range"):
        asked.held(Reply(204, {"range": said}, b""))
    assert [asked.held(Reply(204, {"range": each}, b"")) for each in ("0-0", "0-41", "bytes=0-7")] == [0, 41, 7]


STATUS = {
    b"": None, b"x": None, b"[]": None, b"[" * 99999: None, b"{}": None, b'{"status": "Failure", "details": 3}': None,
    b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "x"}]}}': None,
    b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "%s"}]}}' % (b"9" * 5000): None,
    b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]}}': (7, ""),
    b'{"status": "Failure", "message": "no shell"}': (1, "no shell"), b'{"status": "Success"}': (0, ""),
}  # fmt: skip


@pytest.mark.parametrize(("said", "code"), STATUS.items())
def test_the_closing_word_of_a_command_in_a_pod(said: bytes, code: tuple[int, str] | None) -> None:
    if code is not None:
        assert exec._ended("production", said) == code
        return
    with pytest.raises(HostAnswersOddly, match="production"):
        exec._ended("production", said)


PODS = {
    "no WebSocket": endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "no HTTP": endlessly(b"", b"\xff" * 65536),
    "a header without end": endlessly(b"HTTP/1.1 101 x\r\na: ", b"x" * 65536),
    "a byte at a time": endlessly(b"HTTP/1.1 101 x\r\na: ", b"x", 0.1),
}  # fmt: skip


@pytest.mark.parametrize("act", PODS.values(), ids=PODS)
def test_a_pod_whose_command_has_no_end(act: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec, "MOST", 1 << 18)
    with served(act) as dial:
        try:
            assert run_in_pod("production", dial(), "/exec", timeout=3).code == 124
        except SitewrightError as error:
            assert isinstance(error, HostAnswersOddly | ConnectionLost | CommandFailed)
