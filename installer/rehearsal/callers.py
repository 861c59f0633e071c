"""Callers from outside a practice site: for how long something did not answer, by asking for it again and again."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

EVERY = 0.2
"""Seconds from one question to the next."""
PATIENCE = 2.0
"""Seconds after which a caller gives up on a host and tries the next one."""

Ask = Callable[[], None]
"""Asks once; raises `OSError` or `http.client.HTTPException` where there is no right answer."""


@dataclass
class Heard:
    """What one caller heard: how often it asked, and each time (begin and end, seconds) without an answer.

    The end is that of the first question that was answered again; it is None as long as there is none.
    """

    name: str
    asked: int = 0
    away: list[tuple[float, float | None]] = field(default_factory=list)
    said: str = ""
    """What the last unanswered question ended with."""
    slowest: float = 0.0
    """Seconds that the slowest answer took: of several hosts the first ones may not have given any."""

    @property
    def longest(self) -> float:
        """Seconds of the longest time without an answer."""
        return max(self._lengths(), default=0.0)

    @property
    def altogether(self) -> float:
        """Seconds without an answer in all."""
        return sum(self._lengths())

    def count(self, began: float, error: Exception | None) -> None:
        """Take in how a question ended that was begun at a time."""
        self.asked += 1
        now = time.monotonic()
        open_ = bool(self.away) and self.away[-1][1] is None
        if error is not None:
            self.said = str(error) or type(error).__name__
            if not open_:
                self.away.append((began, None))
            return
        self.slowest = max(self.slowest, now - began)
        if open_:
            self.away[-1] = (self.away[-1][0], now)

    def _lengths(self) -> list[float]:
        """Seconds of each time without an answer; of one that goes on, until now."""
        now = time.monotonic()
        return [(now if end is None else end) - begin for begin, end in self.away]


@contextlib.contextmanager
def calling(asks: dict[str, Ask]) -> Iterator[list[Heard]]:
    """Ask each of these, by name, again and again for as long as the context lasts, each in a thread of its own."""
    over = threading.Event()
    found = [Heard(name) for name in asks]

    def call(heard: Heard) -> None:
        while not over.is_set():
            began, error = time.monotonic(), None
            try:
                asks[heard.name]()
            except (OSError, http.client.HTTPException) as failed:
                error = failed
            heard.count(began, error)
            over.wait(max(0.0, EVERY - (time.monotonic() - began)))

    threads = [threading.Thread(target=call, args=(heard,), daemon=True) for heard in found]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join()


def any_of(asks: Sequence[Ask]) -> Ask:
    """Ask one after the other until one answers, as a client does that knows several addresses."""

    def ask() -> None:
        for at, each in enumerate(asks, 1):
            try:
                each()
                return
            except (OSError, http.client.HTTPException):
                if at == len(asks):
                    raise

    return ask
