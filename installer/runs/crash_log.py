"""Faults of the program itself: the traceback goes into a file for the vendor, and only where it lies is told."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from installer.errors import ProgramFault
from installer.messages import Message
from installer.plain import lines
from installer.redaction import redacted

LOG = 1_000_000
"""Characters of a traceback that are kept: its beginning and its end."""


def kept(error: Exception, folder: Path) -> ProgramFault:
    """What is told of a fault whose traceback now lies in a folder, beside those of earlier ones."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"fault-{stamp}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(lines(redacted("".join(traceback.format_exception(error))), LOG))
        where = Message("its traceback is in {path}", path=path)
    except OSError as unwritable:
        where = Message("its traceback could not be kept: {path}: {reason}", path=path, reason=unwritable.strerror)
    return ProgramFault(kind=type(error).__name__, where=where)
