"""A bundle file read in place: an index of offsets, and blobs as streams; nothing is unpacked.

Opening reads the headers alone and refuses whatever `layout` would not have written: links, folders, names
outside the layout, anything twice, anything unknown. It does not say who made the file: that is `verify`.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from installer import whole_file
from installer.bundle import layout
from installer.bundle.manifest import Manifest
from installer.bundle.manifest_json import decode
from installer.bundle.split import Parts
from installer.errors import BundleNotTrusted
from installer.messages import Message

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SMALL = 64 << 20
"""The small files are read into memory; a larger one is not ours."""

DISORDER = Message("its entries are not in the order a bundle has")
_PIECE = 1 << 20

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all)."""

Entry = tuple[int, int]
"""Where an entry's content lies: (offset, size)."""


class Archive:
    """An open bundle file. Safe to share between threads."""

    def __init__(self, parts: Parts) -> None:
        """Index the file.

        Raises:
            BundleNotTrusted: it is not a whole, well-formed bundle file.
        """
        self._parts = parts
        self.path = parts.path
        self._entries = _Scan(parts).entries()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a bundle by its file, the name its parts share, or any part.

        Raises:
            UsageError: there is no such file, or it cannot be opened.
            BundleNotTrusted: it is not a whole, well-formed bundle file.
        """
        parts = Parts.open(path)
        try:
            return cls(parts)
        except BaseException:
            parts.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; blobs opened from it end with it."""
        self._parts.close()

    @cached_property
    def manifest(self) -> Manifest:
        """What bundle.json says, whoever wrote it.

        Raises:
            BundleNotTrusted: it is malformed or of a newer format.
        """
        return decode(self.bundle_json, str(self.path))

    @cached_property
    def bundle_json(self) -> bytes:
        """The exact bytes of bundle.json."""
        return self.small(layout.BUNDLE_JSON)

    @property
    def signature(self) -> bytes:
        """The armored signature of bundle.json."""
        return self.small(layout.SIGNATURE)

    @property
    def sbom(self) -> bytes:
        """The bill of materials (CycloneDX JSON)."""
        return self.small(layout.SBOM)

    @cached_property
    def digests(self) -> frozenset[str]:
        """The digests of all blobs in the file."""
        return frozenset(digest for name in self._entries if (digest := layout.digest_of(name)))

    def small(self, name: str) -> bytes:
        """The content of one of the small files."""
        offset, size = self._entries[name]
        return self._parts.read(offset, size)

    def size(self, digest: str) -> int:
        """Bytes of a blob.

        Raises:
            BundleNotTrusted: it is not in the bundle.
        """
        return self._blob(digest)[1]

    def blob(self, digest: str) -> BlobStream:
        """A blob as a stream of its own: readable, seekable, sharing no position with any other.

        Raises:
            BundleNotTrusted: it is not in the bundle.
        """
        return BlobStream(self._parts, *self._blob(digest))

    def extract(self, digest: str, path: Path, mode: int = 0o600) -> None:
        """Write a blob into a file, looked at byte by byte: what is run must be what was signed.

        Raises:
            BundleNotTrusted: it is not in the bundle, or was altered; then there is no file.
        """
        hashed = hashlib.sha256()
        # Whoever keeps it looks at it again: it need not outlive a power cut.
        with self.blob(digest) as stream, whole_file.replaced(path, mode, lasting=False) as file:
            while piece := stream.read(_PIECE):
                hashed.update(piece)
                file.write(piece)
            if f"sha256:{hashed.hexdigest()}" != digest:
                raise BundleNotTrusted(bundle=self.path, reason=Message("blob {digest} was altered", digest=digest))

    def ranges(self, name: str) -> list[tuple[Path, int, int]]:
        """Where one of the small files lies."""
        return self._parts.ranges(*self._entries[name])

    def _blob(self, digest: str) -> Entry:
        try:
            return self._entries[layout.blob_name(digest)]
        except KeyError:
            raise BundleNotTrusted(
                bundle=self.path, reason=Message("blob {digest} is missing", digest=digest)
            ) from None


class BlobStream(io.RawIOBase):
    """Part of a bundle file as a read-only stream."""

    def __init__(self, parts: Parts, offset: int, size: int) -> None:
        super().__init__()
        self._parts = parts
        self._offset = offset
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position in the blob."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move as `io` defines it; going beyond the end is allowed and reads nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} is before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the blob goes; fewer bytes only at its end."""
        if self.closed:
            raise ValueError("the stream is closed")
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), self._size - self._position))
        got = self._parts.read_into(self._offset + self._position, view[:length])
        self._position += got
        return got


class _Scan:
    """One pass over the headers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._found: dict[str, Entry] = {}
        self._last = ""

    def entries(self) -> dict[str, Entry]:
        """Every entry by name.

        Raises:
            BundleNotTrusted: something is there that is in no bundle, or something is not there.
        """
        if not self._parts.size:
            raise self._refused(Message("is empty"))
        offset = 0
        block = self._parts.read(offset, layout.BLOCK)
        while block != layout.END[: layout.BLOCK]:
            entry = self._entry(block, offset)
            content = offset + layout.BLOCK
            offset = content + layout.padded(entry.size)
            if offset > self._parts.size:
                raise self._cut_off(offset)
            self._admit(entry, block)
            self._found[entry.name] = (content, entry.size)
            block = self._following(content + entry.size, offset)
        self._ended(offset)
        self._ordered()
        return self._found

    def _entry(self, block: bytes, offset: int) -> tarfile.TarInfo:
        if len(block) < layout.BLOCK and offset:
            raise self._cut_off(offset + layout.BLOCK)
        try:
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            damaged = Message("is damaged at byte {offset}: {reason}", offset=offset, reason=error)
            raise self._refused(damaged if offset else Message("is not a bundle (no tar begins it)")) from error
        if entry.size < 0:
            raise self._refused(Message("is damaged at byte {offset}: negative size", offset=offset))
        return entry

    def _following(self, end: int, offset: int) -> bytes:
        """The header at `offset`, after the padding that begins where the content ends."""
        data = self._parts.read(end, offset - end + layout.BLOCK)
        if any(data[: offset - end]):
            raise self._refused(Message("is damaged at byte {end}: padding that is not empty", end=end))
        return data[offset - end :]

    def _admit(self, entry: tarfile.TarInfo, block: bytes) -> None:
        name = entry.name
        if name.startswith("/") or ".." in PurePosixPath(name).parts:
            raise self._refused(Message("entry {name} points outside the bundle", name=repr(name)))
        if entry.issym() or entry.islnk():
            raise self._refused(Message("entry {name} is a link", name=repr(name)))
        if name in self._found:
            raise self._refused(Message("entry {name} is there twice", name=repr(name)))
        if name not in layout.FIRST and layout.digest_of(name) is None:
            raise self._refused(Message("unknown entry {name}", name=repr(name)))
        if block != layout.header(name, entry.size):
            raise self._refused(Message("entry {name} is not a plain file as a bundle has them", name=repr(name)))
        if digest := layout.digest_of(name):
            # At once, not at the end: there may be hundreds of thousands more to come.
            if digest < self._last:
                raise self._refused(DISORDER)
            self._last = digest
        if name in layout.FIRST and entry.size > SMALL:
            raise self._refused(Message("{name} is too large ({size} bytes)", name=name, size=entry.size))

    def _ended(self, offset: int) -> None:
        tail = self._parts.read(offset, len(layout.END) + 1)
        if len(tail) < len(layout.END):
            raise self._cut_off(offset + len(layout.END))
        if tail != layout.END:
            raise self._refused(Message("has data after its end (byte {offset})", offset=offset))

    def _ordered(self) -> None:
        for name in layout.FIRST:
            if name not in self._found:
                raise self._refused(Message("has no {name}", name=name))
        digests = [digest for name in self._found if (digest := layout.digest_of(name))]
        if tuple(self._found) != layout.ordered(digests):
            raise self._refused(DISORDER)

    def _cut_off(self, wanted: int) -> BundleNotTrusted:
        reason = Message("ends too early: {size} bytes, at least {wanted} wanted", size=self._parts.size, wanted=wanted)
        return self._refused(reason, hint=Message("copy it again, with all its parts"))

    def _refused(self, reason: str, hint: str = "") -> BundleNotTrusted:
        return BundleNotTrusted(bundle=self._parts.path, reason=reason, hint=hint)
