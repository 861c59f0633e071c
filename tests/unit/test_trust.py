"""Which keys a known_hosts file pins, whatever else is in it."""

from __future__ import annotations

import os
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from paramiko import Ed25519Key

from installer.errors import KnownHostsMissing, KnownHostsUnreadable
from installer.remote.ssh import host_keys

DAMAGED = (
    b"10.0.0.9 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\n",
    b"10.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA\n",
    b"10.0.0.1 ecdsa-sha2-nistp256 AAAA\n",
    b"10.0.0.1 ssh-dss AAAAB3NzaC1kc3MAAACB\n",
    b"\x80\xff\xfe\x00binary \x80\x81 here\n",
    b"10.0.0.1\n",
    b"|1|c2hvcnQ=|bm9uZQ== ssh-ed25519 AAAA\n",
    b"|1| ssh-ed25519 AAAA\n",
    b"|1|a|b|c|d ssh-ed25519 AAAA\n",
    "schön ssh-ed25519 Schlüssel\n".encode("latin-1"),
    b"# a comment\n\n   \n",
)


def made(folder: Path, name: str, kind: str = "ed25519") -> tuple[str, str]:
    """The public half of a new key, and its fingerprint as ssh-keygen says it."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    told = subprocess.run(["ssh-keygen", "-l", "-f", path], check=True, capture_output=True, text=True).stdout
    return " ".join(path.with_suffix(".pub").read_text().split()[:2]), told.split()[1]


def pinned(known_hosts: Path, address: str = "10.0.0.1", port: int = 22) -> host_keys.Pins:
    return host_keys.pins("cp-1", address, port, "", str(known_hosts))


@pytest.mark.parametrize("damaged", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_is_passed_over(tmp_path: Path, damaged: bytes) -> None:
    key, fingerprint = made(tmp_path, "a")
    known = tmp_path / "known_hosts"
    known.write_bytes(damaged + f"10.0.0.1 {key} somebody's comment\n".encode() + damaged)
    assert pinned(known) == host_keys.Pins("cp-1", (fingerprint,), ("ssh-ed25519",))


def test_names_are_plain_or_hashed_with_a_port_or_not(tmp_path: Path) -> None:
    key, fingerprint = made(tmp_path, "a")
    known = tmp_path / "known_hosts"
    known.write_text(f"cp-1,10.0.0.1,[10.0.0.2]:2222\t{key}\n")
    for _ in ("plain", "hashed"):
        assert pinned(known).fingerprints == (fingerprint,)
        assert pinned(known, "cp-1").fingerprints == (fingerprint,)
        assert pinned(known, "10.0.0.2", 2222).fingerprints == (fingerprint,)
        assert pinned(known, "10.0.0.1", 2222).fingerprints == (fingerprint,), "as ssh, where no line has the port"
        assert pinned(known, "10.0.0.2").fingerprints == pinned(known, "10.0.0.3").fingerprints == ()
        subprocess.run(["ssh-keygen", "-H", "-f", known], check=True, capture_output=True)
    assert b"10.0.0.1" not in known.read_bytes()


def test_every_key_of_a_host_is_pinned_the_best_type_first(tmp_path: Path) -> None:
    keys = [made(tmp_path, "rsa", "rsa"), made(tmp_path, "new"), made(tmp_path, "old")]
    known = tmp_path / "known_hosts"
    known.write_text("".join(f"10.0.0.1 {key}\n" for key, _ in keys))
    found = pinned(known)
    assert found.fingerprints == (keys[1][1], keys[2][1], keys[0][1])
    assert found.types == ("ssh-ed25519", "ssh-rsa")


NAMES = (
    "10.0.0.1", "[10.0.0.1]:2222", "cp-1.example.org", "*", "10.0.0.*", "10.0.0.?", "10.0.0.1?", "?0.0.0.1", "10.*.1",
    "*,!10.0.0.1", "!10.0.0.1,*", "*,!10.0.0.2", "!10.0.0.2", "a,10.0.0.1", "10.0.0.1,", ",10.0.0.1",
    "CP-1.Example.ORG", "[10.0.0.*]:2222", "[*]:*", "[10.0.0.1]", "10.0.0.1:2222", "**********************1",
    "10.0.0.1.*", "[10.0.0.1]:22",
)  # fmt: skip


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("address", ["10.0.0.1", "cp-1.example.org"])
def test_names_mean_what_ssh_keygen_takes_them_for(tmp_path: Path, names: str, address: str) -> None:
    key, _ = made(tmp_path, "a")
    file = tmp_path / "known_hosts"
    file.write_text(f"{names} {key}\n")
    found = subprocess.run(["ssh-keygen", "-F", address, "-f", file], capture_output=True, check=False)
    assert bool(pinned(file, address).fingerprints) == (found.returncode == 0)


def test_patterns_of_many_stars_take_no_time(tmp_path: Path) -> None:
    key, _ = made(tmp_path, "a")
    file = tmp_path / "known_hosts"
    file.write_text(f"{'*a' * 5000}b {key}\n")
    assert pinned(file, "a" * 200).fingerprints == ()


def test_revoked_keys_and_authorities_are_told_apart(tmp_path: Path) -> None:
    (key, mine), (authority, signs), (gone, revoked) = (made(tmp_path, name) for name in ("a", "b", "c"))
    file = tmp_path / "known_hosts"
    file.write_text(f"10.0.0.1 {key}\n@cert-authority *.0.0.1 {authority}\n@revoked * {gone}\n")
    found = pinned(file)
    assert (found.fingerprints, found.authorities, found.revoked) == ((mine,), (signs,), (revoked,))
    by_fingerprint = host_keys.pins("cp-1", "10.0.0.1", 22, revoked, str(file))
    assert not by_fingerprint.accept(Ed25519Key(data=b64decode(gone.split()[1])))
    assert by_fingerprint.revokes(Ed25519Key(data=b64decode(gone.split()[1])))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("10.0.0.1 ssh-ed25519 AAAA\n".encode("utf-16"), "text in UTF-16"),
        (b"\xef\xbb\xbf10.0.0.1 ssh-ed25519 AAAA\n", "UTF-8 with a byte order mark"),
    ],
)
def test_files_that_ssh_cannot_make_out_are_told_as_such(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "known_hosts").write_bytes(content)
    with pytest.raises(KnownHostsUnreadable, match=reason):
        pinned(tmp_path / "known_hosts")


def test_a_pipe_a_device_and_a_file_without_end_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(1 << 32)
    for path, reason in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device"), (tmp_path / "huge", "16 MiB")):
        with pytest.raises(KnownHostsUnreadable, match=reason):
            pinned(path)


def test_a_missing_file_is_told_as_missing(tmp_path: Path) -> None:
    key, _ = made(tmp_path, "a")
    found = pinned(tmp_path / "none")
    refused = found.refusal(Ed25519Key(data=b64decode(key.split()[1])))
    assert isinstance(refused, KnownHostsMissing)
    assert f"{tmp_path}/none is not there" in refused.message
    assert "SHA256:" in refused.remedy


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnownHostsUnreadable, match=str(tmp_path)) as caught:
        pinned(tmp_path)
    assert "access.known_hosts" in caught.value.remedy
