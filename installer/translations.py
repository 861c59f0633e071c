"""What people read, in their language: gettext catalogues in which English is the key.

A package keeps its other languages as `locale/<language>.po`, read as they are, so that there is nothing to compile and
nothing that can be stale. `installer/locale` has what the parts below all user interfaces say (`installer.messages`);
wizard and report add words of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from installer.messages import Message

LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages there are, each by its own name."""
COMMON = "installer"
"""The package whose catalogue has the messages of all parts below the user interfaces."""

Catalogue = Mapping[str, str]
"""What a template in English is in another language; empty for English."""


def said(text: str, catalogue: Catalogue) -> str:
    """A text in the language of a catalogue: a message by its template, with its values; any other as a whole.

    What the catalogue does not know stays English.
    """
    if not isinstance(text, Message):
        return catalogue.get(text, text)
    try:
        return catalogue.get(text.template, text.template).format_map(
            {name: _value(name, each, catalogue) for name, each in text.values.items()}
        )
    except (KeyError, ValueError, IndexError):  # a translation that names other places, which a test forbids
        return str(text)


def _value(name: str, value: object, catalogue: Catalogue) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(_value(name, each, catalogue) for each in value)
    if isinstance(value, Message) or (name == "reason" and isinstance(value, str)):
        return said(value, catalogue)
    return str(value)


@cache
def messages(package: str, language: str) -> Catalogue:
    """A package's messages in a language, before those that all parts have.

    Raises:
        KeyError: there is no such language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "en":
        return {}
    return {**_read(COMMON, language), **_read(package, language)}


@cache
def _read(package: str, language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po  # slow to import, and English needs none of it

    with (resources.files(package) / "locale" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
