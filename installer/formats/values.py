"""Values of JSON and YAML as messages quote them, and the names of their types."""

from __future__ import annotations

import json
from typing import Any

from installer.formats.plain_secrets import holds_secret

TYPES = {"object": "a mapping", "array": "a list", "string": "a text", "integer": "a whole number",
         "number": "a number", "boolean": "true or false", "null": "null"}  # fmt: skip
"""What a message calls each type of JSON Schema."""
SHOWN = 60
"""Characters of a value that a message repeats."""


def shown(value: Any) -> str:
    """A value in one line, cut to `SHOWN` characters; of what looks like a secret, nothing at all."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return f"{TYPES['object' if isinstance(value, dict) else 'array']} of {len(value)}"
    if isinstance(value, str) and holds_secret(value):
        return "a secret itself (not shown)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
