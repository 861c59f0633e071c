"""Reads the text of a file that holds a list of hosts, in the encodings that spreadsheets write."""

from __future__ import annotations

import codecs
from pathlib import Path

from installer.errors import StateUnreadable
from installer.formats import text_file
from installer.hosts.inventory import LARGEST
from installer.messages import Message

ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order; every text of a Chinese spreadsheet is one of the second."""
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: Path) -> str:
    """A file's text.

    Raises:
        StateUnreadable: it is not there, is no regular file or larger than 1 MiB, or holds no text.
    """
    try:
        raw = text_file.read(path, LARGEST)
    except text_file.Unfit as error:
        cure = error.cure or Message("a list of hosts has a line or two for each")
        raise StateUnreadable(
            path=path, reason=Message("it is {reason}; this is no list of hosts", reason=error), hint=cure
        ) from error
    except OSError as error:
        raise StateUnreadable(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:  # a NUL in its name
        raise StateUnreadable(path=path, reason=Message("not the name of a file")) from error
    encodings = ("utf-16",) if raw.startswith(WIDE) else () if b"\x00" in raw else ENCODINGS
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    hint: str = Message("a workbook is saved as CSV first") if raw.startswith(b"PK") else ""
    raise StateUnreadable(path=path, reason=Message("it holds no text"), hint=hint)
