"""Programs that answers name for secrets run on the operator's machine as the operator: each is allowed once, by name.

Answers are written by customers and passed on, so a program in them is no better than one in a mail. What a person has
allowed is kept in the state directory, as one file for each pair of answers file and exact command:

    <state>/allowed-commands/<digest>    what was allowed, for people to read; that the file is there is what counts
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from installer.answers.model import SecretRef
from installer.errors import StateUnreadable
from installer.messages import Message
from installer.plain import typed_as

FOLDER = "allowed-commands"
Argv = tuple[str, ...]


@dataclass(frozen=True)
class Consent:
    """Which commands of an answers file may run; `state` is the state directory, `profile` the file."""

    state: Path
    profile: Path

    def allows(self, argv: Argv) -> bool:
        """Whether a person has allowed this very command for these answers."""
        with suppress(OSError):
            return self._kept(argv).is_file()
        return False

    def lacking(self, references: Iterable[SecretRef]) -> tuple[Argv, ...]:
        """The commands among references that nobody has allowed yet, each once."""
        commands = dict.fromkeys(ref.value for ref in references if isinstance(ref.value, tuple))
        return tuple(argv for argv in commands if not self.allows(argv))

    def allow(self, commands: Iterable[Argv]) -> None:
        """Keep that these commands may run from now on.

        Raises:
            StateUnreadable: it cannot be kept.
        """
        for argv in commands:
            path = self._kept(argv)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            told = json.dumps({"command": argv, "answers": str(self._profile), "allowed": now}, ensure_ascii=False)
            try:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with suppress(FileExistsError):
                    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                        file.write(told + "\n")
            except OSError as error:
                raise StateUnreadable(
                    path=path, reason=Message("cannot be written: {reason}", reason=error.strerror)
                ) from error

    @property
    def _profile(self) -> Path:
        return Path(os.path.realpath(self.profile))

    def _kept(self, argv: Argv) -> Path:
        key = json.dumps([str(self._profile), *argv]).encode()
        return self.state / FOLDER / hashlib.sha256(key).hexdigest()


def as_typed(argv: Argv) -> str:
    """A command as a person would type it."""
    return typed_as(argv)
