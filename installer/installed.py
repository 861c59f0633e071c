"""The one list: what is installed in each environment of a site, and by which of the calculator's rules it is sized.

Wizard, `size`, report, plan and preflight all read it. With a bundle it is what the plan installs; without one it is
what the answers choose, for nobody knows yet what that takes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.answers.model import Answers
from installer.bundle import sized
from installer.bundle.manifest import Component, Manifest
from installer.messages import Message
from sizing.named import rules_for
from sizing.needs import ALWAYS, PRODUCT, Chosen
from sizing.rules import load_rules

Parts = Mapping[str, Iterable[Component]]
"""The components of each environment, as the plan solves them (`installer.plan.wiring`)."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A part of an environment. `release` and `role` are empty while no bundle says them.

    `chosen` is what the calculator knows it by; None where it reckons nothing for it, or reckons it for every site.
    """

    environment: str
    name: str
    title: Message
    role: str = ""
    release: str = ""
    chosen: Chosen | None = None


def installed(answers: Answers, parts: Parts | None = None) -> tuple[Installed, ...]:
    """What is installed in each environment, in the order of the answers."""
    found: list[Installed] = []
    for environment in answers.environments:
        if parts is None:
            found += (named(environment.name, name) for name in environment.components)
        else:
            there = parts[environment.name]
            found += (_part(environment.name, each, environment.components.get(each.name, {})) for each in there)
    return tuple(found)


def of_draft(environments: Iterable[tuple[str, Mapping[str, Any]]], manifest: Manifest | None) -> Iterator[Installed]:
    """The same of answers that are not complete yet, as far as the bundle knows what they choose."""
    for environment, values in environments:
        known = {component.name for component in manifest.components} if manifest else set()
        yield from (named(environment, name) for name in values if name not in known)
        if manifest is not None:
            always = [each.name for each in manifest.components if each.spec.get("always")]
            for part in manifest.required([*always, *(name for name in values if name in known)]):
                mine = values.get(part.name)
                yield _part(environment, part, mine if isinstance(mine, Mapping) else {})


def named(environment: str, name: str) -> Installed:
    """A part of which no more is known than its name."""
    mine = rules_for(name)
    title = load_rules().components[mine].title if mine else name
    return Installed(environment, name, Message.verbatim(title), chosen=_chosen(mine))


def rules(part: Component) -> str:
    """The name of the calculator's rules by which a component is sized; "" where there are none."""
    return sized.rules_of(part.spec) or rules_for(part.name, part.role)


def _part(environment: str, part: Component, values: Mapping[str, Any]) -> Installed:
    mine = rules(part)
    use = load_rules().components[mine].use if mine else None
    once = part.once and (use is None or not use.once)
    chosen = _chosen(mine, sized.fixed(part.spec, values), whole_site=once)
    return Installed(environment, part.name, part.title, part.role, part.version, chosen)


def _chosen(name: str, fixed: tuple[tuple[str, float], ...] = (), *, whole_site: bool = False) -> Chosen | None:
    return Chosen(name, fixed, whole_site) if name and name not in ALWAYS | PRODUCT else None
