"""What people read, in their language: gettext catalogues in which English is the key.

A package keeps its other languages as `locale/<language>.po`, read as they are, so that there is nothing to compile and
nothing that can be stale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages there are, each by its own name."""


def places(message: str, text: str, filling: str = ".+?") -> dict[str, str] | None:
    """What stands in the places `{name}` of a message in a text that was made from it; None for another text.

    `filling` is a regular expression of what may stand in a place.
    """
    found = _pattern(message, filling).fullmatch(text)
    return found.groupdict() if found else None


@cache
def _pattern(message: str, filling: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", lambda place: f"(?P<{place[1]}>{filling})", re.escape(message)), re.DOTALL)


@cache
def messages(package: str, language: str) -> Mapping[str, str]:
    """A package's messages in a language: empty for English.

    Raises:
        KeyError: there is no such language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "en":
        return {}
    from babel.messages.pofile import read_po  # slow to import, and English needs none of it

    with (resources.files(package) / "locale" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
