"""Waivers set a check aside by name, host and day; what we began ourselves is no trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from test_checks import GIB, HOSTS, answers, bad

from installer import preflight
from installer.answers.model import Answers, Waiver
from installer.answers.schema import schema
from installer.hosts.facts_parsing import Listener, Owner, Unit


def test_the_answers_may_waive_exactly_the_checks_that_a_waiver_can_set_aside() -> None:
    entries = {preflight.LOGIN, preflight.SUDO}
    firm = {check.name for check in preflight.CHECKS if check.firm}
    assert set(schema()["$defs"]["check"]["enum"]) == set(preflight.NAMES) - entries - firm
    assert entries < set(preflight.NAMES)


def waived(**fields: Any) -> Answers:
    """Answers with one waiver for swap."""
    good_waiver = Waiver("memory.swap", "agreed with Acme", "Li Wei", date(2026, 11, 23))
    return answers(waivers=(replace(good_waiver, **fields),))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "waived"),
        ({"until": date(2026, 11, 22)}, "failed"),
        ({"hosts": ("cp-1",)}, "waived"),
        ({"hosts": ("node-1",)}, "failed"),
        ({"check": "cgroup.version"}, "failed"),
    ],
)
def test_waivers_hold_by_name_host_and_day(fields: dict[str, Any], status: str) -> None:
    said = waived(**fields)
    (finding,) = bad({"cp-1": {"swap": 1}}, said=said)
    assert finding.status == status
    assert finding.waiver == (said.waivers[0] if status == "waived" else None)
    ended = fields.get("until") == date(2026, 11, 22)
    assert ("its waiver ended on 2026-11-22: agree on another day with Li Wei" in finding.remedy) is ended


OURS = {
    "owner": Owner("acme", "production"),
    "filled": {"/var/lib/containerd": 15 * GIB, "/usr/local/bin": GIB, "/var/log/pods": 2 * GIB},
    "leftovers": ("/etc/kubernetes/admin.conf", "/var/lib/etcd/member"),
    "units": {name: Unit(loaded=True, active=True, enabled=True) for name in ("containerd", "kubelet")},
    "listeners": (
        Listener("tcp", "*", 6443, "kube-apiserver"), Listener("tcp", "127.0.0.1", 7443, "haproxy"),
        Listener("tcp", "*", 5000, "sitewright-regi"), Listener("udp", "0.0.0.0", 8472, ""),
    ),
}  # fmt: skip


def test_a_finished_site_of_ours_passes() -> None:
    assert bad({name: OURS for name in HOSTS}) == []


@pytest.mark.parametrize("owner", [Owner("acme", "testing"), Owner("b", "production"), Owner("", ""), None])
def test_what_another_site_or_environment_began_is_no_work_of_ours(owner: Owner | None) -> None:
    """All that makes a host of ours pass fails on one that is somebody else's, or of which nobody knows whose it is."""
    found = {finding.check for finding in bad({"node-1": {**OURS, "owner": owner}})}
    assert found == {"host.leftovers", "host.services", "ports.free"}


def test_a_stranger_on_our_port_is_told_even_on_a_host_of_ours() -> None:
    (finding,) = bad({"cp-1": {**OURS, "listeners": (Listener("tcp", "*", 6443, "nginx"),)}})
    assert finding.check == "ports.free"


def test_remedies_point_into_the_answers() -> None:
    (finding,) = bad({"cp-1": {"addresses": frozenset({"10.9.9.9"})}})
    assert "answers.yaml:7" in finding.remedy
    found = bad({"cp-1": {"clock_ahead": -41.0}}, said=answers(ntp=("10.0.0.1",)))
    assert "chrony with 10.0.0.1" in found[0].remedy
    assert "answers.yaml:37" in found[0].remedy
