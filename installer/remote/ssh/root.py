"""How commands run as root on a host: in shells that stay, for sudo's password costs a host more than most commands.

A command whose standard input is long, or is not at hand yet, gets a shell of its own, which ends with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import paramiko
from paramiko.ssh_exception import ChannelException

from installer.answers.model import SecretRef
from installer.errors import ConnectionLost, SudoRefused
from installer.messages import Message
from installer.remote.ssh.commands import Ended
from installer.remote.ssh.hearing import BROKEN, BROKEN_OFF, CLOSED, GRACE, START, NotAsAsked, NotBegun, lost, odd, once
from installer.remote.ssh.login import Login, Resolve
from installer.remote.ssh.root_shell import MOST, RootShell
from installer.remote.ssh.sudo import demand_root, escalation, refusal

SESSIONS = 6
"""Commands at a time on a host; sshd allows ten sessions to a connection by default, and others may be using some.
Where it allows fewer (MaxSessions of sshd_config) that is found out."""
FULL = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds to wait before asking again for the only session: a former one may not have ended yet."""
WORTH = 0.3
"""Seconds for which a command waits for a shell that is busy before it gets a new one, which costs about as much; then
every other one that waits does so once more, for what the new one may do for it."""
SHORT = 64 * 1024
"""Bytes of standard input up to which a command runs in a shell that stays."""


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
        self._refused: SudoRefused | None = None
        self._proved_on: object = None
        self._grown = 0.0

    def execute(self, argv: tuple[str, ...], payload: Iterable[bytes], timeout: float, most: int = MOST) -> Ended:
        """Run a command to its end; `payload` is its standard input.

        It may take `timeout` seconds and print `most` bytes on each stream.

        Raises:
            ConnectionLost: the session broke before the exit code was known; what the command did is unknown.
            HostAnswersOddly: it answered what no command of ours answers, or too much; likewise.
            SudoRefused, NoCommands: as they say.
        """
        self._escalation()
        if isinstance(payload, tuple) and sum(map(len, payload)) <= SHORT:
            return self._run_in(self._lent(), argv, b"".join(payload), timeout, most)
        return self._alone(argv, payload, timeout)

    def _run_in(self, standing: RootShell, argv: tuple[str, ...], payload: bytes, timeout: float, most: int) -> Ended:
        done = None
        try:
            done = standing.run(argv, payload, timeout, most)
            return done
        except NotAsAsked as error:
            standing.hang_up()
            raise odd(self._login.name, error) from error
        except BROKEN as error:
            raise lost(self._login.name, error, timeout) from error
        finally:
            if done is None:
                self._discard(standing)
            else:
                self._give_back(standing)

    def _lent(self) -> RootShell:
        """A shell that answers."""
        while True:
            found = self._free_one_or_room()
            if found is None:
                found = self._started()
            elif not found.answers():
                self._discard(found)
                found = None
            if found is not None:
                return found

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

    def _started(self) -> RootShell | None:
        """A new shell in the room already taken; None, and the room given back, where there is none to be had."""
        standing = None
        sudo, first = self._escalation()
        try:
            standing = self._begun(sudo, first)
            if standing is not None:
                demand_root(self._login, standing.user)
            return standing
        except NotBegun as error:
            with self._changed:
                if self._taken == 1:
                    raise refusal(self._login, sudo, first, error) from error
                self._most = self._taken - 1  # as where it lets a user log in so many times and no more
            return None
        finally:
            if standing is None or standing.user:
                self._discard(standing)

    def _tried(self, sudo: str, first: bytes) -> int:
        """The user id that a kind of sudo leads to; the shell stays if it is root's.

        Raises:
            NotBegun: it leads to none.
        """
        with self._changed:
            self._taken += 1
        standing = None
        try:
            standing = self._begun(sudo, first)
            if standing is None:
                raise ConnectionLost(host=self._login.name, reason=Message("it opens no session"))
            return standing.user
        finally:
            if standing is None or standing.user:
                self._discard(standing)
            else:
                self._give_back(standing)

    def _begun(self, sudo: str, first: bytes) -> RootShell | None:
        """A new shell; where its connection is at fault, that is hung up, for nothing was begun by it.

        None where the server allows no more sessions than are open.

        Raises:
            NotBegun: the host runs something else, or nothing.
        """
        for last in (False, True):
            session = self._opened_beside()
            if session is None:
                return None
            standing = RootShell(session)
            try:
                standing.start(sudo, first)
                standing.proved()
                self._proved_on = session.get_transport()
                self._grown = time.monotonic()
                return standing
            except NotAsAsked as error:
                standing.hang_up()
                raise odd(self._login.name, error) from error
            except NotBegun as error:
                standing.close()
                if error.code != BROKEN_OFF:
                    raise
                if last:
                    raise ConnectionLost(host=self._login.name, reason=CLOSED) from error
                standing.hang_up()
            except BROKEN as error:
                standing.hang_up()
                if isinstance(error, TimeoutError) and self._sudo is None:
                    raise NotBegun("", None) from error
                if last:
                    raise lost(self._login.name, error, START - GRACE) from error
        raise AssertionError("unreachable")

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
                    raise ConnectionLost(
                        host=self._login.name, reason=Message("it opens no session: {text}", text=error.text)
                    ) from error
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

    def _alone(self, argv: tuple[str, ...], payload: Iterable[bytes], timeout: float) -> Ended:
        """Run a command in a shell of its own."""
        sudo, first = self._escalation()
        while True:
            with self._room():
                channel = self._opened_beside()
                if channel is None:
                    continue
                standing = RootShell(channel)
                try:
                    standing.start(sudo, first, known=channel.get_transport() is self._proved_on)
                    return standing.run_last(argv, payload, timeout, partial(demand_root, self._login))
                except NotAsAsked as error:
                    standing.hang_up()
                    raise odd(self._login.name, error) from error
                except NotBegun as error:
                    if error.code == BROKEN_OFF:
                        raise ConnectionLost(host=self._login.name, reason=CLOSED) from error
                    raise refusal(self._login, sudo, first, error) from error
                except BROKEN as error:
                    raise lost(self._login.name, error, timeout) from error
                finally:
                    channel.close()

    def _asked(self, line: str, first: bytes) -> NotBegun:
        """What came of a line by itself."""
        with self._room():
            channel = self._opened_beside()
            if channel is None:
                raise ConnectionLost(host=self._login.name, reason=Message("it opens no session"))
            try:
                refused = once(channel, line, first)
                if refused.code == BROKEN_OFF:
                    raise EOFError(CLOSED)
                return refused
            except NotBegun as refused:
                return refused
            except BROKEN as error:
                raise lost(self._login.name, error, START - GRACE) from error
            finally:
                channel.close()

    def _escalation(self) -> tuple[str, bytes]:
        """How root is reached; found out once."""
        with self._detecting:
            if self._refused is not None:
                raise self._refused  # asked again, sudo would count one more wrong password
            if self._sudo is None:
                try:
                    self._sudo = escalation(self._login, self._sudo_password, self._resolve, self._tried, self._asked)
                except SudoRefused as error:
                    self._refused = error
                    raise
            return self._sudo
