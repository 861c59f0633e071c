"""Rules about the kernel: its version, cgroups, modules, limits and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.hosts.facts import MODULE_SIGNS, Facts
from installer.messages import Message
from installer.preflight.finding import Case, Check, Violation

OLDEST = (4, 19)
"""What kubeadm's own system check of Kubernetes 1.36 asks for."""
SYS_RESOURCE = 1 << 24
"""CAP_SYS_RESOURCE (capabilities(7)): needed to raise limits and to shield components from being killed for memory."""
WANTED_CGROUP = Message("cgroup v2 with cpu, memory and pids")
SETTINGS = {"kernel.pid_max": 32768, "fs.inotify.max_user_instances": 128, "fs.inotify.max_user_watches": 8192}
"""Least values; fewer and pods fail with "too many open files" long before the machine is full."""


def _version(_: Case, facts: Facts) -> Iterator[Violation]:
    found = re.match(r"(\d+)\.(\d+)", facts.kernel)
    if not found or (int(found[1]), int(found[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        yield Violation(
            Message("Linux {version}", version=facts.kernel or Message("unknown")),
            Message("{value} or newer", value=wanted),
            Message("upgrade the operating system"),
        )


def _cgroup(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.cgroup != 2:
        remedy = Message("start the kernel with {setting}", setting="systemd.unified_cgroup_hierarchy=1")
        yield Violation(Message("cgroup v1"), WANTED_CGROUP, remedy)
    elif facts.lacking_controllers:
        names = ", ".join(facts.lacking_controllers)
        yield Violation(Message("cgroup v2 without {names}", names=names), WANTED_CGROUP, _controllers(facts))


def _controllers(facts: Facts) -> Message:
    """How controllers that a kernel keeps off are turned on."""
    off = [word for word in facts.kernel_switches if word.startswith("cgroup_disable=")]
    if off:
        return Message("take {setting} out of the kernel's command line, and restart the host", setting=" ".join(off))
    if "memory" in facts.lacking_controllers:
        setting = "cgroup_enable=memory cgroup_memory=1"  # Raspberry Pi OS, and Debian before 8, keep it off
        return Message("put {setting} on the kernel's command line, and restart the host", setting=setting)
    return Message("take a kernel that was built with them, as those of distributions are")


def _modules(_: Case, facts: Facts) -> Iterator[Violation]:
    missing = [name for name in MODULE_SIGNS if name not in facts.modules]
    if missing:
        packages = ("linux-modules-extra", "kernel-modules-core")
        remedy = Message("install the kernel's modules package ({names})", names=packages)
        yield Violation(
            Message("no {names}", names=", ".join(missing)),
            Message("overlay file systems, bridges, vxlan, connection tracking"),
            remedy,
        )


def _settings(_: Case, facts: Facts) -> Iterator[Violation]:
    for name, least in SETTINGS.items():
        value = facts.settings.get(name)
        if value is not None and value < least:
            yield Violation(
                Message("{name} = {value}", name=name, value=value),
                Message("{value} or more", value=least),
                Message("sysctl -w {setting}, and keep it in /etc/sysctl.d", setting=f"{name}={least}"),
            )


def _selinux(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.selinux:
        yield Violation(Message("SELinux enforcing; the bundle brings no policy of its own"), Message("permissive"),
                      Message("setenforce 0 and SELINUX=permissive in /etc/selinux/config"), warning=True)  # fmt: skip


def _limits(_: Case, facts: Facts) -> Iterator[Violation]:
    if not facts.capabilities & SYS_RESOURCE:
        yield Violation(
            Message("root may not raise limits (no CAP_SYS_RESOURCE): the host is a container"),
            Message("a machine"),
            Message("take a machine or a virtual machine"),
        )


CHECKS = (
    Check("kernel.version", Message("kernel"), _version),
    Check("cgroup.version", Message("cgroup v2"), _cgroup),
    Check("kernel.modules", Message("kernel modules"), _modules),
    Check("kernel.sysctls", Message("kernel settings"), _settings),
    Check("kernel.selinux", Message("SELinux"), _selinux),
    Check("limits.raise", Message("limits can be raised"), _limits),
)
