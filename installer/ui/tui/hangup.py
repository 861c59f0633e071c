"""Ends the wizard, with its terminal as it was, when somebody ends it from outside or the terminal goes away.

Neither goes through the event loop to be heard: where nobody reads what is written to a terminal the loop stands still.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from textual.app import App

PATIENCE = 5.0
"""Seconds for giving the terminal back; where it is gone, writing to it may stand still for ever."""


def look_after(app: App[None]) -> None:
    """Hear SIGTERM and SIGHUP, and whether the terminal is still there."""
    if app.is_headless:
        return
    loop = asyncio.get_running_loop()

    def end() -> None:
        """Leave in good order, or at once when that takes too long; the draft is on disk already."""
        last = threading.Timer(PATIENCE, os._exit, (1,))
        last.daemon = True
        last.start()
        with suppress(RuntimeError):  # it has left already
            loop.call_soon_threadsafe(app.exit)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: end())
    threading.Thread(target=_watch, args=(end,), name="hangup", daemon=True).start()


def _watch(end: Callable[[], None]) -> None:
    """A terminal may go without a word: nobody hangs up on a session of its own."""
    hung = select.poll()
    hung.register(sys.stdin.fileno(), 0)
    if hung.poll():
        end()
