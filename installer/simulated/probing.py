"""Preflight's probes of simulated hosts: disks and links as fast as their description says, ports as open."""

from __future__ import annotations

from collections.abc import Sequence

from installer.ports import Reached
from installer.simulated.ports import listeners
from installer.simulated.state import SimulatedHost, SimulatedSite


class SimulatedProbes:
    """`installer.ports.Probing` over simulated hosts."""

    def __init__(self, site: SimulatedSite) -> None:
        self._site = site

    def fsync_latency(self, host: str, directory: str) -> float:
        """As the host's description says."""
        return self._site.host(host).machine.fsync

    def disk_speed(self, host: str, directory: str) -> float:
        """As the host's description says."""
        return self._site.host(host).machine.disk_speed

    def link_speed(self, host: str) -> float:
        """As the host's description says."""
        return self._site.host(host).machine.link_speed

    def listen(self, host: str, tcp: Sequence[int], udp: Sequence[int]) -> bool:
        """Listen on these ports, and on none that somebody who is gone listened on."""
        self.hush(host)
        self._site.host(host).listening |= {*(("tcp", port) for port in tcp), *(("udp", port) for port in udp)}
        return True

    def hush(self, host: str) -> None:
        """End listening, and forget what was heard."""
        self._site.host(host).listening.clear()
        self._site.host(host).heard.clear()

    def connect(self, host: str, targets: Sequence[tuple[str, int]]) -> tuple[Reached, ...]:
        """What becomes of a connection to each (address, port)."""
        self._site.host(host)
        return tuple(self._reached(self._site.at(address), port) for address, port in targets)

    def call(self, host: str, targets: Sequence[tuple[str, int]]) -> None:
        """Send a datagram to each (address, port)."""
        for address, port in targets:
            called = self._site.at(address)
            if called and ("udp", port) in called.listening and port not in called.machine.firewall:
                called.heard.add((self._site.host(host).name, port))

    def heard(self, host: str) -> frozenset[tuple[str, int]]:
        """Whose datagrams arrived."""
        return frozenset(self._site.host(host).heard)

    def _reached(self, target: SimulatedHost | None, port: int) -> Reached:
        if target is None or not target.machine.reachable:
            return "unreachable"
        if port in target.machine.firewall:
            return "silent"
        held = {user.port for user in listeners(self._site, target) if user.protocol == "tcp"}
        return "open" if port in held or ("tcp", port) in target.listening else "refused"
