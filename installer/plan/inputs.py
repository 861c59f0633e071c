"""What planning starts from: what is wanted, and the papers that prove it to hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from installer import requirements
from installer.answers.model import Answers, Environment
from installer.bundle import sized
from installer.bundle.manifest import Component, Manifest
from installer.certificates import KeyPair
from installer.messages import Message
from installer.plan import wiring
from installer.plan.stages import Place
from installer.render import context, templates
from sizing.engine import Sizing
from sizing.errors import SizingError
from sizing.named import expected


@dataclass(frozen=True)
class Planned:
    """What is to stand: the answers, and what the bundle holds.

    Where the answers name only a part of a site, `whole` is all of it: its parts go on needing each other.
    """

    answers: Answers
    manifest: Manifest
    whole: Planned | None = field(default=None, compare=False, repr=False, kw_only=True)
    _names: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False, repr=False, kw_only=True)

    @cached_property
    def wiring(self) -> wiring.Wiring:
        """Which part of the site needs which other.

        Raises:
            AnswersInvalid: a chosen component is not in the bundle, or a need is not met.
        """
        return self.whole.wiring if self.whole else wiring.solve(self.answers, self.manifest)

    def names(self, environment: Environment) -> dict[str, Any]:
        """The template names of an environment."""
        if environment.name not in self._names:
            self._names[environment.name] = context.context(self.answers, environment, self.manifest)
        return self._names[environment.name]

    def seen(self, environment: Environment, component: Component) -> dict[str, Any]:
        """The template names of an environment as a component's own templates see them.

        Raises:
            BundleNotTrusted: what another part publishes cannot be rendered.
        """
        consumed = {edge.role: self.published(edge.provider)
                    for edge in self.wiring.consumed(environment.name, component.name)}  # fmt: skip
        sizes = self.sizes(environment, component)
        return context.for_component(self.names(environment), environment, component, consumed, sizes)

    @cached_property
    def sizing(self) -> Sizing:
        """What is installed and what comes later, sized by the customer's needs; the one list that all pages read.

        Raises:
            NeedsInvalid: the needs contradict each other, or nothing can carry them.
            AnswersInvalid: a chosen component is not in the bundle, or a need is not met.
        """
        if self.whole:
            return self.whole.sizing
        with requirements.reasons(self.answers):
            return requirements.sized(requirements.needs_from(self.answers, parts=self.wiring.parts))

    def sizes(self, environment: Environment, component: Component) -> dict[str, int]:
        """What `sized` of a component names, each in the unit that its templates see it in.

        Raises:
            NeedsInvalid: as `sizing`, or the needs leave the environment out.
        """
        wanted = component.spec.get("sized", {})
        if not wanted:
            return {}
        rules = sized.rules_of(component.spec)
        size = next((each.size for each in self.sizing.parts
                     if (each.environment, each.size.name) == (environment.name, rules)), None)  # fmt: skip
        if size is None:
            with requirements.reasons(self.answers):
                lacking = Message(
                    "environments: {others} is not among them, but has {parts} to be sized",
                    others=environment.name,
                    parts=component.name,
                )
                raise SizingError([lacking])
        keys = {name: figure.partition(".")[2] for name, figure in wanted.items()}
        return {name: sized.told(name, key, expected(size, key)) for name, key in keys.items()}

    def published(self, place: Place) -> dict[str, str]:
        """What a part lets others know, by name.

        Raises:
            BundleNotTrusted: it cannot be rendered.
        """
        if self.whole:
            return self.whole.published(place)
        component = self.manifest.component(place.component)
        names = self.seen(self.answers.environment(place.environment), component)
        return {name: templates.fill(component, text, names)
                for name, text in component.spec.get("publishes", {}).items()}  # fmt: skip

    def components(self, environment: Environment) -> tuple[Component, ...]:
        """The environment's components with all they require, each after its requirements, in the bundle's order.

        Components whose spec says `always: true` are part of every environment.

        Raises:
            AnswersInvalid: a chosen component is not in the bundle, or a need of some part of the site is not met.
        """
        return self.wiring.parts[environment.name]


@dataclass(frozen=True)
class Inputs(Planned):
    """The same with the bytes that hosts verify once more.

    `send_rate` is the measured speed from the operator to the registry host in bytes per second; it feeds the ETA.
    `authority` is the customer's own, with its key, in memory alone; None where there is none, or nothing to sign.
    `delete_volumes` says that somebody has consented to lose the data of applications on the way back.
    """

    bundle_json: bytes
    signature: bytes
    signers: bytes
    send_rate: float = 50e6
    authority: KeyPair | None = field(default=None, compare=False, repr=False)
    delete_volumes: bool = False
