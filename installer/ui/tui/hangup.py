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

from installer.errors import SitewrightError

PATIENCE = 5.0
"""Seconds for giving the terminal back; where it is gone, writing to it may stand still for ever."""


def look_after(app: App[None], keep: Callable[[], None]) -> None:
    """Hear SIGTERM and SIGHUP, and the end of the terminal; `keep` is called where it comes to the worst."""
    if app.is_headless:
        return
    loop = asyncio.get_running_loop()

    def at_once() -> None:
        with suppress(SitewrightError):  # nobody is there to be told
            keep()
        os._exit(1)

    def end() -> None:
        """Leave in good order, or at once when that takes too long."""
        last = threading.Timer(PATIENCE, at_once)
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
