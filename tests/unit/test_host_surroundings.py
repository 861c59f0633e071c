"""What a host has beside its files: networks, name servers, drop-ins and swap, and what each is held to be."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest
from test_checks import bad

from installer.hosts import network_facts, unit_facts
from installer.hosts.network_facts import Taken
from installer.hosts.unit_facts import DropIn
from installer.messages import Message


def test_networks_are_those_of_every_card_and_route_but_loopback_and_the_default() -> None:
    links = [
        {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
        {"ifname": "eth1", "addr_info": [{"family": "inet", "local": "10.77.1.1", "prefixlen": 24},
                                         {"family": "inet6", "local": "fe80::1", "prefixlen": 64}]},
        {"ifname": "docker0", "addr_info": [{"family": "inet", "local": "172.17.0.1", "prefixlen": 16}]},
    ]  # fmt: skip
    routes = [
        {"dst": "default", "gateway": "10.77.1.254"}, {"dst": "0.0.0.0/1", "dev": "tun0"},
        {"type": "local", "dst": "10.77.1.1", "table": "local"}, {"type": "broadcast", "dst": "10.77.1.255"},
        {"dst": "10.96.0.0/12", "gateway": "10.8.0.1", "dev": "tun0", "table": "52"},
        {"dst": "192.0.2.7", "dev": "eth1"},
    ]  # fmt: skip
    assert [str(each.network) for each in network_facts.attached(json.dumps(links))] == [
        "10.77.1.0/24",
        "172.17.0.0/16",
    ]
    found = network_facts.routed(json.dumps(routes))
    assert [str(each.network) for each in found] == ["10.96.0.0/12", "192.0.2.7/32"]
    assert found[0].how == "it routes 10.96.0.0/12 via 10.8.0.1"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"dst": "x"}]', '[{"addr_info": [{"local": 1}]}]', "[" * 9999])
def test_what_no_program_prints_is_nothing(text: str) -> None:
    assert network_facts.attached(text) == network_facts.routed(text) == ()


SERVERS = {
    "none": ("search acme.internal\n", ()), "one": ("nameserver 10.0.0.53\n", ("10.0.0.53",)),
    "a comment": ("# nameserver 1.1.1.1\nnameserver\t192.0.2.1 # the site's\n", ("192.0.2.1",)),
    "several": ("nameserver 127.0.0.53\nnameserver fe80::1%eth0\n", ("127.0.0.53", "fe80::1%eth0")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SERVERS.values(), ids=SERVERS)
def test_name_servers_are_those_of_the_file(text: str, wanted: tuple[str, ...]) -> None:
    assert network_facts.name_servers({network_facts.RESOLV: text}, resolved=False) == wanted


def test_name_servers_are_those_that_kubeadm_gives_to_pods() -> None:
    files = {network_facts.RESOLV: "nameserver 127.0.0.53", network_facts.RESOLVED: "nameserver 10.0.0.53"}
    assert network_facts.name_servers(files, resolved=True) == ("10.0.0.53",)
    assert network_facts.name_servers(files, resolved=False) == ("127.0.0.53",)
    assert network_facts.name_servers({}, resolved=True) == ()


def overlap(network: str, link: str = "eth1") -> list[tuple[str, str]]:
    found = bad({"node-1": {"networks": (Taken(IPv4Network(network), link, Message(f"it routes {network}")),)}})
    assert {each.check for each in found} <= {"network.overlap"}
    return [(each.status, each.remedy) for each in found]


@pytest.mark.parametrize(
    ("network", "statuses"),
    [
        ("10.96.0.0/12", ["failed"]), ("10.244.7.0/24", ["failed"]), ("10.96.0.53/32", ["failed"]),
        ("10.0.0.0/8", ["warn", "warn"]), ("172.17.0.0/16", []), ("10.20.0.0/24", []),
    ],
)  # fmt: skip
def test_cluster_networks_are_held_against_all_that_a_host_reaches(network: str, statuses: list[str]) -> None:
    assert [status for status, _ in overlap(network)] == statuses


def test_the_network_that_is_proposed_is_one_that_no_host_reaches() -> None:
    ((_, remedy),) = overlap("10.96.0.0/12")
    proposed = IPv4Network(remedy.rpartition(" ")[2])
    assert not any(proposed.overlaps(IPv4Network(each)) for each in ("10.96.0.0/12", "10.244.0.0/16"))
    (_, (_, remedy)) = overlap("10.0.0.0/8")
    assert not IPv4Network(remedy.rpartition(" ")[2]).overlaps(IPv4Network("10.0.0.0/8"))


GREP = """/etc/systemd/system/containerd.service.d/http-proxy.conf:1:[Service]
/etc/systemd/system/containerd.service.d/http-proxy.conf:2:Environment="HTTPS_PROXY=http://10.9.9.9:3128" "NO_PROXY=x"
/usr/lib/systemd/system/service.d/10-timeout-abort.conf:6:TimeoutStopFailureMode=abort
/lib/systemd/system/service.d/10-timeout-abort.conf:6:TimeoutStopFailureMode=abort
/etc/systemd/system/dev-sdb2.swap:3:What=/dev/sdb2
/run/systemd/generator/dev-zram0.swap:9:What=/dev/zram0
/run/systemd/generator/dev-sda2.swap:9:What=/dev/sda2
"""


def test_drop_ins_are_read_by_unit_and_line() -> None:
    found = unit_facts.drop_ins(GREP)
    assert [(each.unit, each.place.rpartition("/")[2]) for each in found] == [
        ("containerd.service", "http-proxy.conf:2"), ("service", "10-timeout-abort.conf:6"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dropped", "unit", "does"),
    [
        ("kubelet.service", "kubelet.service", True), ("service", "kubelet.service", True),
        ("sitewright-.service", "sitewright-registry-push.service", True),
        ("sitewright-registry-.service", "sitewright-registry-push.service", True),
        ("sitewright-check@.service", "sitewright-check@disks.service", True),
        ("sitewright-check@disks.service", "sitewright-check@.service", True),
        ("docker.service", "containerd.service", False), ("timer", "kubelet.service", False),
    ],
)  # fmt: skip
def test_a_drop_in_is_for_a_name_a_template_a_prefix_or_a_type(dropped: str, unit: str, does: bool) -> None:
    assert unit_facts.applies(dropped, unit) is does


def told(unit: str, text: str) -> list[str]:
    place = f"/etc/systemd/system/{unit}.d/9.conf:3"
    found = bad({"cp-1": {"drop_ins": (DropIn(unit, place, text),)}})
    assert {each.check for each in found} <= {"host.drop-ins"}
    return [each.found for each in found]


@pytest.mark.parametrize(
    ("unit", "text", "is_told"),
    [
        ("kubelet.service", "Environment=KUBELET_EXTRA_ARGS=--v=9", True), ("kubelet.service", "MemoryMax=1G", True),
        ("kubelet.service", 'Environment="HTTP_PROXY=http://p:1" "https_proxy=http://p:1"', False),
        ("kubelet.service", 'Environment="HTTP_PROXY=http://p:1" "GODEBUG=x"', True),
        ("kubelet.service", "UnsetEnvironment=", True), ("service", "TimeoutStopFailureMode=abort", False),
        ("service", "ProtectHome=yes", True), ("docker.service", "ExecStart=", False),
    ],
)  # fmt: skip
def test_what_changes_a_unit_of_ours_is_told_and_what_does_not_is_not(unit: str, text: str, is_told: bool) -> None:
    assert bool(told(unit, text)) is is_told


FSTAB = "UUID=1 / ext4 rw 0 1\n/dev/sda2 none swap sw 0 0\n# /dev/old none swap sw 0 0\n/dev/sdc none swap noauto 0 0\n"


def test_swap_comes_back_by_fstab_units_generators_and_services() -> None:
    found = unit_facts.returning_swap(GREP, FSTAB, frozenset({"zramswap", "ssh"}))
    assert found == (
        "/etc/fstab:2", "/etc/systemd/system/dev-sdb2.swap:3", "/run/systemd/generator/dev-zram0.swap:9",
        "zramswap.service",
    )  # fmt: skip
    assert unit_facts.returning_swap("", "", frozenset()) == ()


def test_addresses_on_loopback_s_link_and_closed_routes_count_in_both_families() -> None:
    links = [{"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8},
                                            {"family": "inet6", "local": "::1", "prefixlen": 128},
                                            {"family": "inet", "local": "10.96.0.53", "prefixlen": 32}]}]  # fmt: skip
    assert [str(each.network) for each in network_facts.attached(json.dumps(links))] == ["10.96.0.53/32"]
    routes = [{"type": "blackhole", "dst": "10.96.0.0/12"}, {"dst": "fd00::/64", "dev": "eth1"},
              {"type": "unreachable", "dst": "fe80::/64"}, {"type": "throw", "dst": "10.0.0.0/8"}]  # fmt: skip
    found = network_facts.routed(json.dumps(routes))
    assert [(str(each.network), each.closed) for each in found] == [("10.96.0.0/12", True)]
    assert found[0].how == "it sends nothing to 10.96.0.0/12 (blackhole)"


@pytest.mark.parametrize(
    ("servers", "found"),
    [
        (("::1",), "failed"), (("0.0.0.0",), "failed"), (("::",), "failed"), (("::ffff:127.0.0.1",), "failed"),
        (("fd00::53",), "warn"), (("fe80::1%eth0", "2001:db8::53"), "warn"), (("fd00::53", "10.20.0.53"), "ok"),
        (("::ffff:10.20.0.53",), "ok"), (("10.20.0.53",), "ok"), ((), "failed"),
    ],
)  # fmt: skip
def test_name_servers_of_both_families(servers: tuple[str, ...], found: str) -> None:
    told = [each for each in bad({"node-1": {"name_servers": servers}}) if each.check == "names.servers"]
    assert [each.status for each in told] == ([] if found == "ok" else [found])


def test_a_name_server_of_ipv4_in_ipv6_s_form_is_held_against_the_cluster_s_networks() -> None:
    assert [str(each.network) for each in network_facts.asked(("::ffff:10.96.0.10", "fd00::1"))] == ["10.96.0.10/32"]


def test_a_closed_route_over_all_private_addresses_is_none_that_a_narrower_one_goes_before() -> None:
    closed = Taken(IPv4Network("10.0.0.0/8"), "", Message("it sends nothing to 10.0.0.0/8 (blackhole)"), closed=True)
    found = bad({"node-1": {"networks": (closed,)}})
    assert sorted(each.status for each in found) == ["failed", "warn"]
