"""Steps of Secrets: a part's own are made once, at the site, and those who consume it get a copy of one of them.

A value is made here, in memory, and goes to its cluster through the API. It is in no file, neither of the operator's
machine nor of the hosts, in no argument and in no journal; what keeps it is the cluster alone.
"""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from installer import redaction
from installer.answers.model import Environment
from installer.bundle.manifest import Component
from installer.errors import EffectMissing, SitewrightError
from installer.formats.objects import at
from installer.messages import Message
from installer.plan.inputs import Inputs
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps.commands import wait_for
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kubernetes import ADMIN
from installer.plan.steps.releases import GOING, NAMESPACES
from installer.ports import ReadOnly, World
from installer.render import secrets as rendered

LETTERS = string.ascii_letters + string.digits
"""What a value is made of: nothing that a shell, a URL or a configuration file would have to quote. Six bits a letter,
nearly: of the shortest that may be asked for, 16 letters, 95 bits."""
SHORTEST = 16
"""Letters of what may be asked for. Whatever is as long is masked wherever this program would show it."""


def generated(length: int) -> str:
    """A value of so many letters and digits that nobody can guess."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


@dataclass(frozen=True)
class Kept:
    """A Secret in the cluster of an environment, whose control planes are `planes`."""

    planes: tuple[str, ...]
    cluster: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Of the Secret in the API."""
        return f"{NAMESPACES}/{self.namespace}/secrets/{self.name}"

    def data(self, world: ReadOnly) -> dict[str, bytes] | None:
        """What it holds; None where there is none, or no cluster yet."""
        if not _founded(world, self.planes):
            return None
        found = world.get(self.cluster, self.path)
        return None if found is None else _decoded(at(found, "data"))

    def holding(self, data: Mapping[str, bytes]) -> dict[str, Any]:
        """The object that holds these values."""
        told = {key: base64.b64encode(value).decode() for key, value in data.items()}
        return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": self.name, "namespace": self.namespace}, "data": told}  # fmt: skip


def _founded(world: ReadOnly, planes: tuple[str, ...]) -> bool:
    """Whether a cluster was begun, as the first of its control planes says that answers.

    Raises:
        SitewrightError: none of them answers; why the last one does not.
    """
    for host in planes[:-1]:
        with suppress(SitewrightError):
            return world.stat(host, ADMIN) != (None,)
    return world.stat(planes[-1], ADMIN) != (None,)


def _decoded(data: Any) -> dict[str, bytes]:
    found = {}
    for key, value in data.items() if isinstance(data, Mapping) else ():
        try:
            found[str(key)] = base64.b64decode(value, validate=True)
        except (ValueError, TypeError):
            found[str(key)] = b""
    return found


def needed(inputs: Inputs, environment: Environment, component: Component) -> bool:
    """Whether a part has Secrets, its own or copies."""
    return bool(component.secrets or _copied(inputs, environment, component))


def serve(inputs: Inputs, environment: Environment, component: Component, after: tuple[str, ...]) -> Step:
    """The step that makes a part's Secrets, and copies those that come with what it consumes."""
    host, founder, work = environment.desk, environment.founder, _of(inputs, environment, component)
    return Step(
        id=step_id(environment, f"{component.name}.secrets", founder),
        title=Message("make the secrets of {component}", component=component.name),
        phase="charts", host=host, environment=environment.name, after=after, differs=work.differs, apply=work.apply,
        capture=work.capture, undo=work.undo, weight=0.3,
        goes_with=(step_id(environment, "kubernetes.init", founder), step_id(environment, "hosts.home", founder)),
    )  # fmt: skip


def renew(inputs: Inputs, environment: Environment, component: Component, name: str, world: World) -> None:
    """Make anew the values of the part's Secret `name`, and all that is put together of them in its others."""
    _of(inputs, environment, component).apply(world, anew=name)


def _of(inputs: Inputs, environment: Environment, component: Component) -> _Secrets:
    host, namespace = environment.desk, component.spec["chart"]["namespace"]
    planes = environment.control_planes
    own = {name: Kept(planes, environment.name, namespace, name) for name in component.secrets}
    copies = {Kept(planes, environment.name, namespace, role): origin
              for role, origin in _copied(inputs, environment, component).items()}  # fmt: skip
    wanted = partial(rendered.wanted, component, inputs.seen(environment, component))
    return _Secrets(host, environment.name, namespace, own, copies, wanted)


def _copied(inputs: Inputs, environment: Environment, component: Component) -> dict[str, Kept]:
    """The Secrets of others of which a part gets copies, by role."""
    found = {}
    for edge in inputs.wiring.consumed(environment.name, component.name) if "chart" in component.spec else ():
        provider = inputs.manifest.component(edge.provider.component)
        if provider.published_secret:
            there = inputs.answers.environment(edge.provider.environment)
            namespace = provider.spec["chart"]["namespace"]
            found[edge.role] = Kept(there.control_planes, there.name, namespace, provider.published_secret)
    return found


@dataclass(frozen=True)
class _Secrets:
    """The Secrets of one part: its `own` by name, and `copies`, each with the Secret that it is a copy of.

    `wanted` says what its own shall hold, from what they hold and by a maker of values.
    """

    host: str
    cluster: str
    namespace: str
    own: Mapping[str, Kept]
    copies: Mapping[Kept, Kept]
    wanted: Callable[[rendered.Values, Callable[[int], str]], rendered.Values]

    @property
    def all(self) -> tuple[Kept, ...]:
        """Every Secret that the step sees to."""
        return (*self.own.values(), *self.copies)

    def differs(self, world: ReadOnly) -> Differences:
        """Names of keys alone: a value is nobody's to read here."""
        found = []
        standing = {name: kept.data(world) for name, kept in self.own.items()}
        for name, data in self._made(standing, lambda length: "?" * length).items():
            there = standing[name] or {}
            lacking = tuple(key for key, value in data.items() if there.get(key) != value)
            if lacking:
                found.append(
                    self._difference(name, Message("its keys {names}", names=", ".join(lacking)), standing[name])
                )
        for copy, origin in self.copies.items():
            seen, wanted = copy.data(world), origin.data(world)
            if wanted is None or seen != wanted:
                told = Message(
                    "a copy of {cluster}/{namespace}/{name}",
                    cluster=origin.cluster,
                    namespace=origin.namespace,
                    name=origin.name,
                )
                found.append(self._difference(copy.name, told, seen))
        return tuple(found)

    def _difference(self, name: str, wanted: str, seen: dict[str, bytes] | None) -> Difference:
        return Difference(
            Message("Secret {namespace}/{name}", namespace=self.namespace, name=name),
            wanted,
            Message("nothing") if seen is None else Message("others"),
        )

    def _made(
        self, standing: Mapping[str, dict[str, bytes] | None], make: Callable[[int], str]
    ) -> dict[str, dict[str, bytes]]:
        texts = {name: {key: value.decode(errors="replace") for key, value in (data or {}).items()}
                 for name, data in standing.items()}  # fmt: skip
        made = self.wanted(texts, make)
        for value in (value for keys in made.values() for value in keys.values() if len(value) >= SHORTEST):
            redaction.learn(value)
        return {name: {key: value.encode() for key, value in keys.items()} for name, keys in made.items()}

    def apply(self, world: World, anew: str = "") -> None:
        if world.get(self.cluster, f"{NAMESPACES}/{self.namespace}") is None:
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
            world.apply(self.cluster, space)
        standing = {name: kept.data(world) if name != anew else None for name, kept in self.own.items()}
        made = self._made(standing, generated)
        for name, kept in self.own.items():
            world.apply(self.cluster, kept.holding(made[name]))
        for copy, origin in self.copies.items():
            data = origin.data(world)
            if data is None:
                raise EffectMissing(
                    reason=Message(
                        "environment {environment} has no Secret {secret}, which was to be copied",
                        environment=origin.cluster, secret=f"{origin.namespace}/{origin.name}",
                    ),
                    hint=Message("somebody took it away meanwhile; `sitewright install` makes it anew"),
                )  # fmt: skip
            world.apply(self.cluster, copy.holding(data))

    def capture(self, world: ReadOnly) -> Before:
        if world.stat(self.host, ADMIN) == (None,):
            return {}
        keys = {kept.name: _keys(kept.data(world)) for kept in self.all}
        return {"secrets": keys, "namespace": world.get(self.cluster, f"{NAMESPACES}/{self.namespace}") is not None}

    def undo(self, world: World, image: Image) -> None:
        """Take away what a run added. What was made once stays as it is: programs and their data know it by now."""
        if world.stat(self.host, ADMIN) == (None,) or "secrets" not in image.seen:
            return
        for kept in self.all:
            before, data = image.seen["secrets"].get(kept.name), kept.data(world)
            if before is None:
                world.withdraw(self.cluster, kept.holding({}))
            elif data is not None and _keys(data) != before:
                world.apply(self.cluster, kept.holding({key: data[key] for key in before if key in data}))
        if not image.seen["namespace"]:
            path = f"{NAMESPACES}/{self.namespace}"
            world.delete(self.cluster, path)
            wait_for(GOING, lambda: world.get(self.cluster, path) is None)


def _keys(data: Mapping[str, bytes] | None) -> list[str] | None:
    return None if data is None else sorted(data)
