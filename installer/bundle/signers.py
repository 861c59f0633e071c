"""Whose signatures are accepted: OpenSSH's allowed_signers file, and the rules for a bundle's signature.

Understood are comments, principal patterns, `namespaces=`, `valid-after=` and `valid-before=`. Lines for other kinds
of keys and for certificate authorities accept nothing here, as nothing here is signed by them. A line that cannot be
understood refuses the whole file: guessing at what somebody wanted to trust is no answer.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from installer.bundle.sshsig import KEY_TYPE, NAMESPACE, SignatureInvalid, check, parse

_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa|rsa-sha2)-[A-Za-z0-9@.-]+")
_OPTION = re.compile(r'([A-Za-z-]+)(?:="((?:[^"\\]|\\.)*)")?(,|\s+|$)')
_TIME = re.compile(r"([0-9]{8})([0-9]{4}|[0-9]{6})?(Z?)")


@dataclass(frozen=True, slots=True)
class Signer:
    """One line: who may sign what, until when. Times without a zone are naive, as they stand in the file."""

    line: int
    principals: str
    key: bytes
    namespaces: str = "*"
    valid_after: datetime | None = None
    valid_before: datetime | None = None


def verify_signature(
    message: bytes, armored: bytes, allowed_signers: str, now: datetime, identity: str = "vendor"
) -> Signer:
    """Who signed `message`, if it is somebody that `allowed_signers` lets sign bundles as `identity` at `now`.

    `now` has a zone; a validity time that names none is read in that zone.

    Raises:
        SignatureInvalid: the signature does not hold, or its signer is not allowed.
    """
    signature = parse(armored)
    if signature.namespace != NAMESPACE:
        raise SignatureInvalid(f"signed for {signature.namespace!r}, not for {NAMESPACE!r}")
    check(message, signature)
    reasons = []
    for signer in read_signers(allowed_signers):
        if signer.key != signature.key or not matches(signer.principals, identity):
            continue
        refusal = _refusal(signer, now)
        if not refusal:
            return signer
        reasons.append(refusal)
    raise SignatureInvalid(reasons[0] if reasons else f"signed by a key that is not allowed to sign as {identity!r}")


def read_signers(text: str) -> Iterator[Signer]:
    """The ed25519 signers of an allowed_signers file, in order.

    Raises:
        SignatureInvalid: a line cannot be understood.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        signer = _signer(number, line.strip())
        if signer is not None:
            yield signer


def matches(patterns: str, name: str) -> bool:
    """OpenSSH's pattern lists: commas, `*`, `?`, and `!` before a pattern that must not match."""
    found = False
    for pattern in patterns.split(","):
        wanted = not pattern.startswith("!")
        if _compiled(pattern.removeprefix("!")).fullmatch(name):
            if not wanted:
                return False
            found = True
    return found


def _refusal(signer: Signer, now: datetime) -> str:
    """Why a signer of the right name and key still may not have signed this; empty where it may."""
    if not matches(signer.namespaces, NAMESPACE):
        return f"the signer (line {signer.line} of the allowed signers) may not sign for {NAMESPACE!r}"
    if signer.valid_after is not None and now < _zoned(signer.valid_after, now):
        return f"the signer's key is valid only after {_zoned(signer.valid_after, now).isoformat()}"
    if signer.valid_before is not None and now > _zoned(signer.valid_before, now):
        return f"the signer's key was valid only before {_zoned(signer.valid_before, now).isoformat()}"
    return ""


def _zoned(time: datetime, now: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=now.tzinfo)


def _signer(number: int, line: str) -> Signer | None:
    principals, _, rest = line.partition(" ")
    if '"' in principals:
        raise _unreadable(number, "quoted principals")
    options, rest = _options(number, rest.strip())
    kind, _, key = rest.partition(" ")
    if not _KEY.fullmatch(kind):
        raise _unreadable(number, "no key")
    if kind != KEY_TYPE or "cert-authority" in options:
        return None
    try:
        blob = base64.b64decode(key.split()[0], validate=True)
    except (IndexError, binascii.Error) as error:
        raise _unreadable(number, "the key is not base64") from error
    return Signer(
        line=number,
        principals=principals,
        key=blob,
        namespaces=options.get("namespaces", "*"),
        valid_after=_time(number, options["valid-after"]) if "valid-after" in options else None,
        valid_before=_time(number, options["valid-before"]) if "valid-before" in options else None,
    )


def _options(number: int, text: str) -> tuple[dict[str, str], str]:
    """The options at the beginning of `text`, and what follows them."""
    found: dict[str, str] = {}
    if _KEY.fullmatch(text.partition(" ")[0]):
        return found, text
    more = True
    while more:
        match = _OPTION.match(text)
        if match is None:
            raise _unreadable(number, f"options {text.partition(' ')[0]!r}")
        name, value = match[1].lower(), match[2]
        if name not in ("cert-authority", "namespaces", "valid-after", "valid-before"):
            raise _unreadable(number, f"unknown option {name!r}")
        if name in found:
            raise _unreadable(number, f"option {name!r} is there twice")
        if (value is None) != (name == "cert-authority"):
            raise _unreadable(number, f"option {name!r}")
        found[name] = (value or "").replace('\\"', '"')
        more = match[3] == ","
        text = text[match.end() :]
    return found, text


def _time(number: int, text: str) -> datetime:
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        clock = (match[2] or "").ljust(6, "0")
        return datetime.strptime(match[1] + clock + (match[3] and "+0000"), "%Y%m%d%H%M%S" + (match[3] and "%z"))
    except ValueError as error:
        raise _unreadable(number, f"{text!r} is no time; wanted is YYYYMMDD[HHMM[SS]][Z]") from error


def _unreadable(number: int, what: str) -> SignatureInvalid:
    return SignatureInvalid(f"line {number} of the allowed signers cannot be understood: {what}")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)
