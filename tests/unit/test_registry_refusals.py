"""What a registry complains about, as people are told; and what is no complaint, but a broken link."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from installer.remote.registry.client import BROKEN, Registry, Reply

FULL = "write /var/lib/sitewright/registry/x.tmp: no space left on device"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"errors": [{"code": "UNKNOWN", "message": "unknown error",
                         "detail": {"driver": "filesystem", "detail": FULL}}]},
            f"unknown error: {FULL}",
        ),
        ({"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": FULL}]}, f"unknown error: {FULL}"),
        ({"errors": [{"code": "DENIED", "message": "denied", "detail": [{"Type": "repository"}]}]}, "denied"),
        ({"errors": [{"code": "TOOMANYREQUESTS"}]}, "TOOMANYREQUESTS"),
        ({"errors": 7}, '{"errors": 7}'),
    ],
)  # fmt: skip
def test_a_refusal_is_told_with_the_words_of_the_storage(body, told):
    assert Reply(500, {}, json.dumps(body).encode()).reason == told


def refused_amid_a_body(status: str, said: str) -> Reply:
    """What is made of an answer that still arrives where the way there is cut amid the body."""
    ours, theirs = socket.socketpair()
    body = json.dumps({"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": said}]})

    def cut(stream: socket.socket) -> None:
        theirs.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        theirs.shutdown(socket.SHUT_RD)
        stream.sendall(b"the rest")

    with ours, theirs:
        return Registry("cp-1", lambda: ours, ("pusher", "word")).send("PATCH", "/v2/", cut, 8, {})


def test_a_refusal_is_heard_where_the_body_is_cut_off():
    reply = refused_amid_a_body("507 Insufficient Storage", FULL)
    assert (reply.status, reply.reason) == (507, f"unknown error: {FULL}")


def test_a_registry_that_missed_the_end_of_a_body_has_refused_nothing():
    with pytest.raises(http.client.HTTPException, match="client disconnected") as broken:
        refused_amid_a_body("499 Client Closed Request", "client disconnected")
    assert isinstance(broken.value, BROKEN)
