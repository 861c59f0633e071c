"""Several files read as one: a bundle on disks too small for it lies in parts `NAME.001`, `NAME.002` ...

Parts are read where they lie and never joined. All reading is positional, so any number of threads may share one
`Parts`.
"""

from __future__ import annotations

import bisect
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from installer.errors import BundleNotTrusted, UsageError
from installer.messages import Message

_PART = re.compile(r"(.+)\.([0-9]{3,})")


def part_name(path: Path, number: int) -> Path:
    """The file that holds part `number` (from 1) of a bundle split under the name `path`."""
    return path.with_name(f"{path.name}.{number:03d}")


def parts_of(path: Path) -> tuple[Path, ...]:
    """The existing parts under the name `path`, in order; a gap in their numbers ends them."""
    found: list[Path] = []
    while (candidate := part_name(path, len(found) + 1)).exists():
        found.append(candidate)
    return tuple(found)


class Parts:
    """The bytes of one file, or of all parts of a split one end to end."""

    def __init__(self, path: Path, files: tuple[Path, ...]) -> None:
        """Open every file.

        Raises:
            UsageError: one is no regular file or cannot be opened.
        """
        self.path = path
        self._files = files
        self._descriptors: list[int] = []
        self._starts: list[int] = []
        self.size = 0
        try:
            for file in files:
                descriptor = _opened(file)
                self._descriptors.append(descriptor)
                self._starts.append(self.size)
                self.size += os.fstat(descriptor).st_size
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, path: Path) -> Self:
        """The bundle at `path`: a file, the name that its parts share, or any one of the parts.

        Raises:
            UsageError: there is nothing that can be opened.
        """
        name = _PART.fullmatch(path.name)
        try:
            if name is not None and path.is_file():
                base = path.with_name(name[1])
                return cls(base, _complete(base))
            if path.exists() or not parts_of(path):
                return cls(path, (path,))
            return cls(path, _complete(path))
        except OSError as error:
            raise UsageError(
                reason=Message("{path}: {reason}", path=path, reason=error.strerror),
                hint=Message("look at --bundle"),
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every file; reading afterwards is an error of the program."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from `offset` on, as far as there is data; returns how much that was.

        Raises:
            BundleNotTrusted: the disk failed, or the file is shorter than when it was opened.
        """
        if not self._descriptors:
            raise ValueError("the bundle is closed")
        filled = 0
        for number, start, length in self._spans(offset, len(buffer)):
            end = filled + length
            while filled < end:
                try:
                    got = os.preadv(self._descriptors[number], [buffer[filled:end]], start)
                except OSError as error:
                    reason = Message("cannot be read at byte {start}: {reason}", start=start, reason=error.strerror)
                    raise BundleNotTrusted(bundle=self._files[number], reason=reason) from error
                if not got:
                    raise BundleNotTrusted(
                        bundle=self._files[number], reason=Message("became shorter while it was read")
                    )
                filled += got
                start += got
        return filled

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on; fewer only where the data ends."""
        data = bytearray(max(0, min(length, self.size - offset)))
        self.read_into(offset, memoryview(data))
        return bytes(data)

    def ranges(self, offset: int, length: int) -> list[tuple[Path, int, int]]:
        """Where those bytes lie: (file, offset in it, length) in order, for senders that hand files to the kernel."""
        return [(self._files[number], start, size) for number, start, size in self._spans(offset, length)]

    def _spans(self, offset: int, length: int) -> Iterator[tuple[int, int, int]]:
        """(number of the file, offset in it, length) for that range, cut where the data ends."""
        end = min(offset + length, self.size)
        number = bisect.bisect_right(self._starts, offset) - 1
        while offset < end:
            start = self._starts[number]
            limit = self._starts[number + 1] if number + 1 < len(self._starts) else self.size
            size = min(end, limit) - offset
            if size:
                yield number, offset - start, size
            offset += size
            number += 1


def _opened(file: Path) -> int:
    if not file.exists():
        raise UsageError(reason=Message("{file}: there is no such file", file=file), hint=Message("look at --bundle"))
    no_file = UsageError(
        reason=Message("{file}: is no file", file=file), hint=Message("--bundle wants the bundle's file itself")
    )
    if not file.is_file():
        raise no_file
    try:
        # O_NONBLOCK: a pipe that was put there meanwhile would be waited for.
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise no_file
    except OSError as error:
        raise UsageError(
            reason=Message("{file}: cannot be opened: {reason}", file=file, reason=error.strerror),
            hint=Message("look at its owner and mode"),
        ) from error


def _complete(base: Path) -> tuple[Path, ...]:
    """The parts under that name.

    Raises:
        UsageError: one is missing although a later one is there, or one has a number that no part has.
    """
    found = parts_of(base)
    names = [name for file in base.parent.iterdir() if (name := _PART.fullmatch(file.name)) and name[1] == base.name]
    for name in names:
        number = int(name[2])
        if number < 1 or part_name(base, number).name != name[0]:
            raise UsageError(
                reason=Message(
                    "{file}: no part is numbered like that; they are .001, .002 and so on",
                    file=base.with_name(name[0]),
                ),
                hint=Message("move it away, or give it the name that it had"),
            )
    last = max((int(name[2]) for name in names), default=0)
    if last != len(found) or not found:
        missing = part_name(base, len(found) + 1)
        raise UsageError(
            reason=Message("{missing}: this part is missing", missing=missing),
            hint=Message("put all parts into one folder"),
        )
    return found
