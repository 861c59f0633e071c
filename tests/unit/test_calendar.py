"""Certificates: what each is by where it lies, who renews it, and in which order they end."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from installer import certificates
from installer.plan import calendar
from installer.plan.calendar import Certificate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CA = certificates.make_ca("the site", NOW)


def issued(days: int) -> str:
    return certificates.issue(CA, "x", ("x.site",), NOW, timedelta(days=days)).certificate.decode().strip()


def one(path: str, days: int = 20) -> Certificate:
    (found,) = calendar.on_host("production", "cp-1", f"{path}\n{issued(days)}\n")
    return found


@pytest.mark.parametrize(
    ("path", "renewal"),
    [
        ("/etc/kubernetes/pki/apiserver.crt", "kubeadm"),
        ("/etc/kubernetes/pki/etcd/peer.crt", "kubeadm"),
        ("/etc/kubernetes/super-admin.conf", "kubeadm"),
        ("/var/lib/kubelet/pki/kubelet-client-current.pem", "itself"),
        ("/var/lib/kubelet/pki/kubelet-server-current.pem", "install"),
        ("/etc/sitewright/pki/registry.crt", "install"),
        ("/etc/kubernetes/pki/ca.crt", "nobody"),
        ("/etc/kubernetes/pki/what-a-customer-put-there.crt", "nobody"),
    ],
)
def test_who_renews_a_certificate_is_known_by_where_it_lies(path, renewal):
    found = one(path)
    assert (found.renewal, found.host, found.place) == (renewal, "cp-1", path)
    assert found.ends == (NOW + timedelta(days=20)).replace(microsecond=0)
    assert found.purpose and found.breaks and calendar.remedy(found)


def test_of_a_file_with_a_chain_the_first_counts_and_of_several_files_each():
    shown = f"/a.crt\n{issued(5)}\n{CA.certificate.decode()}/b.crt\n{issued(9)}\n/empty.crt\n"
    found = list(calendar.on_host("e", "h", shown))
    assert [(each.place, each.left(NOW).days, each.authority) for each in found] == [
        ("/a.crt", 5, False), ("/b.crt", 9, False)
    ]  # fmt: skip


def test_what_is_no_certificate_is_passed_over():
    broken = f"{calendar.BEGIN}\nnonsense\n{calendar.END}"
    assert list(calendar.on_host("e", "h", f"/a.crt\n{broken}\n/b.crt\n{calendar.BEGIN}\nhalf")) == []
    assert list(calendar.in_kubeconfigs("e", "h", f"/a.conf:3: {calendar.EMBEDDED} ***\n/b.conf:1:x")) == []
    assert calendar.in_secret("e", "a/b", "", "%%%") is None
    assert calendar.in_secret("e", "a/b", "", base64.b64encode(b"x").decode()) is None


def test_the_certificate_within_a_kubeconfig_counts_and_its_key_is_not_needed():
    data = base64.b64encode(issued(3).encode()).decode()
    (found,) = calendar.in_kubeconfigs("e", "h", f"/etc/kubernetes/admin.conf:18:    {calendar.EMBEDDED} {data}\n")
    assert (found.renewal, found.left(NOW).days) == ("kubeadm", 3)


def test_a_secret_is_of_cert_manager_of_an_authority_or_nobodys():
    leaf, authority = (base64.b64encode(each).decode() for each in (issued(60).encode(), CA.certificate))
    told = [calendar.in_secret("e", "ns/tls", *rest) for rest in (("shop-tls", leaf), ("", authority), ("", leaf))]
    assert [(each.renewal, each.authority) for each in told] == [
        ("itself", False), ("install", True), ("nobody", False)
    ]  # fmt: skip


def test_files_are_named_once_and_what_nobody_uses_any_more_is_left_out():
    lines = [f"/etc/kubernetes/pki/ca.crt:1:{calendar.BEGIN}", f"/a.crt:1:{calendar.BEGIN}",
             f"/a.crt:20:{calendar.BEGIN}",
             f"/var/lib/kubelet/pki/kubelet-client-2026-01-01-00-00-00.pem:1:{calendar.BEGIN}",
             f"/var/lib/kubelet/pki/kubelet-client-current.pem:1:{calendar.BEGIN}",
             f"/etc/kubernetes/tmp/kubeadm-backup/ca.crt:1:{calendar.BEGIN}",
             f"/etc/kubernetes/admin.conf:5:    {calendar.EMBEDDED} QUJD"]  # fmt: skip
    assert calendar.files("\n".join(lines)) == (
        "/etc/kubernetes/pki/ca.crt", "/a.crt", "/var/lib/kubelet/pki/kubelet-client-current.pem"
    )  # fmt: skip


def test_the_nearest_end_comes_first():
    found = [one("/etc/kubernetes/pki/apiserver.crt", days) for days in (30, 1, 7)]
    assert [each.left(NOW).days for each in calendar.nearest(found)] == [1, 7, 30]
