"""What a rule is: a name, what to do where it is broken, and a function that finds where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from installer.formats.spots import Spot
from installer.messages import Message
from installer.product.deployed import Case, Deployed

Found = Iterator[tuple[Message, *tuple[Spot, ...]]]
"""What is wrong and where: first in the one file, then in the other it contradicts."""


@dataclass(frozen=True)
class OfCase:
    """A rule for each service and the container that runs it."""

    name: str
    cure: Message
    finds: Callable[[Case], Found]


@dataclass(frozen=True)
class OfDeployed:
    """A rule for an environment as a whole."""

    name: str
    cure: Message
    finds: Callable[[Deployed], Found]
