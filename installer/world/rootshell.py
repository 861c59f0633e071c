"""A shell of root's that stays on a host and runs one command after another, all in one session of a connection."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from installer.world import shell
from installer.world.shell import Ended

GRACE = 15.0
"""Seconds beyond a command's own time in which its end must be heard."""
END = 64
"""Bytes at the end of a stream that surely hold its last line: a mark, a code."""


CLOSED = "it closed before the command's exit code came"


class Connection(Protocol):
    """What carries sessions."""

    def close(self) -> None:
        """Hang up."""
        ...


class Session(Protocol):
    """What a shell needs of the session it runs in; an SSH channel has it. Times are seconds."""

    closed: bool
    eof_received: int

    def exec_command(self, command: str) -> None:
        """Begin to run a command line."""
        ...

    def settimeout(self, timeout: float) -> None:
        """How long to wait for the other side."""
        ...

    def sendall(self, data: bytes) -> None:
        """Write to its standard input."""
        ...

    def recv(self, size: int) -> bytes:
        """Read its standard output; nothing at its end."""
        ...

    def recv_stderr(self, size: int) -> bytes:
        """Read its standard error; nothing at its end."""
        ...

    def close(self) -> None:
        """End the session."""
        ...

    def recv_exit_status(self) -> int:
        """Wait for its end; -1 where it ended with its connection."""
        ...

    def get_transport(self) -> Connection:
        """The connection it is a session of."""
        ...


class RootShell:
    """`shell.LOOP` on a host; for one thread at a time. After an error it must be closed: its streams are in disorder.

    All its methods raise EOFError where the shell has ended, TimeoutError where nothing is heard of it, and OSError or
    SSHException where its connection breaks.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._used = 0.0

    @property
    def alive(self) -> bool:
        """Whether nothing is known of its end."""
        return not (self._session.closed or self._session.eof_received)

    @property
    def idle(self) -> float:
        """Seconds since it was last heard of."""
        return time.monotonic() - self._used

    def begin(self, sudo: str, first: bytes) -> None:
        """Start the loop; `sudo` as in `shell.SUDO`, `first` is what that wants on standard input."""
        self._session.exec_command(shell.loop_line(sudo))
        self._session.settimeout(2 * GRACE)
        self._session.sendall(first)
        self.greet(2 * GRACE)

    def greet(self, timeout: float = GRACE) -> None:
        """Make sure that it answers; what was printed before (a lecture, a login script's greeting) is dropped."""
        mark = _new_mark()
        self._session.settimeout(timeout)
        self._exchange(mark, b"%s 0 0\n" % mark)

    def run(self, argv: Sequence[str], payload: bytes, timeout: float) -> Ended:
        """Run a command to its end; `payload` is its standard input.

        What the command did is unknown where this raises anything but ValueError (see `shell.request`).
        """
        mark = _new_mark()
        request = shell.request(mark, argv, payload, timeout)
        self._session.settimeout(timeout + GRACE)
        return self._exchange(mark, request)

    def close(self) -> None:
        """End the shell; what runs in it is left to itself."""
        self._session.close()

    def refused(self) -> bool:
        """After EOFError or OSError: whether the host ended it, and not the loss of its connection."""
        return self._session.recv_exit_status() != -1

    def hang_up(self) -> None:
        """End the connection too, for nothing comes by it any more."""
        self._session.get_transport().close()

    def _exchange(self, mark: bytes, request: bytes) -> Ended:
        """One after the other: an SSH connection of ours takes in one stream without waiting for the other's reader."""
        self._session.sendall(request)
        code, out = _until(self._session.recv, mark)
        _, err = _until(self._session.recv_stderr, mark)
        self._used = time.monotonic()
        return Ended(code, out, err)


def _new_mark() -> bytes:
    """A word that no command can print: it is made for one command, and the shell tells it to nobody."""
    return secrets.token_hex(16).encode()


def _until(receive: Callable[[int], bytes], mark: bytes) -> tuple[int, bytes]:
    """The exit code after the mark, and all that came before it."""
    got = bytearray()
    while True:
        chunk = receive(65536)
        if not chunk:
            raise EOFError(CLOSED)
        got += chunk
        at = got.rfind(mark, max(0, len(got) - END))
        if at >= 0 and got.endswith(b"\n"):
            return int(got[at + len(mark) :]), bytes(got[:at])
