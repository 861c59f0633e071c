"""Running a command in a pod: the Kubernetes streaming protocol over a WebSocket on a connection already made."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

from websocket import WebSocket, WebSocketBadStatusException, WebSocketException, WebSocketTimeoutException

from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly
from installer.messages import Message
from installer.ports import Output

MOST = 8 << 20
"""Most bytes that come of a command in a pod, with all that is said around its output."""
CHUNK = 1 << 16
"""Bytes read at a time, whatever size a server has announced: room for that much would be made."""
_CODE = re.compile(r"-?[0-9]{1,10}")
OUT, ERR, STATUS = 1, 2, 3
"""Channels of the protocol: the first byte of each message."""
PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"]


def run_in_pod(cluster: str, connection: socket.socket, path: str, timeout: float) -> Output:
    """Run what `path` asks for to its end; after `timeout` seconds it is left behind with code 124."""
    streams = {OUT: bytearray(), ERR: bytearray(), STATUS: bytearray()}
    until = time.monotonic() + timeout
    client = WebSocket()
    try:
        bounded = _Bounded(cluster, connection, until)
        client.connect(f"wss://kubernetes{path}", socket=bounded, subprotocols=PROTOCOLS, suppress_origin=True)  # type: ignore[no-untyped-call]
        while not streams[STATUS] and time.monotonic() < until:
            message = client.recv()
            data = message.encode() if isinstance(message, str) else message
            if not data:
                break
            streams.get(data[0], bytearray()).extend(data[1:])
    except WebSocketTimeoutException:
        streams[ERR] += f"no end after {timeout:g} s\n".encode()
    except WebSocketBadStatusException as error:
        body = (error.resp_body or b"").decode("utf-8", "replace")
        raise CommandFailed(host=cluster, command="exec", code=error.status_code, reason=body) from error
    except (WebSocketException, OSError) as error:
        raise ConnectionLost(host=cluster, reason=Message("exec: {reason}", reason=error)) from error
    except ValueError as error:  # a handshake or a message that is no WebSocket's
        raise HostAnswersOddly(host=cluster, reason=Message("exec: {reason}", reason=error)) from error
    finally:
        client.close(timeout=1)
    code, said = _ended(cluster, bytes(streams[STATUS])) if streams[STATUS] else (124, "")
    return Output(code, _text(streams[OUT]), _text(streams[ERR]) + said)


class _Bounded:
    """A connection whose reads together may take so long, and bring so much; the WebSocket would take any frame."""

    def __init__(self, cluster: str, connection: socket.socket, until: float) -> None:
        self._cluster = cluster
        self._connection = connection
        self._until = until
        self._left = MOST

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def recv(self, size: int) -> bytes:
        """What comes next."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        chunk = self._connection.recv(min(size, CHUNK))
        self._left -= len(chunk)
        if self._left < 0:
            raise HostAnswersOddly(
                host=self._cluster, reason=Message("exec: more than {most} bytes of output", most=MOST)
            )
        return chunk


def _ended(cluster: str, status: bytes) -> tuple[int, str]:
    """The exit code in the API's closing word, and what the API itself says where nothing could be started.

    Raises:
        HostAnswersOddly: it is of another form.
    """
    try:
        said = json.loads(status)
        if said["status"] == "Success":
            return 0, ""
        causes = (said.get("details") or {}).get("causes") or ()
        codes = [str(cause["message"]) for cause in causes if cause.get("reason") == "ExitCode"]
        if not codes:
            return 1, str(said.get("message", ""))
        if not _CODE.fullmatch(codes[0]):
            raise ValueError(Message("an exit code {code}", code=repr(codes[0][:20])))
        return int(codes[0]), ""
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HostAnswersOddly(
            host=cluster, reason=Message("exec: {reason} in {answer}", reason=error, answer=f"{status[:80]!r}")
        ) from error


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "replace")
