"""^C, once and twice; and the end of the terminal."""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from installer.errors import Interrupted, SitewrightError
from installer.ui import jsonl, terminal

STOPPING = "stopping after the running steps (again: abort now; either way it can be resumed)"


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that the first ^C or SIGTERM in the block sets: running steps finish, then the run stops.

    The second aborts. Before and after the block nothing is under way that has to be finished: there ^C ends at once.
    """
    stop = threading.Event()
    as_before = terminal.as_it_is()

    def heard(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            as_before()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.set()
        terminal.say(f"\n{STOPPING}")

    former = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def outliving(verb: Callable[[], int]) -> int:
    """Do what --detached asks for: go on when the terminal is gone, and say the exit code in the last line."""
    _detach()
    code = SitewrightError.exit_code
    # Not before the process ends: an error is told only after it has left this function.
    atexit.register(lambda: jsonl.write("ended", {"exit_code": code}))
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        code = verb()
    except SitewrightError as error:
        code = error.exit_code
        raise
    except KeyboardInterrupt:
        code = Interrupted.exit_code
        raise
    return code


def _detach() -> None:
    """Let nothing of the terminal that we were started at matter: neither its end, nor ^C there, nor its encoding."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # A shell starts what runs in its background deaf to ^C, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
