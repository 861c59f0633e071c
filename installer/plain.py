r"""Foreign text made safe to show: whatever would act on a terminal, or could not be seen there, is shown as an escape.

Foreign is all that this program did not write itself: names of files, what hosts, registries and other programs answer,
what stands in answers, bundles and records, arguments and environment. Nothing is left out in silence: a control
character becomes `\x1b`, a mark that turns text round becomes `\u202e`, and a text that is cut says by how much.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

LINE = 2_000
"""Characters of a text on one line: 25 rows of 80, as much as one screen of a terminal holds."""
TEXT = 8_000
"""Characters of a text of several lines: four such screens."""
MOST = 50
"""Entries of a list within a message: two screens, and more than anybody mends at a time."""

CONTROLS = "\x00-\x1f\x7f-\x9f"
INVISIBLE = (
    "\u00ad\u034f\u061c\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that Unicode calls format characters (category Cf) or ignorable by default, the separators of lines and
paragraphs, and those that are none; the marks and overrides of direction are among them."""
SURROGATES = "\ud800-\udfff"
"""Halves of a character: how Python holds bytes of a name that are no UTF-8. No file and no stream takes them."""

_UNSAFE = re.compile(f"[{CONTROLS}{INVISIBLE}{SURROGATES}]")
_UNSAFE_IN_LINES = re.compile(f"\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f{INVISIBLE}{SURROGATES}]")
_UNSAFE_IN_JSON = re.compile(f"[\x7f-\x9f{INVISIBLE}{SURROGATES}]")

Entry = TypeVar("Entry")


def plain(text: object, most: int = LINE) -> str:
    """A text on one line, of at most `most` characters and a word on what was left out; line ends are escaped too."""
    whole = str(text)
    if len(whole) > most:
        return f"{_UNSAFE.sub(_escape, whole[:most])} … ({len(whole) - most:,} more characters)"
    return whole if whole.isascii() and whole.isprintable() else _UNSAFE.sub(_escape, whole)


def lines(text: object, most: int = TEXT) -> str:
    """A text whose lines and tabs stay; of one that is longer than `most` characters the middle is left out."""
    whole = str(text)
    if len(whole) <= most:
        return cleaned(whole)
    half = most // 2
    return f"{cleaned(whole[:half])}\n… ({len(whole) - 2 * half:,} characters left out)\n{cleaned(whole[-half:])}"


def cleaned(text: str) -> str:
    """A text of any length, with its lines and tabs: the last look at what is about to be written."""
    return text if text.isascii() and text.isprintable() else _UNSAFE_IN_LINES.sub(_escape, text)


def in_json(text: str) -> str:
    """A JSON text that reads as it did, with the escapes of JSON for what must not stand in it raw.

    Halves of characters are no JSON for every reader, so they read as the escape that `plain` shows.
    """
    return _UNSAFE_IN_JSON.sub(_escape_in_json, text)


def quoted(word: str) -> str:
    """A word as a shell takes it; one that could not be seen in the quotes of bash and zsh that have escapes."""
    if plain(word, len(word)) == word:
        return shlex.quote(word)
    return f"$'{''.join(map(_typable, word))}'"


def typed_as(argv: Iterable[str]) -> str:
    """A command as it can be typed: one line, whatever its words hold."""
    return " ".join(map(quoted, argv))


def first(entries: Sequence[Entry], most: int = MOST) -> tuple[Sequence[Entry], int]:
    """The first entries of a list that is to be shown, and how many there are beyond them."""
    return entries[:most], max(0, len(entries) - most)


def listed(entries: Sequence[Entry], most: int = MOST, each: Callable[[Entry], str] = plain) -> Iterator[str]:
    """The first entries of a list as texts, and then how many more there are."""
    shown, left = first(entries, most)
    yield from map(each, shown)
    if left:
        yield f"… and {left:,} more"


def _typable(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if plain(letter) == letter:
        return letter
    # Python holds a byte that is no UTF-8 as one of these halves; other halves are of no file's name.
    held = "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", held))


def _escape(found: re.Match[str]) -> str:
    if found[0] == "\r\n":
        return "\n"
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_in_json(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xD800 <= code <= 0xDFFF:
        return f"\\\\u{code:04x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
