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
        return f"{dotted(self.path)}: {self.said}" if self.path else self.said


def dotted(path: Path) -> str:
    """A place as messages show it."""
    return ".".join(str(step) if len(str(step)) <= 60 else f"{str(step)[:60]}..." for step in path)


def flaws(data: Any, form: Form) -> Iterator[Flaw]:
    """Everything that does not fit; of a newer version that alone, for nothing else of it is known."""
    version = data.get("version", VERSION) if isinstance(data, dict) else VERSION
    if type(version) is int and version > VERSION:
        said = f"{shown(version)} is newer than this sitewright reads, which is up to version {VERSION}"
        yield Flaw(("version",), said)
        return
    if type(version) is not int:
        yield Flaw(("version",), f"{shown(version)} is no version; wanted {VERSION}")
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
                wanted = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
                yield Flaw((*path, key), f"unknown key; {wanted}")
    elif rule == "required":
        (key,) = (each for each in value if error.message.startswith(repr(each)))  # one error for each key
        yield Flaw(path, f"has no {key!r}")
    elif rule == "type":
        yield Flaw(path, f"{shown(instance)}, wanted {TYPES[str(value)]}")
    elif rule in ("enum", "const"):
        allowed = [str(each) for each in (value if rule == "enum" else [value])]
        yield Flaw(path, f"{shown(instance)}, wanted {'one of: ' if rule == 'enum' else ''}{', '.join(allowed)}")
    elif rule == "pattern":
        about = f" ({part['description']})" if "description" in part else ""
        yield Flaw(path, f"{shown(instance)} does not match {value}{about}")
    else:
        wanted = part.get("description") or f"{rule} {json.dumps(value)[:80]}"
        yield Flaw(path, f"{shown(instance)}, wanted {wanted}")


@cache
def _validator(form: Form) -> Draft202012Validator:
    return schemas.validator({**schemas.packaged("installer.bundle", "recipe"), "$ref": f"#/$defs/{form}"})
