"""Facts: what is understood of what hosts print, and that one silent host does not hide the others."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from installer.answers.model import Access, Answers, Environment, Host, Registry
from installer.errors import ConnectionLost, HostAnswersOddly, HostUnreachable
from installer.hosts import facts
from installer.hosts import facts_parsing as reading
from installer.ports import QUERIES, Output, ReadOnly

HEAD = """==> /etc/os-release <==
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
ID="rocky"
VERSION_ID="9.4"

==> /etc/machine-id <==
0123abcd

==> /proc/sys/kernel/hostname <==
cp-1

==> /proc/sys/kernel/osrelease <==
5.14.0-427.el9.x86_64

==> /proc/meminfo <==
MemTotal:        8000000 kB
SwapTotal:       1048576 kB

==> /proc/stat <==
cpu  1 2 3
cpu0 1 2 3
cpu1 1 2 3

==> /proc/filesystems <==
nodev\toverlay
\text4

==> /proc/self/mounts <==
/dev/vda1 / ext4 rw,relatime 0 0
/dev/vdb1 /var xfs rw,noexec 0 0

==> /proc/net/route <==
Iface\tDestination\tGateway
eth0\t00000000\t0114140A

==> /proc/self/status <==
CapEff:\t000001ffffffffff

==> /proc/sys/fs/inotify/max_user_watches <==
65536

==> /sys/fs/cgroup/cgroup.controllers <==
cpuset cpu io memory hugetlb pids

==> /sys/fs/selinux/enforce <==
1
==> /var/lib/sitewright/owner.json <==
{"format": 1, "site": "acme", "environment": "production"}
"""
SS = """tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=65,fd=3))
tcp LISTEN 0 128 [::1]:6443 [::]:* users:(("kube-apiserver",pid=9,fd=3),("x",pid=1,fd=1))
udp UNCONN 0 0 0.0.0.0:8472 0.0.0.0:*
"""
DF = """File 1B-blocks Avail Mounted on Type
/ 1000 400 / ext4
/var 2000 900 /var xfs
"""
SHOW = """Id=containerd.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=docker.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""
THERE = ("/usr/bin/tar", "/usr/sbin/ip", "/sys/module/vxlan", "/var/lib/etcd/member")
DROPPED = """/etc/systemd/system/kubelet.service.d/9.conf:1:[Service]
/etc/systemd/system/kubelet.service.d/9.conf:2:ExecStart=/k
"""
START = datetime(2026, 11, 23, tzinfo=UTC)


class Spoken:
    """A world whose hosts print what is written here, whose clock ticks a second a look, and where `gone` is dead."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return START + timedelta(seconds=self.looks)

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        if host == "gone":
            raise HostUnreachable(host=host, address="10.20.0.99:22", reason="timed out")
        assert any(argv[: len(allowed)] == allowed for allowed in QUERIES), argv
        self.asked.append(argv)
        return Output(0, self._said(argv), "")

    def _said(self, argv: tuple[str, ...]) -> str:
        match argv[:3]:
            case ("head", *_):
                return HEAD
            case ("date", *_):
                return f"{(START + timedelta(seconds=41.5)).timestamp():.6f}\n"
            case ("grep", *_):
                return DROPPED
            case ("ip", "-json", "route"):
                return '[{"dst": "default", "gateway": "10.20.0.1"}, {"dst": "10.96.0.0/12", "gateway": "10.20.0.9"}]'
            case ("ip", "-json", "address"):
                return '[{"ifname": "eth0", "addr_info": [{"local": "10.20.0.11"}]}]'
            case ("df", *_):
                return DF
            case ("du", *_):
                return "4096\t/var/lib/sitewright\n700\t/var/lib/containerd\n"
            case ("ls", *_):
                return "\n".join(THERE)
            case ("ss", *_):
                return SS
            case ("getent", "ahostsv4", name):
                return f"127.0.1.1 STREAM {name}\n" if name in ("cp-1", "api.acme.internal") else ""
            case ("systemctl", "show", "--property=Version"):
                return "Version=252.39-1~deb12u2\n"
            case ("systemctl", *_):
                return SHOW
            case ("timedatectl", *_):
                return "NTP=yes\nNTPSynchronized=yes\n"
            case ("uname", *_):
                return "x86_64\n"
            case ("modprobe", "--dry-run", _):
                return ""
        raise AssertionError(f"nobody answers {argv}")


def answers(*names: str) -> Answers:
    """A site of these hosts."""
    hosts = tuple(Host(name, f"10.20.0.{n}", Access()) for n, name in enumerate(names, start=11))
    return Answers("acme", hosts, (Environment("production", names[:1], names[1:]),), Registry(names[:1]), "")


@pytest.fixture
def told() -> facts.Facts:
    """The facts of the spoken host."""
    return facts.ask(cast(ReadOnly, Spoken()), "cp-1")


def test_identity(told: facts.Facts) -> None:
    assert (told.os_id, told.os_version, told.os_name) == ("rocky", "9.4", "Rocky Linux 9.4 (Blue Onyx)")
    assert (told.hostname, told.machine_id, told.kernel) == ("cp-1", "0123abcd", "5.14.0-427.el9.x86_64")
    assert told.owner == ("acme", "production")


def test_machine(told: facts.Facts) -> None:
    assert (told.cpus, told.memory, told.swap) == (2, 8000000 << 10, 1 << 30)
    assert (told.cgroup, told.selinux, told.systemd, told.architecture) == (2, True, 252, "x86_64")
    assert told.capabilities == 0x1FFFFFFFFFF
    assert told.settings["fs.inotify.max_user_watches"] == 65536
    assert told.tools == {"tar", "ip"}
    assert told.leftovers == ("/var/lib/etcd/member",)
    assert told.modules == {"overlay", "vxlan", "br_netfilter", "nf_conntrack"}


def test_disks_lie_where_their_nearest_parent_is_mounted(told: facts.Facts) -> None:
    assert told.disks["/var/lib/containerd"] == reading.Disk("/var", "xfs", 2000, 900, frozenset({"rw", "noexec"}))
    assert told.disks["/usr/local"].mount == "/"


def test_what_an_installation_fills_is_counted_once_one_began(told: facts.Facts) -> None:
    assert told.filled == {"/var/lib/sitewright": 4096, "/var/lib/containerd": 700}


@pytest.mark.parametrize("text", ["", "garbage", "[]", '{"format": 2, "site": "acme", "environment": "production"}'])
def test_an_owner_file_that_cannot_be_understood_is_somebody_elses(text: str) -> None:
    assert reading.owner(text) == ("", "")
    assert "does not name" in str(reading.owner(text))


def test_network(told: facts.Facts) -> None:
    assert told.listeners == (
        reading.Listener("tcp", "0.0.0.0", 22, "sshd"),
        reading.Listener("tcp", "[::1]", 6443, "kube-apiserver"),
        reading.Listener("udp", "0.0.0.0", 8472, ""),
    )
    assert told.addresses == {"10.20.0.11"}
    assert told.default_route
    assert told.resolves_itself
    assert told.units["containerd"] == reading.Unit(loaded=True, active=True, enabled=True)
    assert told.units["docker"] == reading.Unit(loaded=False, active=False, enabled=False)


def test_names_are_looked_up_where_the_answers_name_them() -> None:
    world = Spoken()
    told = facts.ask(cast(ReadOnly, world), "cp-1", "api.acme.internal", "api.elsewhere")
    assert told.unresolved == {"api.elsewhere"}
    whole = answers("cp-1", "node-1")
    known = replace(whole, environments=(replace(whole.environments[0], endpoint="api.elsewhere:6443"),))
    gathered = facts.gather(cast(ReadOnly, world), known, lambda *_: None)
    assert {host: each.unresolved for host, each in gathered.facts.items()} == {
        "cp-1": {"api.elsewhere"}, "node-1": {"api.elsewhere"},
    }  # fmt: skip


def test_the_answer_that_had_the_connection_hung_up_is_told_and_not_the_questions_that_broke_with_it() -> None:
    hung_up = threading.Event()

    class HungUp(Spoken):
        def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
            if argv[0] == "ss":
                hung_up.set()
                time.sleep(0.1)
                raise HostAnswersOddly(host=host, reason="an exit code b'-1'")
            if argv[:2] == ("ls", "-d"):  # asked before, and broken before its thread is told why
                assert hung_up.wait(10)
                raise ConnectionLost(host=host, reason="it closed before the command's exit code came")
            return super().query(host, *argv, timeout=timeout)

    with pytest.raises(HostAnswersOddly, match="an exit code"):
        facts.ask(cast(ReadOnly, HungUp()), "cp-1")


def test_the_clock_is_compared_at_the_middle_of_the_round_trip(told: facts.Facts) -> None:
    assert told.clock_ahead == pytest.approx(40.0)
    assert told.clock_doubt == pytest.approx(0.5)
    assert told.clock_synchronised


def test_a_host_costs_few_round_trips() -> None:
    world = Spoken()
    facts.ask(cast(ReadOnly, world), "cp-1")
    asked = [argv[0] for argv in world.asked if argv[0] != "modprobe"]
    assert asked.count("du") == 1, "one more where an installation began"
    assert len(asked) - 1 < 15


def test_a_silent_host_does_not_hide_the_others() -> None:
    reports: list[Any] = []
    gathered = facts.gather(cast(ReadOnly, Spoken()), answers("cp-1", "gone"), lambda *said: reports.append(said))
    assert set(gathered.facts) == {"cp-1"}
    assert isinstance(gathered.refused["gone"], HostUnreachable)
    assert [said[:2] for said in reports] == [(1, 2), (2, 2)]


CGROUPS = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t9\t1\nmemory\t{}\t9\t1\npids\t0\t9\t1\n"


@pytest.mark.parametrize(
    ("controllers", "hierarchy", "version", "lacking"),
    [
        ("cpuset cpu io memory pids\n", 0, 2, ()),
        ("cpuset cpu io pids\n", 0, 2, ("memory",)),
        ("", 0, 2, ("cpu", "memory", "pids")),
        ("hugetlb\n", 4, 1, ("cpu", "memory", "pids")),  # hybrid: v1 has what kubelet needs
        (None, 4, 1, ("cpu", "memory", "pids")),
    ],
)
def test_cgroup_v2_without_a_controller_is_not_v1(
    controllers: str | None, hierarchy: int, version: int, lacking: tuple[str, ...]
) -> None:
    files = {"/proc/cgroups": CGROUPS.format(hierarchy), "/proc/cmdline": "quiet cgroup_disable=memory ro\n"}
    if controllers is not None:
        files["/sys/fs/cgroup/cgroup.controllers"] = controllers
    found = reading.machine(files)
    assert (found["cgroup"], found["lacking_controllers"]) == (version, lacking)
    assert found["kernel_switches"] == ("cgroup_disable=memory",)


def test_a_folder_that_is_empty_is_no_left_over() -> None:
    said = "/etc/cni/net.d:\n\n/etc/rancher:\nk3s\nrke2\n\n/var/lib/cni:\n"
    assert reading.filled(said) == ("/etc/rancher",)
    assert reading.filled("") == ()


@pytest.mark.parametrize("text", ["", "garbage", "==> /etc/os-release <==\n"])
def test_nothing_said_is_nothing_known(text: str) -> None:
    files = reading.files(text)
    assert reading.identity(files)["os_id"] == ""
    assert reading.machine(files)["cgroup"] == 1
    assert reading.addresses(text) == frozenset()
    assert reading.disks(text, text, ("/",)) == {}
    assert reading.listeners(text) == ()
    assert reading.units(text) == {}
