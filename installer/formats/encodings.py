"""Which encoding a text is in, where it does not say so, as what Windows programs write seldom does; pure."""

from __future__ import annotations

import re
from collections.abc import Callable

MARKS = {b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
"""Byte order marks of encodings other than UTF-8, the longest first."""
MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8, which Windows programs write."""
EVERYDAY: dict[str, Callable[[int], bool]] = {
    "GB18030": lambda lead: 0xB0 <= lead <= 0xD7,  # GB 2312, level 1: 3,755 characters
    "BIG5": lambda lead: 0xA4 <= lead <= 0xC6,  # level 1: 5,401 characters
    "SHIFT_JIS": lambda lead: 0x82 <= lead <= 0x83 or 0x88 <= lead <= 0x98 or 0xA6 <= lead <= 0xDF,  # kana, JIS level 1
    "CP1252": lambda lead: 0xC0 <= lead <= 0xFF,  # letters with accents
}
"""Encodings that a text may have, by iconv's names, each with a rule that tells by the first byte of a character
whether people use it every day.
Sources: GB 2312-1980, Big5 (1984), JIS X 0208, Windows-1252."""
_PLAIN = re.compile("[ -~]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")
SHORTEST, ASCII = 8, 0.2
"""Bytes of a text whose encoding can be told by its zeros, and the share of its characters that are ASCII."""
LATIN = 0.34
"""Of the letters of a text in a western language, more than this share is never accented."""


def guessed(raw: bytes) -> tuple[str, str] | None:
    """(encoding, text) of bytes that are text, the encoding by iconv's name; None where they are none."""
    for mark, encoding in MARKS.items():
        if raw.startswith(mark):
            return _read(raw, encoding)
    if b"\x00" in raw:
        return _wide(raw)
    return _read(raw.removeprefix(MARK), "UTF-8") or _likeliest(raw)


def _read(raw: bytes, encoding: str) -> tuple[str, str] | None:
    try:
        return encoding, raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _wide(raw: bytes) -> tuple[str, str] | None:
    """Text in UTF-16 or UTF-32 without a mark: of ASCII the zeros stand always on the same side.

    Of a few letters nobody can tell, and a text that people write has some share of ASCII: blanks, digits, line ends.
    """
    if len(raw) < SHORTEST:
        return None
    for encoding, width in (("UTF-32LE", 4), ("UTF-32BE", 4), ("UTF-16LE", 2), ("UTF-16BE", 2)):
        little = encoding.endswith("LE")
        filled, empty = (0, width - 1) if little else (width - 1, 0)
        if raw[filled::width].count(0) * 20 > raw[empty::width].count(0):
            continue
        read = _read(raw, encoding)
        if read and len(_PLAIN.findall(read[1])) >= ASCII * len(read[1]) and not _CONTROL.search(read[1]):
            return read
    return None


def _likeliest(raw: bytes) -> tuple[str, str] | None:
    """The text in the encoding in which most of its characters are everyday ones; the first of those that are equal."""
    best, found = 0.0, None
    for encoding, everyday in EVERYDAY.items():
        read = _read(raw, encoding)
        if read is None or _CONTROL.search(read[1]):
            continue
        leads = [character.encode(encoding)[0] for character in read[1] if character > "\x7f"]
        if encoding == "CP1252" and len(leads) > LATIN * sum(map(str.isalpha, read[1])):
            continue
        share = sum(map(everyday, leads)) / len(leads)
        if share > best:
            best, found = share, read
    return found
