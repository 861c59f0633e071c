"""When a simulated world goes wrong: for each verb a word of letters, one letter for each of its calls.

`o` goes well, `E` fails without an effect, `T` loses the connection without one, `t` loses it after the effect. After
the last letter all goes well. A word for "verb@host" comes before one for the verb alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from installer.errors import CommandFailed, ConnectionLost
from installer.messages import Message

T = TypeVar("T")
LETTERS = frozenset("oETt")
VERBS = frozenset(
    {"stat", "read", "query", "stored", "get", "write", "make_directory", "remove", "run", "work", "send", "push",
     "apply", "delete", "execute"}
)  # fmt: skip


class Fate(Protocol):
    """Decides what becomes of a verb's effect."""

    def around(self, verb: str, host: str, effect: Callable[[], T]) -> T:
        """Let the effect happen, or not."""
        ...


class Faults:
    """A fate that follows written words."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._left = {key: list(word) for key, word in words.items()}

    def around(self, verb: str, host: str, effect: Callable[[], T]) -> T:
        """Do as the next letter says.

        Raises:
            CommandFailed: the letter is E.
            ConnectionLost: the letter is T or t.
        """
        key = f"{verb}@{host}" if f"{verb}@{host}" in self._left else verb
        letters = self._left.get(key)
        letter = letters.pop(0) if letters else "o"
        if letter == "E":
            raise CommandFailed(host=host, command=verb, code=1, reason=Message("a fault of the simulation"))
        if letter == "T":
            raise ConnectionLost(host=host, reason=Message("{verb}: a fault of the simulation", verb=verb))
        result = effect()
        if letter == "t":
            raise ConnectionLost(
                host=host, reason=Message("{verb}: a fault of the simulation, after the effect", verb=verb)
            )
        return result
