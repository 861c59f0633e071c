"""Connectors to real hosts, for `installer.hosts.connection_test`: each stage of a connection by itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Self

import paramiko
from paramiko.ssh_exception import ChannelException

from installer.answers.model import Host
from installer.errors import HostUnreachable, SitewrightError
from installer.hosts.connection_test import Key
from installer.messages import Message
from installer.ports import Questions
from installer.remote.ssh.host_keys import Pins
from installer.remote.ssh.link import PATIENCE, Link
from installer.remote.ssh.links import Links
from installer.remote.ssh.login import Resolve, reason_of

USUAL = ("ssh-ed25519",)
"""The key that is asked of a host of which nothing is pinned: the one it is best known by."""


@dataclass(frozen=True)
class _Watched(Pins):
    """Pins that tell each key they are shown, and whether it is pinned."""

    told: Callable[[paramiko.PKey, bool], None] = field(kw_only=True)

    def accept(self, key: paramiko.PKey) -> bool:
        """Whether this key is pinned."""
        pinned = Pins.accept(self, key)
        self.told(key, pinned)
        return pinned


@dataclass
class _Bastion:
    """A bastion that is entered once for all the hosts behind it: a refusal, too, is theirs alike."""

    entering: threading.Lock = field(default_factory=threading.Lock)
    refused: SitewrightError | None = None


class SshConnectors:
    """Connectors to these hosts; a context manager that hangs up everywhere. `resolve` gives a secret's value."""

    def __init__(self, hosts: Sequence[Host], resolve: Resolve) -> None:
        self._links = Links(hosts, resolve)
        self._bastions: dict[int, _Bastion] = {}
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._links.close()

    def open(self, host: Host) -> SshConnector:
        """The connector of one of the hosts.

        Raises:
            KeyError: it is none of them.
        """
        link = self._links.to(host.name)
        with self._guard:
            bastion = self._bastions.setdefault(id(link.bastion), _Bastion())
        return SshConnector(self._links, link, bastion)


class SshConnector:
    """The way into one host by SSH."""

    def __init__(self, links: Links, link: Link, bastion: _Bastion) -> None:
        self._links, self._link, self._bastion = links, link, bastion
        self._shown: Key | None = None

    @property
    def shown(self) -> Key | None:
        """The key that the host showed."""
        return self._shown

    @property
    def questions(self) -> Questions:
        """Asked over the link that was tested."""
        return self._links

    def resolve(self) -> str:
        """Look up the address of the host, or of the bastion, which alone is connected to from here.

        Raises:
            HostUnreachable: it cannot be looked up.
        """
        first = (self._link.bastion or self._link).login
        try:
            found = socket.getaddrinfo(first.address, first.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else Message("not a name that can be looked up")
            raise HostUnreachable(host=first.name, address=first.address, reason=reason) from error
        address = str(found[0][4][0])
        return (
            address if address == first.address else Message("{name} is {address}", name=first.address, address=address)
        )

    def knock(self) -> str:
        """Try whether the port answers, through the bastion if there is one.

        Raises:
            HostUnreachable: it does not, or the bastion does not.
            HostKeyUnknown, HostKeyMismatch, LoginRefused, SecretUnavailable: of the bastion.
        """
        login = self._link.login
        where = f"{login.address}:{login.port}"
        try:
            if self._link.bastion is None:
                socket.create_connection((login.address, login.port), PATIENCE).close()
                return Message("{where} answers", where=where)
            self._pass(self._link.bastion)
            self._link.bastion.dial(login.port, login.address).close()
        except ChannelException as error:
            through = self._link.bastion.login.name if self._link.bastion else "nobody"
            raise HostUnreachable(
                host=login.name, address=where, reason=Message("{through}: {text}", through=through, text=error.text)
            ) from error
        except OSError as error:
            raise HostUnreachable(host=login.name, address=where, reason=reason_of(error)) from error
        return Message("{where} answers through {through}", where=where, through=self._link.bastion.login.name)

    def enter(self, seen: Callable[[Key], None]) -> str:
        """Compare the host's key with the pinned one, tell it, and only then log in.

        Raises:
            HostKeyUnknown: no key is pinned; no login was tried.
            HostKeyMismatch: another key is pinned; no login was tried.
            HostUnreachable: no SSH server speaks there, or none that this program understands.
            LoginRefused, SecretUnavailable: the login was refused, or could not be tried.
        """
        told: list[Key] = []

        def noted(key: paramiko.PKey, pinned: bool) -> None:
            self._shown = Key(key.fingerprint, key.get_name())
            if pinned and not told:  # later on the link may connect again by itself
                told.append(self._shown)
                seen(self._shown)

        _enter(self._link, noted)
        return Message("as {user}", user=self._link.login.user)

    def escalate(self) -> str:
        """Become root.

        Raises:
            NoCommands: the login runs no commands.
            SudoRefused: the user may not.
            ConnectionLost: the connection broke. HostAnswersOddly: it answers something else.
        """
        self._link.execute(("true",))  # nothing is run before the host has proved that it is run as root
        return Message("none is needed") if self._link.login.user == "root" else Message("accepted")

    def close(self) -> None:
        """Hang up."""
        self._link.close()

    def _pass(self, bastion: Link) -> None:
        with self._bastion.entering:
            if self._bastion.refused is None:
                try:
                    _enter(bastion, lambda key, pinned: None)
                except SitewrightError as error:
                    self._bastion.refused = error
            if self._bastion.refused is not None:
                raise self._bastion.refused


def _enter(link: Link, told: Callable[[paramiko.PKey, bool], None]) -> None:
    """Connect and log in as the link does, telling the key before the login.

    Where nothing is pinned the link would try one type of key after another, each with a connection of its own, for
    any of them might be the trusted one. None is: so the usual type is asked for alone, all of them only if it fails.
    """
    login = link.login
    pins = login.pins
    same = {each.name: getattr(pins, each.name) for each in fields(pins)}
    for types in (USUAL, pins.types) if pins.nothing else (pins.types,):
        link.login = replace(login, pins=_Watched(**{**same, "types": types}, told=told))
        try:
            link.verified_key()
            return
        except HostUnreachable:
            if types == pins.types:
                raise
        finally:
            link.login = login
