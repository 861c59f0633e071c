"""Which host keys are trusted: those that the answers or a known_hosts file pin, and no others."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paramiko import PKey

from installer.errors import (
    HostKeyMismatch,
    HostKeyRevoked,
    HostKeyUnknown,
    KnownHostsMissing,
    KnownHostsUnreadable,
)
from installer.formats import encodings, text_file
from installer.formats.ssh_keys import PublicKey
from installer.messages import Message
from installer.remote.ssh import known_hosts as files
from installer.remote.ssh.host_certificates import SUFFIX, NoCertificate, authority_of, flaw

LARGEST = 16 << 20
"""Bytes of the largest known_hosts file that is read: some 100,000 keys."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Type of a host key -> signatures of it that are accepted, best first."""
CERTIFICATES: Mapping[str, tuple[str, ...]] = {
    kind + SUFFIX: tuple(name + SUFFIX for name in names) for kind, names in KEYS.items()
}
"""Type of a host certificate -> the same."""
ALGORITHMS: Mapping[str, tuple[str, ...]] = {**CERTIFICATES, **KEYS}


@dataclass(frozen=True, slots=True)
class Pins:
    """The trusted keys of one host: their fingerprints, and the types a trusted key may have, best first.

    `authorities` and `revoked` are fingerprints too: of keys whose certificates for `name` are trusted, and of keys
    that are not, whatever else is said of them. `typeless` says that a fingerprint came without its type: then a host
    has to show one key after another until the pinned one is among them. `missing` names a known_hosts file that is
    not there.
    """

    host: str
    fingerprints: tuple[str, ...]
    types: tuple[str, ...]
    authorities: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    name: str = ""
    typeless: bool = False
    missing: str = ""

    @property
    def nothing(self) -> bool:
        """Whether no key at all would be trusted."""
        return not (self.fingerprints or self.authorities)

    def accept(self, key: PKey) -> bool:
        """Whether this key is pinned, or a trusted authority has certified it; and it is not revoked.

        A certificate that does not hold counts for nothing, and the key in it for what it is.
        """
        if self.revokes(key):
            return False
        return key.fingerprint in self.fingerprints or (self._certified(key) and not self._flaw(key))

    def revokes(self, key: PKey) -> bool:
        """Whether this key is revoked, or the authority that certified it is."""
        return key.fingerprint in self.revoked or _authority(key) in self.revoked

    def refusal(self, key: PKey) -> Exception:
        """The error for a host that showed `key`, which is not accepted."""
        found = f"{key.fingerprint} ({key.get_name()})"
        if self.revokes(key):
            return HostKeyRevoked(host=self.host, found=found)
        if self._certified(key):
            found = Message("{found} with a certificate that does not hold: {key}", found=found, key=self._flaw(key))
        if self.nothing and self.missing:
            return KnownHostsMissing(host=self.host, found=found, fingerprint=key.fingerprint, path=self.missing)
        if self.nothing:
            return HostKeyUnknown(host=self.host, found=found, fingerprint=key.fingerprint)
        certified = [Message("a certificate by {authority}", authority=authority) for authority in self.authorities]
        return HostKeyMismatch(host=self.host, found=found, wanted=" or ".join((*self.fingerprints, *certified)))

    def _certified(self, key: PKey) -> bool:
        return bool(authority := _authority(key)) and authority in self.authorities

    def _flaw(self, key: PKey) -> str:
        certificate = _certificate(key)
        return flaw(certificate, self.name, time.time()) if certificate else Message("it has none")


def type_of(key: PKey) -> str:
    """The type of what a host showed: that of its certificate where it showed one."""
    certificate = _certificate(key)
    return certificate.type if certificate else str(key.get_name())


def pins(host: str, address: str, port: int, host_key: str, known_hosts: str) -> Pins:
    """What is trusted of a host: its `host_key`, otherwise what the known_hosts file says; what that revokes, never.

    Raises:
        KnownHostsUnreadable: the file is there and cannot be read, or not as ssh would.
    """
    content = _content(host, known_hosts) if known_hosts else b""
    said = files.known(content or b"", address, port)
    revoked = tuple(key.fingerprint for key in said.revoked)
    if host_key:
        pinned = host_key if host_key.startswith("SHA256:") else f"SHA256:{host_key}"
        types = (*CERTIFICATES, *KEYS) if revoked else tuple(KEYS)
        return Pins(host, (pinned,), types, revoked=revoked, typeless=True)
    keys = [key for kind in KEYS for key in said.keys if key.type == kind]
    types = tuple(dict.fromkeys(key.type for key in keys)) or tuple(KEYS)
    authorities = tuple(key.fingerprint for key in said.authorities)
    return Pins(
        host,
        tuple(key.fingerprint for key in keys),
        # A certificate tells more than the key in it: who signed it may be trusted, or revoked.
        (*CERTIFICATES, *types) if authorities or revoked else types,
        authorities,
        revoked,
        address.lower() if authorities else "",
        missing=known_hosts if content is None else "",
    )


def _content(host: str, known_hosts: str) -> bytes | None:
    """The bytes of a known_hosts file; None where there is none."""
    path = Path(known_hosts)
    try:
        content = text_file.read(path, LARGEST)
        if content.startswith((encodings.MARK, *encodings.MARKS)):
            kind = next((name for mark, name in encodings.MARKS.items() if content.startswith(mark)), "UTF-8")
            raise text_file.Unfit(Message("text in {kind} with a byte order mark, which ssh does not read", kind=kind))
        guess = encodings.guessed(content) if b"\x00" in content else None
        if guess and guess[0].startswith("UTF-16"):  # a damaged line of an otherwise good file is passed over
            text_file.decoded(content)
    except FileNotFoundError:
        return None
    except text_file.Unfit as error:
        raise KnownHostsUnreadable(host=host, path=path, reason=Message("it is {reason}", reason=error)) from error
    except OSError as error:
        raise KnownHostsUnreadable(host=host, path=path, reason=error.strerror or error) from error
    return content


def _certificate(key: PKey) -> PublicKey | None:
    """The certificate that a shown key came in, if it came in one."""
    blob = key.public_blob
    return PublicKey(blob.key_type, blob.key_blob) if blob is not None and blob.key_type in CERTIFICATES else None


def _authority(key: PKey) -> str:
    """The fingerprint of the authority that certified a key; empty where none did."""
    certificate = _certificate(key)
    try:
        return authority_of(certificate) if certificate else ""
    except NoCertificate:
        return ""
