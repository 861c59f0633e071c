"""Listening to a session on a host: what comes is bounded in bytes and in time, and cut at marks of our own."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from paramiko.ssh_exception import SSHException

from installer.errors import ConnectionLost, HostAnswersOddly
from installer.messages import Message
from installer.remote.ssh.login import reason_of

GRACE = 15.0
"""Seconds beyond a command's own time in which its end must be heard."""
START = 100.0
"""Seconds for a login shell, sudo and bash to start. Where name servers do not answer, sudo alone takes half a minute
and starts all the same."""
SAID = 64 * 1024
"""Most bytes that are taken of a host that runs something else than our shell."""
SLOWEST = 64 * 1024
"""Bytes per second below which a stream counts as standing still. At this rate 1 GiB takes nearly five hours."""
END = 64
"""Bytes that a stream's last line surely fits in: a mark, a code."""
BROKEN = (SSHException, EOFError, OSError)
"""What a session that broke looks like."""
BROKEN_OFF = -1
"""paramiko's exit code of a session that ended without one."""
SETTLING = 0.2
"""Seconds in which paramiko knows that a connection has ended, after it has ended the sessions on it."""
CLOSED = Message("it closed before the command's exit code came")
_CODE = re.compile(rb"[0-9]{1,3}")


class NotBegun(Exception):
    """Our shell did not begin. `said` is what came instead, `code` the exit code as `ended` gives it."""

    def __init__(self, said: str, code: int | None) -> None:
        super().__init__(said)
        self.said = said
        self.code = code


class NotAsAsked(Exception):
    """What came is not what our shell answers."""


class Connection(Protocol):
    """What carries sessions."""

    def is_active(self) -> bool:
        """Whether it stands."""
        ...

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

    def shutdown_write(self) -> None:
        """End its standard input."""
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

    def exit_status_ready(self) -> bool:
        """Whether its end is known."""
        ...

    def recv_exit_status(self) -> int:
        """Wait for its end; -1 where it ended with its connection."""
        ...

    def get_transport(self) -> Connection:
        """The connection it is a session of."""
        ...


class Patience:
    """Time for a stream: so many seconds, and more of them the more comes."""

    def __init__(self, session: Session, seconds: float) -> None:
        self._session = session
        self._end = time.monotonic() + seconds

    def take(self, receive: Callable[[int], bytes]) -> bytes:
        """What comes next; nothing at the end. Raises TimeoutError where the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._session.settimeout(left)
        chunk = receive(65536)
        self._end += len(chunk) / SLOWEST
        return chunk


class Stream:
    """One of the two streams, cut at the marks."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._got = bytearray()

    def until(self, mark: bytes, until: Patience, most: int) -> tuple[int, bytes]:
        """The exit code after the mark, and all that came before it."""
        start = 0
        while True:
            at = self._got.find(mark, start)
            end = self._got.find(b"\n", at) if at >= 0 else -1
            if end >= 0:
                code, before = bytes(self._got[at + len(mark) : end]).strip(), bytes(self._got[:at])
                if not _CODE.fullmatch(code):
                    raise NotAsAsked(Message("an exit code {code}", code=repr(code[:20])))
                del self._got[: end + 1]
                return int(code), before
            if len(self._got) > most + END or (at >= 0 and len(self._got) - at > END):
                raise NotAsAsked(
                    Message("more than {most} bytes", most=most)
                    if at < 0
                    else Message("a line without an end after its mark")
                )
            start = at if at >= 0 else max(0, len(self._got) - len(mark))
            chunk = until.take(self._receive)
            if not chunk:
                raise EOFError(CLOSED)
            self._got += chunk

    def line(self, mark: bytes, until: Patience) -> None:
        """Pass over everything up to a line that is the mark, and has nothing behind it yet."""
        while not self._got.endswith(mark + b"\n"):
            if len(self._got) > SAID:
                raise NotAsAsked(Message("more than {most} bytes", most=SAID))
            chunk = until.take(self._receive)
            if not chunk:
                raise NotBegun(self._got.decode("utf-8", "replace"), None)
            self._got += chunk

    def rest(self, until: Patience) -> bytes:
        """What has come and was not understood, and what still comes of it, up to `SAID`."""
        with suppress(SSHException, EOFError, OSError):  # what came before the connection broke is told all the same
            while len(self._got) < SAID and (chunk := until.take(self._receive)):
                self._got += chunk
        return bytes(self._got[:SAID])


def began(session: Session, line: str) -> None:
    """Have a session run a line; paramiko waits for the server's answer as long as there is a connection.

    Raises:
        TimeoutError: there is none.
        NotBegun: the server refuses to run anything.
    """
    late = threading.Event()

    def give_up() -> None:
        late.set()
        session.close()

    timer = threading.Timer(START, give_up)
    timer.start()
    try:
        session.exec_command(line)
    except SSHException as error:
        if late.is_set():
            raise TimeoutError from error
        if not session.get_transport().is_active():
            raise
        said, code = _all(session, Patience(session, 1.0)), ended(session)
        nothing = "" if code is not None else Message("the SSH server refuses to run commands")
        raise NotBegun(said or nothing, code) from error
    finally:
        timer.cancel()


def once(session: Session, line: str, payload: bytes) -> NotBegun:
    """What came of a line by itself, with this and no more to read: as of a shell that has not begun."""
    began(session, line)
    until = Patience(session, START)
    with suppress(OSError):  # it may have ended without waiting for its input
        session.sendall(payload)
        session.shutdown_write()
    return NotBegun(_all(session, until), ended(session))


def _all(session: Session, until: Patience) -> str:
    said = Stream(session.recv).rest(until) + Stream(session.recv_stderr).rest(until)
    return said.decode("utf-8", "replace")


def ended(session: Session, seconds: float = 5.0) -> int | None:
    """The exit code of a session that ended; `BROKEN_OFF` where its connection broke, None where none came."""
    until = time.monotonic() + seconds
    while not session.exit_status_ready():
        if time.monotonic() > until:
            return None
        time.sleep(0.01)
    code = session.recv_exit_status()
    if code != BROKEN_OFF:
        return code
    time.sleep(SETTLING)
    return None if session.get_transport().is_active() else BROKEN_OFF


def new_mark() -> bytes:
    """A word that no command can print: it is made for one command, and the shell tells it to nobody."""
    return secrets.token_hex(16).encode()


def odd(host: str, error: NotAsAsked) -> HostAnswersOddly:
    """What an answer that is none is told as."""
    return HostAnswersOddly(host=host, reason=Message("{reason}", reason=error))


def lost(host: str, error: BaseException, timeout: float) -> ConnectionLost:
    """What a session that broke, or of which nothing was heard for so many seconds, is told as."""
    silent = Message("no answer for {timeout} s", timeout=format(timeout + GRACE, "g"))
    return ConnectionLost(host=host, reason=silent if isinstance(error, TimeoutError) else reason_of(error))
