"""Whose signatures are accepted: OpenSSH's allowed_signers file, and the rules for a bundle's signature.

Understood are comments, principal patterns, `namespaces=`, `valid-after=` and `valid-before=`. Lines for other kinds
of keys and for certificate authorities accept nothing here, as nothing here is signed by them. A line that cannot be
understood refuses the whole file: guessing at what somebody wanted to trust is no answer. Lines end at line feeds alone
and words at blanks, as for OpenSSH: whatever else looks like an end in an editor hides nothing and shows nothing.

A second file may list public keys, one a line, whose signatures are refused whatever the first one says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from installer.bundle.sshsig import KEY_TYPE, NAMESPACE, SignatureInvalid, check, parse
from installer.formats import ssh_patterns
from installer.formats.ssh_keys import fingerprint, read_key
from installer.messages import Message

_CERTIFICATE = "-cert-v01@openssh.com"
_KINDS = frozenset(
    kind + ending
    for kind in ("ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                 "ecdsa-sha2-nistp521", "sk-ssh-ed25519", "sk-ecdsa-sha2-nistp256")
    for ending in ("", "@openssh.com", _CERTIFICATE)
)  # fmt: skip
_PRINCIPALS = re.compile(r'(?:"([^"]*)"|([^" \t\r]+))[ \t\r]+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="((?:[^"\\]|\\.)*)")?(,|[ \t]+|$)')
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

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key, as `ssh-keygen -l` shows it."""
        return fingerprint(self.key)


def verify_signature(
    message: bytes, armored: bytes, allowed_signers: str, now: datetime, identity: str = "vendor", revoked: str = ""
) -> Signer:
    """Who signed `message`, if it is somebody that `allowed_signers` lets sign bundles as `identity` at `now`.

    `now` has a zone; a validity time that names none is read in that zone. `revoked` lists keys that may sign nothing.

    Raises:
        SignatureInvalid: the signature does not hold, or its signer is not allowed.
    """
    signature = parse(armored)
    if signature.namespace != NAMESPACE:
        raise SignatureInvalid(
            Message(
                "signed for {namespace}, not for {wanted}", namespace=repr(signature.namespace), wanted=repr(NAMESPACE)
            )
        )
    check(message, signature)
    if signature.key in read_revoked(revoked):
        raise SignatureInvalid(Message("signed by a key that is revoked ({key})", key=fingerprint(signature.key)))
    reasons = []
    for signer in read_signers(allowed_signers):
        if signer.key != signature.key or not ssh_patterns.listed(signer.principals, identity):
            continue
        refusal = _refusal(signer, now)
        if not refusal:
            return signer
        reasons.append(refusal)
    raise SignatureInvalid(
        reasons[0]
        if reasons
        else Message("signed by a key that is not allowed to sign as {identity}", identity=repr(identity))
    )


def read_signers(text: str) -> Iterator[Signer]:
    """The ed25519 signers of an allowed_signers file, in order.

    Raises:
        SignatureInvalid: a line cannot be understood.
    """
    for number, line in _lines(text):
        signer = _signer(number, line)
        if signer is not None:
            yield signer


def read_revoked(text: str) -> frozenset[bytes]:
    """The keys of a list, one public key a line as in a .pub file, in SSH's wire form.

    Raises:
        SignatureInvalid: a line is none.
    """
    found = set()
    for number, line in _lines(text):
        key = read_key(line)
        if key is None:
            raise SignatureInvalid(
                Message("line {number} of the revoked keys cannot be understood: no public key", number=number)
            )
        found.add(key.blob)
    return frozenset(found)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line that says something, with its number."""
    for number, line in enumerate(text.split("\n"), start=1):
        said = line.strip(" \t\r")
        if said and not said.startswith("#"):
            yield number, said


def _refusal(signer: Signer, now: datetime) -> str:
    """Why a signer of the right name and key still may not have signed this; empty where it may."""
    if not ssh_patterns.listed(signer.namespaces, NAMESPACE):
        return Message(
            "the signer (line {line} of the allowed signers) may not sign for {namespace}",
            line=signer.line,
            namespace=repr(NAMESPACE),
        )
    if signer.valid_after is not None and now < _zoned(signer.valid_after, now):
        return Message(
            "the signer's key is valid only after {moment}", moment=_zoned(signer.valid_after, now).isoformat()
        )
    if signer.valid_before is not None and now > _zoned(signer.valid_before, now):
        return Message(
            "the signer's key was valid only before {moment}", moment=_zoned(signer.valid_before, now).isoformat()
        )
    return ""


def _zoned(time: datetime, now: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=now.tzinfo)


def _signer(number: int, line: str) -> Signer | None:
    principals = _PRINCIPALS.match(line)
    if principals is None:
        raise _unreadable(number, Message("no principals before a key"))
    options, rest = _options(number, line[principals.end() :])
    kind = re.split(r"[ \t]", rest, maxsplit=1)[0]
    if kind not in _KINDS:
        raise _unreadable(number, Message("no key"))
    key = read_key(rest)
    if key is None and not kind.endswith(_CERTIFICATE):
        raise _unreadable(number, Message("the key is not whole"))
    if key is None or kind != KEY_TYPE or "cert-authority" in options:
        return None
    return Signer(
        line=number,
        principals=principals[1] or principals[2] or "",
        key=key.blob,
        namespaces=options.get("namespaces", "*"),
        valid_after=_time(number, options["valid-after"]) if "valid-after" in options else None,
        valid_before=_time(number, options["valid-before"]) if "valid-before" in options else None,
    )


def _options(number: int, text: str) -> tuple[dict[str, str], str]:
    """The options at the beginning of `text`, and what follows them."""
    found: dict[str, str] = {}
    if re.split(r"[ \t]", text, maxsplit=1)[0] in _KINDS:
        return found, text
    more = True
    while more:
        match = _OPTION.match(text)
        if match is None:
            raise _unreadable(number, Message("options {options}", options=repr(text.partition(" ")[0])))
        name, value = match[1].lower(), match[2]
        if name not in ("cert-authority", "namespaces", "valid-after", "valid-before"):
            raise _unreadable(number, Message("unknown option {name}", name=repr(name)))
        if name in found:
            raise _unreadable(number, Message("option {name} is there twice", name=repr(name)))
        if (value is None) != (name == "cert-authority"):
            raise _unreadable(number, Message("option {name}", name=repr(name)))
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
        raise _unreadable(
            number, Message("{text} is no time; wanted is YYYYMMDD[HHMM[SS]][Z]", text=repr(text))
        ) from error


def _unreadable(number: int, what: str) -> SignatureInvalid:
    return SignatureInvalid(
        Message("line {number} of the allowed signers cannot be understood: {what}", number=number, what=what)
    )
