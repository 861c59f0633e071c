"""One line of JSON without secrets: the form of what this program says to others and of what it keeps of its runs.

A value is told as it is, but for secrets, which are masked, and lone halves of characters, which are shown as escapes.
What a terminal would obey stands in the line as an escape of JSON, so a line can be looked at too.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from installer import redaction
from installer.messages import with_keys
from installer.plain import in_json

NAMES = frozenset({"type", "id", "step", "after", "host", "environment", "phase", "run", "operation", "site", "check"})
"""Keys whose values are names that the answers and the plan give: proved in form, and no secrets."""


def line(body: Mapping[str, Any]) -> str:
    """An object as one line, without its end."""
    return in_json(json.dumps(masked(body), default=_plain, ensure_ascii=False))


def masked(body: Any) -> Any:
    """A value of JSON without secrets, in which objects say how their texts were made."""
    return with_keys(_masked(body))


def _masked(value: Any, key: str = "") -> Any:
    """A value of JSON without secrets; names, by which programs find things again, stay as they are.

    A message in which a secret stood is a text from then on: its values would tell what was masked.
    """
    if isinstance(value, str):
        told = value if key in NAMES else redaction.redacted(value)
        return value if told == value else told
    if isinstance(value, Mapping):
        return {name: _masked(each, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each, key) for each in value]
    return value


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return redaction.redacted(str(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return masked(dataclasses.asdict(value))
    if isinstance(value, set | frozenset):
        return _masked(list(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")
