"""The bundle's own kubectl beside a site's kubeconfigs: nobody has to have one, or the right one, to look around."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from installer.bundle.archive import Archive
from installer.bundle.manifest import Manifest
from installer.errors import BundleNotTrusted

NAME = "kubectl"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""A bundle's architecture as the kernel calls it."""
_CHUNK = 1 << 20


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
    part = path.with_name(f".{NAME}.{os.getpid()}.part")
    try:
        _copy(archive, digests[0], part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _copy(archive: Archive, digest: str, path: Path) -> None:
    hashed = hashlib.sha256()
    with archive.blob(digest) as blob, path.open("xb") as file:
        while data := blob.read(_CHUNK):
            hashed.update(data)
            file.write(data)
    if f"sha256:{hashed.hexdigest()}" != digest:
        raise BundleNotTrusted(bundle=archive.path, reason=f"{NAME} is altered")
    path.chmod(0o700)
