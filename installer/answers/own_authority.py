"""The customer's own authority: read, and found fit to sign for a site, before anything is touched.

Its key is in memory for as long as it takes to sign, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from installer.answers.model import Answers, OwnAuthority, SecretRef
from installer.certificates import KeyPair, public, signing_key
from installer.errors import AnswersInvalid, Problem
from installer.formats import text_file
from installer.layout import RENEW_INTERMEDIATE_BEFORE
from installer.messages import Message

LARGEST = 1 << 20
"""Bytes of the largest file of certificates that is read."""
CERTIFICATE, KEY = "authority.certificate", "authority.signing_key"
PEM_WANTED = Message("an authority's certificate as PEM (openssl x509 -inform der -in FILE makes it of DER)")
DER = b"\x30"
"""How every certificate begins that is not written as PEM: a SEQUENCE (X.690)."""
LEAST_RSA, LEAST_CURVE = 2048, 224
"""Bits of the weakest keys that are believed."""
STRONG = Message("an RSA key of 2048 bits or more, or an elliptic-curve key of 224")
Flaw = tuple[str, Message, Message]
"""The field of the answers, what is there, and what is wanted."""


def opened(answers: Answers, own: OwnAuthority, resolve: Callable[[SecretRef], str], now: datetime) -> KeyPair:
    """The authority that the answers name, its certificate with those above it, fit to sign.

    Raises:
        AnswersInvalid: it is not; carries every problem.
        SecretUnavailable: its key cannot be had.
    """
    certificate = _certificate(answers, own)
    key = resolve(own.signing_key).encode()
    found = tuple(flaws(certificate, key, now))
    if found:
        raise _refused(answers, *found)
    return KeyPair(certificate, key)


def flaws(certificate: bytes, key: bytes, now: datetime) -> Iterator[Flaw]:
    """Everything for which an authority cannot sign intermediates of a site."""
    way = _read(certificate)
    if isinstance(way, Message):
        yield CERTIFICATE, way, PEM_WANTED
        yield from _key(key, None)
        return
    yield from _standing(way)
    yield from _way_up(way)
    yield from _lasting(way, now)
    for each in way:
        if weak := _weak(each.public_key()):
            yield CERTIFICATE, Message("{what} in the certificate of {name}", what=weak, name=_named(each)), STRONG
    yield from _key(key, way[0])


def _read(certificate: bytes) -> list[x509.Certificate] | Message:
    """The certificates of a file, or what there is instead."""
    if not certificate.strip():
        return Message("an empty file")
    if b"PRIVATE KEY-----" in certificate:
        return Message("a private key among the certificates (not shown)")
    if certificate[:1] == DER:
        return Message("a binary file (DER)")
    try:
        return x509.load_pem_x509_certificates(certificate)
    except ValueError:
        return Message("no certificate")


def _key(pem: bytes, own: x509.Certificate | None) -> Iterator[Flaw]:
    """What is wrong with the key, also as that of this certificate."""
    wanted = Message("an RSA or elliptic-curve key as PEM, without a passphrase (openssl pkey -in FILE)")
    if b"ENCRYPTED" in pem:
        yield KEY, Message("a key with a passphrase (not shown)"), wanted
        return
    try:
        key = signing_key(pem).public_key()
    except (ValueError, UnsupportedAlgorithm):
        yield KEY, Message("no key that can sign (not shown)"), wanted
        return
    if own is None:
        return
    if public(key) != public(own.public_key()):
        yield KEY, Message("the key of another certificate (not shown)"), Message("the certificate's own key")


def _weak(key: object) -> Message | None:
    """What of a key is too weak to last for years (112 bits of strength: NIST SP 800-57 part 1, table 2)."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA:
        return Message("an RSA key of {bits} bits", bits=key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_CURVE:
        return Message("an elliptic-curve key of {bits} bits", bits=key.key_size)
    return None


def _named(each: x509.Certificate) -> str:
    return each.subject.rfc4514_string()


def _standing(way: list[x509.Certificate]) -> Iterator[Flaw]:
    """Whether each may have so many authorities below it: the environments' intermediates, and those in the file."""
    wanted = Message("an authority that may have others below it")
    for below, each in enumerate(way, start=1):
        try:
            constraints = each.extensions.get_extension_for_class(x509.BasicConstraints).value
        except (x509.ExtensionNotFound, ValueError):
            yield CERTIFICATE, Message("a certificate that may sign no others: {name}", name=_named(each)), wanted
            continue
        if not (constraints.ca and _may_sign(each)):
            yield CERTIFICATE, Message("a certificate that may sign no others: {name}", name=_named(each)), wanted
        elif constraints.path_length is not None and constraints.path_length < below:
            found = Message(
                "{name}, whose path length {length} allows too few authorities below it",
                name=_named(each), length=constraints.path_length,
            )  # fmt: skip
            yield CERTIFICATE, found, Message("a path length of {least} or more, or none", least=below)


def _may_sign(each: x509.Certificate) -> bool:
    try:
        return each.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:  # nothing is said against it
        return True


def _way_up(way: list[x509.Certificate]) -> Iterator[Flaw]:
    """Clients that trust the file have to find a root in it, by signatures that they believe."""
    try:
        for each, issuer in zip(way, [*way[1:], way[-1]], strict=True):
            each.verify_directly_issued_by(issuer)
            old = each.signature_hash_algorithm
            if each is not way[-1] and isinstance(old, hashes.MD5 | hashes.SHA1):
                found = Message("{name}, which is signed by {digest}", name=_named(each), digest=old.name)
                yield CERTIFICATE, found, Message("one that is signed by SHA-256 or stronger")
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        found = Message("certificates that do not lead up to a root")
        yield CERTIFICATE, found, Message("the authority's certificate first, then those above it, the root last")


def _lasting(way: list[x509.Certificate], now: datetime) -> Iterator[Flaw]:
    """Whether each is valid for as long as an intermediate is to be renewed in."""
    for each in way:
        if now < each.not_valid_before_utc or now + RENEW_INTERMEDIATE_BEFORE > each.not_valid_after_utc:
            start, end = (f"{day:%Y-%m-%d}" for day in (each.not_valid_before_utc, each.not_valid_after_utc))
            found = Message("{name}, valid from {start} to {end}", name=_named(each), start=start, end=end)
            wanted = Message("one that is valid for {days} days yet", days=RENEW_INTERMEDIATE_BEFORE.days)
            yield CERTIFICATE, found, wanted


def _certificate(answers: Answers, own: OwnAuthority) -> bytes:
    wanted = PEM_WANTED
    try:
        return text_file.read(Path(own.certificate), LARGEST)
    except text_file.Unfit as error:
        raise _refused(answers, (CERTIFICATE, error.reason, wanted)) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        reason = Message("a file that cannot be read ({reason})", reason=getattr(error, "strerror", None) or error)
        raise _refused(answers, (CERTIFICATE, reason, wanted)) from error


def _refused(answers: Answers, *found: Flaw) -> AnswersInvalid:
    problems = tuple(
        Problem(answers.file, answers.lines.get(path, 1), path, what, wanted) for path, what, wanted in found
    )
    return AnswersInvalid(file=answers.file, count=len(problems), problems=problems)
