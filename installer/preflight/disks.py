"""What an installation of this bundle needs on each disk, and the rules about disks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from installer.bundle.manifest import Artifact, ArtifactKind
from installer.hosts.facts import GIB, Facts
from installer.hosts.facts_parsing import Disk, nearest
from installer.layout import HOME
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.preflight.finding import Case, Check, Violation, control_planes, gib
from installer.preflight.short import DISKS, short_of

REGISTRY = HOME
CONTAINERD = "/var/lib/containerd"
KUBELET = "/var/lib/kubelet"
PROGRAMS = "/usr/local/bin"
CNI_PROGRAMS = "/opt/cni/bin"
"""Where containerd runs the programs of the pod network from."""
POD_LOGS = "/var/log/pods"
ETCD = "/var/lib/etcd"
UNPACKED = 5
"""containerd keeps each image twice: as it was pulled, and unpacked to three or four times that (measured with zstd:
the images of core 3.1, single programs in Go 3.8)."""
ETCD_SIZE = 4 * GIB
"""Twice etcd's default quota of 2 GiB: the store itself, and a snapshot while it is being written."""
LOGS = 2 * GIB
"""Kubelet keeps five files of 20 MiB of each container; two dozen containers fill this."""
RESERVE = {CONTAINERD: 0.15, KUBELET: 0.10}
"""Kubelet evicts pods where less of a disk than this is free (imagefs.available, nodefs.available)."""
FSYNC = 0.010
"""etcd's own recommendation for 99 of 100 synchronous writes, in seconds."""
SLOW = 20e6
"""Bytes per second below which unpacking images takes longer than their timeouts."""


@dataclass(frozen=True, slots=True)
class DiskNeed:
    """What a path will hold at its peak, in bytes."""

    place: str
    title: Message
    size: int

    @property
    def gib(self) -> float:
        """The size in GiB."""
        return self.size / GIB


def disk_needs(planned: Planned, host: str) -> tuple[DiskNeed, ...]:
    """What the installation will put where on a host; the system's reserve is not in it.

    Raises:
        AnswersInvalid: a chosen component is not in the bundle, or a need of some part of the site is not met.
    """
    environment = planned.answers.environment_of(host)
    artifacts = [artifact for part in planned.components(environment) for artifact in part.artifacts]
    needs = [
        DiskNeed(CONTAINERD, Message("images"), UNPACKED * _distinct(artifacts, "image")),
        DiskNeed(PROGRAMS, Message("programs"), _distinct(artifacts, "file")),
        DiskNeed(POD_LOGS, Message("logs"), LOGS),
    ]
    if host in environment.control_planes:
        needs.append(DiskNeed(ETCD, Message("etcd"), ETCD_SIZE))
    if host in planned.answers.registry.hosts:
        sizes = [blob.size for blob in planned.manifest.blobs().values()]
        needs.append(DiskNeed(REGISTRY, Message("registry"), sum(sizes) + max(sizes, default=0)))
    return tuple(needs)


def _distinct(artifacts: list[Artifact], kind: ArtifactKind) -> int:
    """Bytes of the distinct blobs of one kind."""
    return sum({blob.digest: blob.size for each in artifacts if each.kind == kind for blob in each.blobs}.values())


def _space(case: Case, facts: Facts) -> Iterator[Violation]:
    per_mount: dict[str, list[DiskNeed]] = defaultdict(list)
    disks: dict[str, Disk] = {}
    for need in _missing(case, facts, disk_needs(case.planned, facts.host)):
        if disk := nearest(facts.disks, need.place):
            disks[disk.mount] = disk
            per_mount[disk.mount].append(need)
    for mount, needs in per_mount.items():
        disk = disks[mount]
        reserve = int(disk.size * max(RESERVE.get(need.place, 0.0) for need in needs))
        total = reserve + sum(need.size for need in needs)
        if disk.free < total:
            parts = tuple(
                Message("{title} {size}", title=need.title, size=f"{need.gib:.1f}") for need in needs if need.size
            )
            yield Violation(
                Message("{mount} has {size} free", mount=mount, size=gib(disk.free)),
                Message(
                    "{size} there at the peak ({parts}, reserve {reserve})",
                    size=gib(total),
                    parts=parts,
                    reserve=f"{reserve / GIB:.1f}",
                ),
                Message(
                    "free {size}, or mount a larger disk on {mount}",
                    size=gib(total - disk.free),
                    mount=mount if mount != "/" else needs[0].place,
                ),
            )
    yield from short_of(case, facts, DISKS)


def _missing(case: Case, facts: Facts, forecast: tuple[DiskNeed, ...]) -> Iterator[DiskNeed]:
    """Disk space still needed: the forecast minus what an installation of these answers has already written.

    Nothing is lacking on one that did not count in time what it holds: so full is one that was installed long ago.
    """
    for need in forecast:
        there = 0 if not case.begun(facts) else facts.filled.get(need.place, 0) if facts.filled else need.size
        yield replace(need, size=max(0, need.size - there))


def _executed(case: Case) -> frozenset[str]:
    """Folders from which hosts run what the bundle brings: each file that is put there to be executed."""
    found = {PROGRAMS, CNI_PROGRAMS, f"{HOME}/bin"}
    for component in case.manifest.components:
        host = component.spec.get("host", {})
        for each in (*host.get("files", ()), *host.get("texts", ())):
            if int(str(each.get("mode", "0")), 8) & 0o111:
                found.add(each["path"].rpartition("/")[0])
    return frozenset(found)


def _mounts(case: Case, facts: Facts) -> Iterator[Violation]:
    executed = _executed(case)
    for place in sorted({"/etc", "/var/lib", *executed}):
        disk = nearest(facts.disks, place)
        if disk and "ro" in disk.options:
            yield Violation(
                Message("{place} is mounted read-only", place=place),
                Message("a writable one"),
                Message("mount -o remount,rw {mount}", mount=disk.mount),
            )
        if disk and "noexec" in disk.options and place in executed:
            found = Message("{mount} is mounted noexec, and programs lie in {place}", mount=disk.mount, place=place)
            yield Violation(
                found, Message("exec"), Message("mount -o remount,exec {mount}, and in /etc/fstab", mount=disk.mount)
            )


def _fsync(case: Case, facts: Facts) -> Iterator[Violation]:
    latency = case.tried.fsync.get(facts.host)
    if latency is not None and latency > FSYNC:
        yield Violation(Message("1 of 100 synchronous writes takes {time} ms or longer", time=f'{latency * 1000:.1f}'),
                      Message("{time} ms at most, or etcd loses its leader under load", time=f'{FSYNC * 1000:.0f}'),
                      Message("put {place} on an SSD of its own", place=ETCD))  # fmt: skip


def _speed(case: Case, facts: Facts) -> Iterator[Violation]:
    speed = case.tried.disk.get(facts.host)
    if speed is not None and speed < SLOW:
        yield Violation(
            Message("{place} takes {speed} MB/s", place=CONTAINERD, speed=f"{speed / 1e6:.0f}"),
            Message("{value} or more", value=f"{SLOW / 1e6:.0f} MB/s"),
            Message("take a faster disk: installing takes long, and so does every pod"),
            warning=True,
        )


CHECKS = (
    Check("disk.mounts", Message("disks writable"), _mounts),
    Check("disk.space", Message("disk space"), _space),
    Check("disk.speed", Message("disk speed"), _speed, tries=True),
    Check("disk.fsync", Message("synchronous writes"), _fsync, control_planes, tries=True),
)
