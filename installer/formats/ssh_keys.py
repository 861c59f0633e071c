"""Public keys as OpenSSH writes them in its files: a type, the key in base64, and what follows."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

SPACES = re.compile(r"[ \t]+")
_FEWEST = {"ssh-rsa": 3, "ecdsa-sha2-nistp256": 3, "ecdsa-sha2-nistp384": 3, "ecdsa-sha2-nistp521": 3}
"""Fields of a key's wire form, where they are more than its type and one number."""
_WITHIN = str.maketrans("", "", "\n\r\v\f")
"""What OpenSSH passes over within base64, beside blanks, which end it."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key: its type as the file names it, and its wire form."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        return fingerprint(self.blob)


def fingerprint(blob: bytes) -> str:
    """The fingerprint of a key in its wire form, as `ssh-keygen -l` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def read_key(text: str) -> PublicKey | None:
    """The key that a text begins with; None where it begins with none that is whole."""
    words = SPACES.split(text.strip(" \t"), maxsplit=2)
    if len(words) < 2:
        return None
    blob = _decoded(words[1].translate(_WITHIN))
    parts = _parts(blob) if blob is not None else []
    whole = len(parts) > 1 and parts[0] == words[0].encode() and len(parts) >= _FEWEST.get(words[0], 2)
    return PublicKey(words[0], blob) if blob is not None and whole else None


def _decoded(text: str) -> bytes | None:
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return blob if base64.b64encode(blob).decode() == text else None  # bits of the last letter that carry nothing


def _parts(blob: bytes) -> list[bytes]:
    """The fields of a key's wire form, each behind its length; none where they do not end where it does."""
    found = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            return []
        found.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return found
