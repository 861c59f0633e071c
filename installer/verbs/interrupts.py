"""^C, once and twice."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


def stop_on_interrupt() -> threading.Event:
    """An event that the first ^C or SIGTERM sets: running steps finish, then the run stops. The second aborts."""
    stop = threading.Event()

    def heard(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.set()
        print("\nstopping after the running steps (again: abort now; either way it can be resumed)", file=sys.stderr)

    signal.signal(signal.SIGINT, heard)
    signal.signal(signal.SIGTERM, heard)
    return stop
