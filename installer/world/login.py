"""How to get in: the answers of a host or a bastion as one value, and the attempts at logging in with it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, SSHException

from installer.answers import Host, SecretRef
from installer.errors import LoginRefused
from installer.world.trust import Pins, pins

Resolve = Callable[[SecretRef], str]


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
    for label, attempt in _attempts(transport, login, resolve):
        try:
            wanted = attempt()
        except BadAuthenticationType as error:
            refused.append(f"{label}: the server takes only {' or '.join(error.allowed_types)}")
        except AuthenticationException:
            refused.append(f"{label}: not accepted")
        except (SSHException, EOFError, OSError) as error:
            refused.append(f"{label}: {reason_of(error)}")
        else:
            if not wanted:
                return
            refused.append(f"{label}: accepted, but the server wants {' and '.join(wanted)} as well")
        if not transport.is_active():
            refused.append("then the server hung up")
            break
    transport.close()
    reason = "; ".join(refused) or "the answers name no key, agent or password"
    raise LoginRefused(host=login.name, user=login.user, reason=reason)


def _attempts(
    transport: paramiko.Transport, login: Login, resolve: Resolve
) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    if login.private_key:
        key = _private_key(login, resolve)
        yield f"key {login.private_key}", partial(transport.auth_publickey, login.user, key)
    if login.agent:
        for held in paramiko.Agent().get_keys():
            yield f"agent's key {held.fingerprint}", partial(transport.auth_publickey, login.user, held)
    if login.password is not None:
        yield "password", partial(transport.auth_password, login.user, resolve(login.password))


def _private_key(login: Login, resolve: Resolve) -> paramiko.PKey:
    path = Path(login.private_key).expanduser()
    passphrase = resolve(login.passphrase) if login.passphrase is not None else None

    def refused(reason: str) -> LoginRefused:
        return LoginRefused(host=login.name, user=login.user, reason=f"key {path}: {reason}")

    try:
        text = path.read_bytes()
    except OSError as error:
        raise refused(error.strerror or str(error)) from error
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key_file(str(path), password=passphrase)
        except paramiko.PasswordRequiredException as error:
            raise refused("it has a passphrase and the answers name none (access.passphrase)") from error
        except (SSHException, ValueError):
            continue
    raise refused(
        "wrong passphrase" if passphrase and b"PRIVATE KEY" in text else "not a private key in a known format"
    )


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
