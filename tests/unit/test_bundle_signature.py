"""Signatures go both ways between this program and the real ssh-keygen, and signers are read as OpenSSH reads them."""

from __future__ import annotations

import base64
import shutil
import struct
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from bundle_sample import NOW

from installer.bundle.signers import read_revoked, read_signers, verify_signature
from installer.bundle.sshsig import NAMESPACE, SIZE, UNSIGNED, SignatureInvalid, generate_key, parse, sign
from installer.errors import UsageError
from installer.formats.ssh_patterns import listed as matches

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


OPTIONS = {
    "no options": ("", True),
    "its namespace": ('namespaces="sitewright-bundle" ', True),
    "several namespaces": ('namespaces="file,sitewright-*" ', True),
    "another namespace": ('namespaces="file" ', False),
    "its namespace excluded": ('namespaces="*,!sitewright-bundle" ', False),
    "valid since before": ('valid-after="20260101Z" ', True),
    "valid from later": ('valid-after="20270101Z" ', False),
    "valid until later": ('valid-before="202701011200Z" ', True),
    "expired": ('valid-before="20260101120000Z" ', False),
    "in capitals": ('NAMESPACES="sitewright-bundle",Valid-Before="20270101Z" ', True),
    "a window": ('valid-after="20260101Z",valid-before="20270101Z",namespaces="sitewright-bundle" ', True),
    "an authority": ("cert-authority ", False),
    "an unknown option": ("no-pty ", False),
    "a repeated option": ('namespaces="file",namespaces="*" ', False),
    "an unfinished option": ('namespaces="sitewright-bundle ', False),
    "a time that is none": ('valid-before="someday" ', False),
    "a day that is none": ('valid-before="20269999Z" ', False),
}

PRINCIPALS = {
    "vendor": True,
    "vend*": True,
    "v?ndor": True,
    "builder,vendor": True,
    "*": True,
    "*,!vendor": False,
    "!vendor,*": False,
    "vendor.example": False,
    "VENDOR": False,
    "vendor*x": False,
}


ODD: dict[str, Callable[[str], str]] = {
    **{
        f"behind U+{ord(sign):04X} in a comment": partial(lambda sign, line: f"# by hand{sign}{line}", sign)
        for sign in "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r"
    },
    **{
        f"U+{ord(sign):04X} for the blank behind the principals": partial(
            lambda sign, line: line.replace(" ", sign, 1), sign
        )
        for sign in "\u00a0\u3000\x0b\x0c\x1c\u2028\t\r"
    },
    **{
        f"U+{ord(sign):04X} before the key": partial(lambda sign, line: line.replace(" ssh-", f"{sign}ssh-"), sign)
        for sign in "\u00a0\x0b\x0c\t\r"
    },
    "CR LF": lambda line: line.replace("\n", "\r\n"),
    "CR LF and a comment": lambda line: line.replace("\n", " me\r\n"),
    "blanks around": lambda line: f" \t{line.strip()} \t\n",
    "no line end": str.strip,
    "two blanks": lambda line: line.replace(" ", "  "),
    "a quoted principal": lambda line: f'"vendor"{line.removeprefix("vendor")}',
    "a quoted list of principals": lambda line: f'"a,vendor"{line.removeprefix("vendor")}',
    "options in capitals": lambda line: line.replace("namespaces", "NAMESPACES"),
    "a comma too many": lambda line: line.replace('" ssh', '", ssh'),
    "a key of another type's name": lambda line: line.replace("ssh-ed25519", "ssh-rsa"),
    "a key cut off": lambda line: line.strip()[:-4],
    "a key with more behind it": lambda line: line.strip() + "AAAA",
    "a pattern of 1,100 letters": lambda line: f"{'a' * 1100},{line}",
    "many stars": lambda line: f"{'*v' * 300}*r,{line}",
    "negated": lambda line: f"!{line}",
    "negated beside": lambda line: f"!vend*,{line}",
    "an empty principal": lambda line: f",{line}",
    "nothing": lambda line: "",
    "a comment alone": lambda line: f"#{line}",
}
"""What may be done to the line of allowed signers."""


class TestAllowedSigners:
    """Each case is put to OpenSSH as well: the two must agree."""

    @pytest.mark.parametrize("case", OPTIONS)
    def test_options(self, tmp_path: Path, key: Path, case: str) -> None:
        options, accepted = OPTIONS[case]
        signers = f"vendor {options}{key.with_name('key.pub').read_text()}"
        signature = sign(MESSAGE, key)
        assert openssh_accepts(tmp_path, signature, signers, NOW.strftime("%Y%m%d%H%M%SZ")) == accepted
        assert we_accept(signature, signers) == accepted

    @pytest.mark.parametrize("case", ODD)
    def test_odd_files(self, tmp_path: Path, key: Path, line: str, case: str) -> None:
        signers = ODD[case](line)
        signature = sign(MESSAGE, key)
        assert we_accept(signature, signers) == openssh_accepts(tmp_path, signature, signers)

    @pytest.mark.parametrize("pattern", ["*" * 5000, "*a" * 5000 + "b", "?*" * 400])
    def test_patterns_of_many_stars_take_no_time(self, key: Path, line: str, pattern: str) -> None:
        began = time.monotonic()
        we_accept(sign(MESSAGE, key), f"{pattern},{line}", identity="a" * 500)
        assert time.monotonic() - began < 30, "a regular expression takes longer than anybody waits"

    def test_a_revoked_key_signs_nothing(self, key: Path, line: str) -> None:
        public = key.with_name("key.pub").read_text()
        signature = sign(MESSAGE, key)
        for revoked in (public, f"# gone\n\n{public.strip()}\r\n", public.rsplit(" ", 1)[0]):
            with pytest.raises(SignatureInvalid, match=r"revoked \(SHA256:"):
                verify_signature(MESSAGE, signature, line, NOW, revoked=revoked)
            (key.parent / "revoked").write_text(revoked)
            (key.parent / "sig").write_bytes(signature)
            (key.parent / "allowed").write_text(line)
            argv = ("-Y", "verify", "-f", key.parent / "allowed", "-I", "vendor", "-n", NAMESPACE)
            argv += ("-s", key.parent / "sig", "-r", key.parent / "revoked")
            assert keygen(*argv, stdin=MESSAGE).returncode != 0
        assert verify_signature(MESSAGE, signature, line, NOW, revoked="# nobody\n").line == 1

    @pytest.mark.parametrize("text", ["vendor", "SHA256:abc", "ssh-ed25519 AAAA", "\ufeff# x\n"])
    def test_a_list_of_revoked_keys_that_cannot_be_understood_refuses_all(self, text: str) -> None:
        with pytest.raises(SignatureInvalid, match="line 1 of the revoked keys"):
            read_revoked(text)

    @pytest.mark.parametrize("principals", PRINCIPALS)
    def test_principals(self, tmp_path: Path, key: Path, principals: str) -> None:
        signers = f"{principals} {key.with_name('key.pub').read_text()}"
        signature = sign(MESSAGE, key)
        assert openssh_accepts(tmp_path, signature, signers) == PRINCIPALS[principals]
        assert we_accept(signature, signers) == PRINCIPALS[principals]

    def test_a_later_line_may_allow_what_an_earlier_did_not(self, key: Path, line: str) -> None:
        expired = line.replace(" ", ' valid-before="20200101Z",', 1)
        assert we_accept(sign(MESSAGE, key), expired + line)
        assert not we_accept(sign(MESSAGE, key), expired)

    def test_a_time_without_a_zone_is_read_in_the_zone_of_now(self, key: Path, line: str) -> None:
        signers = line.replace(" ", ' valid-before="202611231200",', 1)
        east = timezone(timedelta(hours=8))
        assert we_accept(sign(MESSAGE, key), signers, datetime(2026, 11, 23, 12, tzinfo=east))
        assert we_accept(sign(MESSAGE, key), signers, datetime(2026, 11, 23, 12, tzinfo=UTC))
        assert not we_accept(sign(MESSAGE, key), signers, datetime(2026, 11, 23, 13, tzinfo=east))

    def test_other_kinds_of_keys_are_passed_over(self, tmp_path: Path, line: str) -> None:
        keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "rsa")
        text = f"somebody {(tmp_path / 'rsa.pub').read_text()}# a comment\n\n{line}"
        assert [signer.line for signer in read_signers(text)] == [4]

    @pytest.mark.parametrize(
        "text",
        [
            "vendor",
            "vendor ssh-ed25519",
            "vendor ssh-ed25519 ###",
            'vendor namespaces="*" nokey AAAA',
            '"a b" ssh-ed25519 AAAA',
            'a"b" ssh-ed25519 AAAA',
            "vendor ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
            "vendor ssh-ed448 AAAAC3NzaC1lZDI1NTE5AAAAI",
        ],
    )
    def test_a_line_that_cannot_be_understood_refuses_all(self, key: Path, line: str, text: str) -> None:
        with pytest.raises(SignatureInvalid, match="line 2 of the allowed signers"):
            list(read_signers(line + text))

    def test_patterns_know_no_other_magic(self) -> None:
        assert matches("a.c", "a.c") and not matches("a.c", "abc")
        assert not matches("[a]", "a") and not matches("", "a")
