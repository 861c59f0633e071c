"""What the calculator says to people, as data: a template in English and the values that it names.

A sentence *is* its English text. Whoever speaks another language looks its template up in a catalogue of their own and
fills in the same values; the calculator knows of no catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self


class Sentence(str):
    """A text made from a template, such as ``Sentence("{count} machine(s) more", count=2)``.

    A value is a name or a number, which is the same in every language, or another sentence. Templates are those of
    `str.format` with plain names in the places.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Make the English text.

        Raises:
            KeyError: the template has a place that no value is for.
        """
        made = super().__new__(cls, template.format_map(values))
        made.template, made.values = template, values
        return made

    def __deepcopy__(self, _: object) -> Self:
        return self
