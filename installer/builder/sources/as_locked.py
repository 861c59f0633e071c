"""What a source is made of against what the lock says of it: no kind of source is made of anything else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.builder.recipe import Source
from installer.errors import BuildFailed
from installer.messages import Message
from installer.workshop import file_digest


def check(source: Source, found: Mapping[str, Any], locked: Mapping[str, Any]) -> None:
    """Compare what there is, by the lock's own names, with the lock.

    Raises:
        BuildFailed: something is another than is locked; the first of them.
    """
    for key, value in found.items():
        if locked.get(key) != value:
            raise BuildFailed(
                what=source.name,
                reason=Message(
                    "its {key} is {value}, but {locked} is locked", key=key, value=value, locked=locked.get(key)
                ),
            )


def check_file(what: str, name: object, path: Path, digest: str) -> None:
    """Compare a file that was fetched for a source with its digest in the lock; `name` is what messages call it.

    Raises:
        BuildFailed: it is another file.
    """
    if (found := file_digest(path)) != digest:
        raise BuildFailed(
            what=Message("source {what}", what=what),
            reason=Message("{name} is {found}, but {digest} is locked", name=name, found=found, digest=digest),
            hint=Message("if the change is wanted: sitewright bundle lock --update {what}", what=what),
        )
