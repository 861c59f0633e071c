"""Certificates of the site and its registry: pure functions over `cryptography`; the caller gives the time.

ECDSA P-256 throughout. How long certificates live stands in installer.layout.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from installer.layout import CA_LIFE, INTERMEDIATE_LIFE, REGISTRY_LIFE, RENEW_BEFORE, RENEW_INTERMEDIATE_BEFORE
from installer.messages import Message

Signing = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""Keys that an authority may have; what is made here are ECDSA keys."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def make_ca(name: str, now: datetime, path_length: int = 0) -> KeyPair:
    """A self-signed CA with at most `path_length` authorities between it and a leaf."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, subject, key, now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate, key)


def make_intermediate(authority: KeyPair, name: str, now: datetime) -> KeyPair:
    """An authority below another one, which may sign leaves only and ends no later than that one.

    Raises:
        ValueError: the authority's key is none that can sign, or no key at all.
    """
    above = x509.load_pem_x509_certificate(authority.certificate)
    signing = signing_key(authority.key)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    life = min(INTERMEDIATE_LIFE, above.not_valid_after_utc - now)
    certificate = (
        _builder(subject, above.subject, key, now, life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_identifier_of(above), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return _pem(certificate, key)


def is_intermediate(pair: KeyPair, authority: bytes | None, now: datetime) -> bool:
    """Whether a pair may sign leaves in an authority's name, and stays valid for as long as it takes to renew those.

    One that ends with its authority is as good as it can be, as long as it is valid.
    """
    try:
        own, above = x509.load_pem_x509_certificate(pair.certificate), x509.load_pem_x509_certificate(authority or b"")
        own.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    end = own.not_valid_after_utc
    spare = timedelta() if end >= above.not_valid_after_utc else RENEW_INTERMEDIATE_BEFORE
    return is_authority(pair) and own.not_valid_before_utc <= now <= end - spare


def is_authority(pair: KeyPair) -> bool:
    """Whether a pair is a certificate that may sign others, and the key to it."""
    try:
        own = x509.load_pem_x509_certificate(pair.certificate)
        may = own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        return may and public(signing_key(pair.key).public_key()) == public(own.public_key())
    except (ValueError, TypeError, x509.ExtensionNotFound):
        return False


def signing_key(pem: bytes) -> Signing:
    """The private key of an authority, of its PEM.

    Raises:
        ValueError: it is none, is encrypted, or of a kind that cannot sign what all clients understand.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise ValueError(Message("the key is encrypted")) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError(Message("the key is neither an RSA nor an elliptic-curve key"))
    return key


def public(key: CertificatePublicKeyTypes) -> bytes:
    """A public key's own bytes, by which it is compared."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def issue(ca: KeyPair, name: str, names: tuple[str, ...], now: datetime, life: timedelta = REGISTRY_LIFE) -> KeyPair:
    """A server certificate for DNS names and addresses."""
    ca_certificate = x509.load_pem_x509_certificate(ca.certificate)
    ca_key = serialization.load_pem_private_key(ca.key, password=None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise ValueError("the CA key is not an elliptic-curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, ca_certificate.subject, key, now, life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return _pem(certificate, key)


def is_good(certificate: bytes | None, ca: bytes | None, names: tuple[str, ...], now: datetime) -> bool:
    """Whether a PEM certificate is signed by that CA, names all of `names`, and stays valid for a while."""
    if certificate is None or ca is None:
        return False
    try:
        leaf = x509.load_pem_x509_certificate(certificate)
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(ca))
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    wanted = {_general_name(name) for name in names}
    return wanted <= set(found) and _lasts(leaf, now)


def lasts(certificate: bytes | None, now: datetime) -> bool:
    """Whether a PEM certificate, whoever signed it, stays valid for a while."""
    try:
        leaf = x509.load_pem_x509_certificate(certificate or b"")
    except ValueError:
        return False
    return _lasts(leaf, now)


def _lasts(leaf: x509.Certificate, now: datetime) -> bool:
    return leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc - RENEW_BEFORE


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    # An hour back: clocks of hosts may be a little behind the operator's.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
    )


def _identifier_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """How a certificate names the key that signed it: as its issuer's own certificate does."""
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=sign_certificates, crl_sign=sign_certificates, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
