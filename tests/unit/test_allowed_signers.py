"""Who may sign: the file of allowed signers, as ssh-keygen reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
import test_bundle_signature
from bundle_sample import NOW
from test_bundle_signature import MESSAGE, keygen, openssh_accepts, we_accept

from installer.bundle.signers import read_revoked, read_signers, verify_signature
from installer.bundle.sshsig import NAMESPACE, SignatureInvalid, sign
from installer.formats.ssh_patterns import listed as matches

key = test_bundle_signature.key
line = test_bundle_signature.line

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
