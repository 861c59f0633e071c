"""The customer's own authority: what is refused before anything is touched, and that its key stays where it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from simulation import NOW, answers_of

from installer import certificates
from installer.answers import own_authority
from installer.answers.model import Answers, OwnAuthority, SecretRef
from installer.answers.secrets import Secrets
from installer.certificates import KeyPair
from installer.errors import AnswersInvalid, SecretUnavailable
from installer.layout import CA_LIFE

ROOT = certificates.make_ca("Acme root", NOW, path_length=2)
LEAF = certificates.issue(ROOT, "acme", ("acme",), NOW)
LEAF = replace(LEAF, certificate=LEAF.certificate + ROOT.certificate)
DER = x509.load_pem_x509_certificate(ROOT.certificate).public_bytes(serialization.Encoding.DER)
DER_KEY = serialization.load_pem_private_key(ROOT.key, None).private_bytes(
    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
CA = x509.BasicConstraints(ca=True, path_length=None)


def fields(pair: KeyPair, now=NOW) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    for field, found, _ in own_authority.flaws(pair.certificate, pair.key, now):
        told.setdefault(field, []).append(str(found))
    return {field: "; ".join(found) for field, found in told.items()}


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def of_their_making(key, *extensions: x509.ExtensionType) -> KeyPair:
    """An authority as somebody else's tools make one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=900))
    )  # fmt: skip
    for each in extensions:
        made = made.add_extension(each, critical=True)
    return KeyPair(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), pem(key))


def test_an_authority_that_allows_others_below_it_is_fit() -> None:
    assert fields(ROOT) == {}
    assert fields(certificates.make_ca("Acme", NOW, path_length=1)) == {}


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())], ids=["rsa", "p-384"]
)
def test_authorities_of_other_kinds_sign_too_without_key_usage_or_identifier(key) -> None:
    pair = of_their_making(key, x509.BasicConstraints(ca=True, path_length=None))
    assert fields(pair) == {}
    made = certificates.make_intermediate(pair, "production", NOW)
    assert certificates.is_intermediate(made, pair.certificate, NOW)


@pytest.mark.parametrize(
    ("pair", "field", "found"),
    [
        (certificates.make_ca("Acme", NOW), "certificate", "whose path length 0 allows too few"),
        (replace(ROOT, certificate=b""), "certificate", "an empty file"),
        (replace(ROOT, certificate=b" \r\n"), "certificate", "an empty file"),
        (replace(ROOT, certificate=DER), "certificate", "a binary file (DER)"),
        (replace(ROOT, certificate=ROOT.certificate + ROOT.key), "certificate", "a private key among"),
        (replace(ROOT, certificate=ROOT.certificate[:200]), "certificate", "no certificate"),
        (replace(ROOT, certificate=LEAF.certificate + ROOT.certificate), "certificate", "may sign no others: CN=acme"),
        (replace(ROOT, key=b""), "signing_key", "no key that can sign"),
        (replace(ROOT, key=ROOT.certificate), "signing_key", "no key that can sign"),
        (replace(ROOT, key=DER_KEY), "signing_key", "no key that can sign"),
        (of_their_making(rsa.generate_private_key(65537, 1024), CA), "certificate", "an RSA key of 1024 bits"),
        (of_their_making(ec.generate_private_key(ec.SECP192R1()), CA), "certificate", "elliptic-curve key of 192 bits"),
        (LEAF, "certificate", "may sign no others"),
        (of_their_making(ec.generate_private_key(ec.SECP256R1())), "certificate", "may sign no others"),
        (replace(ROOT, certificate=b"rubbish"), "certificate", "no certificate"),
        (replace(ROOT, key=certificates.make_ca("Acme", NOW).key), "signing_key", "of another certificate"),
        (replace(ROOT, key=b"rubbish"), "signing_key", "no key that can sign"),
        (replace(ROOT, key=pem(ed25519.Ed25519PrivateKey.generate())), "signing_key", "no key that can sign"),
        (certificates.make_intermediate(ROOT, "Acme", NOW), "certificate", "do not lead up to a root"),
    ],
)
def test_what_cannot_sign_for_a_site_is_told_by_its_field(pair: KeyPair, field: str, found: str) -> None:
    assert found in fields(pair)[f"authority.{field}"]


@pytest.mark.parametrize("days", [-1, CA_LIFE.days - 100])
def test_one_that_does_not_last_is_told_with_its_days(days: int) -> None:
    told = fields(ROOT, NOW + timedelta(days=days))
    assert told == {"authority.certificate": "CN=Acme root, valid from 2026-11-23 to 2036-11-20"}


def test_line_endings_of_windows_and_remarks_between_certificates_are_taken() -> None:
    windows = replace(ROOT, certificate=b"Acme root\r\n" + ROOT.certificate.replace(b"\n", b"\r\n"),
                      key=ROOT.key.replace(b"\n", b"\r\n"))  # fmt: skip
    assert fields(windows) == {}
    below = certificates.make_intermediate(windows, "production", NOW)
    assert certificates.is_intermediate(below, ROOT.certificate, NOW)


def test_those_above_it_have_to_allow_it_too() -> None:
    narrow = certificates.make_ca("Acme root", NOW, path_length=1)
    key = ec.generate_private_key(ec.SECP256R1())
    above = x509.load_pem_x509_certificate(narrow.certificate)
    made = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme below")]))
        .issuer_name(above.subject).public_key(key.public_key()).serial_number(2).not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=900)).add_extension(CA, critical=True)
        .sign(certificates.signing_key(narrow.key), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    told = fields(KeyPair(made + narrow.certificate, pem(key)))
    assert told == {"authority.certificate":
                    "CN=Acme root, whose path length 1 allows too few authorities below it"}  # fmt: skip
    assert "do not lead up to a root" in fields(KeyPair(made, pem(key)))["authority.certificate"]


def test_a_file_without_end_is_not_read(answers: Answers) -> None:
    assert answers.authority is not None
    Path(answers.authority.certificate).write_bytes(b"#" * (own_authority.LARGEST + 1))
    with pytest.raises(AnswersInvalid, match="more than 1 MiB"):
        opened(answers)


def test_a_key_with_a_passphrase_is_told_and_not_shown() -> None:
    locked = serialization.load_pem_private_key(ROOT.key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    assert fields(replace(ROOT, key=locked)) == {"authority.signing_key": "a key with a passphrase (not shown)"}


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    (tmp_path / "ca.crt").write_bytes(ROOT.certificate)
    key = tmp_path / "ca.key"
    key.touch(0o600)
    key.write_bytes(ROOT.key)
    own = OwnAuthority(str(tmp_path / "ca.crt"), SecretRef("file", str(key)))
    return replace(answers_of("rehearsal"), authority=own, lines={"authority.certificate": 7})


def opened(answers: Answers) -> KeyPair:
    assert answers.authority is not None
    return own_authority.opened(answers, answers.authority, Secrets(None).resolve, NOW)


def test_the_whole_of_a_key_is_read_and_not_its_first_line(answers: Answers) -> None:
    pair = opened(answers)
    assert (pair.certificate, pair.key.strip()) == (ROOT.certificate, ROOT.key.strip())


def test_a_key_that_others_may_read_is_refused(answers: Answers) -> None:
    assert answers.authority is not None
    Path(str(answers.authority.signing_key.value)).chmod(0o644)
    with pytest.raises(SecretUnavailable, match="others may read the file"):
        opened(answers)


def test_what_is_refused_names_file_and_line(answers: Answers) -> None:
    assert answers.authority is not None
    Path(answers.authority.certificate).write_bytes(certificates.make_ca("Acme", NOW).certificate)
    with pytest.raises(AnswersInvalid) as caught:
        opened(answers)
    assert caught.value.exit_code == 3
    assert [(each.line, each.path) for each in caught.value.problems] == [
        (7, "authority.certificate"), (1, "authority.signing_key"),
    ]  # fmt: skip
    assert ROOT.key.decode().splitlines()[1] not in str(caught.value.message)
    Path(answers.authority.certificate).unlink()
    with pytest.raises(AnswersInvalid, match="cannot be read"):
        opened(answers)
