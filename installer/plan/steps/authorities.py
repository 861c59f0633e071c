"""Authorities that a site makes for itself: each is made once, on one host, and others get its certificate.

Hosts that are trusted as much as that one keep the key too, so that the loss of one host loses no authority.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from installer.answers.model import Environment
from installer.certificates import KeyPair
from installer.messages import Message
from installer.plan.model import Difference, Differences, Step
from installer.plan.steps.before_images import captures, keeps, take_back
from installer.ports import ReadOnly, World


@dataclass(frozen=True)
class Authority:
    """The `owner`'s authority, which people call `kind` (CA, authority): paths of key and certificate.

    It is made on `host`; once it stands, `source` has it, and every one of the `keepers` gets its key from there.
    """

    owner: str
    kind: str
    host: str
    key: str
    certificate: str
    source: str
    keepers: tuple[str, ...] = ()

    def made(
        self, step: str, title: Message, environment: Environment, after: tuple[str, ...],
        make: Callable[[datetime], KeyPair],
    ) -> Step:  # fmt: skip
        """The step of the id `step` that makes it, its key for root alone."""

        def differs(world: ReadOnly) -> Differences:
            key, certificate = world.stat(self.host, self.key, self.certificate)
            good = key is not None and key.mode == 0o600 and certificate is not None
            if good and (self.source == self.host or self._same(world, self.host)):
                return ()
            wanted = Message("the {owner}'s {kind}, its key with mode 0600", owner=self.owner, kind=self.kind)
            return (Difference(self.key, wanted, Message("another")),)

        def apply(world: World) -> None:
            if self.source != self.host:
                self._hand_over(world, self.host)
                return
            pair = make(world.now())
            world.write(self.host, self.key, pair.key, mode=0o600)
            world.write(self.host, self.certificate, pair.certificate)

        return Step(
            id=step, title=title, phase="registry", host=self.host, environment=environment.name, after=after,
            differs=differs, apply=apply, capture=captures(self.host, [self.key, self.certificate]),
            keep=keeps(self.host), undo=lambda world, image: take_back(world, self.host, image), weight=0.3,
        )  # fmt: skip

    def trusted(self, step: str, title: Message, environment: Environment, after: tuple[str, ...], host: str) -> Step:
        """The step of the id `step` by which a host has its certificate, and where it is a keeper its key."""
        paths = [self.certificate, *([self.key] if host in self.keepers else [])]

        def differs(world: ReadOnly) -> Differences:
            wanted = Message("the {kind} of {host}", kind=self.kind, host=self.source)
            same = self._same(world, host)
            return () if same else (Difference(self.certificate, wanted, Message("another or none")),)

        def apply(world: World) -> None:
            self._hand_over(world, host)

        return Step(
            id=step, title=title, phase="registry", host=host, environment=environment.name, after=after,
            differs=differs, apply=apply, capture=captures(host, paths), keep=keeps(host),
            undo=lambda world, image: take_back(world, host, image), weight=0.2,
        )  # fmt: skip

    def _same(self, world: ReadOnly, host: str) -> bool:
        """Whether a host has what it is to have, as the source has it."""
        if world.stat(self.source, self.certificate) == (None,):
            return False
        paths = (self.certificate, self.key) if host in self.keepers else (self.certificate,)
        ours, there = world.stat(self.source, *paths), world.stat(host, *paths)
        return [(each and each.sha256) for each in ours] == [(each and each.sha256) for each in there]

    def _hand_over(self, world: World, host: str) -> None:
        world.write(host, self.certificate, world.read(self.source, self.certificate) or b"")
        key = world.read(self.source, self.key) if host in self.keepers else None
        if key is not None:
            world.write(host, self.key, key, mode=0o600)
