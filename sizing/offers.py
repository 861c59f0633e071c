"""Machines that a customer has, as they are read from a file or found on hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any

from sizing.engine import store_pool
from sizing.errors import SizingError
from sizing.rules import load_rules

LARGEST = 1e9
"""Nothing of a machine, nor a count of them, is larger."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Machines a customer has: so many alike, for one pool of one environment; a disk of 0 is not checked."""

    environment: str
    pool: str
    cpu_cores: float
    memory_gib: float
    count: int = 1
    system_disk_gib: float = 0.0
    data_disk_gib: float = 0.0
    name: str = ""


def offers_of(entries: Sequence[Mapping[str, Any]]) -> tuple[Offer, ...]:
    """Offers as read from a file.

    Raises:
        SizingError: an entry has an unknown field, lacks one, or is no machine.
    """
    problems: list[str] = []
    offers: list[Offer] = []
    for number, entry in enumerate(entries, start=1):
        malformed = list(_malformed(entry))
        if malformed:
            problems += [f"offered machine {number}: {problem}" for problem in malformed]
            continue
        offer = Offer(**entry)
        problems += [f"offered machine {number}: {problem}" for problem in _problems(offer)]
        offers.append(offer)
    if problems:
        raise SizingError(problems)
    return tuple(offers)


def _malformed(entry: Mapping[str, Any]) -> Iterator[str]:
    """Fields of an offer that are unknown or missing."""
    known = {each.name: each.default is MISSING for each in fields(Offer)}
    for name in entry:
        if name not in known:
            yield f"there is no field {name!r}; there are: {', '.join(known)}"
    for name, needed in known.items():
        if needed and name not in entry:
            yield f"{name} is missing"


def _problems(offer: Offer) -> Iterator[str]:
    """What an offer cannot be."""
    for name in ("environment", "pool", "name"):
        if not isinstance(getattr(offer, name), str):
            yield f"{name} is {getattr(offer, name)!r}; wanted a word"
    if isinstance(offer.pool, str) and offer.pool not in _kinds():
        yield f"pool is {offer.pool!r}; wanted one of: {', '.join(sorted(_kinds()))}"
    for name in ("cpu_cores", "memory_gib", "system_disk_gib", "data_disk_gib", "count"):
        value = getattr(offer, name)
        above = name in {"cpu_cores", "memory_gib", "count"}
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
            yield f"{name} is {value!r}; wanted a number {'above' if above else 'from'} zero, {LARGEST:g} at most"
        elif above and not value:
            yield f"{name} must be above zero"
    if not isinstance(offer.count, int):
        yield f"count is {offer.count!r}; wanted a whole number"


@cache
def stores() -> frozenset[str]:
    """What machines of stores are called."""
    rules = load_rules().components.values()
    return frozenset(store_pool(each.name) for each in rules if any(pod.store for pod in each.pods))


@cache
def _kinds() -> frozenset[str]:
    """Every kind of machine that the rules place something on."""
    placed = {pod.pool for rules in load_rules().components.values() for pod in rules.pods}
    return frozenset(placed | {"node"}) | stores()
