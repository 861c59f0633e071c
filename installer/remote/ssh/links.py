"""The connections to the hosts of a site, or of what is not one yet: made when first used, shared by whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Self

from installer.answers.model import Host
from installer.ports import Output
from installer.remote.ssh import commands
from installer.remote.ssh.commands import Ended
from installer.remote.ssh.link import Link
from installer.remote.ssh.login import Resolve, bastion_of, login_of


class Links:
    """A link to each host, and one to each bastion for all hosts behind it; `resolve` gives a secret's value.

    It asks questions (`installer.ports.Questions`): whoever only wants to know hosts needs nothing else of their site.
    """

    def __init__(self, hosts: Iterable[Host], resolve: Resolve) -> None:
        self._hosts: dict[str, Host] = {}
        for host in hosts:
            self._hosts.setdefault(host.name, host)
        self._resolve = resolve
        self._links: dict[str, Link] = {}
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up everywhere."""
        for link in self._links.values():
            link.close()

    def to(self, host: str) -> Link:
        """The connection to a host.

        Raises:
            KeyError: there is no such host.
        """
        with self._guard:
            if host not in self._links:
                known = self._hosts[host]
                bastion, through = bastion_of(known), None
                if bastion is not None:
                    key = f"{bastion.user}@{bastion.address}:{bastion.port}"
                    through = self._links.setdefault(key, Link(bastion, self._resolve))
                self._links[host] = Link(login_of(known), self._resolve, through, known.access.sudo_password)
            return self._links[host]

    def now(self) -> datetime:
        """The operator's clock, UTC."""
        return datetime.now(UTC)

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        """Run a command that only reads."""
        return output(self.to(host).execute(commands.admitted(argv), timeout=timeout))


def output(ended: Ended) -> Output:
    """How a command ended, as the ports tell it."""
    return Output(ended.code, ended.out.decode("utf-8", "replace"), ended.err.decode("utf-8", "replace"))
