"""Ends the wizard, with its terminal as it was, when somebody ends it from outside or the terminal goes away."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from functools import partial

from textual.app import App

PATIENCE = 5.0
"""Seconds for giving the terminal back; where it is gone, writing to it may stand still for ever."""


def look_after(app: App[None]) -> None:
    """Hear SIGTERM and SIGHUP, and look every second whether the terminal is still there."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, _end, app)
    if not app.is_headless:
        app.set_interval(1, partial(_end_when_gone, app))


def _end(app: App[None]) -> None:
    """Leave in good order, or at once when that takes too long; the draft is on disk already."""
    last = threading.Timer(PATIENCE, os._exit, (1,))
    last.daemon = True
    last.start()
    app.exit()


def _end_when_gone(app: App[None]) -> None:
    """A terminal may go without a word: nobody hangs up on a session of its own."""
    hung = select.poll()
    hung.register(sys.stdin.fileno(), 0)
    if hung.poll(0):
        _end(app)
