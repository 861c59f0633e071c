"""Which host keys are trusted: those pinned in the answers, and no others."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paramiko import PKey
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import SSHException

from installer.errors import HostKeyMismatch, HostKeyUnknown, KnownHostsUnreadable

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Type of a host key -> signatures of it that are accepted, best first."""


@dataclass(frozen=True, slots=True)
class Pins:
    """The trusted keys of one host: their fingerprints, and the types a trusted key may have, best first."""

    host: str
    fingerprints: tuple[str, ...]
    types: tuple[str, ...]

    def accept(self, key: PKey) -> bool:
        """Whether this key is pinned."""
        return key.fingerprint in self.fingerprints

    def refusal(self, key: PKey) -> Exception:
        """The error for a host that showed `key` and none that is pinned."""
        found = f"{key.fingerprint} ({key.get_name()})"
        if not self.fingerprints:
            return HostKeyUnknown(host=self.host, found=found, fingerprint=key.fingerprint)
        return HostKeyMismatch(host=self.host, found=found, wanted=" or ".join(self.fingerprints))


def pins(host: str, address: str, port: int, host_key: str, known_hosts: str) -> Pins:
    """What the answers pin for a host: its `host_key`, otherwise what the known_hosts file says of its address.

    Raises:
        KnownHostsUnreadable: the file is there and cannot be read.
    """
    if host_key:
        return Pins(host, (host_key if host_key.startswith("SHA256:") else f"SHA256:{host_key}",), tuple(ALGORITHMS))
    name = address if port == 22 else f"[{address}]:{port}"
    known = [key for key in _keys_of(name, _lines(host, known_hosts)) if key.get_name() in ALGORITHMS]
    types = tuple(kind for kind in ALGORITHMS if any(key.get_name() == kind for key in known))
    fingerprints = tuple(key.fingerprint for kind in types for key in known if key.get_name() == kind)
    return Pins(host, fingerprints, types or tuple(ALGORITHMS))


def _lines(host: str, known_hosts: str) -> list[str]:
    path = Path(known_hosts)
    try:
        return path.read_bytes().decode("ascii", "replace").splitlines() if known_hosts else []
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KnownHostsUnreadable(host=host, path=path, reason=error.strerror or error) from error


def _keys_of(name: str, lines: list[str]) -> Iterator[PKey]:
    """The keys that lines of a known_hosts file give a host; what does not parse is passed over, as by OpenSSH."""
    for line in lines:
        try:
            names, kind, content = line.split()[:3]
            if any(_means(each, name) for each in names.split(",")):
                key = PKey.from_type_string(kind, b64decode(content))
                if key.asbytes() == b64decode(content):  # paramiko fills up what was cut off
                    yield key
        except (ValueError, SSHException, UnknownKeyType):
            continue


def _means(known: str, name: str) -> bool:
    """Whether a name of a known_hosts file, plain or hashed ("|1|salt|hash"), is that of the host."""
    if not known.startswith("|1|"):
        return known == name
    salt, hashed = known.removeprefix("|1|").split("|")
    return hmac.digest(b64decode(salt), name.encode(), "sha1") == b64decode(hashed)
