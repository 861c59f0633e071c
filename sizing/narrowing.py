"""What makes the range of a sizing wide: the questions nobody could answer, and the part whose need is known least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sizing.bands import Band
from sizing.components import ComponentSize
from sizing.engine import Part, Sizing, size
from sizing.errors import SizingError
from sizing.hosts import Shape, weight
from sizing.needs import UNKNOWN
from sizing.workload import answers

WORTH_TELLING = 0.02
"""An answer that takes less than this share off the range narrows nothing."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What an answer to one question would do: the cores and the memory with it, were the answer what was taken.

    `share` is the part of the range that it takes away, 0 to 1, of cores and memory together.
    """

    need: str
    taken: Band
    cpu_cores: Band
    memory_gib: Band
    share: float


def narrowings(sizing: Sizing) -> tuple[Narrowing, ...]:
    """Every open question whose answer would narrow the range, the one that narrows it most first."""
    return tuple(sorted(_narrowings(sizing), key=lambda each: -each.share))


def _narrowings(sizing: Sizing) -> Iterator[Narrowing]:
    whole = _width(sizing)
    for name, band in answers(sizing.needs).items():
        if getattr(sizing.needs, name) != UNKNOWN or band.low == band.high or not whole:
            continue
        answer: dict[str, Any] = {name: band.expected}
        try:
            known = size(replace(sizing.needs, **answer))
        except SizingError:  # what was taken contradicts an answer, and is no answer then
            continue
        share = min(1.0, 1 - _width(known) / whole)
        if share >= WORTH_TELLING:
            yield Narrowing(name, band, known.total("cpu_cores"), known.total("memory_gib"), share)


def widest(sizing: Sizing) -> Part | None:
    """The part whose own need has the widest range; None where all is known."""
    part = max(sizing.parts, key=lambda part: _width(part.size), default=None)
    return part if part and _width(part.size) else None


def _width(of: Sizing | ComponentSize) -> float:
    """How far low and high are apart, in cores and memory as one number."""
    cores, memory = of.total("cpu_cores"), of.total("memory_gib")
    return weight(Shape(cores.high - cores.low, memory.high - memory.low))
