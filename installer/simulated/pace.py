"""How long a simulated world takes: for each verb the seconds that each of its calls lasts, on real clocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from installer.ports import Report

Told = tuple[int, int, str, str]
"""What a long verb reports: done, in all, unit, note."""


class Pace:
    """Passes time. Seconds for "verb@host" come before those for the verb alone; what is not named takes none."""

    def __init__(self, seconds: Mapping[str, float], sleep: Callable[[float], None] = time.sleep) -> None:
        self._seconds = seconds
        self._sleep = sleep

    def spend(self, verb: str, host: str) -> None:
        """Let a call last."""
        seconds = self._seconds.get(f"{verb}@{host}", self._seconds.get(verb, 0.0))
        if seconds:
            self._sleep(seconds)

    def spread(self, verb: str, host: str, told: Sequence[Told], report: Report) -> None:
        """Let a call last, its reports evenly over the time."""
        seconds = self._seconds.get(f"{verb}@{host}", self._seconds.get(verb, 0.0))
        for each in told:
            if seconds:
                self._sleep(seconds / len(told))
            report(*each)
