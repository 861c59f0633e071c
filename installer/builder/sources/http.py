"""Source kind `http`: one file by its address, unpacked where it is an archive."""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from installer.builder.recipe import Source
from installer.builder.sources import as_locked
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import Workshop, file_digest

_SECONDS = 60
_SLOWEST = 16 << 10
"""Bytes a second below which a server counts as one that never ends."""
_LARGEST = 16 << 30
"""Bytes of the largest file that is fetched: a bundle has some 2 GiB in all."""
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError,
           OSError)  # fmt: skip
"""What the readers of archives raise for one that is none: RuntimeError for a zip that wants a password."""


def resolve(source: Source, workshop: Workshop) -> dict[str, Any]:
    """The digest of the file as it is there now."""
    with workshop.scratch() as folder:
        fetch(source.name, source.spec["url"], folder / "file")
        return {"sha256": file_digest(folder / "file")}


def make(source: Source, locked: Mapping[str, Any], workshop: Workshop, into: Path) -> None:
    """Fetch the file, check its digest, and unpack it."""
    with workshop.scratch() as folder:
        name = PurePosixPath(urlsplit(source.spec["url"]).path).name or source.name
        fetch_locked(source.name, source.spec["url"], locked["sha256"], folder / name)
        unpack(source.name, folder / name, into)


def fetch(what: str, url: str, path: Path, most: int = _LARGEST) -> None:
    """Fetch an address into a file of at most `most` bytes.

    Raises:
        BuildFailed: the server cannot be reached, has no such file, or sends something that is none.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise BuildFailed(
            what=Message("source {what}", what=what), reason=Message("{url} is not an address of the web", url=url)
        )
    try:
        with urlopen(url, timeout=_SECONDS) as answer, path.open("wb") as file:  # noqa: S310 - the scheme is checked above
            _copy(answer, file, most)
    except (URLError, OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        reason = str(error) or type(error).__name__
        raise BuildFailed(
            what=Message("source {what}", what=what),
            reason=Message("{url} cannot be fetched: {reason}", url=url, reason=reason),
        ) from error


def _copy(answer: HTTPResponse, file: BinaryIO, most: int) -> None:
    """Write what comes to a file; a server that sends without end, or a byte at a time, is given up.

    Raises:
        OSError: it is too much or comes too slowly, or the connection ended before the end.
    """
    until, left = time.monotonic() + _SECONDS, most
    while chunk := answer.read1(1 << 20):
        until += len(chunk) / _SLOWEST
        left -= len(chunk)
        if left < 0:
            raise OSError(Message("it is longer than {most}", most=_size(most)))
        if time.monotonic() > until:
            raise OSError(Message("it comes more slowly than {slowest} KiB a second", slowest=_SLOWEST >> 10))
        file.write(chunk)
    if answer.length:
        raise OSError(Message("it broke off {length} bytes before its end", length=answer.length))


def _size(length: int) -> str:
    return f"{length >> 20} MiB" if length % (1 << 20) == 0 else Message("{length} bytes", length=length)


def fetch_locked(what: str, url: str, digest: str, path: Path, most: int = _LARGEST) -> None:
    """Fetch an address whose content the lock names, of at most `most` bytes.

    Raises:
        BuildFailed: it cannot be fetched, or is another file now.
    """
    fetch(what, url, path, most)
    as_locked.check_file(what, url, path, digest)


def unpack(what: str, path: Path, into: Path) -> None:
    """Unpack a tar (plain or compressed) or a zip; any other file is put there as it is.

    Raises:
        BuildFailed: the archive is broken, or would write outside of the folder.
    """
    try:
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as tar:
                tar.extractall(into, filter="data")
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(into)  # noqa: S202 - zipfile itself drops what leads out
                for entry in archive.infolist():
                    if (entry.external_attr >> 16) & stat.S_IXUSR and not entry.is_dir():
                        (into / entry.filename).chmod(0o755)
        else:
            shutil.copyfile(path, into / path.name)
    except _BROKEN as error:
        raise BuildFailed(
            what=Message("source {what}", what=what),
            reason=Message("{name} cannot be unpacked: {reason}", name=path.name, reason=error),
        ) from error
