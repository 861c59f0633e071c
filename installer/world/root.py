"""How commands run as root on a host: in shells that stay, for sudo's password costs a host more than most commands.

A command whose standard input is long, or is not at hand yet, gets a session of its own; and so does every command on
a host that lets no shell stay.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import paramiko
from paramiko.ssh_exception import ChannelException, SSHException

from installer.answers import SecretRef
from installer.errors import ConnectionLost
from installer.world import shell
from installer.world.login import Login, Resolve, reason_of
from installer.world.rootshell import CLOSED, GRACE, RootShell
from installer.world.shell import Ended
from installer.world.sudo import escalation

SESSIONS = 6
"""Commands at a time on a host; sshd allows ten sessions to a connection by default, and others may be using some.
Where it allows fewer (MaxSessions of sshd_config) that is found out."""
FULL = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds to wait before asking again for the only session: a former one may not have ended yet."""
WORTH = 0.3
"""Seconds for which a command waits for a shell that is busy before it gets a new one, which costs about as much; then
every other one that waits does so once more, for what the new one may do for it."""
RESTED = 1.0
"""Seconds after which a shell is asked whether it is still there before anything is begun in it."""
SHORT = 64 * 1024
"""Bytes of standard input up to which a command runs in a shell that stays."""
SLICE = 256 * 1024
"""sendall copies what is left for every packet, so large bodies go in slices."""
BROKEN = (SSHException, EOFError, OSError)
"""What a session that broke looks like."""


class Root:
    """Root on one host, shared by threads; `opened` opens a session of its connection, and raises `ConnectionLost`."""

    def __init__(
        self, login: Login, resolve: Resolve, sudo_password: SecretRef | None, opened: Callable[[], paramiko.Channel]
    ) -> None:
        self._login = login
        self._resolve = resolve
        self._sudo_password = sudo_password
        self._opened = opened
        self._sudo: tuple[str, bytes] | None = None
        self._detecting = threading.Lock()
        self._changed = threading.Condition()
        self._idle: list[RootShell] = []
        self._line: list[object] = []
        self._taken = 0
        self._most = SESSIONS
        self._none_stays = False
        self._grown = 0.0

    def execute(self, argv: tuple[str, ...], payload: Iterable[bytes], timeout: float) -> Ended:
        """Run a command to its end; `payload` is its standard input, `timeout` in seconds.

        Raises:
            ConnectionLost: the session broke before the exit code was known; what the command did is unknown.
            SudoRefused: as it says.
        """
        sudo, first = self._escalation()
        if isinstance(payload, tuple) and sum(map(len, payload)) <= SHORT:
            standing = self._lent()
            if standing is not None:
                return self._run_in(standing, argv, b"".join(payload), timeout)
        return self._alone(shell.command_line(argv, timeout=timeout, sudo=sudo), _with_first(first, payload), timeout)

    def _run_in(self, standing: RootShell, argv: tuple[str, ...], payload: bytes, timeout: float) -> Ended:
        ended = None
        try:
            ended = standing.run(argv, payload, timeout)
            return ended
        except BROKEN as error:
            raise self._lost(error, timeout) from error
        finally:
            if ended is None:
                self._discard(standing)
            else:
                self._give_back(standing)

    def _lent(self) -> RootShell | None:
        """A shell that answers; None where the host lets none stay."""
        while not self._none_stays:
            found = self._free_one_or_room()
            if found is None:
                found = self._started()
            elif not self._answers(found):
                self._discard(found)
                found = None
            if found is not None:
                return found
        return None

    def _free_one_or_room(self) -> RootShell | None:
        """A shell that is free, first come first served; None where there is room for a new one, then taken."""
        ticket = object()
        with self._changed:
            arrived = time.monotonic()
            self._line.append(ticket)
            try:
                while not (self._idle and self._line[0] is ticket):
                    left = max(arrived, self._grown) + WORTH - time.monotonic() if self._taken else 0
                    if left <= 0 and self._taken < self._most:
                        self._taken += 1
                        self._grown = time.monotonic()
                        return None
                    self._changed.wait(left if left > 0 else None)
                return self._idle.pop()
            finally:
                self._line.remove(ticket)
                self._changed.notify_all()

    def _answers(self, standing: RootShell) -> bool:
        """Whether a shell is there; nothing is begun in it before that is known."""
        if not standing.alive:
            return False
        if standing.idle < RESTED:
            return True
        try:
            standing.greet()
        except TimeoutError:
            standing.hang_up()
            return False
        except BROKEN:
            return False
        return True

    def _started(self) -> RootShell | None:
        """A new shell in the room already taken; None, and the room given back, where there is none to be had."""
        standing = None
        try:
            for last in (False, True):
                session = self._opened_beside()
                if session is None:
                    break
                standing = RootShell(session)
                if self._begun(standing, last=last):
                    return standing
                if self._none_stays:
                    break
        except BaseException:
            self._discard(standing)
            raise
        self._discard(standing)
        return None

    def _begun(self, standing: RootShell, *, last: bool) -> bool:
        """Whether a shell has begun; where its connection is at fault, that is hung up, for nothing was begun by it."""
        try:
            standing.begin(*self._escalation())
            self._grown = time.monotonic()
        except BROKEN as error:
            if not isinstance(error, TimeoutError | SSHException) and standing.refused():
                self._none_stays = True
                return False
            standing.hang_up()
            if last:
                raise self._lost(error, GRACE) from error
            return False
        return True

    def _opened_beside(self) -> paramiko.Channel | None:
        """A session in the room already taken; None where the server allows no more than are open.

        Raises:
            ConnectionLost: it does not allow even one.
        """
        for wait in (*FULL, None):
            try:
                return self._opened()
            except ChannelException as error:
                with self._changed:
                    if self._taken > 1:
                        self._most = self._taken - 1
                        return None
                if wait is None:
                    raise ConnectionLost(host=self._login.name, reason=f"it opens no session: {error.text}") from error
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _give_back(self, standing: RootShell) -> None:
        with self._changed:
            self._idle.append(standing)
            self._changed.notify_all()

    def _discard(self, standing: RootShell | None) -> None:
        if standing is not None:
            standing.close()
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Room for a session; a shell that is free has to go where there is none."""
        with self._changed:
            while self._taken >= self._most and not self._idle:
                self._changed.wait()
            if self._taken >= self._most:
                self._idle.pop().close()
            else:
                self._taken += 1
        try:
            yield
        finally:
            self._discard(None)

    def _alone(self, command: str, payload: Iterable[bytes], timeout: float) -> Ended:
        """Run a command in a session of its own."""
        while True:
            with self._room():
                channel = self._opened_beside()
                if channel is None:
                    continue
                try:
                    return self._finish(channel, command, payload, timeout)
                except BROKEN as error:
                    raise self._lost(error, timeout) from error
                finally:
                    channel.close()

    def _finish(self, channel: paramiko.Channel, command: str, payload: Iterable[bytes], timeout: float) -> Ended:
        """Feed the command and drain both its streams at once; the exit status comes last (paramiko 448, 1778)."""
        channel.settimeout(timeout + GRACE)
        channel.exec_command(command)
        with ThreadPoolExecutor(2) as pool:
            fed = pool.submit(_feed, channel, payload)
            complaints = pool.submit(_drain, channel.recv_stderr)
            try:
                out = _drain(channel.recv)
                code = channel.recv_exit_status()
            finally:
                if not channel.exit_status_ready():
                    channel.close()
            err = complaints.result()
            fed.result()
        if code == -1:
            raise EOFError(CLOSED)
        return Ended(code, out, err)

    def _escalation(self) -> tuple[str, bytes]:
        """How root is reached; found out once."""
        with self._detecting:
            if self._sudo is None:
                self._sudo = escalation(self._login, self._sudo_password, self._resolve, self._alone)
            return self._sudo

    def _lost(self, error: BaseException, timeout: float) -> ConnectionLost:
        reason = f"no answer for {timeout + GRACE:g} s" if isinstance(error, TimeoutError) else reason_of(error)
        return ConnectionLost(host=self._login.name, reason=reason)


def _with_first(first: bytes, payload: Iterable[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from payload


def _feed(channel: paramiko.Channel, payload: Iterable[bytes]) -> None:
    for chunk in payload:
        for start in range(0, len(chunk), SLICE):
            try:
                channel.sendall(chunk[start : start + SLICE])
            except OSError:  # it stopped reading; its exit code and complaint say why
                return
    with suppress(OSError):  # it may have ended without waiting for the end of its input
        channel.shutdown_write()


def _drain(receive: Callable[[int], bytes]) -> bytes:
    return b"".join(iter(lambda: receive(65536), b""))
