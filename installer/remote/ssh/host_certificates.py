"""Certificates that hosts show in place of a bare key: what makes one valid, as ssh has it."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import SSHCertificate, SSHCertificateType

from installer.formats.ssh_keys import PublicKey, fingerprint
from installer.messages import Message

SUFFIX = "-cert-v01@openssh.com"
"""How the type of a certificate goes on behind that of its key."""


class NoCertificate(Exception):
    """Why bytes are no certificate that can be judged."""


def authority_of(certificate: PublicKey) -> str:
    """The fingerprint of the key that signed a certificate.

    Raises:
        NoCertificate: it is none.
    """
    signer = loaded(certificate).signature_key()
    public = signer.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return fingerprint(base64.b64decode(public.split()[1]))


def flaw(certificate: PublicKey, host: str, now: float) -> str:
    """Why a certificate does not speak for a host at a time (seconds since 1970), whoever signed it; empty if it does.

    `host` is the name or address that is connected to, without a port.
    """
    try:
        read = loaded(certificate)
        if _by_sha1(read, certificate.blob):
            return Message("it is signed with SHA-1")
        read.verify_cert_signature()
    except NoCertificate as error:
        return str(error)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return Message("its signature does not hold")
    if read.type is not SSHCertificateType.HOST:
        return Message("it is none for a host")
    if now < read.valid_after:
        return Message("it is not valid yet")
    if now >= read.valid_before:
        return Message("it has expired")
    names = [name.decode("utf-8", "replace") for name in read.valid_principals]
    if names and host not in names:
        return Message("it is for {names}, not for {host}", names=", ".join(names[:5]), host=host)
    return Message("it has critical options, and none is known for hosts") if read.critical_options else ""


def loaded(certificate: PublicKey) -> SSHCertificate:
    """A certificate as it is understood.

    Raises:
        NoCertificate: it is none.
    """
    text = f"{certificate.type} ".encode() + base64.b64encode(certificate.blob)
    try:
        read = serialization.load_ssh_public_identity(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NoCertificate(Message("it is malformed")) from error
    if not isinstance(read, SSHCertificate):
        raise NoCertificate(Message("it is malformed"))
    return read


def _by_sha1(read: SSHCertificate, blob: bytes) -> bool:
    """Whether an RSA key signed with SHA-1: the name of the algorithm stands before the signature, at the end."""
    signer = read.signature_key()
    if not isinstance(signer, RSAPublicKey):
        return False
    before = blob[: -(4 + (signer.key_size + 7) // 8)]
    return not before.endswith((b"rsa-sha2-256", b"rsa-sha2-512"))
