"""Data against the forms of `recipe.schema.json`: bundle.yaml and component.yaml, each closed to keys it does not know.

The build holds a recipe's files against them, and every reader of bundle.json the component specifications in it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from installer.formats import schemas
from installer.formats.values import TYPES, shown
from installer.messages import Message

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

VERSION = 1
"""Of bundle.yaml and component.yaml; what a newer one says is not guessed at."""
Form = Literal["bundle.yaml", "component.yaml", "component"]
"""A whole file, or a component's specification as bundle.json has it: the same keys, none of them required."""
Path = tuple[str | int, ...]
"""Where a value is: keys and list positions from the top."""


class Flaw(NamedTuple):
    """What is wrong at a place."""

    path: Path
    said: str

    def __str__(self) -> str:
        return Message("{path}: {said}", path=dotted(self.path), said=self.said) if self.path else self.said


def dotted(path: Path) -> str:
    """A place as messages show it."""
    return ".".join(str(step) if len(str(step)) <= 60 else f"{str(step)[:60]}..." for step in path)


def flaws(data: Any, form: Form) -> Iterator[Flaw]:
    """Everything that does not fit; of a newer version that alone, for nothing else of it is known."""
    version = data.get("version", VERSION) if isinstance(data, dict) else VERSION
    if type(version) is int and version > VERSION:
        said = Message(
            "{found} is newer than this sitewright reads, which is up to version {version}",
            found=shown(version),
            version=VERSION,
        )
        yield Flaw(("version",), said)
        return
    if type(version) is not int:
        yield Flaw(
            ("version",), Message("{found} is no version; wanted {version}", found=shown(version), version=VERSION)
        )
        return
    for error in _validator(form).iter_errors(data):
        yield from _explained(error)


def _explained(error: ValidationError) -> Iterator[Flaw]:
    path: Path = tuple(error.absolute_path)
    rule = str(error.validator)
    instance: Any = error.instance
    value: Any = error.validator_value
    part: Any = error.schema
    if rule == "additionalProperties":
        known = sorted(part.get("properties", ()))
        for key in instance:
            if key not in known:
                near = difflib.get_close_matches(key[:60], known, n=1)
                wanted = (
                    Message("did you mean {near}?", near=repr(near[0]))
                    if near
                    else Message("known here: {names}", names=", ".join(known))
                )
                yield Flaw((*path, key), Message("unknown key; {wanted}", wanted=wanted))
    elif rule == "required":
        (key,) = (each for each in value if error.message.startswith(repr(each)))  # one error for each key
        yield Flaw(path, Message("has no {key}", key=repr(key)))
    elif rule == "type":
        yield Flaw(path, Message("{instance}, wanted {types}", instance=shown(instance), types=TYPES[str(value)]))
    elif rule == "enum":
        wanted = Message("one of: {values}", values=tuple(map(str, value)))
        yield Flaw(path, Message("{instance}, wanted {wanted}", instance=shown(instance), wanted=wanted))
    elif rule == "const":
        yield Flaw(path, Message("{instance}, wanted {wanted}", instance=shown(instance), wanted=str(value)))
    elif rule == "pattern":
        said = Message("{instance} does not match {value}", instance=shown(instance), value=value)
        about = part.get("description")
        yield Flaw(path, Message("{found} ({about})", found=said, about=about) if about else said)
    else:
        otherwise = part.get("description") or f"{rule} {json.dumps(value)[:80]}"
        yield Flaw(path, Message("{instance}, wanted {wanted}", instance=shown(instance), wanted=otherwise))


@cache
def _validator(form: Form) -> Draft202012Validator:
    return schemas.validator({**schemas.packaged("installer.bundle", "recipe"), "$ref": f"#/$defs/{form}"})
