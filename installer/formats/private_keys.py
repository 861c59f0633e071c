"""Files with private keys, as OpenSSH, OpenSSL and others write them: what one is, before its passphrase is known.

A file that is none of a private key is told by what it is instead, with the way to make it one, for those that people
name by mistake are of few kinds. Nothing is decrypted here, so how long its passphrase would take is known first.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

from installer.formats import text_file
from installer.formats.ssh_keys import read_key
from installer.messages import Message

MOST_ROUNDS = 2000
"""Rounds of bcrypt over a passphrase that are waited for, some twenty seconds: ssh-keygen takes 24, the careful 100."""
MOST_ITERATIONS = 20_000_000
"""Iterations of PBKDF2 that are waited for, some twenty seconds: openssl takes 2048, the careful a million."""
MOST_SCRYPT = 1 << 21
"""Blocks of 128 bytes that scrypt may hold in memory, 256 MiB; and four times as many that it may go over."""
_BEGIN = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY-----")
_MAGIC = b"openssh-key-v1\0"
_SCRYPT = bytes.fromhex("060b2b06010401da47040b")
"""The object identifier of scrypt (RFC 7914) in DER."""


class NoKey(Exception):
    """Why a file holds no private key that can be used, in words that go on after "it"."""


@dataclass(frozen=True, slots=True)
class Armoured:
    """A private key between its lines BEGIN and END.

    `label` is what BEGIN says of it (OPENSSH, RSA, EC, DSA, ENCRYPTED, or nothing for PKCS#8); `kind` SSH's name of
    its type where that stands outside what is encrypted, as it does in OpenSSH's form alone.
    """

    label: str
    text: bytes
    encrypted: bool
    kind: str = ""


def armoured(content: bytes) -> Armoured:
    """The first private key in a file.

    Raises:
        NoKey: there is none, or its passphrase would take for ever.
    """
    found = _BEGIN.search(content)
    if found is None:
        raise NoKey(_instead(content))
    label = found[1].decode().strip()
    finish = b"-----END %bPRIVATE KEY-----" % found[1]
    end = content.find(finish, found.end())
    if end < 0:
        raise NoKey(Message("is cut off: its line -----END {kind}PRIVATE KEY----- is missing", kind=found[1].decode()))
    body = [line.strip() for line in content[found.end() : end].splitlines()]
    text = b"\n".join((found[0], *body[1:], finish, b""))
    if label == "OPENSSH":
        return _openssh(text, b"".join(body))
    encrypted = label == "ENCRYPTED" or any(line.startswith(b"Proc-Type: 4,ENCRYPTED") for line in body)
    if label == "ENCRYPTED":
        _demand_bounded(_binary(b"".join(body)))
    return Armoured(label, text, encrypted)


def passphrase_rounds(content: bytes) -> int:
    """How many times bcrypt goes over the passphrase of a key in OpenSSH's form; 0 where it has none."""
    fields = _fields(content.removeprefix(_MAGIC), 3)  # cipher, kind of derivation, its options
    if len(fields) < 3 or fields[1] != b"bcrypt":
        return 0
    salt = int.from_bytes(fields[2][:4], "big")
    return int.from_bytes(fields[2][4 + salt :][:4], "big")


def _openssh(text: bytes, body: bytes) -> Armoured:
    content = _binary(body)
    fields = _fields(content.removeprefix(_MAGIC), 3)
    if not content.startswith(_MAGIC) or len(fields) < 3:
        raise NoKey(Message("is damaged"))
    rounds = passphrase_rounds(content)
    if rounds > MOST_ROUNDS:
        raise NoKey(
            Message(
                "has a passphrase that takes {rounds} rounds, more than {most_rounds}: ssh-keygen -p sets fewer",
                rounds=rounds,
                most_rounds=MOST_ROUNDS,
            )
        )
    # After the three, how many keys there are, and the public half of each.
    rest = content[len(_MAGIC) + sum(4 + len(each) for each in fields) + 4 :]
    public = _fields(rest, 1)
    kind = _fields(public[0], 1) if public else []
    return Armoured("OPENSSH", text, fields[0] != b"none", kind[0].decode("ascii", "replace") if kind else "")


def _binary(body: bytes) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise NoKey(Message("is damaged: what stands between its lines BEGIN and END is no base64")) from error


def _fields(content: bytes, most: int) -> list[bytes]:
    """The first fields of SSH's wire form, each behind its length."""
    found: list[bytes] = []
    while content and len(found) < most:
        length = int.from_bytes(content[:4], "big")
        found.append(content[4 : 4 + length])
        content = content[4 + length :]
    return found


def _demand_bounded(der: bytes) -> None:
    """See to it that the passphrase of a key in PKCS#8 takes a time, and memory, that can be waited for."""
    outer, inner = _element(der, 0), None
    if outer is not None:
        inner = _element(der, outer[1])
    if inner is None:
        raise NoKey(Message("is damaged"))
    how = der[inner[1] : inner[1] + inner[2]]  # the names of its algorithms and their parameters
    numbers = list(_integers(how))
    if _SCRYPT in how:
        cost, block, parallel = (*numbers, 0, 0, 0)[:3]
        too_long = cost * block > MOST_SCRYPT or cost * block * parallel > 4 * MOST_SCRYPT
    else:
        too_long = max(numbers, default=0) > MOST_ITERATIONS
    if too_long:
        asked = "x".join(map(str, numbers))
        raise NoKey(
            Message(
                "has a passphrase that takes {asked} iterations: openssl pkcs8 -topk8 -iter 100000 sets fewer",
                asked=asked,
            )
        )


def _element(der: bytes, at: int) -> tuple[int, int, int] | None:
    """The tag of the DER element at an offset, where its content begins, and its length."""
    if len(der) < at + 2:
        return None
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[at + 2 : start], "big")
    return tag, start, length


def _integers(der: bytes) -> Iterator[int]:
    """Every integer in DER, however deep."""
    at = 0
    while (found := _element(der, at)) is not None:
        tag, start, length = found
        if tag == 2:
            yield int.from_bytes(der[start : start + length], "big")
        at = start if tag & 0x20 else start + length


_SIGNS = (
    (
        b"PuTTY-User-Key-File-",
        Message("is a key of PuTTY: puttygen FILE -O private-openssh -o NEW makes one of OpenSSH's"),
    ),
    (
        b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY",
        Message("is a key in the form of ssh.com: ssh-keygen -i -f makes it OpenSSH's"),
    ),
    (b"---- BEGIN SSH2 PUBLIC KEY", Message("is a public key: name the private one")),
    (b"-----BEGIN PUBLIC KEY", Message("is a public key: name the private one")),
    (b"-----BEGIN RSA PUBLIC KEY", Message("is a public key: name the private one")),
    (b"-----BEGIN SSH SIGNATURE", Message("is a signature, and no key")),
    (b"-----BEGIN CERTIFICATE", Message("is a certificate of TLS, and no key")),
    (b"-----BEGIN PGP", Message("is a key or message of PGP, which SSH does not read")),
    (
        b"-----BEGIN EC PARAMETERS",
        Message("is the parameters of a key without the key: openssl ecparam -genkey writes both"),
    ),
    (
        b"SSH PRIVATE KEY FILE FORMAT 1.",
        Message("is a key for protocol 1 of SSH, which no server speaks: make another"),
    ),
    (
        b"$ANSIBLE_VAULT;",
        Message("is encrypted by ansible-vault: ansible-vault decrypt --output NEW makes it readable"),
    ),
    (b"age-encryption.org/", Message("is encrypted by age: age --decrypt makes it readable")),
)
"""What files begin with that are named as private keys and are none."""


def _instead(content: bytes) -> str:
    """What a file is that holds no private key."""
    if not content.strip():
        return Message("is empty")
    try:
        text = text_file.decoded(content).strip()
    except text_file.Unfit as error:
        if content[:1] == b"\x30":
            return Message("is binary, as DER or PKCS#12 are: openssl pkey -inform DER makes it text")
        return (
            Message("is {reason}: {cure}", reason=error.reason, cure=error.cure)
            if error.cure
            else Message("is {reason}", reason=error)
        )
    for sign, what in _SIGNS:
        if text.startswith(sign.decode()):
            return what
    if "-cert-v0" in text.split(maxsplit=1)[0]:
        return Message(
            "is a certificate: name its private key, and let the certificate lie beside that as KEY-cert.pub"
        )
    if read_key(text.splitlines()[0]) is not None:
        return Message("is the public half of a key: name the private one, mostly the same name without .pub")
    if "PRIVATE KEY" in text:
        return Message("is damaged: a private key begins with the line -----BEGIN ... PRIVATE KEY-----")
    return Message("is not a private key in a known format")
