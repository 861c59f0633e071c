"""Plain tars whose bytes depend on nothing but what is in them: sorted, zero times, no names of owners."""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from installer.workshop import tree_files


@dataclass(frozen=True, slots=True)
class Entry:
    """What shall stand at a path of a tar: a file's content, a link's target, or a directory."""

    kind: bytes
    mode: int
    content: Path | None = None
    target: str = ""
    uid: int = 0
    gid: int = 0


def plain_file(content: Path, mode: int = 0o644, uid: int = 0, gid: int = 0) -> Entry:
    """A file with the content of another."""
    return Entry(tarfile.REGTYPE, mode, content, uid=uid, gid=gid)


def link(target: str) -> Entry:
    """A symbolic link."""
    return Entry(tarfile.SYMTYPE, 0o777, target=target)


def directory(mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    """A directory."""
    return Entry(tarfile.DIRTYPE, mode, uid=uid, gid=gid)


def folder_entries(folder: Path, below: str = "") -> dict[str, Entry]:
    """The files and links of a folder, as entries below a path."""
    entries = {}
    for path in tree_files(folder):
        name = str(PurePosixPath(below) / path.relative_to(folder).as_posix())
        if path.is_symlink():
            entries[name] = link(str(path.readlink()))
        else:
            entries[name] = plain_file(path, 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
    return entries


def write_tar(path: Path, entries: Mapping[str, Entry]) -> None:
    """Write entries, and the directories above them that are not among them, as an uncompressed tar."""
    every = dict(entries)
    for name in entries:
        for parent in PurePosixPath(name).parents[:-1]:
            every.setdefault(str(parent), directory())
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(every):
            entry = every[name]
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.linkname = entry.kind, entry.mode & 0o7777, entry.target
            info.uid, info.gid = entry.uid, entry.gid
            if entry.content is None:
                tar.addfile(info)
                continue
            info.size = entry.content.stat().st_size
            with entry.content.open("rb") as file:
                tar.addfile(info, file)
