"""What a practice site is: hosts with fixed addresses on a network of their own, and how all of it is named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from installer.answers.model import Access, Answers, SecretRef
from installer.errors import PracticeImpossible
from installer.messages import Message

STATE = "~/.local/state/sitewright/practice"
"""Where sites keep keys and passwords. Fixed, so that a profile can name these files."""

ENGINEER = "engineer"
"""Logs in with key, passphrase key or password; sudo asks for the password."""

DEPLOY = "deploy"
"""Logs in with the key; sudo asks for nothing."""

NARROWEST = 24
WIDEST = 16
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class PracticeHost:
    """One container host."""

    name: str
    address: str

    @property
    def mac(self) -> str:
        """Stays the same over restarts, as a server's does; else peers would go on sending to the old one."""
        return ":".join(f"{byte:02x}" for byte in (0x02, 0x53, *IPv4Address(self.address).packed))


@dataclass(frozen=True, slots=True)
class PracticeSite:
    """Hosts that reach each other and nothing else.

    Raises:
        PracticeImpossible: no hosts, a malformed name or address, one used twice, or addresses too far apart.
    """

    name: str
    hosts: tuple[PracticeHost, ...]

    def __init__(self, name: str, hosts: Sequence[PracticeHost]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "hosts", tuple(hosts))
        self._validate()

    def _validate(self) -> None:
        if not self.hosts:
            raise PracticeImpossible(site=self.name, reason=Message("it has no hosts"))
        for name in (self.name, *(host.name for host in self.hosts)):
            if not NAME.fullmatch(name):
                raise PracticeImpossible(
                    site=self.name, reason=Message("{name} is not a lower-case host name", name=repr(name))
                )
        for what in ("name", "address"):
            values = [getattr(host, what) for host in self.hosts]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise PracticeImpossible(
                    site=self.name, reason=Message("{what} {names} is used twice", what=what, names=", ".join(twice))
                )
        if self.subnet.prefixlen < WIDEST:
            raise PracticeImpossible(
                site=self.name, reason=Message("its addresses do not fit into one /{widest} network", widest=WIDEST)
            )

    @property
    def subnet(self) -> IPv4Network:
        """The smallest network, /24 or wider, that holds every host's address."""
        try:
            addresses = [IPv4Address(host.address) for host in self.hosts]
        except ValueError as error:
            raise PracticeImpossible(site=self.name, reason=str(error)) from None
        subnet = IPv4Network((min(addresses), NARROWEST), strict=False)
        while max(addresses) not in subnet:
            subnet = subnet.supernet()
        return subnet

    @property
    def gateway(self) -> str:
        """This machine's own address on the network: the first that no host has."""
        taken = {host.address for host in self.hosts}
        return next(str(address) for address in self.subnet.hosts() if str(address) not in taken)

    @property
    def network(self) -> str:
        """Name of the podman network."""
        return f"sitewright-{self.name}"

    def container(self, host: str) -> str:
        """Name of a host's container.

        Raises:
            PracticeImpossible: the site has no such host.
        """
        if host not in {known.name for known in self.hosts}:
            raise PracticeImpossible(site=self.name, reason=Message("it has no host {host}", host=repr(host)))
        return f"sitewright-{self.name}-{host}"

    def volume(self, host: str) -> str:
        """Name of the volume that is a host's /var."""
        return f"{self.container(host)}-var"

    @property
    def folder(self) -> Path:
        """Where the site's keys, passwords and known_hosts are."""
        return Path(STATE).expanduser() / self.name


def site_of(answers: Answers) -> PracticeSite:
    """The practice site that stands in for the hosts of these answers.

    Raises:
        PracticeImpossible: containers cannot stand in for them.
    """
    return PracticeSite(answers.site, [PracticeHost(host.name, host.address) for host in answers.hosts])


def access_to(site: PracticeSite) -> Access:
    """How the hosts of a practice site are logged in to: key and sudo password, as at most customers."""
    folder = site.folder
    return Access(
        user=ENGINEER,
        private_key=str(folder / "id_ed25519"),
        sudo_password=SecretRef("file", str(folder / "password")),
        known_hosts=str(folder / "known_hosts"),
    )
