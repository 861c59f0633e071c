"""Reading what a cluster's API answers: total functions, since an answer may have any form.

A control plane that was taken over, or a proxy in between, may say anything. What is not of the expected form counts
as not there: a step's check then does not hold, and a probe fails with words of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def at(thing: Any, *path: str) -> Any:
    """What stands at a path of keys inside an object; None where a key is missing or something else is in between."""
    for key in path:
        if not isinstance(thing, Mapping):
            return None
        thing = thing.get(key)
    return thing


def text(thing: Any, *path: str) -> str:
    """The text at a path of keys; empty where there is none."""
    found = at(thing, *path)
    return found if isinstance(found, str) else ""


def listed(thing: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """The objects in the list at a path of keys; whatever in it is no object is left out."""
    found = at(thing, *path)
    return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, list) else ()


def items(listing: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list answer; none where there is no such list."""
    return listed(listing, "items")


def name(thing: Any) -> str:
    """An object's name; empty where it has none."""
    return text(thing, "metadata", "name")


def condition(thing: Any, kind: str) -> bool:
    """Whether an object's status condition of that type is True."""
    return any(c.get("type") == kind and c.get("status") == "True" for c in listed(thing, "status", "conditions"))
