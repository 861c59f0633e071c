"""Values that never leave this program: every secret it has resolved is masked in whatever it shows, logs or writes.

The values are the program's, not those of one site or run: what one of them said may turn up in a message of another.
"""

from __future__ import annotations

import base64
import json
import shlex
import threading

from installer.plain import plain

MASK = "●●●●●●"
SHORTEST = 4
"""Characters; shorter values are not masked, for they would mask half of every text. A site may have them."""

_guard = threading.Lock()
_forms: tuple[str, ...] = ()


def learn(value: str) -> None:
    """Mask a value from now on, also as JSON, a shell or HTTP's basic authorization write it."""
    global _forms
    if len(value) < SHORTEST:
        return
    raw = value.encode("utf-8", "surrogatepass")
    found = {
        value, plain(value, len(value)), shlex.quote(value), json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1], base64.b64encode(raw).decode(),
    }  # fmt: skip
    with _guard:
        # The longest first: one secret may hold another.
        _forms = tuple(sorted({*_forms, *found}, key=lambda form: (-len(form), form)))


def redacted(text: str) -> str:
    """A text with every value that was learnt masked."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text
