"""Logging in with what the answers name: one way after another, until the server has all that it wants.

A server takes some tries on a connection (MaxAuthTries of sshd_config, six) and hangs up. An agent that holds more
keys must not hide the password behind them, so the ways that are left are gone on a new connection, on which what was
accepted before is shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, SSHException

from installer.errors import LoginRefused, PreflightFailed, SitewrightError
from installer.formats.private_keys import NoKey
from installer.formats.ssh_keys import PublicKey
from installer.messages import Message
from installer.remote.ssh import algorithms, private_keys, user_certificates
from installer.remote.ssh.login import Login, Resolve, quoted, reason_of

PATIENCE = 100.0
"""Seconds that a server may take to answer a login. Where its name servers or its directory do not answer it takes
long, and lets one in all the same; sshd itself gives up after 120 (LoginGraceTime)."""
MOST_HELD = 36
"""Keys of an agent that are tried, six to a connection."""
FEW = 3
"""Keys of an agent that are refused and told one by one."""
NO_ANSWER = Message(
    "no answer within {patience} s: its login may be waiting for name servers or a directory",
    patience=format(PATIENCE, ".0f"),
)
NAME_THE_KEY = Message(
    "name the one key that the host knows as access.private_key in the answers; where an agent holds it, its .pub does"
)


class Connection(paramiko.Transport):
    """An SSH connection that remembers what the server offered, and what it said as it hung up."""

    farewell = ""
    offered: Mapping[str, Sequence[str]] = MappingProxyType({})
    """The server's algorithms, as `installer.remote.ssh.algorithms` has them; nothing before it told them."""

    def _really_parse_kex_init(self, m: paramiko.Message, ignore_first_byte: bool = False) -> dict[str, object]:
        parsed: dict[str, object] = super()._really_parse_kex_init(m, ignore_first_byte)  # type: ignore[misc]
        if not ignore_first_byte:  # with it, the message is our own
            self.offered = algorithms.offered(parsed)
        return parsed

    def _parse_disconnect(self, m: paramiko.Message) -> None:
        m.get_int()
        self.farewell = quoted(m.get_text())


Connect = Callable[[], Connection]


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: its name, how it is gone, and what may be wrong with it where it is refused.

    `go` gives what the server wants beside it, and raises where it is refused.
    """

    name: str
    go: Callable[[Connection], list[str]]
    flaw: str = ""
    held: bool = False
    """Whether it is one of the agent's keys, of which there may be many."""


def authenticate(connect: Connect, login: Login, resolve: Resolve) -> Connection:
    """A connection that is logged in, by key, agent and password in that order; a server may ask for several of them.

    `connect` gives a connection to a host whose key is good.

    Raises:
        LoginRefused: with what became of each way.
        PreflightFailed: whatever `connect` raises at first.
    """
    server = _Server(connect)
    refused: list[tuple[Way, str]] = []
    with closing(_ways(login, resolve)) as ways:
        for way in ways:
            answer = server.asked(way)
            if not answer:
                return server.connection
            refused.append((way, answer))
            if answer == NO_ANSWER or server.lost:
                break
    reasons = [*_told(refused), *server.last_words()]
    server.connection.close()
    reason = Message.joined("; ", reasons) if reasons else Message("the answers name no key, agent or password")
    many = sum(way.held for way, _ in refused) > FEW
    hint = {"hint": NAME_THE_KEY} if many else {}
    raise LoginRefused(host=login.name, user=login.user, reason=reason, **hint)


class _Server:
    """A server that is being asked to let one in, on a new connection where it hung up."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._accepted: list[Way] = []
        self._said: dict[str, None] = {}
        self.connection = connect()
        self.lost = ""
        """Why it cannot be reached any more."""

    def asked(self, way: Way) -> str:
        """Why a way did not let us in, empty where it did."""
        if not self.connection.is_active():
            self._hear()
            try:
                self.connection = self._connect()
            except PreflightFailed as error:
                self.lost = error.message
                return Message("not tried")
            for before in self._accepted:
                _tried(before, self.connection)
        answer, wanted = _tried(way, self.connection)
        if wanted:
            self._accepted.append(way)
            return Message("accepted, but the server wants {names} as well", names=tuple(wanted))
        return answer

    def last_words(self) -> list[Message]:
        """What it said beside its refusals, and how it ended."""
        self._hear()
        farewell = self.connection.farewell
        ended = [Message("then the server hung up: {farewell}", farewell=farewell)] if farewell else []
        if not ended and not self.connection.is_active():
            ended = [Message("then the server hung up")]
        if self.lost:
            ended = [Message("then it could not be reached again: {lost}", lost=self.lost)]
        return ended + [Message("the server says: {said}", said=said) for said in self._said]

    def _hear(self) -> None:
        """Keep what the server said before it refused: why nobody may log in, or whose machine it is."""
        said = getattr(self.connection.auth_handler, "banner", None) or b""
        words = quoted(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
        if words:
            self._said[words] = None


def _tried(way: Way, connection: Connection) -> tuple[str, list[str]]:
    """Why a way did not let us in, and what is wanted beside it; both are empty where it did.

    A way that cannot be gone hides none of the others.
    """
    try:
        return "", way.go(connection)
    except BadAuthenticationType as error:
        return Message("the server takes only {names}", names=tuple(error.allowed_types)), []
    except AuthenticationException as error:
        if "timeout" in str(error).lower():
            return NO_ANSWER, []
        return Message("not accepted: {flaw}", flaw=way.flaw) if way.flaw else Message("not accepted"), []
    except SitewrightError:
        raise
    except NoKey as error:
        return Message("it {reason}", reason=error), []
    except Exception as error:  # what the server sends may make paramiko raise anything
        return reason_of(error), []


def _told(refused: Iterable[tuple[Way, str]]) -> Iterator[str]:
    """Each way with what became of it; many keys of an agent that fared alike are told together."""
    for (held, answer), group in groupby(refused, lambda each: (each[0].held, each[1])):
        ways = [way for way, _ in group]
        if held and len(ways) > FEW:
            yield Message("{count} keys of the agent: {answer}", count=len(ways), answer=answer)
        else:
            yield from (Message("{way}: {answer}", way=way.name, answer=answer) for way in ways)


def _ways(login: Login, resolve: Resolve) -> Generator[Way, None, None]:
    """Each way in; none is prepared before those ahead of it were refused."""
    wanted = None
    if login.private_key:
        path = Path(login.private_key)
        wanted = private_keys.public_half(path) if login.agent else None
        if wanted is None:
            yield from _by_file(path, login, resolve)
    if login.agent:
        yield from _by_agent(login.user, wanted)
    if login.password is not None:
        yield Way(Message("password"), partial(_by_password, login=login, password=resolve(login.password)))


def _by_password(connection: Connection, login: Login, password: str) -> list[str]:
    return connection.auth_password(login.user, password)


def _by_file(path: Path, login: Login, resolve: Resolve) -> Iterator[Way]:
    """A key out of a file, with the certificate beside it first, as OpenSSH does."""

    def passphrase() -> str | None:
        return resolve(login.passphrase) if login.passphrase is not None else None

    try:
        key = private_keys.read(path, passphrase)
    except (NoKey, OSError) as error:
        yield Way(Message("key {path}", path=path), partial(_fails, error))
        return
    if (certificate := user_certificates.beside(path)) is not None:
        try:
            showing, shown = user_certificates.shown_with(key, certificate)
            flaw = user_certificates.flaw(shown, login.user, datetime.now(UTC))
            yield Way(
                Message("certificate {certificate}", certificate=certificate),
                partial(_by_key, user=login.user, key=showing),
                flaw,
            )
        except (NoKey, OSError) as error:
            yield Way(Message("certificate {certificate}", certificate=certificate), partial(_fails, error))
    yield Way(Message("key {path}", path=path), partial(_by_key, user=login.user, key=key))


def _by_key(connection: Connection, user: str, key: paramiko.PKey) -> list[str]:
    return connection.auth_publickey(user, key)


def _fails(error: Exception, _: Connection) -> list[str]:
    raise error


def _by_agent(user: str, wanted: PublicKey | None) -> Iterator[Way]:
    """Each key that the agent holds, or the wanted one alone."""
    try:
        agent = paramiko.Agent()
    except (SSHException, OSError) as error:
        yield Way(Message("agent"), partial(_fails, error))
        return
    with closing(agent):
        keys = [key for key in agent.get_keys() if wanted is None or key.asbytes() == wanted.blob]
        if not agent.get_keys():
            yield Way(
                Message("agent"),
                partial(_fails, SSHException(Message("none runs (SSH_AUTH_SOCK), or it holds no key"))),
            )
        elif not keys and wanted is not None:
            yield Way(
                Message("agent"),
                partial(_fails, SSHException(Message("it holds no key {fingerprint}", fingerprint=wanted.fingerprint))),
            )
        for key in keys[:MOST_HELD]:
            yield Way(
                Message("agent's key {fingerprint}", fingerprint=key.fingerprint),
                partial(_by_key, user=user, key=key),
                held=True,
            )
        if len(keys) > MOST_HELD:
            left = Message("{count} more that it holds were not tried", count=len(keys) - MOST_HELD)
            yield Way(Message("agent"), partial(_fails, SSHException(left)))
