"""Answers against `answers.schema.json`: every violation as a flaw that says what was found and what is wanted.

What stands where a secret reference belongs is never repeated, for it may be the secret itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from installer.formats import schemas
from installer.formats.plain_secrets import names_secret
from installer.formats.strict_yaml import Path
from installer.formats.values import SHOWN, TYPES, shown
from installer.messages import Message

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

Violation = tuple[Path, Message, Message, bool]
"""(path, found, wanted, spoiled): `spoiled` where the value itself is of no use to further rules."""

SECRETS = frozenset({"passphrase", "password", "sudo_password", "signing_key"})
HIDDEN = Message("something in the place of a secret (not shown)")
MANY = 100
"""Unknown keys of one mapping for which a similar known one is looked for: that takes a while for each."""


@cache
def schema() -> dict[str, Any]:
    """The schema itself."""
    return schemas.packaged("installer.answers", "answers")


@cache
def _validator() -> Draft202012Validator:
    return schemas.validator(schema(), ("date", "ipv4"))


def violations(data: Any, validator: Draft202012Validator | None = None) -> Iterator[Violation]:
    """Everything in the data that the schema, or that of another validator, does not allow."""
    for error in (validator or _validator()).iter_errors(data):
        yield from _explained(_broken(error))


@dataclass(frozen=True)
class Broken:
    """A rule of the schema that a value breaks: the rule's name and value, the subschema it stands in, and where."""

    rule: str
    value: Any
    instance: Any
    part: dict[str, Any]
    path: Path
    naming: bool
    """Whether it is a key that breaks the rule, not a value."""
    context: tuple[Broken, ...]


def _broken(error: ValidationError) -> Broken:
    part: Any = error.schema
    value: Any = error.validator_value
    path: Any = tuple(error.absolute_path)
    naming = "propertyNames" in error.absolute_schema_path
    context = tuple(_broken(inner) for inner in error.context or ())
    return Broken(str(error.validator), value, error.instance, part, path, naming, context)


def _explained(broken: Broken) -> Iterator[Violation]:
    path: Path = broken.path
    rule = broken.rule
    if rule == "additionalProperties":
        yield from _unknown_keys(broken, path)
    elif rule == "required":
        yield from _missing_keys(broken, path)
    elif broken.naming:
        yield (*path, broken.instance), Message("the key {name}", name=shown(broken.instance)), _wanted(broken), False
    else:
        found = HIDDEN if _is_secret(broken) else shown(broken.instance)
        yield path, found, _wanted(broken), True


def _is_secret(broken: Broken) -> bool:
    return bool(broken.part.get("x-secret")) or secretive(broken.path)


def secretive(path: Path) -> bool:
    """Whether what stands at a path is a secret, or belongs to one, so that it must not be shown."""
    return any(_is_secret_step(step) for step in path)


def _is_secret_step(step: str | int) -> bool:
    return isinstance(step, str) and step != "private_key" and names_secret(step)  # a private_key is a file's path


def told(path: Path) -> Path:
    """A path as messages name it: below a secret just its known parts, as any other may be the secret itself."""
    for depth, step in enumerate(path, start=1):
        if _is_secret_step(step):
            below = path[depth:]
            return path[:depth] if below and below[0] not in _SECRET_KINDS else path
    return path


def _unknown_keys(broken: Broken, path: Path) -> Iterator[Violation]:
    known = sorted(broken.part["properties"])
    unknown = [key for key in broken.instance if key not in known]
    for count, key in enumerate(unknown):
        if secretive(path):
            yield (
                (*path, key),
                HIDDEN,
                _own_words(broken.part) or Message("one of: {values}", values=tuple(known)),
                False,
            )
        else:
            near = difflib.get_close_matches(str(key)[:SHOWN], known, n=1) if count < MANY else []
            wanted = (
                Message("{value}, perhaps", value=f"`{near[0]}`")
                if near
                else Message("one of: {values}", values=tuple(known))
            )
            yield (*path, key), Message("an unknown key"), wanted, False


def _missing_keys(broken: Broken, path: Path) -> Iterator[Violation]:
    for key in broken.value:
        if key not in broken.instance:
            about = resolved(broken.part["properties"][key])
            what = about.get("description", about.get("title", "a value")).split(". ")[0].rstrip(".")
            yield (*path, key), Message("nothing"), Message.verbatim(what[0].lower() + what[1:]), False


def resolved(part: Mapping[str, Any]) -> dict[str, Any]:
    """A subschema with what it refers to laid under it."""
    reference = str(part.get("$ref", ""))
    below = resolved(schema()["$defs"][reference.rpartition("/")[2]]) if reference else {}
    return {**below, **part}


def _wanted(broken: Broken) -> Message:
    rule, value, part = broken.rule, broken.value, broken.part
    if (own := _own_words(part)) and rule not in ("maximum", "minimum"):
        return own
    known = _WANTED.get(rule)
    return known(value, broken) if known else Message("{rule} {value}", rule=rule, value=shown(value))


def _own_words(part: Mapping[str, Any]) -> Message | None:
    """What the schema itself says of a place."""
    return Message.verbatim(str(part["errorMessage"])) if "errorMessage" in part else None


def _type(value: Any, broken: Broken) -> Message:
    names = [value] if isinstance(value, str) else value
    wanted = _either([TYPES[name] for name in names])
    parts = broken.part.get("properties")
    return Message("{kind} with {keys}", kind=wanted, keys=tuple(parts)) if parts and len(parts) <= 10 else wanted


def _either(these: Sequence[Message]) -> Message:
    """One of several, said one after the other."""
    whole = these[0]
    for each in these[1:]:
        whole = Message("{one} or {other}", one=whole, other=each)
    return whole


def _choice(value: Any, broken: Broken) -> Message:
    if isinstance(broken.instance, str):
        near = difflib.get_close_matches(broken.instance, [str(each) for each in value], n=1)
        if near:
            return Message("{value}, perhaps", value=shown(near[0]))
    return Message("one of: {values}", values=tuple(map(shown, value)))


def _alternatives(_: Any, broken: Broken) -> Message:
    return _either(list(dict.fromkeys(_wanted(each) for each in broken.context)))


_WANTED: dict[str, Callable[[Any, Broken], Message]] = {
    "type": _type,
    "enum": _choice,
    "const": lambda value, _: shown(value),
    "minimum": lambda value, _: Message("{value} or more", value=value),
    "maximum": lambda value, _: Message("{value} or less", value=value),
    "exclusiveMinimum": lambda value, _: Message("more than {value}", value=value),
    "exclusiveMaximum": lambda value, _: Message("less than {value}", value=value),
    "minItems": lambda value, _: Message("at least {value} of them", value=value),
    "maxItems": lambda value, _: Message("at most {value} of them", value=value),
    "minLength": lambda value, _: Message("at least {value} character(s)", value=value),
    "maxLength": lambda value, _: Message("at most {value} characters", value=value),
    "minProperties": lambda value, _: Message("at least {value} key(s)", value=value),
    "maxProperties": lambda value, _: Message("at most {value} key(s)", value=value),
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}
_SECRET_KINDS = frozenset({"env", "file", "command", "prompt"})
"""How a secret may be named."""
