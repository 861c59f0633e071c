"""Hosts behind a bastion are got to know through it."""

from __future__ import annotations

from dataclasses import replace

from test_acquaint import PASSWORD, Server, broken, course, host_of, met, serving

from installer.answers.model import Bastion, Host, SecretRef
from installer.errors import HostUnreachable, LoginRefused
from installer.hosts.connection_test import Stage, try_all
from installer.remote.connection_test import SshConnectors


def behind(bastion: Server, server: Server, **changed) -> Host:
    way = Bastion("127.0.0.1", "root", bastion.port, bastion.fingerprint, password=SecretRef("env", "PASSWORD"))
    host = host_of(server)
    return replace(host, access=replace(host.access, bastion=replace(way, **changed)))


def test_a_bastion_is_entered_once_for_all_the_hosts_behind_it():
    with serving() as bastion, serving() as one, serving() as two:
        hosts = [behind(bastion, one), replace(behind(bastion, two), name="two")]
        told: list[Stage] = []
        with SshConnectors(hosts, lambda _: PASSWORD) as connectors:
            found = try_all(hosts, connectors, told.append)
        assert [each.error for each in found] == [None, None]
        assert [each.fingerprint for each in found] == [one.fingerprint, two.fingerprint]
        assert (bastion.logins, bastion.connections) == (["root"], 1)
        assert any("through bastion" in stage.text for stage in told)


def test_a_bastion_that_nobody_pinned_is_told_apart_from_the_host():
    with serving() as bastion, serving() as one:
        hosts = [replace(behind(bastion, one, host_key=""), name=f"host-{number}") for number in range(4)]
        told: list[Stage] = []
        with SshConnectors(hosts, lambda _: PASSWORD) as connectors:
            found = try_all(hosts, connectors, told.append)
        assert {each.bastion_key for each in found} == {bastion.fingerprint}
        assert {each.fingerprint for each in found} == {""}
        assert not any(each.to_confirm for each in found)
        assert course(told, "host-3") == broken("port")
        assert (bastion.logins, one.connections) == ([], 0)


def test_a_bastion_that_refuses_is_asked_once_not_for_every_host():
    with serving() as bastion, serving() as one:
        hosts = [replace(behind(bastion, one), name=f"host-{number}") for number in range(4)]
        with SshConnectors(hosts, lambda _: "wrong") as connectors:
            found = try_all(hosts, connectors, lambda _: None)
        assert all(isinstance(each.error, LoginRefused) for each in found)
        assert len(bastion.logins) == 1


def test_what_a_bastion_cannot_reach_is_the_hosts_trouble():
    with serving() as bastion, serving() as one:
        host = behind(bastion, one)
        lost = replace(host, access=replace(host.access, port=1))
        found, told = met(lost)
        assert isinstance(found.error, HostUnreachable)
        assert "bastion" in told[-1].text
