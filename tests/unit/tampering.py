"""Tools of somebody who alters bundles: entries taken apart and put together again as a bundle has them."""

from __future__ import annotations

import tarfile
from pathlib import Path

from installer.bundle import layout

Entries = list[tuple[tarfile.TarInfo, bytes]]


def entries(path: Path) -> Entries:
    """What a bundle file holds, in its order."""
    with tarfile.open(path) as tar:
        return [(entry, tar.extractfile(entry).read()) for entry in tar]


def rewrite(path: Path, content: Entries) -> None:
    """The file of these entries, with headers as a bundle has them where an entry allows it."""
    written = bytearray()
    for entry, data in content:
        written += entry.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict") + data
        written += bytes(layout.padded(len(data)) - len(data))
    path.write_bytes(bytes(written) + layout.END)


def new_entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = "") -> Entries:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, target, len(data)
    return [(entry, data)]


def with_content(content: Entries, name: str, data: bytes) -> Entries:
    """The same entries, one of them with other content."""
    changed: Entries = []
    for entry, old in content:
        changed += new_entry(name, data) if entry.name == name else [(entry, old)]
    return changed
