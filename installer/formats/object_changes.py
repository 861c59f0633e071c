"""What a server-side apply would change, told field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

OF_THE_SERVER = frozenset({"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"})
"""What an API server writes into an object's metadata by itself."""
LENGTH = 80
"""Characters of a value that are shown."""


def changes(name: str, live: Mapping[str, Any] | None, applied: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(thing, wanted, seen) for each field in which the object as it would be is not the one that is there."""
    if live is None:
        yield name, "there", "nothing"
        return
    for path, wanted, seen in _fields("", applicable(applied), applicable(live)):
        yield f"{name} {path}", _said(wanted), _said(seen)


def applicable(thing: Mapping[str, Any]) -> dict[str, Any]:
    """An object as it can be applied: without what its API server writes into it."""
    metadata = {name: value for name, value in thing.get("metadata", {}).items() if name not in OF_THE_SERVER}
    return {**{name: value for name, value in thing.items() if name != "status"}, "metadata": metadata}


def _fields(path: str, wanted: Any, seen: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(wanted, dict) and isinstance(seen, dict):
        for name in sorted({*wanted, *seen}):
            yield from _fields(f"{path}.{name}", wanted.get(name), seen.get(name))
    elif isinstance(wanted, list) and isinstance(seen, list) and len(wanted) == len(seen):
        for place, (each, other) in enumerate(zip(wanted, seen, strict=True)):
            yield from _fields(f"{path}[{place}]", each, other)
    elif wanted != seen:
        yield path, wanted, seen


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
