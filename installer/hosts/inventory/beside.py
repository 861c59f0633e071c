"""What stands beside an Ansible inventory, in folders `group_vars` and `host_vars`: found, and read as Ansible does.

`found` looks at the disk; all else is pure and takes what it found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from installer.errors import StateUnreadable
from installer.formats import strict_yaml, text_file
from installer.formats.text_file import Unfit
from installer.hosts.inventory.ansible_variables import ENCRYPTED, TAKEN, said
from installer.hosts.inventory.entry import Reading
from installer.messages import Message

Beside = Mapping[str, str | Unfit]
"""The texts of files, or why they cannot be read, by their path from the inventory's folder, as in
`group_vars/all/main.yml`."""

GROUPS, HOSTS = "group_vars", "host_vars"
ENDINGS = (".yml", ".yaml", ".json")
MOST = 2000
"""Files beside an inventory of the largest size: some for each host."""
LARGEST = 1 << 18
"""Bytes of one of them."""
ALL = 4 << 20
"""Bytes of all of them."""


def found(inventory: Path) -> dict[str, str | Unfit]:
    """The files of variables beside an inventory's file; a link is followed where it leads to a file.

    Raises:
        StateUnreadable: they are more than belong to a list of hosts.
    """
    texts: dict[str, str | Unfit] = {}
    size = 0
    for file in sorted(_files(inventory.parent)):
        text = _text(file)
        texts[file.relative_to(inventory.parent).as_posix()] = text
        size += len(text) if isinstance(text, str) else 0
        if len(texts) > MOST or size > ALL:
            reason = Message("there is more than a list of hosts has beside it")
            raise StateUnreadable(path=inventory.parent, reason=reason)
    return texts


def _text(file: Path) -> str | Unfit:
    try:
        return text_file.decoded(text_file.read(file, LARGEST))
    except Unfit as error:
        return error
    except OSError as error:
        return Unfit(Message.verbatim(error.strerror or str(error)))


def _files(folder: Path) -> Iterator[Path]:
    """The files that Ansible would look at: neither hidden nor a backup, and of its endings or of none."""
    for top in (GROUPS, HOSTS):
        for parent, folders, files in os.walk(folder / top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            outermost = Path(parent) == folder / top  # where names may be those of hosts, dots and all
            for name in files:
                fits = outermost or Path(name).suffix in ("", *ENDINGS)
                if fits and not name.startswith(".") and not name.endswith("~"):
                    yield Path(parent, name)


class Variables:
    """What files beside an inventory say of groups and hosts."""

    def __init__(self, beside: Beside, reading: Reading) -> None:
        self._texts = beside
        self._reading = reading
        self._files: dict[str, list[str]] = {}
        for file in sorted(beside, key=lambda each: PurePosixPath(each).parts):
            self._files.setdefault("/".join(PurePosixPath(file).parts[:2]), []).append(file)

    def of(self, folder: str, name: str) -> dict[str, str]:
        """The variables of a group or host; what cannot be read is told by the file's name.

        Of a folder and files of one name Ansible takes one alone: the name as it is, then with each ending. The files
        of a folder come in the order of their names, the last one wins.
        """
        places = (self._files.get(f"{folder}/{name}{ending}") for ending in ("", *ENDINGS))
        told: dict[str, str] = {}
        for file in next(filter(None, places), ()):
            told.update(_file(file, self._texts[file], self._reading))
        return told


def _file(name: str, text: str | Unfit, reading: Reading) -> dict[str, str]:
    if isinstance(text, Unfit):
        wanted = text.cure or Message("a file of variables that can be read")
        reading.trouble(1, "", Message("{file}: {reason}", file=name, reason=text.reason), wanted)
        return {}
    if text.startswith(ENCRYPTED):
        what = Message("{file}, which ansible-vault has encrypted", file=name)
        reading.trouble(
            1, "", what, Message("what ansible-vault view shows of it, where it says how hosts are reached")
        )
        return {}
    document = strict_yaml.read(text, aliases=True)
    for line, path, what, wanted in document.flaws:
        if not path or path[-1] in TAKEN:
            found = Message("{found} in line {line} of {file}", found=what, line=line, file=name)
            reading.trouble(1, ".".join(map(str, path)), found, wanted)
    return said(document.data)
