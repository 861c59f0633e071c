"""A figure is never a lone number: low, expected and high travel together from the answers to the machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

SCENARIOS = ("low", "expected", "high")
"""The three runs of the calculator; a formula sees the values of one run only."""


@dataclass(frozen=True, slots=True)
class Band:
    """A quantity as far as it is known: at least `low`, most likely `expected`, at most `high`."""

    low: float
    expected: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Band:
        """A quantity that is known."""
        return cls(value, value, value)

    @classmethod
    def total(cls, bands: Iterable[Band]) -> Band:
        """The sum, scenario by scenario; zero of nothing."""
        low = expected = high = 0.0
        for band in bands:
            low, expected, high = low + band.low, expected + band.expected, high + band.high
        return cls(low, expected, high)

    def scaled(self, factor: float) -> Band:
        """Each scenario times a factor."""
        return self.map(lambda value: value * factor)

    def times(self, other: Band) -> Band:
        """The product, scenario by scenario."""
        return Band(self.low * other.low, self.expected * other.expected, self.high * other.high)

    def map(self, change: Callable[[float], float]) -> Band:
        """Each scenario changed by itself."""
        return Band(change(self.low), change(self.expected), change(self.high))

    def at(self, scenario: str) -> float:
        """The value of one of `SCENARIOS`."""
        return float(getattr(self, scenario))
