"""Rules about the kernel: its version, cgroups, modules, limits and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.hosts.facts import MODULE_SIGNS, Facts
from installer.preflight.finding import Case, Check, Violation

OLDEST = (4, 19)
"""What kubeadm's own system check of Kubernetes 1.36 asks for."""
SYS_RESOURCE = 1 << 24
"""CAP_SYS_RESOURCE (capabilities(7)): needed to raise limits and to shield components from being killed for memory."""
SETTINGS = {"kernel.pid_max": 32768, "fs.inotify.max_user_instances": 128, "fs.inotify.max_user_watches": 8192}
"""Least values; fewer and pods fail with "too many open files" long before the machine is full."""


def _version(_: Case, facts: Facts) -> Iterator[Violation]:
    found = re.match(r"(\d+)\.(\d+)", facts.kernel)
    if not found or (int(found[1]), int(found[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        yield Violation(f"Linux {facts.kernel or 'unknown'}", f"{wanted} or newer", "upgrade the operating system")


def _cgroup(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.cgroup != 2:
        remedy = "start the kernel with systemd.unified_cgroup_hierarchy=1"
        yield Violation("cgroup v1", "cgroup v2 with cpu, memory and pids", remedy)


def _modules(_: Case, facts: Facts) -> Iterator[Violation]:
    missing = [name for name in MODULE_SIGNS if name not in facts.modules]
    if missing:
        remedy = "install the kernel's modules package (linux-modules-extra, kernel-modules-core)"
        yield Violation(f"no {', '.join(missing)}", "overlay file systems, bridges, vxlan, connection tracking", remedy)


def _settings(_: Case, facts: Facts) -> Iterator[Violation]:
    for name, least in SETTINGS.items():
        value = facts.settings.get(name)
        if value is not None and value < least:
            yield Violation(
                f"{name} = {value}", f"{least} or more", f"sysctl -w {name}={least}, and keep it in /etc/sysctl.d"
            )


def _selinux(_: Case, facts: Facts) -> Iterator[Violation]:
    if facts.selinux:
        yield Violation("SELinux enforcing; the bundle brings no policy of its own", "permissive",
                      "setenforce 0 and SELINUX=permissive in /etc/selinux/config", warning=True)  # fmt: skip


def _limits(_: Case, facts: Facts) -> Iterator[Violation]:
    if not facts.capabilities & SYS_RESOURCE:
        yield Violation("root may not raise limits (no CAP_SYS_RESOURCE): the host is a container", "a machine",
                      "take a machine or a virtual machine")  # fmt: skip


CHECKS = (
    Check("kernel.version", "kernel", _version),
    Check("cgroup.version", "cgroup v2", _cgroup),
    Check("kernel.modules", "kernel modules", _modules),
    Check("kernel.sysctls", "kernel settings", _settings),
    Check("kernel.selinux", "SELinux", _selinux),
    Check("limits.raise", "limits can be raised", _limits),
)
