"""The bundle's own kubectl beside a site's kubeconfigs: nobody has to have one, or the right one, to look around."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from installer.bundle.archive import Archive
from installer.bundle.manifest import Manifest

NAME = "kubectl"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""A bundle's architecture as the kernel calls it."""


def kept(archive: Archive, manifest: Manifest, folder: Path) -> Path | None:
    """The program in that folder, copied there if it is not; None where the bundle has none that runs on this machine.

    Raises:
        BundleNotTrusted: the bundle's bytes are not those that were signed.
    """
    digests = [file.file.digest for file in manifest.artifacts("file") if file.name == NAME]
    if not digests or MACHINES.get(manifest.architecture) != platform.machine():
        return None
    path = folder / NAME
    if path.is_file():
        with path.open("rb") as file:
            if f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" == digests[0]:
                return path
    archive.extract(digests[0], path, 0o700)
    return path
