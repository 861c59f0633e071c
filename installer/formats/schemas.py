"""Validation against JSON schemas, as strictly as they are written.

The library reads patterns as Python does, where `$` also matches before a line end at the end of a text, and takes
1.0 for an integer. Here `$` means the end, as JSON Schema (ECMA-262) has it and editors do, and a whole number is one
that was written as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError


def packaged(package: str, name: str) -> dict[str, Any]:
    """The schema that lies in a package of this program as `name`.schema.json."""
    parsed: dict[str, Any] = json.loads(resources.files(package).joinpath(f"{name}.schema.json").read_text("utf-8"))
    return parsed


def validator(schema: Mapping[str, Any], formats: Sequence[str] = ()) -> Draft202012Validator:
    """A validator for a schema; `formats` names the formats that are checked ("date", "ipv4")."""
    from jsonschema import FormatChecker  # slow to import, and `--help` needs none of it

    made: Draft202012Validator = _strict()(dict(schema), format_checker=FormatChecker(formats))
    return made


@cache
def _strict() -> Any:
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend  # it has no types
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: _is_whole(value))
    return extend(Draft202012Validator, {"pattern": _pattern}, type_checker=types)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: Any, pattern: str, instance: Any, part: Mapping[str, Any]) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    # What is too long anyhow is refused as such: matching it could take for ever.
    fits = isinstance(instance, str) and len(instance) <= part.get("maxLength", len(instance))
    if fits and not exact(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def exact(pattern: str) -> re.Pattern[str]:
    """A schema's pattern, in which `$` matches at the very end of a text alone."""
    written, in_class, escaped = [], False, False
    for sign in pattern:
        written.append(r"\Z" if sign == "$" and not (in_class or escaped) else sign)
        in_class = (in_class or sign == "[") and not (sign == "]" and not escaped) if not escaped else in_class
        escaped = sign == "\\" and not escaped
    return re.compile("".join(written))
