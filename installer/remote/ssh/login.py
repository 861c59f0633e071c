"""How to get in: the answers of a host or a bastion as one value, and the attempts at logging in with it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, SSHException

from installer.answers.model import Host, SecretRef
from installer.errors import LoginRefused, SitewrightError
from installer.formats import text_file
from installer.formats.ssh_keys import passphrase_rounds
from installer.messages import Message
from installer.remote.ssh.host_keys import Pins, pins

LARGEST_KEY = 1 << 20
"""Bytes of the largest file that is read as a key."""
MOST_ROUNDS = 2000
"""Rounds over a passphrase that are waited for, some twenty seconds: ssh-keygen takes 24, the careful a hundred."""
Resolve = Callable[[SecretRef], str]
QUOTED = 400
"""Most characters of a host's own words in a message."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in: the answers of a host or of a bastion, alike."""

    name: str
    address: str
    port: int
    user: str
    private_key: str
    passphrase: SecretRef | None
    password: SecretRef | None
    agent: bool
    pins: Pins


def login_of(host: Host) -> Login:
    """The login of a host itself."""
    a = host.access
    pinned = pins(host.name, host.address, a.port, host.host_key, a.known_hosts)
    return Login(host.name, host.address, a.port, a.user, a.private_key, a.passphrase, a.password, a.agent, pinned)


def bastion_of(host: Host) -> Login | None:
    """The login of the bastion in front of a host."""
    a, b = host.access, host.access.bastion
    if b is None:
        return None
    name = f"bastion {b.address}"
    pinned = pins(name, b.address, b.port, b.host_key, a.known_hosts)
    return Login(name, b.address, b.port, b.user, b.private_key, b.passphrase, b.password, a.agent, pinned)


def authenticate(transport: paramiko.Transport, login: Login, resolve: Resolve) -> None:
    """Log in with what the answers name: key, agent, password, in that order; the server may ask for several of them.

    Raises:
        LoginRefused: with what became of each.
    """
    refused = []
    with closing(_attempts(transport, login, resolve)) as attempts:
        for label, attempt in attempts:
            answer = _answer(attempt)
            if not answer:
                return
            refused.append(f"{label}: {answer}")
            if not transport.is_active():
                refused.append("then the server hung up")
                break
    said = _banner(transport)
    transport.close()
    reason = "; ".join(refused) or "the answers name no key, agent or password"
    if said:
        reason += f"; the server says: {said}"
    raise LoginRefused(host=login.name, user=login.user, reason=reason)


def _answer(attempt: Callable[[], list[str]]) -> str:
    """Why an attempt did not let us in, empty where it did; a way that cannot be gone hides none of the others."""
    try:
        wanted = attempt()
    except BadAuthenticationType as error:
        return f"the server takes only {' or '.join(error.allowed_types)}"
    except AuthenticationException as error:
        return "no answer in time" if "timeout" in str(error).lower() else "not accepted"
    except SitewrightError:
        raise
    except Exception as error:  # what the server sends may make paramiko raise anything
        return reason_of(error)
    return f"accepted, but the server wants {' and '.join(wanted)} as well" if wanted else ""


def _banner(transport: paramiko.Transport) -> str:
    """What the server said before it refused: why nobody may log in, or whose machine it is."""
    said = getattr(transport.auth_handler, "banner", None) or b""
    return quoted(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))


def quoted(said: str) -> str:
    """A host's own words in one line that is not too long."""
    words = " ".join(said.split())
    return words if len(words) <= QUOTED else words[:QUOTED] + " ..."


def _attempts(
    transport: paramiko.Transport, login: Login, resolve: Resolve
) -> Generator[tuple[str, Callable[[], list[str]]], None, None]:
    """Each way in by its name."""
    if login.private_key:
        path = Path(login.private_key)
        yield f"key {path}", lambda: transport.auth_publickey(login.user, _private_key(path, login, resolve))
    if login.agent:
        yield from _by_agent(transport, login.user)
    if login.password is not None:
        yield "password", partial(transport.auth_password, login.user, resolve(login.password))


def _by_agent(transport: paramiko.Transport, user: str) -> Generator[tuple[str, Callable[[], list[str]]], None, None]:
    def nothing(reason: str) -> list[str]:
        raise SSHException(reason)

    try:
        agent = paramiko.Agent()
    except (SSHException, OSError) as error:
        yield "agent", partial(nothing, reason_of(error))
        return
    with closing(agent):
        if not agent.get_keys():
            yield "agent", partial(nothing, "none runs (SSH_AUTH_SOCK), or it holds no key")
        for held in agent.get_keys():
            yield f"agent's key {held.fingerprint}", partial(transport.auth_publickey, user, held)


def _private_key(path: Path, login: Login, resolve: Resolve) -> paramiko.PKey:
    """The key in a file.

    Raises:
        OSError: the file cannot be read.
        SSHException: there is no key in it that can be used.
    """
    try:
        text = text_file.read(path, LARGEST_KEY)
    except text_file.Unfit as error:
        raise SSHException(Message("it is {reason}", reason=error)) from error
    passphrase = resolve(login.passphrase) if login.passphrase is not None else None
    if passphrase and (rounds := passphrase_rounds(text)) > MOST_ROUNDS:
        raise SSHException(f"its passphrase takes {rounds} rounds, more than {MOST_ROUNDS}: ssh-keygen -p sets fewer")
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key_file(str(path), password=passphrase)
        except paramiko.PasswordRequiredException as error:
            reason = "it has a passphrase and the answers name none (access.passphrase)"
            raise SSHException(reason) from error
        except (SSHException, ValueError):
            continue
    known = passphrase and b"PRIVATE KEY" in text
    raise SSHException("wrong passphrase" if known else "not a private key in a known format")


def reason_of(error: BaseException) -> str:
    """What a network error says, for people."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens there"
    if isinstance(error, socket.gaierror):
        return "the name cannot be resolved"
    if "banner" in str(error):
        return "no SSH server answers there"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or "it hung up"
