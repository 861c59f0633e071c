"""Getting to know hosts that really are there: keys, logins, sudo and facts, stage by stage, over SSH."""

from __future__ import annotations

from dataclasses import replace

import paramiko
import pytest
from practice import Practice
from stages import secret

from installer.answers.model import Access, Bastion, Host, SecretRef
from installer.errors import HostKeyMismatch, HostKeyUnknown, HostUnreachable, LoginRefused, SudoRefused
from installer.hosts.connection_test import STAGES, ConnectionResult, Stage, try_all
from installer.remote.connection_test import SshConnectors

pytestmark = pytest.mark.lab


def met(*hosts: Host) -> tuple[dict[str, ConnectionResult], list[Stage]]:
    told: list[Stage] = []
    with SshConnectors(hosts, secret) as connectors:
        found = try_all(hosts, connectors, told.append)
    return {each.host: each for each in found}, told


def host_of(practice: Practice, access: Access | None = None, **changed: str) -> Host:
    return replace(Host("cp-1", practice.address("cp-1"), access or practice.access), **changed)


def end(told: list[Stage], host: str = "cp-1") -> tuple[str, str]:
    last = [stage for stage in told if stage.host == host][-1]
    return last.stage, last.status


def unpinned(practice: Practice) -> Access:
    return replace(practice.access, known_hosts="")


def fingerprint(practice: Practice) -> str:
    """Of cp-1, as the practice site itself wrote it down, not as any connection shows it."""
    known = paramiko.HostKeys(str(practice.folder / "known_hosts")).lookup(practice.address("cp-1"))
    assert known is not None
    return known["ssh-ed25519"].fingerprint


def test_facts_of_all_hosts_arrive_at_once(practice: Practice) -> None:
    found, told = met(*practice.answers_hosts())
    assert [each.error for each in found.values()] == [None, None, None]
    for name, each in found.items():
        assert each.facts is not None
        assert (each.facts.hostname, each.facts.cpus > 0, each.facts.memory > 0) == (name, True, True)
        assert [s.stage for s in told if s.host == name and s.status == "ok"] == list(STAGES)


def test_the_key_of_an_unpinned_host_is_shown_without_a_login_and_then_pins(practice: Practice) -> None:
    nobody = replace(unpinned(practice), user="nobody-here")  # no login is tried, so none is refused
    found, told = met(host_of(practice, nobody))
    assert isinstance(found["cp-1"].error, HostKeyUnknown)
    assert end(told) == ("key", "unknown-key")
    assert found["cp-1"].fingerprint == fingerprint(practice)
    assert found["cp-1"].key_type == "ssh-ed25519"
    again, told = met(host_of(practice, unpinned(practice), host_key=found["cp-1"].fingerprint))
    assert (again["cp-1"].error, end(told)) == (None, ("facts", "ok"))


def test_a_key_that_differs_stops_before_the_login(practice: Practice) -> None:
    found, told = met(host_of(practice, unpinned(practice), host_key="SHA256:" + "A" * 43))
    assert isinstance(found["cp-1"].error, HostKeyMismatch)
    assert (end(told), found["cp-1"].fingerprint) == (("key", "failed"), "")


def test_a_wrong_password_is_a_refused_login(practice: Practice) -> None:
    wrong = SecretRef("file", str(practice.folder / "passphrase"))
    found, told = met(host_of(practice, replace(practice.access, private_key="", password=wrong)))
    assert isinstance(found["cp-1"].error, LoginRefused)
    assert end(told) == ("login", "failed")


def test_a_wrong_sudo_password_is_told_as_such(practice: Practice) -> None:
    wrong = SecretRef("file", str(practice.folder / "passphrase"))
    found, told = met(host_of(practice, replace(practice.access, sudo_password=wrong)))
    assert isinstance(found["cp-1"].error, SudoRefused)
    assert end(told) == ("sudo", "failed")


def test_nobody_there_is_one_host_less(practice: Practice) -> None:
    away = Host("away", practice.address("cp-1"), replace(practice.access, port=9))
    found, told = met(host_of(practice), away)
    assert isinstance(found["away"].error, HostUnreachable)
    assert (end(told, "away"), end(told)) == (("port", "failed"), ("facts", "ok"))


def test_hosts_behind_a_bastion_are_met_through_it(practice: Practice) -> None:
    way = Bastion(practice.address("node-2"), "deploy", private_key=practice.access.private_key)
    hosts = practice.answers_hosts(replace(practice.access, bastion=way))[:2]
    found, told = met(*hosts)
    assert [each.error for each in found.values()] == [None, None]
    assert all("through bastion" in stage.text for stage in told if (stage.stage, stage.status) == ("port", "ok"))
