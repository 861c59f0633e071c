"""What practice hosts share and a customer's hosts do not: the limits of this machine's one kernel."""

from __future__ import annotations

from pathlib import Path

from installer.ports import Report

INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
INSTANCES = 1024
"""A practice host with a cluster on it takes some 15 inotify instances, all of them root's; the usual limit of 128
ends the tenth host's kubelet with "too many open files"."""


def make_room(report: Report, limit: Path = INOTIFY) -> None:
    """Raise the limit of inotify instances until this machine restarts, where it is lower and we may."""
    found = int(limit.read_text(encoding="ascii"))
    if found >= INSTANCES:
        return
    try:
        limit.write_text(f"{INSTANCES}\n", encoding="ascii")
        report(1, 1, "items", f"{limit.name}: {found} -> {INSTANCES}, until this machine restarts")
    except OSError:
        report(1, 1, "items", f"{limit.name} stays {found}: more than six hosts with clusters may not start")
