"""Writes a bundle file, whole or in parts: the same manifest and blobs always give the same bytes.

A file appears under its name only when it is complete and on the disk.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Self

from installer.bundle import layout
from installer.bundle.archive import Archive, Progress
from installer.bundle.manifest import Blob, Manifest
from installer.bundle.manifest_json import encode
from installer.bundle.split import part_name, parts_of
from installer.errors import BuildFailed, UsageError
from installer.messages import Message
from installer.whole_file import sync_folder

_CHUNK = 64 << 20
"""Bytes handed to the kernel at a time."""
_HASHED = 1 << 20
"""Bytes hashed at a time, which is what stays in a processor's cache."""


def write_archive(
    path: Path,
    manifest: Manifest,
    blob_path: Callable[[str], Path],
    signature: bytes,
    sbom: bytes,
    report: Progress | None = None,
) -> None:
    """Write the bundle to `path`; `report` hears of the bytes of blobs.

    What an earlier write left under the same name is replaced. `signature` is of `encode(manifest)`, or
    `sshsig.UNSIGNED` until `put_signature`; `manifest.sbom` names `sbom`. Every blob is hashed on its way: what is
    signed here is what the manifest says, whatever became of the files since they were packed.

    Raises:
        BuildFailed: a blob is missing or is not what the manifest says, or the disk refused.
    """
    if manifest.sbom != Blob.of(sbom):
        raise BuildFailed(what=path, reason=Message("its manifest names another bill of materials"))
    contents = (layout.OCI_LAYOUT_BYTES, layout.index_json(manifest), encode(manifest), signature, sbom)
    blobs = sorted(manifest.blobs().values())
    total = sum(blob.size for blob in blobs)
    done = 0
    try:
        with _Output(path, 0) as output:
            for name, content in zip(layout.FIRST, contents, strict=True):
                output.write(layout.header(name, len(content)) + content)
                output.write(bytes(layout.padded(len(content)) - len(content)))
            for blob in blobs:
                if report is not None:
                    report(done, total)
                output.write(layout.header(layout.blob_name(blob.digest), blob.size))
                _copy(blob, blob_path(blob.digest), output)
                output.write(bytes(layout.padded(blob.size) - blob.size))
                done += blob.size
            output.write(layout.END)
            output.publish()
            if report is not None:
                report(done, total)
    except OSError as error:
        raise BuildFailed(what=error.filename or path, reason=error.strerror) from error


def place_archive(whole: Path, target: Path, size: int = 0) -> tuple[Path, ...]:
    """Copy a bundle that is one file to `target`, or to parts of at most `size` bytes, which are read without joining.

    A copy, since a second name of the same file would let a change of the one change the other.

    Raises:
        BuildFailed: the disk refused.
    """
    try:
        with whole.open("rb") as source, _Output(target, size) as output:
            output.copy(source.fileno(), whole.stat().st_size)
            return output.publish()
    except OSError as error:
        raise BuildFailed(what=error.filename or target, reason=error.strerror) from error


def put_signature(path: Path, signature: bytes) -> None:
    """Put another signature into a bundle file, or into its parts, where the former one lies.

    The files are replaced by changed copies: whoever has the former ones open, or under a second name, keeps them.

    Raises:
        UsageError: there is no such file, or it cannot be written.
        BundleNotTrusted: it is not a whole, well-formed bundle file.
        BuildFailed: its signature has another size.
    """
    with Archive.open(path) as archive:
        ranges = archive.ranges(layout.SIGNATURE)
    found = sum(length for _, _, length in ranges)
    if found != len(signature):
        raise BuildFailed(
            what=path,
            reason=Message(
                "holds a signature of {found} bytes, the new one has {count}", found=found, count=len(signature)
            ),
        )
    changed: list[tuple[Path, Path]] = []
    try:
        for file, offset, length in ranges:
            final = file.resolve()
            changed.append((_temporary(final), final))
            _changed_copy(final, changed[-1][0], offset, signature[:length])
            signature = signature[length:]
        for temporary, final in changed:
            temporary.replace(final)
    except OSError as error:
        raise UsageError(
            reason=Message("{path}: cannot be written: {reason}", path=error.filename or path, reason=error.strerror)
        ) from error
    finally:
        for temporary, _final in changed:
            temporary.unlink(missing_ok=True)


def _changed_copy(source: Path, target: Path, offset: int, data: bytes) -> None:
    """A copy of a file with other bytes at one place, on the disk when this returns."""
    with source.open("rb") as former, target.open("xb") as copy:
        position, size = 0, os.fstat(former.fileno()).st_size
        while position < size:
            position += _sent(copy.fileno(), former.fileno(), position, size - position)
        os.pwrite(copy.fileno(), data, offset)
        os.fsync(copy.fileno())
    shutil.copymode(source, target)


def _temporary(final: Path) -> Path:
    return final.with_name(f".{final.name}.{os.getpid()}.partial")


def _copy(blob: Blob, source: Path, output: _Output) -> None:
    """Append a blob, hashing what is really written."""
    hashed, size = hashlib.sha256(), 0
    with source.open("rb", buffering=0) as file:
        while data := file.read(_HASHED):
            size += len(data)
            if size <= blob.size:
                hashed.update(data)
                output.write(data)
    if size != blob.size:
        raise BuildFailed(
            what=source,
            reason=Message("{size} bytes, but {digest} has {wanted}", size=size, digest=blob.digest, wanted=blob.size),
            hint=CHANGED,
        )
    if (found := f"sha256:{hashed.hexdigest()}") != blob.digest:
        raise BuildFailed(
            what=source, reason=Message("was changed in the cache: it is {found} now", found=found), hint=CHANGED
        )


CHANGED = Message("nothing was written; remove that file and build again: it is then made anew")


class _Output:
    """The file being written, or its parts; under temporary names until `publish`."""

    def __init__(self, path: Path, split: int) -> None:
        self._path = path
        self._split = split
        self._written: list[tuple[Path, Path]] = []
        self._descriptor = -1
        self._room = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()
        for temporary, _final in self._written:
            temporary.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        view = memoryview(data)
        while view:
            room = self._available()
            written = os.write(self._descriptor, view[:room])
            self._room -= written
            view = view[written:]

    def copy(self, descriptor: int, size: int) -> None:
        """Append the first `size` bytes of an open file; they do not pass through this program."""
        position = 0
        while position < size:
            room = self._available()
            copied = _sent(self._descriptor, descriptor, position, min(room, size - position))
            self._room -= copied
            position += copied

    def publish(self) -> tuple[Path, ...]:
        """Give everything its name, and remove what an earlier write left under it."""
        self._finish()
        stale = {self._path, *parts_of(self._path)} - {final for _, final in self._written}
        for temporary, final in self._written:
            temporary.replace(final)
        for path in stale:
            path.unlink(missing_ok=True)
        sync_folder(self._path.parent)
        files = tuple(final for _, final in self._written)
        self._written.clear()
        return files

    def _available(self) -> int:
        """Bytes the open part still takes, after beginning a new one where it takes none."""
        if self._descriptor < 0 or not self._room:
            self._finish()
            final = part_name(self._path, len(self._written) + 1) if self._split else self._path
            temporary = _temporary(final)
            self._descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
            self._written.append((temporary, final))
            self._room = self._split or 1 << 62
        return self._room

    def _finish(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _sent(target: int, source: int, position: int, size: int) -> int:
    """Copy bytes between two open files inside the kernel, which shares them where the file system can; how many."""
    size = min(size, _CHUNK)
    try:
        copied = os.copy_file_range(source, target, size, position)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        copied = os.sendfile(target, source, position, size)
    if not copied:
        raise OSError(errno.ENODATA, Message("a file became shorter while it was copied"))
    return copied
