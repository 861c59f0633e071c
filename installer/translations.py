"""What people read, in their language: gettext catalogues in which English is the key.

A package keeps its other languages as `locale/<language>.po`, read as they are, so that there is nothing to compile and
nothing that can be stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages there are, each by its own name."""


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
