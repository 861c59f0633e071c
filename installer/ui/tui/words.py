"""The wizard's words in a language, and figures as people there read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from installer import translations
from installer.messages import Message
from installer.ui.words import number


@dataclass(frozen=True)
class Words:
    """A language; called with an English message, it says it there, with the values it names filled in."""

    language: str

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language; of one that has its values already, nothing is to be filled in."""
        catalogue = translations.messages("installer.ui.tui", self.language)
        if isinstance(message, Message):
            return translations.said(message, catalogue)
        said = catalogue.get(message, message)
        inner = {name: self(each) if isinstance(each, Message) else each for name, each in values.items()}
        return said.format(**inner) if values else said

    @property
    def other(self) -> Words:
        """The language that is not this one."""
        return Words(next(name for name in translations.LANGUAGES if name != self.language))

    @property
    def called(self) -> str:
        """What the language calls itself."""
        return translations.LANGUAGES[self.language]


Say = Callable[..., str]


def gib(value: float) -> str:
    """A size in GiB, or TiB or MiB where that reads better."""
    if 0 < abs(value) < 0.05:
        return f"{number(round(value * 1024))} MiB"
    return (
        f"{value / 1024:.1f} TiB" if abs(value) >= 10240 else f"{number(round(value, 1 if abs(value) < 10 else 0))} GiB"
    )
