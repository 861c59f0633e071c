"""Writes a bundle file, whole or in parts: the same manifest and blobs always give the same bytes.

A file appears under its name only when it is complete and on the disk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from installer.bundle import layout
from installer.bundle.archive import Archive, Progress
from installer.bundle.manifest import Blob, Manifest
from installer.bundle.manifest_json import encode
from installer.bundle.split import part_name, parts_of
from installer.errors import BuildFailed, UsageError

_CHUNK = 64 << 20


def write_archive(
    path: Path,
    manifest: Manifest,
    blob_path: Callable[[str], Path],
    signature: bytes,
    sbom: bytes,
    *,
    split: int = 0,
    report: Progress | None = None,
) -> tuple[Path, ...]:
    """Write the bundle to `path`, or to parts of at most `split` bytes; returns the files written.

    What an earlier write left under the same name is replaced. `signature` is of `encode(manifest)`, or
    `sshsig.UNSIGNED` until `put_signature`; `manifest.sbom` names `sbom`. The sizes of the blobs are checked here,
    their digests by `verify`.

    Raises:
        BuildFailed: a blob is missing or has another size than the manifest says, or the disk refused.
    """
    if manifest.sbom != Blob.of(sbom):
        raise BuildFailed(what=path, reason="its manifest names another bill of materials")
    contents = (layout.OCI_LAYOUT_BYTES, layout.index_json(manifest), encode(manifest), signature, sbom)
    blobs = sorted(manifest.blobs().values())
    total = sum(blob.size for blob in blobs)
    done = 0
    try:
        with _Output(path, split) as output:
            for name, content in zip(layout.FIRST, contents, strict=True):
                output.write(layout.header(name, len(content)) + content)
                output.write(bytes(layout.padded(len(content)) - len(content)))
            for blob in blobs:
                output.write(layout.header(layout.blob_name(blob.digest), blob.size))
                _copy(blob, blob_path(blob.digest), output)
                output.write(bytes(layout.padded(blob.size) - blob.size))
                done += blob.size
                if report is not None:
                    report(done, total)
            output.write(layout.END)
            return output.publish()
    except OSError as error:
        raise BuildFailed(what=error.filename or path, reason=error.strerror) from error


def split_archive(whole: Path, target: Path, size: int) -> tuple[Path, ...]:
    """Write a bundle that is one file as parts of at most `size` bytes; they can be read without joining them.

    Raises:
        BuildFailed: the disk refused.
        UsageError: `size` is no size for a part.
    """
    if size < 1:
        raise UsageError(reason=f"parts of {size} bytes cannot be made")
    try:
        with whole.open("rb") as source, _Output(target, size) as output:
            output.copy(source.fileno(), whole.stat().st_size)
            return output.publish()
    except OSError as error:
        raise BuildFailed(what=error.filename or target, reason=error.strerror) from error


def put_signature(path: Path, signature: bytes) -> None:
    """Put another signature into a bundle file, or into its parts, where the former one lies.

    Raises:
        UsageError: there is no such file, or it cannot be written.
        BundleNotTrusted: it is not a whole, well-formed bundle file.
        BuildFailed: its signature has another size.
    """
    with Archive.open(path) as archive:
        ranges = archive.ranges(layout.SIGNATURE)
    found = sum(length for _, _, length in ranges)
    if found != len(signature):
        raise BuildFailed(what=path, reason=f"holds a signature of {found} bytes, the new one has {len(signature)}")
    try:
        for file, offset, length in ranges:
            with file.open("r+b") as target:
                target.seek(offset)
                target.write(signature[:length])
                target.flush()
                os.fsync(target.fileno())
            signature = signature[length:]
    except OSError as error:
        raise UsageError(reason=f"{error.filename or path}: cannot be written: {error.strerror}") from error


def _copy(blob: Blob, source: Path, output: _Output) -> None:
    descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor).st_size
        if found != blob.size:
            raise BuildFailed(what=source, reason=f"{found} bytes, but {blob.digest} has {blob.size}")
        output.copy(descriptor, blob.size)
    finally:
        os.close(descriptor)


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
            copied = os.sendfile(self._descriptor, descriptor, position, min(room, size - position, _CHUNK))
            if not copied:
                raise OSError(errno.ENODATA, "a blob became shorter while it was copied")
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
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        files = tuple(final for _, final in self._written)
        self._written.clear()
        return files

    def _available(self) -> int:
        """Bytes the open part still takes, after beginning a new one where it takes none."""
        if self._descriptor < 0 or not self._room:
            self._finish()
            final = part_name(self._path, len(self._written) + 1) if self._split else self._path
            temporary = final.with_name(f".{final.name}.{os.getpid()}.partial")
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
