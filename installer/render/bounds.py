"""What one rendering may take: counted as it goes, so that the same template is refused on every machine alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateRuntimeError

from installer.messages import Message

STEPS = 250_000
"""Expressions that one rendering may work out, which takes some second; the largest of bundle `core` takes some 300."""
LETTERS = 4 << 20
"""Letters that one rendering may write, put together or look through: twice what a Kubernetes object may have."""
LARGEST = 1 << 63
"""Of whole numbers."""
DEPTH = 20
"""Macros within one another."""


class Refused(TemplateRuntimeError):
    """What a template asks for that it does not get."""


@dataclass(slots=True)
class Bounds:
    """How much is left of one rendering's allowance."""

    steps: int = STEPS
    letters: int = LETTERS

    def step(self, count: int = 1) -> None:
        """Take steps: one for each expression, and for each entry of a list that is gone over.

        Raises:
            Refused: there are none left.
        """
        self.steps -= count
        if self.steps < 0:
            raise Refused(Message("it takes more than {steps} steps", steps=STEPS))

    def spell(self, count: int) -> None:
        """Take letters, before they are written.

        Raises:
            Refused: there are none left.
        """
        self.letters -= count
        if self.letters < 0:
            raise Refused(Message("it writes or looks through more than {letters} letters", letters=LETTERS))

    def weigh(self, value: Any) -> None:
        """Take what it costs to go over all of a value, as it would be written.

        Raises:
            Refused: it is more than is left.
        """
        self.step()
        if isinstance(value, str):
            self.spell(len(value) + 2)
        elif isinstance(value, Mapping):
            for key, below in value.items():
                self.weigh(key)
                self.weigh(below)
        elif isinstance(value, list | tuple | frozenset):
            for below in value:
                self.weigh(below)
        else:
            self.spell(24)

    def text(self, value: Any) -> str:
        """A value as it is written."""
        if not isinstance(value, str):
            self.weigh(value)
            return str(value)
        self.spell(len(value))
        return value

    def number(self, value: Any) -> Any:
        """A number that stays within bounds."""
        if isinstance(value, int) and abs(value) > LARGEST:
            raise Refused(Message("a number of more than 64 bits"))
        return value
