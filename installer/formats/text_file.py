"""Files that people write or bring along, read whole: regular files alone, bounded, as text in UTF-8.

A named pipe, a device or a socket could keep a reader waiting for ever or feed it without end, so none of them is
opened; and what is larger than its kind ever is, is not read to its end.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from installer.formats.encodings import MARK, guessed
from installer.messages import Message

KINDS = {
    stat.S_IFDIR: Message("a directory"),
    stat.S_IFIFO: Message("a pipe"),
    stat.S_IFSOCK: Message("a socket"),
    stat.S_IFCHR: Message("a device"),
    stat.S_IFBLK: Message("a device"),
}


CALLED = {"GB18030": "GB18030 (GBK)"}
"""Encodings that people know by another name than iconv's."""


class Unfit(Exception):
    """Why a file cannot be used; `cure` says how to make it fit, and is None where that goes without saying."""

    def __init__(self, reason: Message, cure: Message | None = None) -> None:
        super().__init__(reason)
        self.reason, self.cure = reason, cure


def read(path: Path, most: int) -> bytes:
    """The whole content of a regular file of at most `most` bytes.

    Raises:
        Unfit: it is no regular file, or a larger one.
        OSError: it is not there, or cannot be read.
    """
    return read_with_mode(path, most)[0]


def read_with_mode(path: Path, most: int) -> tuple[bytes, int]:
    """As `read`, and the mode of the very file that was read.

    Raises:
        Unfit: it is no regular file, or a larger one.
        OSError: it is not there, or cannot be read.
    """
    _regular(path.stat().st_mode)  # before it is opened: opening alone can set a device to work
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        mode = os.fstat(descriptor).st_mode
        _regular(mode)
        content = stream.read(most + 1)
    if len(content) > most:
        raise Unfit(larger(most))
    return content, mode


def decoded(raw: bytes) -> str:
    """The text of bytes in UTF-8, without the byte order mark that some programs put before it.

    Raises:
        Unfit: they are in another encoding, or no text.
    """
    if b"\x00" not in raw:
        try:
            return raw.removeprefix(MARK).decode()
        except UnicodeDecodeError as error:
            raise _other_encoding(raw, error) from error
    guess = guessed(raw)
    if guess is None:
        raise Unfit(Message("binary data"))
    raise Unfit(Message("text in {encoding}, not UTF-8", encoding=guess[0]), _resaved(guess[0]))


def _other_encoding(raw: bytes, error: UnicodeDecodeError) -> Unfit:
    """What bytes are that are not UTF-8."""
    line = raw.count(b"\n", 0, error.start) + 1
    reason = Message("bytes that are not UTF-8 (in line {line}, at byte {byte})", line=line, byte=error.start)
    guess = guessed(raw)
    if guess is None:
        return Unfit(reason, Message("save it as UTF-8"))
    encoding = CALLED.get(guess[0], guess[0])
    return Unfit(Message("{reason}; they look like {encoding}", reason=reason, encoding=encoding), _resaved(guess[0]))


def _regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise Unfit(KINDS.get(stat.S_IFMT(mode), Message("no regular file")), Message("name a regular file"))


def _resaved(encoding: str) -> Message:
    return Message("save it as UTF-8 (iconv -f {encoding} -t UTF-8)", encoding=encoding)


def larger(most: int) -> Message:
    """What is said of a file of more bytes than its kind may have."""
    if most >= 1 << 20:
        return Message("more than {count} MiB", count=most >> 20)
    return Message("more than {count} KiB", count=most >> 10)
