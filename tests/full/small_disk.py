"""A part's volume on a small disk of its own, which can be filled without filling the machine's."""

from __future__ import annotations

from clusters import Cluster

SIZE = 26 << 30
"""Bytes; a file with holes, of which the machine's disk holds what is written."""


class SmallDisk:
    """A file system of 26 GiB in place of the volume of a StatefulSet's one pod."""

    def __init__(self, cluster: Cluster, part: str, claim: str) -> None:
        self._cluster, self._part = cluster, part
        volume = cluster.core.read_namespaced_persistent_volume_claim(claim, part).spec.volume_name
        source = cluster.core.read_persistent_volume(volume).spec
        self.path = str((source.local or source.host_path).path)

    def move_in(self) -> None:
        """Copy the volume to a disk of its own and use it there."""
        self._moved(
            f"truncate -s {SIZE} /var/small-disk; mkfs.ext4 -q -F -m 0 /var/small-disk; mkdir /var/small",
            "mount -o loop /var/small-disk /var/small; rmdir /var/small/lost+found",
            f"cp -a {self.path}/. /var/small; umount /var/small; rmdir /var/small",
            f"mount -o loop /var/small-disk {self.path}",
        )

    def move_out(self) -> None:
        """Copy it back to where it was, if it was moved at all."""
        self._moved(
            f"mountpoint -q {self.path} || exit 0",
            f"rm -f {self.path}/filler; mkdir /var/small; cp -a {self.path}/. /var/small; umount {self.path}",
            f"rm -rf {self.path}/*; cp -a /var/small/. {self.path}; rm -rf /var/small /var/small-disk",
        )

    def leave(self, share: float) -> None:
        """Leave that share of the disk free, if there is so much without what this fills."""
        self._cluster.console(
            "sh", "-euc",
            f"cd {self.path}; rm -f filler; sync . ; free=$(df --output=avail -B1 . | tail -n 1); "
            f"fill=$((free - {int(share * SIZE)})); [ $fill -le 0 ] || fallocate -l $fill filler",
        )  # fmt: skip

    def _moved(self, *commands: str) -> None:
        self._cluster.scale(self._part, self._part, 0)
        self._cluster.console("sh", "-euc", "; ".join(commands))
        self._cluster.scale(self._part, self._part, 1)
