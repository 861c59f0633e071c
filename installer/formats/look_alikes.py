"""Signs that look like those of a file's own language and are others; pure.

They come from input methods, word processors and copied pages, and are looked for only where something is wrong
already, for a customer's name may hold any of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from installer.messages import Message

_ALIKE = {
    ":": "\u2236\ua789\ufe55\ufe13", ",": "\u3001\ufe50\ufe51\uff64\u201a", ".": "\u3002\uff61\u2024",
    ";": "\ufe54\u037e", "'": "\u2018\u2019\u201b\u2032\u00b4",
    '"': "\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f\u2033\uff02",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7", "[": "\u3010\u3014", "]": "\u3011\u3015",
    "/": "\u2044\u2215", "~": "\u02dc\u223c\u301c",
    "a": "\u0430", "c": "\u0441", "e": "\u0435", "i": "\u0456", "j": "\u0458", "o": "\u043e\u03bf", "p": "\u0440",
    "s": "\u0455", "x": "\u0445", "y": "\u0443",
}  # fmt: skip
_MEANT = {ord(sign): meant for meant, signs in _ALIKE.items() for sign in signs}
_REMARK = re.compile(r"(?:^|\s)#")
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
"""What takes no room at all."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A sign, and what it is taken for: one of ASCII, or nothing at all where it cannot be seen."""

    sign: str
    meant: str

    @property
    def found(self) -> Message:
        """What a problem says was found."""
        code = f"U+{ord(self.sign):04X}"
        if not self.meant:
            return Message("a sign that cannot be seen ({sign})", sign=code)
        if self.meant == " ":
            return Message("a sign that only looks like a blank ({sign})", sign=code)
        return Message("a sign that only looks like {meant} ({sign})", meant=self.meant, sign=f"{self.sign}, {code}")

    @property
    def wanted(self) -> Message:
        """What it says was wanted."""
        if not self.meant:
            return Message("the text without it")
        return (
            Message("a blank in its place") if self.meant == " " else Message("{meant} in its place", meant=self.meant)
        )


def meant_by(sign: str) -> str | None:
    """The sign of ASCII that another one looks like, empty where it cannot be seen; None for all others."""
    if sign <= "\x7f":
        return None
    if sign in _UNSEEN:
        return ""
    plain = _MEANT.get(ord(sign)) or unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 and " " <= plain <= "~" else None


def within(line: str) -> Iterator[Alike]:
    """The signs of a line that look like others, each once.

    Passed over are those of a remark, and those amid words of a language that has them.
    """
    seen = set()
    for position, sign in enumerate(_REMARK.split(line, maxsplit=1)[0]):
        meant = meant_by(sign)
        if meant is None or sign in seen or not _amid_ascii(line, position):
            continue
        seen.add(sign)
        yield Alike(sign, meant)


def _amid_ascii(line: str, position: int) -> bool:
    """Whether ASCII, or the line's beginning or end, is next to a run of such signs."""
    first, last = position, position + 1
    while first and meant_by(line[first - 1]) is not None:
        first -= 1
    while last < len(line) and meant_by(line[last]) is not None:
        last += 1
    before, after = line[first - 1 : first], line[last : last + 1]
    return before <= "\x7f" or after <= "\x7f"
