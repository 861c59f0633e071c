"""The files of a simulated host: entries by absolute path, with the errors a real file system gives."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from installer.bundle.manifest import Blob
from installer.ports import FileState


@dataclass(frozen=True, slots=True)
class Entry:
    """What is at a path. A large file of the bundle is its `Blob` alone: nobody looks inside, and it costs nothing."""

    kind: Literal["file", "directory", "link"]
    mode: int = 0o644
    content: bytes | Blob = b""
    target: str = ""

    def state(self) -> FileState:
        """The same as `World.stat` tells it."""
        if self.kind == "directory":
            return FileState("directory", self.mode, "root", 4096)
        if self.kind == "link":
            return FileState("link", self.mode, "root", len(self.target.encode()), target=self.target)
        if isinstance(self.content, Blob):
            return FileState("file", self.mode, "root", self.content.size, self.content.digest.partition(":")[2])
        return FileState("file", self.mode, "root", len(self.content), hashlib.sha256(self.content).hexdigest())


DIRECTORY = Entry("directory", 0o755)


class Tree:
    """A file system; writable everywhere until `mount` says otherwise."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {"/": DIRECTORY}
        self._mounts = {"/": True}

    def __contains__(self, path: str) -> bool:
        return plain(path) in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def mount(self, mounts: Mapping[str, bool]) -> None:
        """Say for each mount point whether anything can be written below it."""
        self._mounts.update(mounts)

    def snapshot(self) -> dict[str, Entry]:
        """Every entry by path, as it is now."""
        return dict(self._entries)

    def replace(self, entries: Mapping[str, Entry]) -> None:
        """Have these entries and no others."""
        self._entries = dict(entries)

    def entry(self, path: str) -> Entry | None:
        """What is at a path, None where nothing is; links are not followed."""
        return self._entries.get(plain(path))

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            OSError: there is none, or it is a directory.
        """
        entry = self._found(path)
        if entry.kind == "directory":
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        if isinstance(entry.content, Blob):
            raise AssertionError(f"the simulated world keeps only the digest of {path}, and somebody reads it")
        return entry.content

    def text(self, path: str) -> str:
        """A file's content as text, empty where there is none."""
        return self.read(path).decode() if path in self else ""

    def put(self, path: str, content: bytes | Blob, mode: int = 0o644) -> None:
        """Put a file there in place of any other; makes missing parents.

        Raises:
            OSError: a directory stands there, a parent is no directory, or nothing can be written there.
        """
        if (found := self.entry(path)) and found.kind == "directory":
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        self._place(path, Entry("file", mode, content))

    def link(self, path: str, target: str) -> None:
        """Put a symbolic link there in place of any file."""
        self._place(path, Entry("link", 0o777, target=target))

    def make_directory(self, path: str, mode: int = 0o755) -> None:
        """Make a directory and its missing parents; one that is there gets the mode.

        Raises:
            OSError: something else is there, or nothing can be written there.
        """
        if (found := self.entry(path)) and found.kind != "directory":
            raise FileExistsError(errno.EEXIST, "File exists", path)
        self._place(path, Entry("directory", mode))

    def share(self, path: str, name: str) -> None:
        """Give a file a second name, if nothing has it yet.

        Raises:
            OSError: there is no such file, or the name is taken.
        """
        if name in self:
            raise FileExistsError(errno.EEXIST, "File exists", name)
        self._place(name, self._found(path))

    def copy(self, path: str, to: str) -> None:
        """Copy a file or a link, as itself, over whatever file is at the other path; makes missing parents.

        Raises:
            OSError: there is no such file, or nothing can be written there.
        """
        entry = self.entry(path)
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        self._place(to, entry)

    def remove(self, path: str) -> None:
        """Remove whatever is at a path with all below it.

        Raises:
            OSError: nothing can be written there.
        """
        if path not in self:  # nothing is below what is not there
            return
        start = plain(path).rstrip("/") + "/"
        gone = [plain(path), *(each for each in self._entries if each.startswith(start) and each != "/")]
        self._demand_writable(path)
        for each in gone:
            del self._entries[each]

    def names(self, path: str) -> list[str]:
        """The names directly in a directory, sorted; empty where there is none."""
        start = plain(path).rstrip("/") + "/"
        below = (each.removeprefix(start) for each in self._entries if each.startswith(start))
        return sorted(name for name in below if name and "/" not in name)

    def _found(self, path: str) -> Entry:
        entry = self.entry(path)
        if entry is not None and entry.kind == "link":
            entry = self.entry(str(PurePosixPath(path).parent / entry.target))
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return entry

    def _place(self, path: str, entry: Entry) -> None:
        self._demand_writable(path)
        for parent in PurePosixPath(plain(path)).parents:
            there = self._entries.setdefault(str(parent), DIRECTORY)
            if there.kind != "directory":
                raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(parent))
        self._entries[plain(path)] = entry

    def _demand_writable(self, path: str) -> None:
        mounts = [mount for mount in self._mounts if plain(path) == mount or _is_below(plain(path), mount)]
        if not self._mounts[max(mounts, key=len)]:
            raise OSError(errno.EROFS, "Read-only file system", path)


def plain(path: str) -> str:
    """The path in its one normal spelling."""
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def _is_below(path: str, above: str) -> bool:
    return path.startswith(plain(above).rstrip("/") + "/") and path != "/"
