"""Private keys out of files, as SSH uses them: every form that OpenSSH reads, and why any other will not do.

`cryptography` reads what people have; what it does not know, ciphers that ssh-keygen writes when it is told to and old
ones of OpenSSL, asyncssh reads. That is loaded for such a key alone, for loading it takes as long as a login.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import paramiko
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from installer.formats import text_file
from installer.formats.private_keys import Armoured, NoKey, armoured
from installer.formats.ssh_keys import PublicKey, read_key
from installer.messages import Message

LARGEST = 1 << 20
"""Bytes of the largest file that is read as a key."""
SMALLEST_RSA = 1024
"""Bits of the smallest RSA key that OpenSSH uses (RequiredRSASize of ssh_config)."""
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
"""The curves that SSH knows for ECDSA (RFC 5656)."""
DSA = Message("is a DSA key, which SSH servers take no more: ssh-keygen -t ed25519 makes another")
WRONG = Message("does not open: wrong passphrase")


def read(path: Path, passphrase: Callable[[], str | None]) -> paramiko.PKey:
    """The key in a file; its passphrase is asked for where it has one.

    Raises:
        NoKey: there is none in it that can be used.
        OSError: the file cannot be read.
    """
    found = armoured(_content(path))
    if found.kind.startswith("sk-"):
        raise NoKey(
            Message("lies in a security key (FIDO), which an agent alone can ask: ssh-add it, and set access.agent")
        )
    if found.kind == "ssh-dss":
        raise NoKey(DSA)
    secret = None
    if found.encrypted:
        secret = passphrase()
        if not secret:
            raise NoKey(Message("has a passphrase and the answers name none (access.passphrase)"))
    return _for_ssh(_decrypted(found, secret))


def public_half(path: Path) -> PublicKey | None:
    """The public key that a file holds in place of a private one; None where it holds none, or cannot be read.

    OpenSSH takes such a file for the name of the key in the agent.
    """
    try:
        return read_key(text_file.decoded(_content(path)).strip())
    except (NoKey, text_file.Unfit, OSError):
        return None


def _content(path: Path) -> bytes:
    try:
        return text_file.read(path, LARGEST)
    except text_file.Unfit as error:
        raise NoKey(Message("is {reason}", reason=error)) from error


def _decrypted(found: Armoured, passphrase: str | None) -> object:
    """The key by the first reader that reads it.

    Raises:
        NoKey: none does.
    """
    secret = passphrase.encode() if passphrase else None
    wrong = False
    for reader in (_by_cryptography, _by_asyncssh):
        try:
            return reader(found, secret)
        except NoKey:
            wrong = True
        except (UnsupportedAlgorithm, ValueError, TypeError):
            continue
    if wrong:
        raise NoKey(WRONG)
    if found.encrypted:
        raise NoKey(
            Message(
                "has another passphrase, or is encrypted in a way that is not read here: ssh-keygen -p -f does it anew"
            )
        )
    raise NoKey(Message("is damaged, or of a kind that SSH has not"))


def _by_cryptography(found: Armoured, secret: bytes | None) -> object:
    load = serialization.load_ssh_private_key if found.label == "OPENSSH" else serialization.load_pem_private_key
    try:
        return load(found.text, secret)
    except InvalidTag as error:
        raise NoKey(WRONG) from error
    except ValueError as error:
        if secret and any(sign in str(error) for sign in ("Incorrect password", "broken checksum")):
            raise NoKey(WRONG) from error
        raise


def _by_asyncssh(found: Armoured, secret: bytes | None) -> object:
    import asyncssh

    try:
        return asyncssh.import_private_key(found.text, secret).pyca_key
    except asyncssh.KeyEncryptionError as error:
        if "passphrase" in str(error).lower():
            raise NoKey(WRONG) from error
        raise


def _for_ssh(key: object) -> paramiko.PKey:
    """A key as paramiko uses it.

    Raises:
        NoKey: SSH has no such keys, or servers take them no more.
    """
    if isinstance(key, Ed25519PrivateKey):
        plain = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        return paramiko.Ed25519Key(file_obj=io.StringIO(plain.decode()))
    if isinstance(key, RSAPrivateKey):
        if key.key_size < SMALLEST_RSA:
            raise NoKey(
                Message(
                    "is an RSA key of {key_size} bits, and SSH takes none below {smallest_rsa}",
                    key_size=key.key_size,
                    smallest_rsa=SMALLEST_RSA,
                )
            )
        return paramiko.RSAKey(key=key)
    if isinstance(key, EllipticCurvePrivateKey):
        if key.curve.name not in CURVES:
            raise NoKey(
                Message(
                    "is on the curve {name}, which SSH has not: ssh-keygen -t ed25519 makes another",
                    name=key.curve.name,
                )
            )
        return paramiko.ECDSAKey(vals=(key, key.public_key()))
    if isinstance(key, DSAPrivateKey):
        raise NoKey(DSA)
    raise NoKey(Message("is of a kind that SSH has not: ssh-keygen -t ed25519 makes another"))
