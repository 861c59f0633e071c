"""Probes against real hosts: what is open, closed or dropped is told apart, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from practice import Practice

from installer.answers.model import Access, Answers, Environment, Host, Registry
from installer.answers.secrets import Secrets
from installer.errors import CommandFailed
from installer.hosts import facts_parsing as reading
from installer.remote.probing import Probes
from installer.remote.world import Site

TCP, UDP = 26443, 28472
TRACES = """
ls -d /run/sitewright-probe* /var/lib/.sitewright-probe* 2>/dev/null
systemctl list-units --all --no-legend 'sitewright-probe*'
ss -H -ltun | grep -E ':(26443|28472) '
"""


@pytest.fixture
def site(practice: Practice, tmp_path: Path) -> Iterator[Site]:
    """The practice hosts as a world."""
    hosts = tuple(Host(host.name, host.address, practice.access) for host in practice.site.hosts)
    names = tuple(host.name for host in hosts)
    answers = Answers("probes", hosts, (Environment("e", names[:1], names[1:]),), Registry(names[:1]), "")
    with Site(answers, Secrets(None).resolve, None, tmp_path) as world:
        yield world


@pytest.fixture
def address(practice: Practice) -> str:
    """Where cp-1 is."""
    return next(host.address for host in practice.site.hosts if host.name == "cp-1")


def left_behind(site: Site, host: str) -> str:
    """What of a probe is still on a host."""
    return site.run(host, "bash", "-c", TRACES).out


def test_what_listens_is_known_for_a_probe_and_ends_without_a_trace(site: Site, address: str) -> None:
    probes = Probes(site)
    assert probes.listen("cp-1", [TCP], [UDP])
    try:
        assert left_behind(site, "cp-1") != ""
        for call in (False, True):  # a datagram starts another program in the listener's place
            if call:
                probes.call("node-1", [(address, UDP)])
                assert probes.heard("cp-1") == {("node-1", UDP)}
            held = {listener.port for listener in reading.listeners(site.query("cp-1", "ss", "-H", "-ltunp").out)}
            assert held & {TCP, UDP} == set()
    finally:
        probes.hush("cp-1")
    assert left_behind(site, "cp-1") == ""


def test_a_firewall_is_told_from_a_closed_port(site: Site, address: str) -> None:
    rule = ("INPUT", "-p", "tcp", "--dport", str(TCP), "-j", "DROP")
    assert site.run("cp-1", "iptables", "-A", *rule).ok
    try:
        assert Probes(site).connect("node-1", [(address, TCP)]) == ("silent",)
    finally:
        site.run("cp-1", "iptables", "-D", *rule)


def test_measures_leave_nothing(site: Site) -> None:
    probes = Probes(site)
    probes.fsync_latency("cp-1", "/var/lib/etcd/not/there/yet")
    probes.disk_speed("cp-1", "/var/lib/containerd")
    probes.link_speed("cp-1")
    assert left_behind(site, "cp-1") == ""


def test_where_nothing_can_be_written_that_is_said(site: Site) -> None:
    with pytest.raises(CommandFailed, match="cp-1"):
        Probes(site).disk_speed("cp-1", "/proc")


def test_nothing_to_ask_is_no_round_trip() -> None:
    class Mute:
        def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> object:
            raise AssertionError("nobody was to be asked")

    assert Probes(Mute()).connect("cp-1", []) == ()
    Probes(Mute()).call("cp-1", [])


def test_access_of_the_fixture_is_not_root(practice: Practice) -> None:
    assert isinstance(practice.access, Access)
    assert practice.access.user != "root", "or sudo would go untried"
