"""What sizing refuses, with every reason at once."""

from __future__ import annotations

from collections.abc import Sequence


class SizingError(Exception):
    """The need cannot be sized; `problems` names each contradictory, absurd or unknown value and what is wanted."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))
