"""Authorities that a site makes for itself: each is made once, on one host, and others get its certificate."""

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
    """The `owner`'s authority, which people call `kind` (CA, authority): paths of key and certificate on `host`."""

    owner: str
    kind: str
    host: str
    key: str
    certificate: str

    def made(
        self, step: str, title: Message, environment: Environment, after: tuple[str, ...],
        make: Callable[[datetime], KeyPair],
    ) -> Step:  # fmt: skip
        """The step of the id `step` that makes it, its key for root alone."""

        def differs(world: ReadOnly) -> Differences:
            key, certificate = world.stat(self.host, self.key, self.certificate)
            good = key is not None and key.mode == 0o600 and certificate is not None
            wanted = Message("the {owner}'s {kind}, its key with mode 0600", owner=self.owner, kind=self.kind)
            return () if good else (Difference(self.key, wanted, Message("another")),)

        def apply(world: World) -> None:
            pair = make(world.now())
            world.write(self.host, self.key, pair.key, mode=0o600)
            world.write(self.host, self.certificate, pair.certificate)

        return Step(
            id=step, title=title, phase="registry", host=self.host, environment=environment.name, after=after,
            differs=differs, apply=apply, capture=captures(self.host, [self.key, self.certificate]),
            keep=keeps(self.host), undo=lambda world, image: take_back(world, self.host, image), weight=0.3,
        )  # fmt: skip

    def trusted(self, step: str, title: Message, environment: Environment, after: tuple[str, ...], host: str) -> Step:
        """The step of the id `step` by which a host has its certificate."""

        def differs(world: ReadOnly) -> Differences:
            ours = world.read(self.host, self.certificate)
            there = ours is not None and world.read(host, self.certificate) == ours
            wanted = Message("the {kind} of {host}", kind=self.kind, host=self.host)
            return () if there else (Difference(self.certificate, wanted, Message("another or none")),)

        def apply(world: World) -> None:
            world.write(host, self.certificate, world.read(self.host, self.certificate) or b"")

        return Step(
            id=step, title=title, phase="registry", host=host, environment=environment.name, after=after,
            differs=differs, apply=apply, capture=captures(host, [self.certificate]), keep=keeps(host),
            undo=lambda world, image: take_back(world, host, image), weight=0.2,
        )  # fmt: skip
