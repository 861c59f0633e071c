"""How to get in: the answers of a host or a bastion as one value, and what a failure to is told as."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from installer.answers.model import Host, SecretRef
from installer.messages import Message
from installer.remote.ssh.host_keys import Pins, pins

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
    name = Message("bastion {address}", address=b.address)
    pinned = pins(name, b.address, b.port, b.host_key, a.known_hosts)
    return Login(name, b.address, b.port, b.user, b.private_key, b.passphrase, b.password, a.agent, pinned)


def quoted(said: str) -> str:
    """A host's own words in one line that is not too long."""
    words = " ".join(said.split())
    return words if len(words) <= QUOTED else words[:QUOTED] + " ..."


def reason_of(error: BaseException) -> str:
    """What a network error says, for people."""
    if isinstance(error, TimeoutError):
        return Message("timed out")
    if isinstance(error, ConnectionRefusedError):
        return Message("connection refused: nothing listens there")
    if isinstance(error, socket.gaierror):
        return Message("the name cannot be resolved")
    if "banner" in str(error):
        return Message("no SSH server answers there")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or Message("it hung up")
