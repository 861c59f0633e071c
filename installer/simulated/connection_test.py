"""Connectors to simulated hosts, for `installer.hosts.connection_test`: nothing is opened, no secret is asked for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Self

from installer.answers.model import Host
from installer.errors import HostKeyUnknown
from installer.hosts.connection_test import Key
from installer.ports import Questions
from installer.simulated.world import SimulatedWorld


class SimulatedConnectors:
    """Opens the connectors of a simulated site's hosts; those that are not reachable do not answer."""

    def __init__(self, world: SimulatedWorld) -> None:
        self._world = world

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def open(self, host: Host) -> SimulatedConnector:
        """The connector of a host."""
        return SimulatedConnector(self._world, host)


class SimulatedConnector:
    """The way into one simulated host: it accepts every login, and shows whatever key is pinned, or one of its own."""

    def __init__(self, world: SimulatedWorld, host: Host) -> None:
        self._world, self._host = world, host
        self._shown: Key | None = None

    @property
    def shown(self) -> Key | None:
        """The key that the host showed."""
        return self._shown

    @property
    def questions(self) -> Questions:
        """Asked of the simulated world."""
        return self._world

    def resolve(self) -> str:
        """An address that needs no looking up."""
        return self._host.address

    def knock(self) -> str:
        """Whether the host is reachable.

        Raises:
            HostUnreachable: it is not, or the simulated site has no host of that name.
        """
        self._world.site.host(self._host.name)
        return f"{self._host.address}:{self._host.access.port} answers (simulated)"

    def enter(self, seen: Callable[[Key], None]) -> str:
        """Show the key and let in whoever asks.

        Raises:
            HostKeyUnknown: no key is pinned.
        """
        own = base64.b64encode(hashlib.sha256(self._host.name.encode()).digest()).decode().rstrip("=")
        self._shown = Key(self._host.host_key or f"SHA256:{own}", "ssh-ed25519")
        if not (self._host.host_key or self._host.access.known_hosts):
            found = f"{self._shown.fingerprint} ({self._shown.type})"
            raise HostKeyUnknown(host=self._host.name, found=found, fingerprint=self._shown.fingerprint)
        seen(self._shown)
        return f"as {self._host.access.user} (simulated)"

    def escalate(self) -> str:
        """Become root."""
        return "accepted (simulated)"

    def close(self) -> None:
        """Nothing is open."""
