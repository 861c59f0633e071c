"""Signatures go both ways between this program and the real ssh-keygen, and signers are read as OpenSSH reads them."""

from __future__ import annotations

import base64
import shutil
import struct
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from bundle_sample import NOW

from installer.bundle.signers import verify_signature
from installer.bundle.sshsig import NAMESPACE, SIZE, UNSIGNED, SignatureInvalid, generate_key, parse, sign
from installer.errors import UsageError

MESSAGE = '{"name":"core","title":"商店"}\n'.encode()

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


def keygen(*argv: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *map(str, argv)], input=stdin, capture_output=True)


def openssh_accepts(folder: Path, signature: bytes, signers: str, at: str = "", identity: str = "vendor") -> bool:
    (folder / "sig").write_bytes(signature)
    (folder / "allowed").write_bytes(signers.encode())
    when = ["-O", f"verify-time={at}"] if at else []
    argv = ["-Y", "verify", "-f", folder / "allowed", "-I", identity, "-n", NAMESPACE, "-s", folder / "sig", *when]
    return keygen(*argv, stdin=MESSAGE).returncode == 0


def we_accept(signature: bytes, signers: str, now: datetime = NOW, identity: str = "vendor") -> bool:
    try:
        verify_signature(MESSAGE, signature, signers, now, identity)
    except SignatureInvalid:
        return False
    return True


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    (tmp_path / "line").write_text(generate_key(path))
    return path


@pytest.fixture
def line(key: Path) -> str:
    return key.with_name("line").read_text()


class TestKeys:
    def test_are_openssh_keys_for_the_owner_alone(self, key: Path) -> None:
        assert key.stat().st_mode & 0o777 == 0o600
        shown = keygen("-y", "-f", key)
        assert shown.stdout.split()[:2] == key.with_name("key.pub").read_bytes().split()[:2]

    def test_may_have_a_passphrase(self, tmp_path: Path) -> None:
        path = tmp_path / "locked"
        line = generate_key(path, passphrase="open sesame")
        assert keygen("-y", "-P", "", "-f", path).returncode != 0
        assert keygen("-y", "-P", "open sesame", "-f", path).returncode == 0
        assert we_accept(sign(MESSAGE, path, "open sesame"), line)

    def test_are_never_overwritten(self, key: Path) -> None:
        before = key.read_bytes()
        with pytest.raises(UsageError, match="File exists"):
            generate_key(key)
        assert key.read_bytes() == before


class TestSigning:
    def test_makes_the_bytes_that_openssh_makes(self, key: Path) -> None:
        theirs = keygen("-Y", "sign", "-f", key, "-n", NAMESPACE, stdin=MESSAGE).stdout
        assert sign(MESSAGE, key) == theirs

    def test_makes_signatures_of_one_size(self, key: Path) -> None:
        assert {len(sign(message, key)) for message in (b"", MESSAGE, b"x" * 100_000)} == {SIZE} == {len(UNSIGNED)}

    def test_openssh_accepts_ours(self, tmp_path: Path, key: Path, line: str) -> None:
        assert openssh_accepts(tmp_path, sign(MESSAGE, key), line)
        assert not openssh_accepts(tmp_path, sign(MESSAGE + b" ", key), line)

    @pytest.mark.parametrize("cipher", ["", "aes256-gcm@openssh.com"])
    def test_uses_keys_that_openssh_made(self, tmp_path: Path, cipher: str) -> None:
        path = tmp_path / "theirs"
        lock = ["-N", "secret", "-Z", cipher] if cipher else ["-N", ""]
        assert keygen("-q", "-t", "ed25519", "-C", "a vendor", "-f", path, *lock).returncode == 0
        public = path.with_name("theirs.pub").read_text()
        assert we_accept(sign(MESSAGE, path, "secret" if cipher else ""), f"vendor {public}")

    def test_refuses_what_is_no_key_for_it(self, tmp_path: Path, key: Path) -> None:
        keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "rsa")
        keygen("-q", "-t", "ed25519", "-N", "secret", "-f", tmp_path / "locked")
        (tmp_path / "text").write_text("no key\n")
        (tmp_path / "folder").mkdir()
        for name, passphrase, says in [
            ("rsa", "", "not an ed25519 key"),
            ("locked", "", "needs its passphrase"),
            ("locked", "wrong", "passphrase is wrong"),
            ("key", "superfluous", "has no passphrase"),
            ("text", "", "not an OpenSSH private key"),
            ("folder", "", "cannot be read"),
            ("nothing", "", "cannot be read"),
        ]:
            with pytest.raises(UsageError, match=says):
                sign(MESSAGE, tmp_path / name, passphrase)


class TestVerifying:
    @pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
    def test_accepts_what_openssh_signed(self, key: Path, line: str, hash_name: str) -> None:
        theirs = keygen("-Y", "sign", "-O", f"hashalg={hash_name}", "-f", key, "-n", NAMESPACE, stdin=MESSAGE).stdout
        assert we_accept(theirs, line)

    def test_says_whose_line_let_it_pass(self, key: Path, line: str) -> None:
        signer = verify_signature(MESSAGE, sign(MESSAGE, key), "# the vendor's keys\n\n" + line, NOW)
        assert (signer.line, signer.principals, signer.namespaces) == (3, "vendor", NAMESPACE)

    def test_refuses_another_namespace(self, key: Path, line: str) -> None:
        theirs = keygen("-Y", "sign", "-f", key, "-n", "file", stdin=MESSAGE).stdout
        with pytest.raises(SignatureInvalid, match="signed for 'file', not for 'sitewright-bundle'"):
            verify_signature(MESSAGE, theirs, line, NOW)

    def test_refuses_another_kind_of_key(self, tmp_path: Path) -> None:
        keygen("-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "ecdsa")
        theirs = keygen("-Y", "sign", "-f", tmp_path / "ecdsa", "-n", NAMESPACE, stdin=MESSAGE).stdout
        with pytest.raises(SignatureInvalid, match="by a ecdsa-sha2-nistp256 key; accepted is ssh-ed25519"):
            verify_signature(MESSAGE, theirs, f"vendor {(tmp_path / 'ecdsa.pub').read_text()}", NOW)

    def test_every_bit_of_a_signature_matters(self, key: Path, line: str) -> None:
        """All but the reserved field, which is empty here and covered as such by its length."""
        armored = sign(MESSAGE, key).decode().splitlines()
        body = base64.b64decode("".join(armored[1:-1]))
        for at in range(len(body)):
            changed = bytearray(body)
            changed[at] ^= 1
            text = base64.b64encode(changed).decode()
            assert not we_accept("\n".join((armored[0], text, armored[-1], "")).encode(), line), at
        for length in range(len(body)):
            text = base64.b64encode(body[:length]).decode()
            assert not we_accept("\n".join((armored[0], text, armored[-1], "")).encode(), line), length

    @pytest.mark.parametrize(
        "change",
        [
            lambda body: body + b"\0",
            lambda body: body.replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2"),
            lambda body: body.replace(b"\0\0\0\6sha512", b"\0\0\0\3md5"),
            lambda body: body[:10] + struct.pack(">I", 0xFFFFFFFF) + body[14:],
        ],
        ids=["data after its end", "a later version", "another hash", "an endless length"],
    )
    def test_refuses_a_changed_form(self, key: Path, change) -> None:
        armored = sign(MESSAGE, key).decode().splitlines()
        text = base64.b64encode(change(base64.b64decode("".join(armored[1:-1])))).decode()
        with pytest.raises(SignatureInvalid):
            parse("\n".join((armored[0], text, armored[-1], "")).encode())

    @pytest.mark.parametrize(
        "armored", [b"", b"\xff", b"-----BEGIN SSH SIGNATURE-----\n", b"x\n-----END SSH SIGNATURE-----\n"]
    )
    def test_refuses_what_is_no_signature(self, armored: bytes) -> None:
        with pytest.raises(SignatureInvalid, match="malformed"):
            parse(armored)
