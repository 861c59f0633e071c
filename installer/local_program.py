"""Programs of this machine, run to their end: none may take for ever, talk for ever, or outlive the call."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from installer.messages import Message

MOST = 256 << 20
"""Bytes that a program may write to both streams together: what it says is held in memory."""
BEAT = 1.0
"""Seconds between two calls of `beat`."""
LOOK = 0.05
"""Seconds between two looks whether a program that says nothing has ended."""
PIECE = 1 << 16
"""Bytes that are read at a time: what a pipe of Linux holds."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it wrote. `code` is negative where a signal ended it, as in `subprocess`.

    `spent` are the processor seconds of it and of what it waited for.
    """

    code: int
    out: bytes
    err: bytes
    spent: float = 0.0

    @property
    def told(self) -> Message:
        """How it ended, in words: "ended with 3", "was ended by SIGSEGV"."""
        if self.code >= 0:
            return Message("ended with {code}", code=self.code)
        with suppress(ValueError):
            return Message("was ended by {signal}", signal=signal.Signals(-self.code).name)
        return Message("was ended by signal {number}", number=-self.code)


class OutOfBounds(Exception):
    """A program took longer, or said more, than it may; it was killed. The text says which."""


def run(
    argv: Sequence[str],
    *,
    most: int = MOST,
    patience: float | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    own_group: bool = True,
    beat: Callable[[float], None] = lambda spent: None,
) -> Ended:
    """Run a program that reads nothing, and return what it wrote once it has ended.

    However this is left, the program is gone with what it started: all of its group where it has one of its own,
    otherwise all that is still below it.

    Args:
        argv: the program and its arguments; no shell is involved.
        most: bytes that it may write to standard output and standard error together.
        patience: seconds that it may take; None for as long as it likes, as a build may.
        cwd: the folder it runs in; None for ours.
        env: its environment; None for ours.
        own_group: whether it has a process group of its own. One that asks at the terminal must not.
        beat: called every second while it runs, with the processor seconds spent so far; what it raises ends the
            program.

    Raises:
        OSError: it cannot be started.
        OutOfBounds: it says more than `most`, or has not ended after `patience`.
    """
    process = subprocess.Popen(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        process_group=0 if own_group else None,
    )  # fmt: skip
    try:
        out, err = _listen(process, most, patience, beat)
        spent = _spent(process.pid)
    finally:
        _end(process, own_group)
    return Ended(process.returncode, out, err, spent)


def _listen(
    process: subprocess.Popen[bytes], most: int, patience: float | None, beat: Callable[[float], None]
) -> tuple[bytes, bytes]:
    """Read both streams to their end, or to the end of the program: what it left running may keep them open."""
    out, err = bytearray(), bytearray()
    began = beaten = time.monotonic()
    with selectors.DefaultSelector() as streams:
        for stream, text in ((process.stdout, out), (process.stderr, err)):
            if stream is not None:
                streams.register(stream, selectors.EVENT_READ, text)
        while True:
            gone = _is_gone(process)
            ready = streams.select(0 if gone else LOOK)
            for key, _ in ready:
                piece = os.read(key.fd, PIECE)
                key.data.extend(piece)
                if not piece:
                    streams.unregister(key.fileobj)
            if gone and not ready:
                return bytes(out), bytes(err)
            if len(out) + len(err) > most:
                raise OutOfBounds(Message("it says more than {count} bytes", count=f"{most:,}"))
            now = time.monotonic()
            if patience is not None and now - began > patience:
                raise OutOfBounds(Message("it has not ended after {seconds} s", seconds=f"{patience:g}"))
            if now - beaten >= BEAT:
                beaten = now
                beat(_spent(process.pid))


def _spent(pid: int) -> float:
    """Processor seconds of a process that is not reaped yet, with those of all that it waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _is_gone(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; it is not reaped yet, so that its number still is that of its group."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(process: subprocess.Popen[bytes], own_group: bool) -> None:
    """Kill what is left, and only then reap: a number that is free may soon be another program's."""
    with suppress(ProcessLookupError, PermissionError):
        if own_group:
            os.killpg(process.pid, signal.SIGKILL)
        elif not _is_gone(process):
            for pid in (*_below(process.pid), process.pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _below(pid: int) -> Iterator[int]:
    """The processes below one; each is stopped before its own are listed, so that it starts none meanwhile."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGSTOP)
    with suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _below(int(child))
                yield int(child)
