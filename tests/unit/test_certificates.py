"""Certificates of the site registry."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from installer import certificates, layout

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = ("cp-1", "10.0.0.1", "localhost")


def test_a_leaf_is_accepted_by_an_independent_verifier_for_each_of_its_names():
    ca = certificates.make_ca("acme registry", NOW)
    leaf = x509.load_pem_x509_certificate(certificates.issue(ca, "cp-1", NAMES, NOW).certificate)
    store = Store([x509.load_pem_x509_certificate(ca.certificate)])
    verifier = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("cp-1"))
    assert verifier.verify(leaf, [])
    stranger = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("cp-2"))
    with pytest.raises(VerificationError):
        stranger.verify(leaf, [])


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ("nothing", True),
        ("another authority", False),
        ("a name it lacks", False),
        ("shortly before its end", False),
        ("before its beginning", False),
        ("no certificate", False),
        ("rubbish", False),
    ],
)
def test_is_good(change, good):
    ca = certificates.make_ca("acme registry", NOW)
    certificate, authority, names, now = (
        certificates.issue(ca, "cp-1", NAMES, NOW).certificate,
        ca.certificate,
        NAMES,
        NOW,
    )
    match change:
        case "another authority":
            authority = certificates.make_ca("acme registry", NOW).certificate
        case "a name it lacks":
            names = (*NAMES, "10.0.0.2")
        case "shortly before its end":
            now = NOW + layout.REGISTRY_LIFE - layout.RENEW_BEFORE + timedelta(days=1)
        case "before its beginning":
            now = NOW - timedelta(days=1)
        case "no certificate":
            certificate = None
        case "rubbish":
            certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert certificates.is_good(certificate, authority, names, now) is good


def test_a_clock_a_little_behind_still_accepts_a_fresh_leaf():
    ca = certificates.make_ca("acme registry", NOW)
    leaf = certificates.issue(ca, "cp-1", NAMES, NOW)
    assert certificates.is_good(leaf.certificate, ca.certificate, NAMES, NOW - timedelta(minutes=59))


def test_a_certificate_lasts_until_the_time_for_the_next_has_come():
    ca = certificates.make_ca("acme registry", NOW)
    pair = certificates.issue(ca, "cp-1", NAMES, NOW)
    last = NOW + layout.REGISTRY_LIFE - layout.RENEW_BEFORE
    assert certificates.lasts(pair.key + pair.certificate, last)
    assert not certificates.lasts(pair.certificate, last + timedelta(seconds=1))
    assert not certificates.lasts(pair.certificate, NOW - timedelta(days=1))
    assert not any(certificates.lasts(nothing, NOW) for nothing in (None, b"", b"garbage", pair.key))
