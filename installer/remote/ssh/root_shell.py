"""A shell of root's that stays on a host and runs one command after another, all in one session of a connection."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from installer.messages import Message
from installer.remote.ssh import commands, program
from installer.remote.ssh.commands import Ended
from installer.remote.ssh.hearing import (
    BROKEN,
    GRACE,
    SAID,
    START,
    NotAsAsked,
    NotBegun,
    Patience,
    Session,
    Stream,
    began,
    ended,
    new_mark,
)

MOST = 8 * 1024 * 1024
"""Most bytes a command may print on a stream; a whole log of long work is half of that (`shell.WORK`)."""
SLICE = 256 * 1024
"""sendall copies what is left for every packet, so large bodies go in slices."""
RESTED = 1.0
"""Seconds after which a shell is asked whether it is still there before anything is begun in it."""
_USER_ID = re.compile(rb"([0-9]{1,10})\n")


class RootShell:
    """`program.LOOP` on a host; for one thread at a time. After an error close it: its streams are in disorder.

    All its methods raise EOFError where the shell has ended, TimeoutError where too little is heard of it, NotAsAsked
    where it answers something else, and OSError or SSHException where its connection breaks.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._out = Stream(session.recv)
        self._err = Stream(session.recv_stderr)
        self._hello = self._trial = b""
        self._used = 0.0
        self.user = -1
        """The user id as which commands are run, once it is proved."""

    @property
    def alive(self) -> bool:
        """Whether nothing is known of its end."""
        return not (self._session.closed or self._session.eof_received)

    @property
    def idle(self) -> float:
        """Seconds since it was last heard of."""
        return time.monotonic() - self._used

    def start(self, sudo: str, first: bytes, *, known: bool = False) -> None:
        """Start the loop without waiting for it; `sudo` as in `program.SUDO`, `first` is what that wants to read.

        `known` says that another shell has proved this way on this connection, so that no trial is needed.
        """
        began(self._session, program.loop_line(sudo))
        self._session.settimeout(START)
        self._hello, self._trial = new_mark(), b"" if known else new_mark()
        said = [first, program.opening(program.LOOP), program.greeting(self._hello)]
        if not known:
            trial = program.TRIAL.encode()
            argv = commands.script(program.PROOF, program.TRIAL)
            said += [program.request(self._trial, argv, len(trial), GRACE), trial]
        self._say(b"".join(said))

    def proved(self) -> int:
        """The user id as which it runs commands, once it has run one and changed not a byte of what that was given.

        What was printed before (a lecture, a login script's greeting) is dropped.

        Raises:
            NotBegun: something else runs there, or nothing.
        """
        until = Patience(self._session, START)
        try:
            self._both(self._hello, until, SAID)
        except (EOFError, TimeoutError, NotAsAsked) as error:
            little = Patience(self._session, 1.0)
            said = self._out.rest(little) + self._err.rest(little)
            if isinstance(error, TimeoutError) and not said.strip():
                raise
            raise NotBegun(said.decode("utf-8", "replace"), ended(self._session)) from error
        if not self._trial:
            self.user = 0
            return self.user
        told = self._both(self._trial, until, SAID)
        wanted = program.TRIAL.encode() * 2
        user = _USER_ID.match(told.out)
        if user is None or told.out[user.end() :] != wanted:
            raise NotAsAsked(Message("the test text that it was to give back came changed"))
        self.user = int(user[1])
        return self.user

    def answers(self) -> bool:
        """Whether it is there; nothing is begun in it before that is known."""
        if not self.alive:
            return False
        if self.idle < RESTED:
            return True
        try:
            self.greet()
        except (TimeoutError, NotAsAsked):
            self.hang_up()
            return False
        except BROKEN:
            return False
        return True

    def greet(self, timeout: float = GRACE) -> None:
        """Make sure that it answers."""
        mark = new_mark()
        self._session.settimeout(timeout)
        self._session.sendall(program.greeting(mark))
        self._both(mark, Patience(self._session, timeout), SAID)

    def run(self, argv: Sequence[str], payload: bytes, timeout: float, most: int = MOST) -> Ended:
        """Run a command to its end; `payload` is its standard input, `most` the bytes it may print on a stream.

        What the command did is unknown where this raises anything but ValueError (see `program.request`).
        """
        mark = new_mark()
        request = program.request(mark, argv, len(payload), timeout) + payload
        self._session.settimeout(timeout + GRACE)
        self._session.sendall(request)
        return self._both(mark, Patience(self._session, timeout + GRACE), most)

    def run_last(
        self, argv: Sequence[str], payload: Iterable[bytes], timeout: float, sure: Callable[[int], None]
    ) -> Ended:
        """Run a command of long standard input, the last in this shell, which has been started and not waited for.

        `sure` is given the user id as which commands are run; it raises where that will not do.
        """
        mark = new_mark()
        self._session.settimeout(timeout + GRACE)
        self._say(program.request(mark, argv, None, timeout))
        with ThreadPoolExecutor(1) as pool:
            fed = pool.submit(_fed, self._session, payload)
            try:
                sure(self.proved())
                done = self._both(mark, Patience(self._session, timeout + GRACE), MOST)
            except BaseException:
                self._session.close()  # the feeder must not wait for one who reads no more
                if (broken := fed.exception()) is not None:
                    raise broken from None
                raise
            if not fed.done():  # it ended before it had read everything
                self._session.close()
            fed.result()
            return done

    def close(self) -> None:
        """End the shell; what runs in it is left to itself."""
        self._session.close()

    def hang_up(self) -> None:
        """End the connection too, for nothing comes by it any more, or too much."""
        self._session.get_transport().close()

    def _say(self, data: bytes) -> None:
        """Write to a shell that may have ended already; what it said tells why, and is yet to be read."""
        try:
            self._session.sendall(data)
        except TimeoutError:
            raise
        except OSError:
            pass

    def _both(self, mark: bytes, until: Patience, most: int) -> Ended:
        """One after the other: an SSH connection of ours takes in one stream without waiting for the other's reader."""
        code, out = self._out.until(mark, until, most)
        _, err = self._err.until(mark, until, most)
        self._used = time.monotonic()
        return Ended(code, out, err)


def _fed(session: Session, payload: Iterable[bytes]) -> None:
    try:
        _feed(session, payload)
    except BaseException:  # without its input the command would wait for ever, and we for the command
        session.close()
        raise


def _feed(session: Session, payload: Iterable[bytes]) -> None:
    for chunk in payload:
        for start in range(0, len(chunk), SLICE):
            try:
                session.sendall(chunk[start : start + SLICE])
            except OSError:  # it stopped reading; its exit code and complaint say why
                return
    with suppress(OSError):  # it may have ended without waiting for the end of its input
        session.shutdown_write()
