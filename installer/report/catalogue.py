"""The report's words in a language: messages of its catalogue, and dates and numbers as written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from installer import translations

LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
"""The languages there are, with where they are spoken: dates and numbers follow the place."""


@dataclass(frozen=True)
class Words:
    """A language; called with a message, it says it there."""

    language: str
    messages: Mapping[str, str]

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language, with the values it names filled in."""
        return (self.messages.get(message) or message).format(**values)

    def text(self, text: str) -> str:
        """A text that others wrote (a bundle, a run, the answers): in this language where known, else as it is."""
        return translations.said(text, self.messages)

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.language == "zh" else " "

    @property
    def tag(self) -> str:
        """The language as web pages name it: zh-CN."""
        return {"en": "en-GB", "zh": "zh-CN"}[self.language]

    @property
    def locale(self) -> str:
        """The language and the place."""
        return LOCALES[self.language]

    def day(self, day: date) -> str:
        """A date in full: 11 January 2027."""
        return format_date(day, "long", self.locale)

    def short_day(self, day: date) -> str:
        """A date for tables: 11 Jan 2027."""
        return format_date(day, "medium", self.locale)

    def mark(self, day: date) -> str:
        """A date for axes: 11 Jan."""
        return format_date(day, "M/d" if self.language == "zh" else "d MMM", self.locale)

    def month(self, day: date) -> str:
        """A month: January 2027."""
        return format_date(day, "y年M月" if self.language == "zh" else "MMMM y", self.locale)

    def number(self, value: float) -> str:
        """A number with its thousands apart, to three digits where it is small."""
        pattern = "#,##0" if abs(value) >= 100 or value == round(value) else "#,##0.##"
        return format_decimal(value, pattern, self.locale)

    def percent(self, share: float) -> str:
        """A share of one: 0.25 is 25%."""
        return format_percent(share, "#,##0%" if self.language == "zh" else "#,##0\N{NO-BREAK SPACE}%", self.locale)

    def duration(self, seconds: float) -> str:
        """Seconds as people say them: 3 min, 1 h 40 min."""
        if seconds < 99.5:
            return self("{seconds} s", seconds=max(1, round(seconds)))
        minutes = round(seconds / 60)
        if minutes < 60:
            return self("{minutes} min", minutes=minutes)
        return self("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


@cache
def words(language: str) -> Words:
    """A language's words.

    Raises:
        KeyError: there is no such language.
    """
    return Words(language, translations.messages("installer.report", language))
