"""What planning starts from: what is wanted, and the papers that prove it to hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from installer.answers.model import Answers, Environment
from installer.bundle.manifest import Component, Manifest
from installer.errors import AnswersInvalid
from installer.messages import Message
from installer.render import context


@dataclass(frozen=True)
class Planned:
    """What is to stand: the answers, and what the bundle holds."""

    answers: Answers
    manifest: Manifest
    _names: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False, kw_only=True)

    def names(self, environment: Environment) -> dict[str, Any]:
        """The template names of an environment."""
        if environment.name not in self._names:
            self._names[environment.name] = context.context(self.answers, environment, self.manifest)
        return self._names[environment.name]

    def components(self, environment: Environment) -> tuple[Component, ...]:
        """The environment's components with all they require, each after its requirements, in the bundle's order.

        Components whose spec says `always: true` are part of every environment.

        Raises:
            AnswersInvalid: a chosen component is not in the bundle.
        """
        wanted = set(environment.components)
        known = [each.name for each in self.manifest.components if each.spec.get("always") or each.name in wanted]
        try:
            return self.manifest.required([*known, *environment.components])
        except KeyError as error:
            raise AnswersInvalid(
                file=self.answers.file,
                count=1,
                hint=Message("environment {name}: {reason}", name=environment.name, reason=error.args[0]),
            ) from error


@dataclass(frozen=True)
class Inputs(Planned):
    """The same with the bytes that hosts verify once more.

    `send_rate` is the measured speed from the operator to the registry host in bytes per second; it feeds the ETA.
    `delete_volumes` says that somebody has consented to lose the data of applications on the way back.
    """

    bundle_json: bytes
    signature: bytes
    signers: bytes
    send_rate: float = 50e6
    delete_volumes: bool = False
