"""What a simulated host is before anybody touches it, and the files that such a machine has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from installer.simulated.tree import Tree

GIB = 1 << 30
KERNEL_MODULES = frozenset({"overlay", "br_netfilter", "vxlan", "nf_conntrack"})
SETTINGS = {
    "fs.inotify.max_user_instances": "128",
    "fs.inotify.max_user_watches": "65536",
    "kernel.keys.root_maxbytes": "25000000",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.panic": "0",
    "kernel.panic_on_oops": "0",
    "kernel.pid_max": "4194304",
    "net.ipv4.conf.all.route_localnet": "0",
    "net.ipv4.ip_forward": "0",
    "vm.overcommit_memory": "0",
    "vm.panic_on_oom": "0",
}
MODULE_FILES = {
    "overlay": ("/sys/module/overlay/refcnt",),
    "vxlan": ("/sys/module/vxlan/refcnt",),
    "nf_conntrack": (
        "/proc/sys/net/netfilter/nf_conntrack_max",
        "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait",
        "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established",
    ),
    "br_netfilter": (
        "/proc/sys/net/bridge/bridge-nf-call-iptables",
        "/proc/sys/net/bridge/bridge-nf-call-ip6tables",
        "/proc/sys/net/bridge/bridge-nf-call-arptables",
    ),
}
"""What appears below /proc and /sys when a module is loaded."""
PROGRAMS = (
    "bash", "cat", "conntrack", "curl", "date", "df", "du", "echo", "findmnt", "flock", "getent", "grep", "head", "id",
    "ip", "iptables", "ln", "ls", "mkdir", "modprobe", "mount", "mv", "nsenter", "rm", "sed", "sh", "sha256sum",
    "sleep", "ss", "ssh-keygen", "stat", "sysctl", "systemctl", "systemd-run", "tar", "test", "timedatectl", "true",
    "uname",
)  # fmt: skip
FOLDERS = (
    "/boot", "/dev", "/etc/modules-load.d", "/etc/ssh", "/etc/sysctl.d", "/etc/systemd/system/multi-user.target.wants",
    "/home", "/mnt", "/opt", "/proc/sys", "/root", "/run", "/srv", "/sys/class/net/eth0", "/sys/class/net/lo", "/tmp",  # noqa: S108
    "/usr/bin", "/usr/lib/systemd/system", "/usr/libexec", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin",
    "/usr/share", "/var/lib", "/var/log",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Volume:
    """A mounted file system; sizes in bytes."""

    mount: str = "/"
    kind: str = "ext4"
    size: int = 100 * GIB
    free: int = 80 * GIB
    options: tuple[str, ...] = ("rw", "relatime")


@dataclass(frozen=True, slots=True)
class PortUser:
    """A program that holds a port of its own."""

    port: int
    program: str
    protocol: str = "tcp"


@dataclass(frozen=True)
class Machine:
    """One host as it is found: what `sitewright check` looks at. Speeds are bytes per second, `fsync` is seconds.

    `modules` can be loaded, those in `loaded` are; `firewall` lists ports that silently let nobody in; `talks_to` are
    peers ("address:port") that a pod on it asks for; `files` are there beside those of every machine.
    """

    name: str
    address: str
    hostname: str = ""
    machine_id: str = ""
    os_id: str = "debian"
    os_version: str = "12"
    kernel: str = "6.1.0-28-amd64"
    architecture: str = "x86_64"
    systemd: int = 252
    cpus: int = 4
    memory: int = 8 * GIB
    swap: int = 0
    cgroup: int = 2
    limits: bool = True
    reachable: bool = True
    default_route: bool = True
    clock_ahead: float = 0.0
    clock_synchronised: bool = True
    fsync: float = 0.002
    disk_speed: float = 400e6
    link_speed: float = 80e6
    volumes: tuple[Volume, ...] = (Volume(),)
    modules: frozenset[str] = KERNEL_MODULES
    loaded: frozenset[str] = frozenset({"nf_conntrack"})
    settings: Mapping[str, str] = field(default_factory=dict)
    port_users: tuple[PortUser, ...] = ()
    running: tuple[str, ...] = ("ssh", "systemd-timesyncd")
    firewall: frozenset[int] = frozenset()
    talks_to: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)


def furnished(machine: Machine) -> Tree:
    """The files of a machine: folders, programs, what the kernel shows, and its own extra ones."""
    tree = Tree()
    for folder in FOLDERS:
        tree.make_directory(folder)
    for program in PROGRAMS:
        if program not in machine.missing:
            tree.put(f"/usr/bin/{program}", b"\x7fELF", 0o755)
    for path, text in _shown(machine).items():
        tree.put(path, text.encode())
    for name in sorted(machine.loaded):
        load_module(tree, name)
    for unit in machine.running:
        file = f"/usr/lib/systemd/system/{unit}.service"
        tree.put(file, b"[Unit]\n")
        tree.link(f"/etc/systemd/system/multi-user.target.wants/{unit}.service", file)
    for path, text in machine.files.items():
        tree.put(path, text.encode())
    tree.mount({volume.mount: "ro" not in volume.options for volume in machine.volumes})
    return tree


def load_module(tree: Tree, name: str) -> None:
    """What changes when a kernel module is loaded."""
    for path in MODULE_FILES.get(name, ()):
        if path not in tree:
            tree.put(path, b"1\n")
    if name == "overlay" and "\toverlay\n" not in tree.text("/proc/filesystems"):
        tree.put("/proc/filesystems", tree.read("/proc/filesystems") + b"nodev\toverlay\n")


def _shown(machine: Machine) -> dict[str, str]:
    """Files by which a machine and its kernel describe themselves."""
    hostname = machine.hostname or machine.name
    known_id = hashlib.md5(machine.name.encode(), usedforsecurity=False).hexdigest()
    settings = {**SETTINGS, **machine.settings}
    route = "eth0\t00000000\t0100590A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" if machine.default_route else ""
    capabilities = 0x1FFFFFFFFFF if machine.limits else 0x1FFFEFFFFFF
    mounts = "".join(f"/dev/{i} {v.mount} {v.kind} {','.join(v.options)} 0 0\n" for i, v in enumerate(machine.volumes))
    return {
        "/etc/os-release": f'ID={machine.os_id}\nVERSION_ID="{machine.os_version}"\n'
        f'PRETTY_NAME="{machine.os_id} {machine.os_version}"\n',
        "/etc/machine-id": f"{machine.machine_id or known_id}\n",
        "/etc/resolv.conf": "nameserver 192.0.2.53\n",
        "/proc/filesystems": "nodev\tproc\nnodev\ttmpfs\n\text4\n",
        "/proc/sys/kernel/hostname": f"{hostname}\n",
        "/proc/sys/kernel/osrelease": f"{machine.kernel}\n",
        "/proc/meminfo": f"MemTotal:       {machine.memory >> 10} kB\nSwapTotal:      {machine.swap >> 10} kB\n",
        "/proc/stat": "cpu  0 0 0 0\n" + "".join(f"cpu{n} 0 0 0 0\n" for n in range(machine.cpus)),
        "/proc/self/mounts": mounts,
        "/proc/net/route": f"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n{route}",
        "/proc/self/status": f"Name:\thead\nCapEff:\t{capabilities:016x}\n",
        **({"/sys/fs/cgroup/cgroup.controllers": "cpu memory pids io\n"} if machine.cgroup == 2 else {}),
        **{f"/proc/sys/{name.replace('.', '/')}": f"{value}\n" for name, value in settings.items()},
    }
