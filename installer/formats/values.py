"""Values of JSON and YAML as messages quote them, and the names of their types."""

from __future__ import annotations

import json
from typing import Any

from installer.formats.plain_secrets import holds_secret
from installer.messages import Message

TYPES = {"object": Message("a mapping"), "array": Message("a list"), "string": Message("a text"),
         "integer": Message("a whole number"), "number": Message("a number"), "boolean": Message("true or false"),
         "null": Message("null")}  # fmt: skip
"""What a message calls each type of JSON Schema."""
SHOWN = 60
"""Characters of a value that a message repeats."""


def shown(value: Any) -> Message:
    """A value in one line, cut to `SHOWN` characters; of what looks like a secret, nothing at all."""
    if value is None:
        return Message("nothing")
    if isinstance(value, dict):
        return Message("a mapping of {count}", count=len(value))
    if isinstance(value, list):
        return Message("a list of {count}", count=len(value))
    if isinstance(value, str) and holds_secret(value):
        return Message("a secret itself (not shown)")
    text = json.dumps(value, ensure_ascii=False)
    return Message.verbatim(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")
