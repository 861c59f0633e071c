"""Private keys that people name in answers: one whose passphrase would take for ever is refused before it is tried."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from paramiko.ssh_exception import SSHException

from installer.answers.model import SecretRef
from installer.formats.ssh_keys import passphrase_rounds
from installer.remote.ssh import login
from installer.remote.ssh.host_keys import Pins


def field(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def locked(rounds: int) -> bytes:
    """The beginning of a private key whose passphrase takes so many rounds."""
    options = field(b"1" * 16) + rounds.to_bytes(4, "big")
    body = b"openssh-key-v1\0" + field(b"aes256-ctr") + field(b"bcrypt") + field(options) + b"\0\0\0\1"
    return armoured(body + field(b"x") + field(b"y" * 64))


def armoured(body: bytes) -> bytes:
    text = base64.encodebytes(body)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + text + b"-----END OPENSSH PRIVATE KEY-----\n"


def read(path: Path) -> object:
    ref = SecretRef("env", "ANY")
    way = login.Login("cp-1", "10.0.0.1", 22, "root", str(path), ref, None, False, Pins("cp-1", (), ()))
    return login._private_key(path, way, lambda _: "secret")


@pytest.mark.parametrize("rounds", [3, 100])
def test_the_rounds_are_those_of_the_file(tmp_path: Path, rounds: int) -> None:
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-a", str(rounds), "-f", str(tmp_path / "key")]
    subprocess.run(made, check=True)
    assert passphrase_rounds((tmp_path / "key").read_bytes()) == rounds
    if rounds == 3:
        assert read(tmp_path / "key")


@pytest.mark.parametrize(
    "text",
    [
        b"", b"x" * 1000, armoured(b""), armoured(b"openssh-key-v1\0"), armoured(b"openssh-key-v1\0" + b"\xff" * 40),
        armoured(b"openssh-key-v1\0" + field(b"none") * 2 + field(b"")), b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
        armoured(b"openssh-key-v1\0" + field(b"aes256-ctr") + field(b"bcrypt") + field(b"\xff\xff\xff\xff")),
    ],
)  # fmt: skip
def test_what_is_no_locked_key_takes_none(text: bytes) -> None:
    assert passphrase_rounds(text) == 0


def test_a_passphrase_that_would_take_for_ever_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(locked(2**31))
    with pytest.raises(SSHException, match="takes 2147483648 rounds, more than 2000"):
        read(tmp_path / "key")
