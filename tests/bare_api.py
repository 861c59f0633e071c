"""An API server of this machine alone: it and its store on loopback, no host, no kubelet, no controllers."""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apiserver import program
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from installer.remote.kubernetes.api import Cluster

PATIENCE = 300


class BareCluster(Cluster):
    """The real adapter to a cluster's API, without a host between: the administrator has a token."""

    def __init__(self, folder: Path, port: int, token: str) -> None:
        super().__init__("bare", {})
        self._url, self._token = f"https://127.0.0.1:{port}", token
        self._tls = ssl.create_default_context(cafile=folder / "certificates/apiserver.crt")

    def _call(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        asked = urllib.request.Request(self._url + path, body or None, {**headers, "Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60, context=self._tls) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@contextmanager
def bare_api(folder: Path) -> Iterator[BareCluster]:
    """An API server that lasts as long as the block, with all it keeps in this folder."""
    token, (api, store, peers) = secrets.token_hex(), _free_ports(3)
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    key = rsa.generate_private_key(65537, 2048)
    (folder / "accounts.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    keeps = [program("etcd"), f"--data-dir={folder}/etcd", "--unsafe-no-fsync",
             f"--listen-client-urls=http://127.0.0.1:{store}", f"--advertise-client-urls=http://127.0.0.1:{store}",
             f"--listen-peer-urls=http://127.0.0.1:{peers}"]  # fmt: skip
    serves = [program("kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{store}", "--bind-address=127.0.0.1",
              f"--secure-port={api}", f"--cert-dir={folder}/certificates", f"--token-auth-file={folder}/tokens.csv",
              "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
              f"--service-account-key-file={folder}/accounts.key", "--service-account-issuer=https://bare",
              f"--service-account-signing-key-file={folder}/accounts.key"]  # fmt: skip
    with (folder / "said").open("wb") as said, _running(keeps, said), _running(serves, said) as server:
        yield _ready(folder, api, token, server)


@contextmanager
def _running(argv: list[object], said: object) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([str(each) for each in argv], stdout=said, stderr=said)  # type: ignore[call-overload]
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _ready(folder: Path, port: int, token: str, server: subprocess.Popen[bytes]) -> BareCluster:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            cluster = BareCluster(folder, port, token)
            if cluster._call("GET", "/readyz")[0] == 200 and cluster.get("/api/v1/namespaces/default"):
                return cluster
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.3)
    raise AssertionError((folder / "said").read_text()[-2000:])


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports
