"""Files of the state directory: their owner's alone, read within bounds, written whole or not at all.

Whoever may write into the directory could have a run write anywhere, through links, or have it wait for ever, with a
pipe. So one that others may write to is refused, and only regular files are read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from installer import whole_file
from installer.errors import StateUnreadable
from installer.formats import strict_json, text_file
from installer.messages import Message

LARGEST = 64 << 20
"""Bytes of the largest file that is read: the journal of 400 hosts takes some 15 MB."""
OTHERS = stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def trouble(path: Path) -> Iterator[None]:
    """Tell a refusal of the file system as StateUnreadable, with the file it is about or else `path`."""
    try:
        yield
    except OSError as error:
        raise StateUnreadable(path=error.filename or path, reason=error.strerror or str(error)) from error


def require_private(folder: Path) -> None:
    """Make sure that a folder is its user's alone, where it is there.

    One of our own that others may write to is closed to them at once, and refused all the same: what they have put
    there is not to be used before somebody has looked at it. A sticky one, as /tmp, is meant for everybody: nobody
    can take away there what is ours, so that our folders in it are what has to be looked at.

    Raises:
        StateUnreadable: it is no folder, belongs to another user, or others may write into it.
    """
    try:
        found, name = folder.stat(), folder.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateUnreadable(path=folder, reason=error.strerror or str(error)) from error
    if not stat.S_ISDIR(found.st_mode):
        raise StateUnreadable(
            path=folder, reason=Message("the state directory is a file; name another with --state DIR")
        )
    if {found.st_uid, name.st_uid} != {os.geteuid()}:
        raise StateUnreadable(
            path=folder, reason=Message("the state directory belongs to another user"),
            hint=Message("name one of your own with --state DIR, or call sitewright as its owner"),
        )  # fmt: skip
    if not found.st_mode & OTHERS or found.st_mode & stat.S_ISVTX:
        return
    with trouble(folder):
        folder.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    raise StateUnreadable(
        path=folder,
        reason=Message(
            "others may write into the state directory (mode {mode})", mode=f"{stat.S_IMODE(found.st_mode):04o}"
        ),
        hint=Message(
            "that was taken from them now; look through it, and where all in it is yours, call sitewright again"
        ),
    )


def make(folder: Path) -> None:
    """Make a folder and its missing parents, every one of them its owner's alone."""
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def read(path: Path, most: int = LARGEST) -> bytes | None:
    """A file's content, None where it is not there.

    Raises:
        StateUnreadable: it is no regular file, larger than `most` bytes, or cannot be read.
    """
    with trouble(path), suppress(FileNotFoundError):
        try:
            return text_file.read(path, most)
        except text_file.Unfit as error:
            raise StateUnreadable(
                path=path, reason=Message("it is {reason}", reason=error), hint=Message("move it away")
            ) from error
    return None


def opened(path: Path) -> BinaryIO:
    """A regular file, open for reading.

    Raises:
        FileNotFoundError: it is not there; and what else the file system says.
        StateUnreadable: it is no regular file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would have us wait
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise StateUnreadable(path=path, reason=Message("it is no regular file"), hint=Message("move it away"))
    return os.fdopen(handle, "rb")


def read_object(path: Path, cure: str) -> dict[str, Any] | None:
    """A JSON object that a file holds, None where there is no file; `cure` says what to do where it is damaged.

    Raises:
        StateUnreadable: it cannot be read, or is none.
    """
    raw = read(path)
    if raw is None:
        return None
    try:
        found = strict_json.loads(raw, halves=True)
    except ValueError as error:
        raise StateUnreadable(path=path, reason=Message("it is damaged"), hint=cure) from error
    if not isinstance(found, dict):
        raise StateUnreadable(path=path, reason=Message("it is damaged"), hint=cure)
    return found


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone.

    Raises:
        StateUnreadable: it cannot be written.
    """
    with trouble(path):
        make(path.parent)
        whole_file.put(path, content)


def add(path: Path, text: str) -> None:
    """Add a line to a file, made where it is missing; never through a link.

    Raises:
        StateUnreadable: it cannot be written.
    """
    with trouble(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
