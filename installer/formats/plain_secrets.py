"""Secrets written in plain text where values are: told by the key they stand under, or by their own form.

It is guessing, and meant to refuse too much rather than too little: what is refused can be put into a Kubernetes
Secret and named; what is let through stands in the answers, the plan, the journal and on every laptop.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Any

Path = tuple[str | int, ...]

_NAMES = frozenset({
    "password", "passwords", "passwd", "passphrase", "passphrases", "passcode", "pass", "pwd", "pw", "secret",
    "secrets", "token", "tokens", "credential", "credentials", "cred", "creds", "apikey", "apikeys", "secretkey",
    "accesskey", "privatekey", "htpasswd", "dockerconfigjson",
})  # fmt: skip
_BEFORE_KEY = frozenset({
    "api", "secret", "access", "private", "encryption", "encrypt", "signing", "sign", "master", "shared", "account",
    "auth", "ssh", "session", "root", "admin", "unseal", "storage", "hmac", "aes", "jwt", "service",
})  # fmt: skip
"""What makes a secret of a word "key" behind it."""
_REFERENCE = frozenset({"existing", "pull", "tls", "cert", "certificate", "external"})
"""What makes a name of a Kubernetes object of a word "secret" behind it."""
_INSIDE_REFERENCES = frozenset({
    "name", "key", "namespace", "kind", "type", "user", "username", "existing", "optional", "path",
})  # fmt: skip
"""Keys below the name of a secret under which no secret stands itself."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_FORMS = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY"
    r"|PuTTY-User-Key-File|AGE-SECRET-KEY-"
    r"|\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,100}:[^\s/@${<][^\s/@]{0,100}@"  # a URL with a password
    r"|(?<![\w.-])[\w.-]{1,64}:[^\s:/@${<][^\s/@]{0,100}@(?:tcp|unix|udp)\("  # a MySQL name of Go programs with one
    r"|\b(?:[Bb]earer|[Bb]asic)\s{1,8}[A-Za-z0-9._~+/-]{8}"
    r"|\beyJ[A-Za-z0-9_-]{10,200}\.eyJ"  # a JSON web token
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30}|\bglpat-[A-Za-z0-9_-]{16}|\bxox[abprs]-[A-Za-z0-9-]{10}"
)
"""How secrets look; every repetition has a bound, so that a long text is looked through in one go."""
_SAID = re.compile(
    r"(?:^|[\s;&?,{\[\"'(/]|--?)(?:[\w.]{1,40}[_.-])?"
    r"(?:password|passwd|passphrase|pwd|pass|secret|token|api[_-]?key|secret[_-]?key|access[_-]?key|private[_-]?key)"
    r"[\"']?\s{0,8}[=:]\s{0,8}[\"']?(?![\s\"'${<%/]|(?:true|false|null|none|yes|no|required)\b|file:|env:|vault:)\S",
    re.IGNORECASE,
)
"""A name of a secret with a value behind it, as in options, connection strings and files within a text."""
_ENCODED_KEY = "LS0tLS1CRUdJTi"
"""How "-----BEGIN " begins in base64."""
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_-]{24,}")


def plain_secrets(path: Path, value: Any) -> Iterator[Path]:
    """The place of everything below `path` that looks like a secret."""
    yield from _looked(path, value, held=False)


def names_secret(key: str) -> bool:
    """Whether what stands under a key of this name is a secret."""
    words = [word.lower() for word in _WORD.findall(key)]
    if not words:
        return False
    *before, last = words
    if last == "key":
        return bool(before) and (before[-1] in _BEFORE_KEY or before[-1] in _NAMES)
    if last in _NAMES or "".join(words[-2:]) in _NAMES or last.endswith(("password", "passwd", "passphrase")):
        return not (last in ("secret", "secrets") and before and _REFERENCE & set(before))
    return False


def holds_secret(text: str) -> bool:
    """Whether a text has the form of a secret, or has one in it."""
    if _FORMS.search(text) or _SAID.search(text):
        return True
    return text.startswith(_ENCODED_KEY) and "PRIVATE KEY" in _unencoded(text)


def _looked(path: Path, value: Any, *, held: bool) -> Iterator[Path]:
    """`held`: the value stands under the name of a secret."""
    if isinstance(value, dict):
        named = value.get("name")
        for key, inner in value.items():
            about = named if key == "value" and isinstance(named, str) else str(key)
            yield from _looked((*path, key), inner, held=_is_held(about, inner, held))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _looked((*path, position), inner, held=held or _follows_option(value, position))
    elif isinstance(value, str):
        if value and (held or holds_secret(value) or _by_its_place(path, value)):
            yield path
    elif held and isinstance(value, int | float) and not isinstance(value, bool) and not _is_count(path):
        yield path


def _is_held(key: str, inner: Any, held: bool) -> bool:
    """Whether what stands under a key is a secret, by the key or by what is around it."""
    if names_secret(key):
        return True
    return held and key.lower() not in _INSIDE_REFERENCES and not key.lower().endswith(("ref", "name"))


def _follows_option(items: Sequence[Any], position: int) -> bool:
    """Whether the item before one of a list is an option for a secret, as in ["--password", "x"]."""
    before = items[position - 1] if position else None
    return isinstance(before, str) and before.startswith("-") and "=" not in before and names_secret(before)


def _by_its_place(path: Path, value: str) -> bool:
    """Whether a text under `key` or `auth` is a secret by what it looks like itself."""
    last = str(path[-1]).lower() if path else ""
    if last == "auth":
        return ":" in _unencoded(value)
    return last == "key" and _RANDOM.fullmatch(value) is not None


def _is_count(path: Path) -> bool:
    """Whether a number is one of things that are counted, as in `max_tokens: 100`."""
    return str(path[-1]).lower().endswith(("tokens", "secrets", "credentials"))


def _unencoded(text: str) -> str:
    """What a text says where it is base64; nothing otherwise."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
