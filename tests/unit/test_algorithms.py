"""An SSH server that speaks other algorithms: what each side offers is told, and which setting mends it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from installer.errors import HostUnreachable
from installer.remote.ssh.authentication import Connection
from installer.remote.ssh.host_keys import Pins, pins
from installer.remote.ssh.link import Link
from installer.remote.ssh.login import Login

KEY = paramiko.ECDSAKey.generate()


@contextmanager
def server(**options: tuple[str, ...]) -> Iterator[int]:
    """A port on which an SSH server offers these algorithms alone."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            for name, values in options.items():
                setattr(transport.get_security_options(), name, values)
            transport.add_server_key(KEY)
            transport.start_server(event=threading.Event(), server=paramiko.ServerInterface())

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


def told(port: int, pinned: Pins) -> HostUnreachable:
    login = Login("cp-1", "127.0.0.1", port, "ops", "", None, None, False, pinned)
    with pytest.raises(HostUnreachable) as refused:
        Link(login, lambda _: "").verified_key()
    return refused.value


@pytest.mark.parametrize(
    ("options", "reason", "setting"),
    [
        ({"ciphers": ("3des-cbc",)}, "no cipher in common: it offers 3des-cbc; this program knows aes", "Ciphers"),
        ({"digests": ("hmac-md5",)}, "no message authentication code in common: it offers hmac-md5; this", "MACs"),
        ({"kex": ("diffie-hellman-group14-sha256",)}, "no key exchange in common: it offers diffie", "KexAlgorithms"),
    ],
)
def test_what_neither_side_has_is_told_with_both_offers(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, tuple[str, ...]], reason: str, setting: str
) -> None:
    offered = {name for names in options.values() for name in names}
    for kind in ("_preferred_kex", "_preferred_macs"):  # both sides are of one library: ours is to know less
        known = tuple(name for name in getattr(paramiko.Transport, kind) if name not in offered)
        monkeypatch.setattr(Connection, kind, known)
    with server(**options) as port:
        said = told(port, pins("cp-1", "127.0.0.1", port, "SHA256:" + "A" * 43, ""))
    assert reason in said.message
    assert setting in said.remedy and "network" not in said.remedy


def test_a_host_without_a_key_of_the_pinned_type_is_told_which_it_has(tmp_path: Path) -> None:
    other = paramiko.RSAKey.generate(2048)
    with server() as port:
        (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} ssh-rsa {other.get_base64()}\n")
        said = told(port, pins("cp-1", "127.0.0.1", port, "", str(tmp_path / "known_hosts")))
    assert "ssh-rsa is pinned; it offers ecdsa-sha2-nistp256" in said.message
    assert "known_hosts" in said.remedy
