"""OpenSSH's known_hosts files, read as sshd(8) describes them and as ssh reads them.

A line is a marker (or none), names, and a key. Names are patterns with `*`, `?` and `!`, separated by commas, a host
at a port other than 22 being `[host]:port`; or one name as a hash. `@cert-authority` marks the key of an authority
whose certificates are accepted, `@revoked` a key that never is. What does not parse is passed over, as by ssh.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from installer.formats import ssh_patterns
from installer.formats.ssh_keys import SPACES, PublicKey, read_key

AUTHORITY, REVOKED = "@cert-authority", "@revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `marker` is empty, AUTHORITY or REVOKED; `names` as they stand there."""

    marker: str
    names: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Known:
    """What a file says of one host; each key once, in the order of the file."""

    keys: tuple[PublicKey, ...]
    authorities: tuple[PublicKey, ...]
    revoked: tuple[PublicKey, ...]


def known(content: bytes, address: str, port: int) -> Known:
    """What a file says of the host at an address and port.

    At a port other than 22, ssh looks for `[address]:port` first; only where that has no key does a line for the bare
    address count. Authorities and revoked keys count under either name.
    """
    bare = tuple(_of(content, address))
    own = tuple(_of(content, f"[{address}]:{port}")) if port != 22 else bare
    either = tuple(dict.fromkeys((*own, *bare)))
    keys = _keys(own, "") or _keys(bare, "")
    return Known(keys, _keys(either, AUTHORITY), _keys(either, REVOKED))


def _keys(entries: tuple[Entry, ...], marker: str) -> tuple[PublicKey, ...]:
    return tuple(dict.fromkeys(entry.key for entry in entries if entry.marker == marker))


def _of(content: bytes, name: str) -> Iterator[Entry]:
    """The lines that mean a name."""
    return (entry for entry in _entries(content) if _means(entry.names, name.lower()))


@lru_cache(maxsize=4)
def _entries(content: bytes) -> tuple[Entry, ...]:
    """Every line that parses; kept, for a site has one file for many hosts."""
    lines = content.decode("latin-1").split("\n")
    return tuple(entry for line in lines if (entry := _entry(line.partition("\0")[0])) is not None)


def _entry(line: str) -> Entry | None:
    text, marker = line.lstrip(" \t"), ""
    if text.startswith("@"):
        marker, *rest = SPACES.split(text, maxsplit=1)
        if marker not in (AUTHORITY, REVOKED) or not rest:
            return None
        text = rest[0]
    names, *rest = SPACES.split(text, maxsplit=1)
    if not rest or names.startswith(("#", "@")):
        return None
    key = read_key(rest[0])
    return None if key is None else Entry(marker, names, key)


def _means(names: str, name: str) -> bool:
    """Whether the names of a line, patterns or one hash ("|1|salt|hash"), mean a name in lower case."""
    if not names.startswith("|"):
        return ssh_patterns.listed(names.lower(), name)
    try:
        _, kind, salt, hashed = names.split("|")
        return kind == "1" and hmac.digest(b64decode(salt), name.encode(), "sha1") == b64decode(hashed)
    except (ValueError, binascii.Error):
        return False
