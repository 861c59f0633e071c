"""Running a command in a pod: the Kubernetes streaming protocol over a WebSocket on a connection already made."""

from __future__ import annotations

import json
import socket
import time

from websocket import WebSocket, WebSocketBadStatusException, WebSocketException, WebSocketTimeoutException

from installer.errors import CommandFailed, ConnectionLost
from installer.world.ports import Output

OUT, ERR, STATUS = 1, 2, 3
"""Channels of the protocol: the first byte of each message."""
PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"]


def run_in_pod(cluster: str, connection: socket.socket, path: str, timeout: float) -> Output:
    """Run what `path` asks for to its end; after `timeout` seconds it is left behind with code 124."""
    streams = {OUT: bytearray(), ERR: bytearray(), STATUS: bytearray()}
    until = time.monotonic() + timeout
    client = WebSocket()
    try:
        client.connect(f"wss://kubernetes{path}", socket=connection, subprotocols=PROTOCOLS, suppress_origin=True)  # type: ignore[no-untyped-call]
        while not streams[STATUS] and (left := until - time.monotonic()) > 0:
            client.settimeout(left)
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
        raise ConnectionLost(host=cluster, reason=f"exec: {error}") from error
    finally:
        client.close(timeout=1)
    code, said = _ended(bytes(streams[STATUS])) if streams[STATUS] else (124, "")
    return Output(code, _text(streams[OUT]), _text(streams[ERR]) + said)


def _ended(status: bytes) -> tuple[int, str]:
    """The exit code in the API's closing word, and what the API itself says where nothing could be started."""
    said = json.loads(status)
    if said["status"] == "Success":
        return 0, ""
    causes = said.get("details", {}).get("causes", [])
    codes = [cause["message"] for cause in causes if cause.get("reason") == "ExitCode"]
    return (int(codes[0]), "") if codes else (1, str(said.get("message", "")))


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "replace")
