"""A real socket in place of an SSH channel, for what insists on a file descriptor (TLS)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def bridged(stream: Any) -> socket.socket:
    """A socket whose bytes come from and go to `stream`; closing either end closes both."""
    near, far = socket.socketpair()
    stream.settimeout(None)

    def pump(receive: Callable[[int], bytes], send: Callable[[bytes], object]) -> None:
        with suppress(OSError, EOFError):  # either end may go first; the other learns it by the end of its stream
            while chunk := receive(65536):
                send(chunk)
        with suppress(OSError, EOFError):  # nothing is left to say where the connection under it has gone
            stream.close()
        with suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    threads = [
        threading.Thread(target=pump, args=(stream.recv, far.sendall), daemon=True),
        threading.Thread(target=pump, args=(far.recv, stream.sendall), daemon=True),
    ]

    def finish() -> None:
        for thread in threads:
            thread.join()
        far.close()

    for thread in (*threads, threading.Thread(target=finish, daemon=True)):
        thread.start()
    return near
