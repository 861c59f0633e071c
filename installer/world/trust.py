"""Which host keys are trusted: those pinned in the answers, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paramiko import HostKeys, PKey

from installer.errors import HostKeyMismatch, HostKeyUnknown

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
    """What the answers pin for a host: its `host_key`, otherwise what the known_hosts file says of its address."""
    if host_key:
        return Pins(host, (host_key if host_key.startswith("SHA256:") else f"SHA256:{host_key}",), tuple(ALGORITHMS))
    path = Path(known_hosts).expanduser()
    keys = HostKeys(str(path)) if known_hosts and path.is_file() else HostKeys()
    known: Mapping[str, PKey] = keys.lookup(address if port == 22 else f"[{address}]:{port}") or {}
    types = tuple(name for name in ALGORITHMS if name in known)
    return Pins(host, tuple(known[name].fingerprint for name in types), types or tuple(ALGORITHMS))
