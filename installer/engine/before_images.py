"""The form of before-images: steps capture things of few kinds, so a journal's can be judged before anybody acts on it.

A before-image comes back from a file, which somebody may have changed, or from a host. What a step's way back takes
for a mapping of paths has to be one. Parts of other names are nobody's business here. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Form = Callable[[Any], bool]
HIGHEST_MODE = 0o7777


def _truth(value: Any) -> bool:
    return type(value) is bool


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _each(form: Form) -> Form:
    return lambda value: isinstance(value, Mapping) and all(map(form, value.values()))


def _unit(value: Any) -> bool:
    return isinstance(value, Mapping) and _truth(value.get("runs")) and _truth(value.get("enabled"))


def _entry(value: Any) -> bool:
    """What a path was: nothing, or a kind, a mode and an owner; of a file and a link more texts and its size."""
    if value is None:
        return True
    return (
        isinstance(value, Mapping) and _text(value.get("kind")) and _text(value.get("owner"))
        and type(value.get("mode")) is int and 0 <= value["mode"] <= HIGHEST_MODE
        and type(value.get("size", 0)) is int and _text(value.get("sha256", "")) and _text(value.get("target", ""))
    )  # fmt: skip


FORMS: Mapping[str, Form] = {
    "files": _each(_entry), "leaves": _each(_truth), "_within": _each(_texts), "_made": _texts, "_volumes": _texts,
    "units": _each(_unit), "values": _each(_text), "settings": _each(_text), "there": _texts,
    "release": _text, "objects": _each(_truth), "_namespace": _truth, "budget": _truth, "traffic": _text,
}  # fmt: skip
"""By the name of a part, its form."""
ALWAYS = frozenset({"files", "leaves", "_within", "_made", "units", "values", "settings", "there"})
"""Parts that a step captures whatever it finds, if it captures them at all."""


def flaw(image: Mapping[str, Any]) -> str:
    """The first part of a before-image that is not of its form; empty where all are."""
    return next((name for name, form in FORMS.items() if name in image and not form(image[name])), "")


def lacking(image: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """A part that a before-image has not, though its step captures it (`own`); empty where it has them all."""
    return next((name for name in sorted(ALWAYS & own.keys()) if name not in image), "")
