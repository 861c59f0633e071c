"""A file of a recipe, bundle.yaml or component.yaml: its data, validated, with the line of each value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from installer.bundle import forms
from installer.bundle.forms import Flaw, Form
from installer.errors import RecipeInvalid
from installer.formats import strict_yaml, text_file
from installer.formats.libyaml import LOADER
from installer.messages import Message

LARGEST = 1 << 20
"""Bytes of the largest bundle.yaml or component.yaml that is read."""
SHOWN = 20
"""Mistakes of a file that are told at a time."""


@dataclass(frozen=True)
class RecipeFile:
    """A file of the recipe: what it says, and the line of everything in it."""

    path: Path
    data: dict[str, Any]
    document: strict_yaml.Document

    @classmethod
    def read(cls, path: Path, form: Form) -> RecipeFile:
        """Read a file that is of a form.

        Raises:
            RecipeInvalid: it is not there, is no YAML that means one thing only, or is of another form.
        """
        try:
            text = text_file.decoded(text_file.read(path, LARGEST))
        except FileNotFoundError as error:
            raise RecipeInvalid(place=str(path), reason=Message("is not there")) from error
        except text_file.Unfit as error:
            raise RecipeInvalid(
                place=str(path), reason=Message("is {reason}", reason=error), hint=error.cure
            ) from error
        except OSError as error:
            raise RecipeInvalid(place=str(path), reason=Message("cannot be read: {reason}", reason=error)) from error
        document = strict_yaml.read(text)
        for line, at, found, wanted in document.flaws:
            said = Message("{found}; wanted {wanted}", found=found, wanted=wanted)
            raise RecipeInvalid(place=f"{path}:{line}", reason=str(Flaw(at, said)))
        file = cls(path, yaml.load(text, Loader=_Loader), document)  # noqa: S506 - a safe loader
        file.demand(forms.flaws(file.data, form))
        return file

    def demand(self, flaws: Iterator[Flaw]) -> None:
        """Refuse the file if there are flaws."""
        if found := list(islice(flaws, SHOWN)):
            raise self.refused(found)

    def place(self, *path: str | int) -> str:
        """Where something stands, as messages name it: file and line."""
        return f"{self.path}:{self.document.line(path)}"

    def refused(self, flaws: list[Flaw]) -> RecipeInvalid:
        """The error that says what is wrong, and in which lines."""
        first, *more = [(self.place(*flaw.path), str(flaw)) for flaw in flaws]
        return RecipeInvalid(
            place=first[0],
            reason=Message.joined(
                "\n", [first[1], *(Message("{path}: {said}", path=place, said=said) for place, said in more)]
            ),
        )


class _Loader(LOADER):  # type: ignore[misc]
    """Safe YAML whose only truth values are true and false: `on: all` is a key named "on", as YAML 1.2 has it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in LOADER.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), ["t", "f"])
