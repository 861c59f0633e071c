"""Reads the text of a file that holds a list of hosts, in the encodings that spreadsheets write."""

from __future__ import annotations

from pathlib import Path

from installer.errors import StateUnreadable
from installer.formats import encodings, text_file, workbook
from installer.hosts.inventory import LARGEST, workbook_table
from installer.messages import Message

LISTS = ("", ".ini", ".yml", ".yaml", ".json", ".csv", ".txt", ".xlsx")
"""How the names of lists end in a folder."""
TOLD = 8
"""Files of a folder that are named."""


def found(path: Path) -> Path:
    """The file that a name means: of a folder, as Ansible's inventories are, the one list in it.

    Raises:
        StateUnreadable: there are several lists in the folder, or none.
    """
    if not path.is_dir():
        return path
    try:
        within = sorted(
            each for each in path.iterdir() if each.suffix in LISTS and each.name[0] != "." and each.is_file()
        )
    except OSError as error:
        raise StateUnreadable(path=path, reason=error.strerror or str(error)) from error
    if len(within) != 1:
        names = ", ".join(each.name for each in within[:TOLD]) or Message("none")
        hint = Message("name a file; lists in that folder: {names}", names=names)
        raise StateUnreadable(path=path, reason=Message("it is a folder"), hint=hint)
    return within[0]


def read(path: Path) -> str:
    """A file's text; of a workbook, its one sheet with addresses as CSV.

    Raises:
        StateUnreadable: it is not there, is no regular file, larger than 1 MiB (a workbook: 8), or holds no text.
    """
    try:
        raw = text_file.read(path, workbook.LARGEST)
        if raw.startswith(workbook_table.MARK):
            return workbook_table.text_of(raw)
        if len(raw) > LARGEST:
            raise text_file.Unfit(text_file.larger(LARGEST))
    except text_file.Unfit as error:
        cure = error.cure or Message("a list of hosts has a line or two for each")
        raise StateUnreadable(
            path=path, reason=Message("it is {reason}; this is no list of hosts", reason=error), hint=cure
        ) from error
    except OSError as error:
        raise StateUnreadable(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:  # a NUL in its name
        raise StateUnreadable(path=path, reason=Message("not the name of a file")) from error
    if guess := encodings.guessed(raw):
        return guess[1]
    raise StateUnreadable(path=path, reason=Message("it holds no text"))
