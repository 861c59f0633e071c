"""The parser of arguments itself: what it says of a wrong one, and kinds of values that several commands take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from installer.errors import UsageError
from installer.messages import Message
from installer.plain import plain

Subparsers = argparse._SubParsersAction  # argparse exports no public name for it


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are errors like all others, so that they are told in the same way."""

    def error(self, message: str) -> NoReturn:
        """Refuse what was typed.

        Raises:
            UsageError: always.
        """
        raise UsageError(reason=plain(message), hint=Message("see: {command}", command=f"{self.prog} --help"))


def folder(text: str) -> Path:
    """The path of a folder, as `Path` is that of a file: shells complete the one and the other."""
    return Path(text)
