"""What a host runs to pull a file, run on this machine: which registries it asks, and for how long."""

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from installer import certificates
from installer.bundle.manifest import Blob
from installer.plan.steps.files import PULL

CONTENT = b"a program" * 999
BLOB = Blob.of(CONTENT)


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[str]:
    """The address of a server that has the blob, and `ca.crt` beside it."""
    ca = certificates.make_ca("test", datetime.now(UTC))
    pair = certificates.issue(ca, "replica", ("127.0.0.1",), datetime.now(UTC))
    for name, content in (("ca.crt", ca.certificate), ("pair.pem", pair.certificate + pair.key)):
        (tmp_path / name).write_bytes(content)
    blob = tmp_path / "root" / "v2" / "files" / "blobs" / BLOB.digest
    blob.parent.mkdir(parents=True)
    blob.write_bytes(CONTENT)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(tmp_path / "root")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def dropping() -> Iterator[str]:
    """An address that answers no packet: the kernel drops what a full queue cannot take."""
    with ExitStack() as held:
        server = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_replica_whose_packets_are_dropped_is_passed_over(tmp_path: Path, replica: str, dropping: str) -> None:
    target = tmp_path / "new" / "program"
    argv = ("sh", "-c", PULL, "pull", tmp_path / "ca.crt", "files", BLOB.digest.removeprefix("sha256:"), target, "0755")
    subprocess.run([*argv, dropping, replica], check=True, timeout=90)
    assert target.read_bytes() == CONTENT
    assert target.stat().st_mode & 0o777 == 0o755
