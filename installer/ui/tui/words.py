"""The wizard's words in a language, and figures as people there read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from installer import translations

GROUPED = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Words:
    """A language; called with an English message, it says it there, with the values it names filled in."""

    language: str

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language."""
        said = translations.messages("installer.ui.tui", self.language).get(message, message)
        return said.format(**values) if values else said


Say = Callable[..., str]


def number(value: float) -> str:
    """A figure with its thousands apart: 0.5, 12, 12 400."""
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}".replace(",", GROUPED)
    return f"{value:.3g}"


def gib(value: float) -> str:
    """A size in GiB, or TiB where that reads better."""
    return (
        f"{value / 1024:.1f} TiB" if abs(value) >= 10240 else f"{number(round(value, 1 if abs(value) < 10 else 0))} GiB"
    )
