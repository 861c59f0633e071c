"""All rules over all environments, and what they find as one list: each contradiction once, with every place it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from installer.formats.spots import Spot
from installer.messages import Message
from installer.product.deployed import Deployed
from installer.product.rules import RULES
from installer.product.rules.rule import OfDeployed

MOST = 1_000
"""Contradictions of one rule in one environment that are kept: with so many, their kind is known."""


@dataclass(frozen=True)
class Place:
    """A line of a file; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Contradiction:
    """Two files that cannot both be right, or one that cannot be. `service` is empty where it is no one's.

    `environments` are those where it is so; none where nothing says which there are.
    """

    rule: str
    service: str
    found: Message
    cure: Message
    places: tuple[Place, ...]
    environments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What a check comes to: how much was looked at, what contradicts, and what nobody could judge."""

    product: str
    services: int
    objects: int
    environments: tuple[str, ...]
    contradictions: tuple[Contradiction, ...] = ()
    unjudged: tuple[Message, ...] = field(default=())


def contradictions(deployed: Sequence[Deployed]) -> tuple[Contradiction, ...]:
    """Everything that rules find, by rule and then by place; what several environments have is told once."""
    found: dict[tuple[str, str, str, tuple[Place, ...]], Contradiction] = {}
    for rule in RULES:
        for each in deployed:
            told = ((None, flaw) for flaw in rule.finds(each)) if isinstance(rule, OfDeployed) else (
                (case, flaw) for case in each.cases for flaw in rule.finds(case)
            )  # fmt: skip
            for case, (what, *spots) in islice(told, MOST):
                new = Contradiction(rule.name, case.service.name if case else "", what, rule.cure, _places(spots))
                key = (new.rule, new.service, str(what), new.places)
                known = found.get(key, new)
                environments = (*known.environments, *([each.environment] if each.environment else []))
                found[key] = Contradiction(
                    known.rule, known.service, known.found, known.cure, known.places, tuple(dict.fromkeys(environments))
                )
    return tuple(found.values())


def _places(spots: Sequence[Spot]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(Place(each.file, each.line) for each in spots if each.file))


def unjudged(deployed: Sequence[Deployed]) -> Iterator[Message]:
    """What no rule could check, and what it would need."""
    if any(each.site is None for each in deployed):
        yield Message("roles, storage classes and namespaces: give --profile FILE, the answers of a site")
        return
    sites = [each.site for each in deployed if each.site is not None]
    if any(site.roles is None for site in sites):
        yield Message("roles: give --bundle FILE, which says what fills them")
    if any(site.classes is None for site in sites):
        yield Message("storage classes: the answers name no part that makes some; give --bundle FILE")
    if any(site.prefix is None for site in sites):
        yield Message("prefixes of namespaces: the answers do not choose the log contract")
