"""Preflight's rules: a host that is as it should be, and each way of not being so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any

import pytest

from installer import preflight
from installer.answers.model import Access, Answers, Environment, Host, Registry
from installer.bundle.manifest import Artifact, Blob, Component, Manifest
from installer.errors import HostUnreachable, SitewrightError, SudoRefused
from installer.hosts.facts import MODULE_SIGNS, TOOLS, Facts, Gathered
from installer.hosts.facts_parsing import Disk, Listener, Owner, Unit
from installer.hosts.network_facts import Taken
from installer.hosts.unit_facts import DropIn
from installer.messages import Message
from installer.preflight import Case, Finding, Tried

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIB = 1 << 30
HOSTS = ("cp-1", "node-1", "node-2")
ADDRESSES = {"cp-1": "10.20.0.11", "node-1": "10.20.0.12", "node-2": "10.20.0.13"}


def artifact(kind: Any, name: str, size: int) -> Artifact:
    """An artifact with one layer."""
    return Artifact(kind, f"r/{name}", "1", Blob(f"sha256:m{name}", 0), (Blob(f"sha256:{name}", size),))


HOST = {
    "phase": "kubernetes",
    "files": [{"file": "kubelet", "path": "/opt/own/kubelet", "mode": "0755"}],
    "texts": [{"text": "kubelet.service", "path": "/etc/systemd/system/kubelet.service", "mode": "0644"}],
}
"""What a component brings to hosts."""
MANIFEST = Manifest(
    "core", "1.0", "amd64", "v1.36.3",
    (
        Component(
            "k8s", "1", (artifact("image", "api", GIB), artifact("file", "kubelet", GIB)),
            {"always": True, "host": HOST},
        ),
        Component("shop", "1", (artifact("image", "shop", 2 * GIB),)),
        Component("kafka", "1", (artifact("image", "kafka", 4 * GIB),)),
    ),
)  # fmt: skip


def answers(**changes: Any) -> Answers:
    """One control plane and two workers."""
    whole = Answers(
        site="acme",
        hosts=tuple(Host(name, ADDRESSES[name], Access()) for name in HOSTS),
        environments=(Environment("production", ("cp-1",), ("node-1", "node-2"), components={"shop": {}}),),
        registry=Registry(("cp-1",)),
        signers="",
        file="answers.yaml",
        lines={"hosts.0.address": 7, "network.ntp": 37},
    )
    return replace(whole, **changes)


def good(name: str) -> Facts:
    """A host as it should be."""
    return Facts(
        host=name, os_id="debian", os_version="12", os_name="Debian GNU/Linux 12 (bookworm)", architecture="x86_64",
        kernel="6.1.0-18-amd64", hostname=name, machine_id=f"id-of-{name}", cpus=4, memory=8 * GIB,
        capabilities=0x1FFFFFFFFFF, cgroup=2, systemd=252, disks={"/": Disk("/", "ext4", 100 * GIB, 90 * GIB)},
        listeners=(Listener("tcp", "0.0.0.0", 22, "sshd"),), addresses=frozenset({"127.0.0.1", ADDRESSES[name]}),
        default_route=True, clock_ahead=0.2, clock_doubt=0.01, clock_synchronised=True,
        units={"containerd": Unit(loaded=False, active=False, enabled=False)}, tools=frozenset(TOOLS),
        modules=frozenset(MODULE_SIGNS), resolves_itself=True,
    )  # fmt: skip


def looked(
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    tried: Tried | None = None,
    said: Answers | None = None,
    manifest: Manifest = MANIFEST,
    refused: Mapping[str, SitewrightError] | None = None,
) -> tuple[Finding, ...]:
    """All findings on a good site after changes to its hosts."""
    gone = refused or {}
    facts = {name: replace(good(name), **(changes or {}).get(name, {})) for name in HOSTS if name not in gone}
    return preflight.examine(
        Case(said or answers(), manifest, Gathered(facts, gone), tried or Tried(), NOW, {"cp-1": ()})
    )


def bad(*arguments: Any, **keywords: Any) -> list[Finding]:
    """The findings that are not good."""
    return [finding for finding in looked(*arguments, **keywords) if finding.status != "ok"]


def older(host: str) -> str:
    """What a host says on which an older bundle stands."""
    about = {"name": "core", "version": "0.9", "digest": "sha256:" + "a" * 64}
    return json.dumps({"format": 1, "site": "acme", "environment": "production", "host": host, "control_plane": True,
                       "kubernetes": "v1.35.1", "bundle": about, "components": {}})  # fmt: skip


def test_a_good_site_has_nothing_but_good_findings_for_every_check() -> None:
    found = looked()
    assert {finding.status for finding in found} == {"ok"}
    assert {finding.check for finding in found} == set(preflight.NAMES)
    assert len({(finding.check, finding.host) for finding in found}) == len(found)


def disk(free: float, size: float = 100, options: str = "rw") -> dict[str, Disk]:
    """A root disk."""
    return {"/": Disk("/", "ext4", int(size * GIB), int(free * GIB), frozenset(options.split(",")))}


TROUBLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "an old system": ({"os_version": "11", "os_name": "Debian 11"}, "host.os", "Debian 11, which no release"),
    "a newer system": (
        {"os_version": "13", "os_name": "Debian GNU/Linux 13 (trixie)"},
        "host.os",
        "13 (trixie), which no",
    ),
    "Ubuntu": (
        {"os_id": "ubuntu", "os_version": "24.04", "os_name": "Ubuntu 24.04 LTS"},
        "host.os",
        "which no release",
    ),
    "another bundle": (
        {"record": older("cp-1")},
        "bundle.succession",
        "core 0.9 (v1.35.1) stands on cp-1; this bundle is a",
    ),
    "a rolling system": ({"os_id": "arch", "os_version": ""}, "host.os", "no release was tried on"),
    "another architecture": ({"architecture": "aarch64"}, "host.architecture", "arm64"),
    "too few cores": ({"cpus": 1}, "host.cpu", "1 core(s)"),
    "too little memory": ({"memory": GIB}, "host.memory", "1.0 GiB of memory"),
    "no name": ({"hostname": "localhost"}, "host.hostname", "'localhost'"),
    "another's name": ({"hostname": "node-1"}, "host.hostname", "which node-1 has as well"),
    "no machine-id": ({"machine_id": ""}, "host.machine-id", "no /etc/machine-id"),
    "a clone": ({"machine_id": "id-of-node-2"}, "host.machine-id", "the machine-id of node-2"),
    "another address": ({"addresses": frozenset({"10.9.9.9"})}, "host.address", "10.20.0.11 (it has 10.9.9.9)"),
    "no conntrack": ({"tools": frozenset(TOOLS) - {"conntrack"}}, "host.tools", "no conntrack"),
    "an old systemd": ({"systemd": 241}, "host.systemd", "systemd 241"),
    "left-overs": ({"leftovers": ("/var/lib/etcd/member", "/sys/class/net/cni0")}, "host.leftovers", "interface cni0"),
    "another site's": ({"owner": Owner("b", "e")}, "host.leftovers", "site b, environment e"),
    "a runtime": (
        {"units": {"docker": Unit(loaded=True, active=True, enabled=True)}},
        "host.services",
        "docker already",
    ),
    "swap": ({"swap": 2 * GIB}, "memory.swap", "2.0 GiB of swap"),
    "swap that comes back": ({"returning_swap": ("/etc/fstab:9",)}, "memory.swap", "by /etc/fstab:9"),
    "a drop-in": (
        {"drop_ins": (DropIn("kubelet.service", "/etc/systemd/system/kubelet.service.d/9.conf:2", "ExecStart=/k"),)},
        "host.drop-ins",
        "ExecStart=/k (/etc/systemd/system/kubelet.service.d/9.conf:2)",
    ),
    "no name server": ({"name_servers": ()}, "names.servers", "/etc/resolv.conf names no name server"),
    "itself for a name server": ({"name_servers": ("127.0.0.1",)}, "names.servers", "its name server is 127.0.0.1"),
    "docker's network": (
        {"networks": (Taken(IPv4Network("10.244.0.0/16"), "docker0", Message("docker0 has 10.244.0.1/16")),)},
        "network.overlap",
        "docker0 has 10.244.0.1/16, in 10.244.0.0/16 of environments.0.networks.pods",
    ),
    "cgroup v1": ({"cgroup": 1}, "cgroup.version", "cgroup v1"),
    "no memory controller": ({"lacking_controllers": ("memory",)}, "cgroup.version", "cgroup v2 without memory"),
    "an old kernel": ({"kernel": "3.10.0-1160.el7"}, "kernel.version", "Linux 3.10.0"),
    "no vxlan": ({"modules": frozenset(MODULE_SIGNS) - {"vxlan"}}, "kernel.modules", "no vxlan"),
    "few watches": ({"settings": {"fs.inotify.max_user_watches": 100}}, "kernel.sysctls", "= 100"),
    "SELinux": ({"selinux": True}, "kernel.selinux", "SELinux enforcing"),
    "a container": ({"capabilities": 0xA80425FB}, "limits.raise", "no CAP_SYS_RESOURCE"),
    "a read-only disk": ({"disks": disk(90, options="ro")}, "disk.mounts", "mounted read-only"),
    "a noexec disk": ({"disks": disk(90, options="rw,noexec")}, "disk.mounts", "noexec"),
    "programs of the pod network on a noexec disk": (
        {"disks": {**disk(90), "/opt": Disk("/opt", "ext4", 9 * GIB, 9 * GIB, frozenset({"noexec"}))}},
        "disk.mounts",
        "/opt is mounted noexec, and programs lie in /opt/cni/bin",
    ),
    "a program of a component on a noexec disk": (
        {"disks": {**disk(90), "/opt/own": Disk("/opt/own", "ext4", 9 * GIB, 9 * GIB, frozenset({"noexec"}))}},
        "disk.mounts",
        "/opt/own is mounted noexec, and programs lie in /opt/own",
    ),
    "a full disk": ({"disks": disk(5)}, "disk.space", "/ has 5.0 GiB free"),
    "a clock behind": ({"clock_ahead": -41.0}, "clock.skew", "41 s behind this machine"),
    "a clock unread": ({"clock_ahead": float("nan")}, "clock.skew", "this machine"),
    "a clock apart": ({"clock_ahead": 2.5}, "clock.skew", "apart from node-1"),
    "a free-running clock": ({"clock_synchronised": False}, "clock.sync", "no time service"),
    "no name service": ({"resolves_itself": False}, "names.resolve", "own name cp-1"),
    "no API endpoint": ({"unresolved": frozenset({"api.acme"})}, "names.resolve", "does not find api.acme"),
    "no default route": ({"default_route": False}, "network.route", "no default route"),
    "a firewall": ({"units": {"ufw": Unit(loaded=True, active=True, enabled=True)}}, "network.firewall", "ufw"),
    "a taken port": (
        {"listeners": (Listener("tcp", "*", 6443, "nginx"),)},
        "ports.free",
        "6443/tcp is in use by nginx",
    ),
}


@pytest.mark.parametrize(("changes", "check", "expected"), TROUBLES.values(), ids=TROUBLES)
def test_each_trouble_is_found_with_its_remedy(changes: dict[str, Any], check: str, expected: str) -> None:
    found = [finding for finding in bad({"cp-1": changes}) if finding.host == "cp-1"]
    assert {finding.check for finding in found} == {check}
    assert any(expected in finding.found for finding in found), found
    assert all(finding.wanted and finding.remedy for finding in found)


def test_every_check_that_looks_at_facts_is_made_to_fail() -> None:
    shown = {check for _, check, _ in TROUBLES.values()}
    by_probes = {
        "bundle.exemptions",
        "bundle.images",
        "bundle.kubernetes",
        "host.probes",
        "disk.fsync",
        "disk.speed",
        "link.speed",
        "ports.reach",
    }
    assert shown | by_probes | {preflight.LOGIN, preflight.SUDO} == set(preflight.NAMES)


@pytest.mark.parametrize(
    ("tried", "check", "expected"),
    [
        (Tried(fsync={"cp-1": 0.0123}), "disk.fsync", "12.3 ms"),
        (Tried(disk={"node-1": 5e6}), "disk.speed", "5 MB/s"),
        (Tried(link={"cp-1": 5e5}), "link.speed", "0.5 MB/s"),
        (Tried(refused={"cp-1": "no space left"}), "host.probes", "no space left"),
        (Tried(reached={("node-1", "cp-1", "tcp", 6443): "silent"}), "ports.reach", "reach 10.20.0.11:6443/tcp"),
        (Tried(reached={("node-1", "cp-1", "tcp", 5000): "refused"}), "ports.reach", "(refused)"),
        (Tried(reached={("node-1", "node-2", "udp", 8472): "silent"}), "ports.reach", "8472/udp"),
    ],
)  # fmt: skip
def test_what_probes_gave(tried: Tried, check: str, expected: str) -> None:
    (finding,) = bad(tried=tried)
    assert finding.check == check
    assert expected in finding.found


def test_a_refusal_proves_the_way_to_a_host_that_could_not_listen() -> None:
    reached: Any = {("node-1", "cp-1", "tcp", 6443): "refused"}
    (told,) = bad(tried=Tried(reached=reached, mute=frozenset({"cp-1"})))
    assert (told.check, told.host, told.status) == ("ports.reach", "cp-1", "warn")
    assert "nothing could listen here" in told.found
    (refused,) = bad(tried=Tried(reached=reached))
    assert (refused.host, refused.status) == ("node-1", "failed")


def test_good_measures_are_no_trouble() -> None:
    tried = Tried(fsync={"cp-1": 0.002}, disk={"cp-1": 4e8}, link={"cp-1": 1e8},
                  reached={("node-1", "cp-1", "tcp", 6443): "open"})  # fmt: skip
    assert bad(tried=tried) == []


def test_workers_need_less_than_control_planes() -> None:
    assert bad({"node-1": {"cpus": 1, "memory": GIB}}) == []


def test_all_problems_of_all_hosts_are_told_at_once() -> None:
    found = bad({"cp-1": {"swap": 1, "cgroup": 1}, "node-2": {"swap": 1}})
    assert [(finding.check, finding.host) for finding in found] == [
        ("memory.swap", "cp-1"), ("memory.swap", "node-2"), ("cgroup.version", "cp-1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (HostUnreachable(host="node-1", address="10.20.0.12:22", reason="timed out"), "ssh.login"),
        (SudoRefused(host="node-1", user="li", reason="wrong password"), "sudo.rights"),
    ],
)
def test_a_host_that_cannot_be_entered_is_told_and_not_judged_further(error: SitewrightError, check: str) -> None:
    found = looked(refused={"node-1": error})
    of_it = [finding for finding in found if finding.host == "node-1"]
    assert [(f.check, f.status, f.found, f.remedy) for f in of_it] == [(check, "failed", error.message, error.remedy)]


def test_what_failed_is_named_in_a_line() -> None:
    found = [Finding("disk.fsync", host, Message("it is slow"), "failed") for host in ("a", "b", "c", "d")]
    assert preflight.named(found[:1]) == "disk.fsync (a)"
    assert preflight.named(found) == "disk.fsync (a, b, c, …)"
    assert preflight.named([Finding(f"check.{n}", "", Message("it is slow"), "failed") for n in range(4)]) == (
        "check.0, check.1, check.2, …"
    )
