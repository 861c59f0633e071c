"""OCI image manifests, read in one way only: what every reader, however lenient, has to read alike.

Readers differ on what JSON leaves open: Go's take a key in any case and the last of several, others the first. What a
registry, a host and this program see must be the same blobs, so nothing is taken that could be read otherwise.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from installer.bundle.layout import OCI_MANIFEST
from installer.bundle.manifest import Blob
from installer.messages import Message

FIELDS = frozenset({"schemaVersion", "mediaType", "artifactType", "config", "layers", "annotations"})
DESCRIPTOR = frozenset({"mediaType", "digest", "size", "annotations"})
"""Without `urls` and `data`, which name another place for the content than its digest."""
TEXTS = frozenset({"mediaType", "artifactType"})
"""What readers of other languages refuse in another form than a text, as they do annotations that are none."""
SHOWN = 60


class Malformed(Exception):
    """What is wrong."""


def descriptors(content: bytes) -> tuple[Blob, ...]:
    """The blobs that a manifest names: its config, then its layers.

    Raises:
        Malformed: it is no OCI image manifest, or one that readers may understand differently.
    """
    try:
        document = json.loads(content.decode(), object_pairs_hook=_object, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()  # half characters, which readers replace or refuse
    except (ValueError, RecursionError) as error:
        raise Malformed(Message("it is not JSON: {reason}", reason=str(error)[:SHOWN])) from error
    _fields(document, "it", FIELDS, {"config", "layers"})
    kind, version = document.get("mediaType", OCI_MANIFEST), document.get("schemaVersion", 2)
    if kind != OCI_MANIFEST:
        raise Malformed(Message("it has the media type {kind}", kind=_shown(kind)))
    if type(version) is not int or version != 2:
        raise Malformed(Message("it has the schema version {version}", version=_shown(version)))
    if not isinstance(document["layers"], list):
        raise Malformed(Message("its layers are no list"))
    return tuple(_blob(item) for item in (document["config"], *document["layers"]))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise Malformed(Message("key {key} is there twice", key=_shown(key)))
        seen.add(key)
    return dict(pairs)


def _no_number(name: str) -> NoReturn:
    raise ValueError(Message("{name} is no number", name=name))


def _blob(item: Any) -> Blob:
    _fields(item, "a descriptor", DESCRIPTOR, {"digest", "size"})
    if not isinstance(item["digest"], str) or type(item["size"]) is not int:
        raise Malformed(Message("a descriptor without digest and size"))
    return Blob(item["digest"], item["size"])


def _fields(document: Any, what: str, known: frozenset[str], needed: set[str]) -> None:
    if not isinstance(document, dict):
        raise Malformed(Message("{what} is not an object", what=what))
    for key in sorted(document.keys() - known):
        raise Malformed(Message("{what} has the unknown field {key}", what=what, key=_shown(key)))
    for key in sorted(needed - document.keys()):
        raise Malformed(Message("{what} has no {key}", what=what, key=key))
    for key in sorted(TEXTS & document.keys()):
        if not isinstance(document[key], str):
            raise Malformed(
                Message(
                    "{what} has the {key} {document}, which is no text",
                    what=what,
                    key=key,
                    document=_shown(document[key]),
                )
            )
    notes = document.get("annotations", {})
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        raise Malformed(Message("{what} has annotations that are no texts", what=what))


def _shown(value: Any) -> str:
    return repr(value[:SHOWN] if isinstance(value, str) else value)[: 2 * SHOWN]
