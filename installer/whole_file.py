"""Files that are there whole or not at all: written beside their place, and moved there once they are complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def put(path: Path, content: bytes, mode: int = 0o600, *, lasting: bool = True) -> None:
    """Write a file; as `replaced` otherwise."""
    with replaced(path, mode, lasting=lasting) as file:
        file.write(content)


@contextmanager
def replaced(path: Path, mode: int = 0o600, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """A new file that takes the place of what is at `path` when the block ends well; otherwise nothing has changed.

    It is never, even for a moment, open to more than `mode` says, or the umask where that says less. A link at `path`
    is replaced, not followed. Where it is `lasting`, the file outlives a power cut from then on.

    Raises:
        OSError: it cannot be written there; names `path`, or nothing.
    """
    # The place beside it has a name of its own length: one made from the file's might be longer than a name may be.
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                if lasting:
                    os.fsync(descriptor)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if lasting:
            sync_folder(path.parent)
    except OSError as error:
        if error.filename != str(part):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def sync_folder(folder: Path) -> None:
    """Make lasting which names a folder has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
