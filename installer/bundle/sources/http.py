"""Source kind `http`: one file by its address, unpacked where it is an archive."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from installer.bundle.recipe import Source
from installer.bundle.sources.workshop import Workshop, file_digest
from installer.errors import BuildFailed

_SECONDS = 60


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


def fetch(what: str, url: str, path: Path) -> None:
    """Fetch an address into a file.

    Raises:
        BuildFailed: the server cannot be reached or has no such file.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise BuildFailed(what=f"source {what}", reason=f"{url} is not an address of the web")
    try:
        with urlopen(url, timeout=_SECONDS) as answer, path.open("wb") as file:  # noqa: S310 - the scheme is checked above
            shutil.copyfileobj(answer, file, 1 << 20)
    except (URLError, OSError) as error:
        raise BuildFailed(what=f"source {what}", reason=f"{url} cannot be fetched: {error}") from error


def fetch_locked(what: str, url: str, digest: str, path: Path) -> None:
    """Fetch an address whose content the lock names.

    Raises:
        BuildFailed: it cannot be fetched, or is another file now.
    """
    fetch(what, url, path)
    if (found := file_digest(path)) != digest:
        raise BuildFailed(
            what=f"source {what}",
            reason=f"{url} is {found}, but {digest} is locked",
            hint=f"if the change is wanted: sitewright bundle lock --update {what}",
        )


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
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        raise BuildFailed(what=f"source {what}", reason=f"{path.name} cannot be unpacked: {error}") from error
