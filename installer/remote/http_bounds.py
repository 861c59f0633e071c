"""Bounds on what a stranger's server sends: a whole answer has an end in time and in bytes.

A socket's own timeout bounds one silence alone; a byte a second, or a header that never ends, would go on for ever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from installer.messages import Message


class TooMuch(OSError):
    """More came than an answer may have, or it took longer than it may."""


@contextmanager
def ending(connection: Callable[[], socket.socket | None], seconds: float) -> Iterator[None]:
    """End the connection, whoever is reading from it, if the block takes longer.

    Raises:
        TooMuch: it did.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        there = connection()
        if there is not None:
            with suppress(OSError):
                # Not its own `shutdown`: that of a TLS socket makes a reader in another thread stumble.
                socket.socket.shutdown(there, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if over.is_set():
            raise TooMuch(Message("no end of its answer within {seconds} s", seconds=format(seconds, "g"))) from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TooMuch(Message("no end of its answer within {seconds} s", seconds=format(seconds, "g")))
