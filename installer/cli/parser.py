"""The parser of arguments itself: what it says of a wrong one, and kinds of values that several commands take."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
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


UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A time such as 30m, 8h or 2d.

    Raises:
        ArgumentTypeError: it is none.
    """
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30m, 8h or 2d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
