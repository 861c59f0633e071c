"""Which keys a known_hosts file pins, whatever else is in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from installer.errors import KnownHostsUnreadable
from installer.world import trust

DAMAGED = (
    b"10.0.0.9 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\n",
    b"10.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA\n",
    b"10.0.0.1 ecdsa-sha2-nistp256 AAAA\n",
    b"10.0.0.1 ssh-dss AAAAB3NzaC1kc3MAAACB\n",
    b"\xff\xfe\x00binary \x80\x81 here\n",
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


def pinned(known_hosts: Path, address: str = "10.0.0.1", port: int = 22) -> trust.Pins:
    return trust.pins("cp-1", address, port, "", str(known_hosts))


@pytest.mark.parametrize("damaged", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_is_passed_over(tmp_path: Path, damaged: bytes) -> None:
    key, fingerprint = made(tmp_path, "a")
    known = tmp_path / "known_hosts"
    known.write_bytes(damaged + f"10.0.0.1 {key} somebody's comment\n".encode() + damaged)
    assert pinned(known) == trust.Pins("cp-1", (fingerprint,), ("ssh-ed25519",))


def test_names_are_plain_or_hashed_with_a_port_or_not(tmp_path: Path) -> None:
    key, fingerprint = made(tmp_path, "a")
    known = tmp_path / "known_hosts"
    known.write_text(f"cp-1,10.0.0.1,[10.0.0.2]:2222\t{key}\n")
    for _ in ("plain", "hashed"):
        assert pinned(known).fingerprints == (fingerprint,)
        assert pinned(known, "cp-1").fingerprints == (fingerprint,)
        assert pinned(known, "10.0.0.2", 2222).fingerprints == (fingerprint,)
        assert pinned(known, "10.0.0.2").fingerprints == pinned(known, "10.0.0.1", 2222).fingerprints == ()
        subprocess.run(["ssh-keygen", "-H", "-f", known], check=True, capture_output=True)
    assert b"10.0.0.1" not in known.read_bytes()


def test_every_key_of_a_host_is_pinned_the_best_type_first(tmp_path: Path) -> None:
    keys = [made(tmp_path, "rsa", "rsa"), made(tmp_path, "new"), made(tmp_path, "old")]
    known = tmp_path / "known_hosts"
    known.write_text("".join(f"10.0.0.1 {key}\n" for key, _ in keys))
    found = pinned(known)
    assert found.fingerprints == (keys[1][1], keys[2][1], keys[0][1])
    assert found.types == ("ssh-ed25519", "ssh-rsa")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert pinned(tmp_path / "none").fingerprints == ()
    with pytest.raises(KnownHostsUnreadable, match=str(tmp_path)) as caught:
        pinned(tmp_path)
    assert "access.known_hosts" in caught.value.remedy
