"""The site record: the file in which a host says what stands there. Every reader reads it here."""

from __future__ import annotations

from typing import Any

from installer.formats import strict_json
from installer.messages import Message

FORMAT = 1
"""Of a record; the newest that this program reads."""
LARGEST = 1 << 20
"""Bytes of a record that are read; one of 100 components has 5,000."""
LONGEST = 200
"""Letters of a name, a version or a digest in it."""


class Newer(ValueError):
    """A record of a newer program, in that `format`."""

    def __init__(self, format: int) -> None:
        super().__init__(Message("it is of a newer sitewright"))
        self.format = format


def told(host: str, raw: bytes) -> dict[str, Any]:
    """What a host's record says, of the form that a step writes; anything beyond that is left out.

    Raises:
        Newer: it is in a format that this program does not know.
        ValueError: it is of another form; says why, with nothing of the record in it.
    """
    found = strict_json.loads(raw) if len(raw) <= LARGEST else None
    if not isinstance(found, dict):
        raise ValueError(Message("it is no record, or larger than {largest} bytes", largest=LARGEST))
    if type(found.get("format")) is int and found["format"] > FORMAT:
        raise Newer(found["format"])
    bundle, components = found.get("bundle"), found.get("components")
    if found.get("format") != FORMAT or not isinstance(bundle, dict) or not isinstance(components, dict):
        raise ValueError(Message("it is not of the form it should have"))
    texts = {name: found.get(name) for name in ("site", "environment", "host", "kubernetes")}
    carried = {name: bundle.get(name) for name in ("name", "version", "digest")}
    said = [*texts.values(), *carried.values(), *components, *components.values()]
    good = all(isinstance(each, str) and len(each) <= LONGEST for each in said)
    if not good or not isinstance(found.get("control_plane"), bool):
        raise ValueError(Message("it is not of the form it should have"))
    if texts["host"] != host:
        raise ValueError(Message("it is about another host"))
    return {"format": FORMAT, **texts, "control_plane": found["control_plane"], "bundle": carried,
            "components": components}  # fmt: skip
