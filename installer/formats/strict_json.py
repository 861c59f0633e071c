"""JSON that somebody else wrote: whatever is wrong with it, one kind of error says so."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from installer.messages import Message


def loads(raw: bytes | str, *, halves: bool = False) -> Any:
    """The value of a JSON text in UTF-8. With `halves` it may hold half characters, as file names that are no UTF-8 do.

    Raises:
        ValueError: it is none: damaged, no UTF-8, nested too deep, a number without end or one that is none (NaN), or
            half a character, which no file and no terminal takes.
    """
    text = raw.decode() if isinstance(raw, bytes) else raw
    try:
        value = json.loads(text, parse_constant=_refuse)
        if not halves and "\\u" in text:  # an escape may stand for half a character
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError(Message("nested too deep")) from error
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(Message("{name} is no number", name=name))
