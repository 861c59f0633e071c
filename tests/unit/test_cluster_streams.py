"""Streams of a pod: whatever form they have, they end, and are the cluster's trouble."""

from __future__ import annotations

import base64
import hashlib
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
import test_cluster_answers
from test_cluster_answers import Speak, body, raw

from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly
from installer.remote.kubernetes import api as real
from installer.remote.kubernetes import exec

cluster = test_cluster_answers.cluster

POD = b'{"spec": {"containers": [{"name": "main"}]}}'


UPGRADED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: v5.channel.k8s.io\r\nSec-WebSocket-Accept: ")  # fmt: skip


def executing(*frames: bytes, then: bytes = b"") -> Speak:
    """Answer for the pod, and then as a WebSocket that sends these bytes."""

    def speak(stream: ssl.SSLSocket, header: bytes) -> None:
        if b"/exec?" not in header:
            body(POD)(stream, header)
            return
        (key,) = [line.split(b": ")[1] for line in header.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key")]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        raw(UPGRADED + accept + b"\r\n\r\n", *frames, then=then)(stream, header)

    return speak


def ended(word: bytes) -> bytes:
    """A frame with the API's closing word."""
    return (
        b"\x82"
        + (bytes([len(word) + 1]) if len(word) < 125 else b"\x7e" + (len(word) + 1).to_bytes(2))
        + b"\x03"
        + word
    )


EXEC: dict[str, tuple[Speak, str]] = {
    "a frame of 2^63 bytes": (executing(b"\x82\x7f" + b"\xff" * 8, then=b"x" * 65536), "more than"),
    "frames without end": (executing(then=b"\x82\x7e\xff\xff\x01" + b"x" * 65534), "more than"),
    "pings without end": (executing(then=b"\x89\x00" * 1000), "exec"),
    "a last word that is none": (executing(ended(b"hello")), "hello"),
    "a nested last word": (executing(ended(b"[" * 60_000)), "exec"),
    "no upgrade": (lambda s, h: body(POD if b"/exec?" not in h else b"no", "200 OK")(s, h), "exec"),
    "an absurd refusal": (
        lambda s, h: body(POD)(s, h) if b"/exec?" not in h
        else raw(b"HTTP/1.1 500 X\r\nContent-Length: 99999999999999999999\r\n\r\nx")(s, h), "exec"),
    "headers without end": (
        lambda s, h: body(POD)(s, h) if b"/exec?" not in h
        else raw(b"HTTP/1.1 101 X\r\n", then=b"a: b\r\n" * 999)(s, h),
        "exec"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXEC)
def test_a_stream_of_any_form_is_told_as_the_clusters_trouble(
    cluster: Callable[[Speak], real.Cluster], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak, words = EXEC[case]
    monkeypatch.setattr(exec, "MOST", 1 << 16)
    with pytest.raises((ConnectionLost, CommandFailed, HostAnswersOddly), match=words):
        cluster(speak).execute("default", "a", ("true",), 600)


def test_a_stream_that_trickles_is_left_behind_in_time(cluster: Callable[[Speak], real.Cluster]) -> None:
    def trickle(stream: ssl.SSLSocket, header: bytes) -> None:
        if b"/exec?" not in header:
            body(POD)(stream, header)
            return
        with suppress(OSError):
            executing()(stream, header)
        while True:
            stream.sendall(b"\x82\x02\x01x")
            threading.Event().wait(0.05)

    found = cluster(trickle).execute("default", "a", ("true",), 1)
    assert found.code == 124
    assert "no end after 1 s" in found.err


@pytest.mark.parametrize("pod", [b"{}", b'{"spec": []}', b'{"spec": {"containers": [7]}}'])
def test_a_pod_of_any_form_is_one_without_a_container(cluster: Callable[[Speak], real.Cluster], pod: bytes) -> None:
    asked: list[bytes] = []

    def speak(stream: ssl.SSLSocket, header: bytes) -> None:
        asked.append(header)
        body(pod)(stream, header)

    with pytest.raises((ConnectionLost, CommandFailed, HostAnswersOddly)):
        cluster(speak).execute("default", "a", ("true",), 5)
    assert b"container=&" in asked[-1]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (b'{"status": "Success"}', (0, "")),
        (b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]}}', (7, "")),
        (b'{"status": "Failure", "message": "no such program"}', (1, "no such program")),
    ],
)  # fmt: skip
def test_the_apis_last_word_is_an_end(
    cluster: Callable[[Speak], real.Cluster], word: bytes, expected: tuple[int, str]
) -> None:
    found = cluster(executing(ended(word))).execute("default", "a", ("true",), 5)
    assert (found.code, found.err) == expected
