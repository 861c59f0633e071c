"""Some checks alone, as a person names them: "disk.space" on every host, "disk.space@node-1" on one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from installer.errors import UsageError
from installer.messages import Message
from installer.preflight.finding import Check


@dataclass(frozen=True)
class Only:
    """Which checks are wanted, as pairs of a check and a host; the host is empty for every one. Empty: all of them."""

    pairs: frozenset[tuple[str, str]] = frozenset()

    def wants(self, check: str, host: str) -> bool:
        """Whether a check on a host is wanted."""
        return not self.pairs or (check, host) in self.pairs or (check, "") in self.pairs

    def concerns(self, host: str) -> bool:
        """Whether anything is wanted of a host."""
        return not self.pairs or any(named in ("", host) for _, named in self.pairs)

    def tries(self, checks: Iterable[Check]) -> bool:
        """Whether a wanted check judges by what has to be tried, which takes most of the time."""
        return any(each.tries and (not self.pairs or each.name in {name for name, _ in self.pairs}) for each in checks)


def only(texts: Iterable[str], known: Collection[str], hosts: Collection[str]) -> Only:
    """The checks that texts name.

    Raises:
        UsageError: there is no such check, or no such host.
    """
    pairs = set()
    for text in texts:
        check, at, host = text.partition("@")
        if check not in known:
            raise UsageError(
                reason=Message("there is no check {check}", check=f"{check!r}"), hint=_nearest(check, known)
            )
        if at and host not in hosts:
            raise UsageError(
                reason=Message("the answers name no host {host}", host=f"{host!r}"), hint=_nearest(host, hosts)
            )
        pairs.add((check, host))
    return Only(frozenset(pairs))


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, 3, 0.5) or sorted(known)[:40]
    return Message("one of: {values}", values=", ".join(near))
