"""Signatures in OpenSSH's own form (SSHSIG, PROTOCOL.sshsig), for the bundle's namespace and ed25519 alone.

Any host with OpenSSH 8.1 checks them: `ssh-keygen -Y verify -f allowed_signers -I vendor -n sitewright-bundle
-s bundle.json.sig < bundle.json`. The other direction holds too: what `ssh-keygen -Y sign` makes is accepted here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from installer.errors import UsageError
from installer.formats import text_file
from installer.messages import Message

NAMESPACE = "sitewright-bundle"
KEY_TYPE = "ssh-ed25519"

_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_VERSION = 1
SIZE = 314
"""Bytes of every signature of a bundle that `sign` makes: key, namespace and hash are always of the same length."""

UNSIGNED = b"not signed yet; sign it with: sitewright bundle sign".ljust(SIZE - 1) + b"\n"
"""Holds the place of the signature in a bundle that waits for one."""

LARGEST_KEY = 1 << 20
"""Bytes of the largest file that is read as a key."""

_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_LINE = 70


class SignatureInvalid(Exception):
    """Why a signature is none, or not of these bytes."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A parsed signature; `key` is the signer's public key in SSH's wire form."""

    key: bytes
    namespace: str
    hash: str
    value: bytes


def generate_key(path: Path, *, identity: str = "vendor", passphrase: str = "") -> str:
    """Make a signing key: `path` (mode 0600) and `path`.pub; returns the line for an allowed_signers file.

    Raises:
        UsageError: one of the files is already there or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    _create(path, private, 0o600)
    _create(path.with_name(path.name + ".pub"), public + f" {identity}\n".encode(), 0o644)
    return f'{identity} namespaces="{NAMESPACE}" {public.decode()}\n'


def sign(message: bytes, key_path: Path, passphrase: str = "", namespace: str = NAMESPACE) -> bytes:
    """The armored signature of `message` for a namespace, the same bytes that `ssh-keygen -Y sign` makes.

    Raises:
        UsageError: the key cannot be read, is not ed25519, or the passphrase is wrong.
    """
    key = private_key(key_path, passphrase)
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    value = key.sign(_signed_bytes(message, namespace, "sha512"))
    body = b"".join(
        (
            _MAGIC,
            struct.pack(">I", _VERSION),
            _string(_string(KEY_TYPE.encode()) + _string(raw)),
            _string(namespace.encode()),
            _string(b""),
            _string(b"sha512"),
            _string(_string(KEY_TYPE.encode()) + _string(value)),
        )
    )
    text = base64.b64encode(body).decode()
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "\n".join((_BEGIN, *lines, _END, "")).encode()


def is_locked(path: Path) -> bool:
    """Whether a key can be used with its passphrase only.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        serialization.load_ssh_private_key(_read(path), None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False  # it is no key, which `private_key` tells
    return False


def private_key(path: Path, passphrase: str = "") -> Ed25519PrivateKey:
    """The key of a file.

    Raises:
        UsageError: the key cannot be read, is not ed25519, or the passphrase is wrong.
    """
    data = _read(path)
    try:
        key = serialization.load_ssh_private_key(data, passphrase.encode() if passphrase else None)
    except TypeError as error:
        reason = Message("the key has no passphrase") if passphrase else Message("the key needs its passphrase")
        raise UsageError(reason=Message("{path}: {reason}", path=path, reason=reason)) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        reason = Message("not an OpenSSH private key, or its passphrase is wrong")
        raise UsageError(reason=Message("{path}: {reason}", path=path, reason=reason)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            reason=Message("{path}: not an ed25519 key; make one with: sitewright bundle keygen", path=path)
        )
    return key


def parse(armored: bytes) -> Signature:
    """Read an armored signature.

    Raises:
        SignatureInvalid: it is malformed, or of a kind that is not accepted.
    """
    reader = _Reader(_unarmored(armored))
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise SignatureInvalid(Message("the signature is malformed"))
    version = reader.number()
    if version != _VERSION:
        raise SignatureInvalid(
            Message("the signature has version {version}; known is {known}", version=version, known=_VERSION)
        )
    key = reader.string()
    namespace = reader.text()
    reader.string()  # reserved; a verifier must skip it
    hash_name = reader.text()
    signed = _Reader(reader.string())
    reader.end()
    kind = signed.text()
    if kind != KEY_TYPE or _Reader(key).text() != KEY_TYPE:
        raise SignatureInvalid(
            Message("the signature is by a {kind} key; accepted is {key_type}", kind=kind, key_type=KEY_TYPE)
        )
    value = signed.string()
    signed.end()
    if hash_name not in _HASHES:
        raise SignatureInvalid(
            Message(
                "the signature uses the hash {hash_name}; accepted are {names}",
                hash_name=repr(hash_name),
                names=", ".join(_HASHES),
            )
        )
    return Signature(key, namespace, hash_name, value)


def check(message: bytes, signature: Signature) -> None:
    """Whether `signature` is one of `message`, by the key and for the namespace it names itself.

    Raises:
        SignatureInvalid: it is not.
    """
    reader = _Reader(signature.key)
    reader.string()
    raw = reader.string()
    reader.end()
    try:
        public = Ed25519PublicKey.from_public_bytes(raw)
        public.verify(signature.value, _signed_bytes(message, signature.namespace, signature.hash))
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid(Message("the signature is not of this content")) from error


def _signed_bytes(message: bytes, namespace: str, hash_name: str) -> bytes:
    digest = _HASHES[hash_name](message).digest()
    return _MAGIC + b"".join(_string(part) for part in (namespace.encode(), b"", hash_name.encode(), digest))


def _unarmored(armored: bytes) -> bytes:
    try:
        lines = armored.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise SignatureInvalid(Message("the signature is malformed: not a text")) from error
    if lines[0] != _BEGIN or lines[-2:] != [_END, ""]:
        raise SignatureInvalid(Message("the signature is malformed: no SSH SIGNATURE block"))
    text = "".join(lines[1:-2])
    try:
        body = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SignatureInvalid(Message("the signature is malformed: not base64")) from error
    if base64.b64encode(body).decode() != text:  # bits of the last letter that carry nothing
        raise SignatureInvalid(Message("the signature is malformed: not base64"))
    return body


def _read(path: Path) -> bytes:
    try:
        return text_file.read(path, LARGEST_KEY)
    except (OSError, text_file.Unfit) as error:
        raise UsageError(
            reason=Message(
                "{path}: the key cannot be read: {reason}", path=path, reason=getattr(error, "strerror", None) or error
            ),
            hint=Message("give --key FILE; make one: sitewright bundle keygen FILE"),
        ) from error


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(
            reason=Message("{path}: cannot be made: {reason}", path=path, reason=error.strerror),
            hint=Message("name another file"),
        ) from error


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


class _Reader:
    """SSH's wire form, read front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, length: int) -> bytes:
        if length > len(self._data):
            raise SignatureInvalid(Message("the signature is malformed: it ends too early"))
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        return self.string().decode("ascii", "backslashreplace")

    def end(self) -> None:
        if self._data:
            raise SignatureInvalid(Message("the signature is malformed: data after its end"))
