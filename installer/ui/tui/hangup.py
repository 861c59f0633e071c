"""Ends the wizard, with its terminal as it was, when somebody ends it from outside or the terminal goes away."""

from __future__ import annotations

import asyncio
import select
import signal
import sys
from functools import partial

from textual.app import App


def look_after(app: App[None]) -> None:
    """Hear SIGTERM and SIGHUP, and look every second whether the terminal is still there."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, app.exit)
    if not app.is_headless:
        app.set_interval(1, partial(_leave_when_gone, app))


def _leave_when_gone(app: App[None]) -> None:
    """A terminal may go without a word: nobody hangs up on a session of its own."""
    hung = select.poll()
    hung.register(sys.stdin.fileno(), 0)
    if hung.poll(0):
        app.exit()
