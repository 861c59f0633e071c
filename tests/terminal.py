"""A real pseudo-terminal with a program in it: what is typed goes in, what it shows comes out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

ALTERNATE, BACK = b"\x1b[?1049h", b"\x1b[?1049l"
START = "from installer.cli import run; import sys; sys.exit(run(sys.argv[1:]))"
"""The program as Python runs it, to be followed by its arguments."""
PATIENCE = 300
"""Seconds after which it hangs; it takes a few, and more where much else goes on."""


class Terminal:
    """A program at a terminal of 120 by 40."""

    def __init__(self, *argv: str, **environment: str) -> None:
        self._near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(far)
        self.far = far
        env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        self.process = subprocess.Popen(argv, stdin=far, stdout=far, stderr=far, env=env, start_new_session=True)
        self.output = b""

    def until(self, text: bytes, seconds: float = PATIENCE) -> None:
        """Read on until a text has come."""
        end = time.monotonic() + seconds
        while text not in self.output:
            assert time.monotonic() < end, self.output[-2000:]
            self.read(0.1)

    def read(self, seconds: float) -> None:
        """Take in what comes."""
        while select.select([self._near], [], [], seconds)[0]:
            try:
                self.output += os.read(self._near, 65536)
            except OSError:
                return

    def type(self, keys: bytes) -> None:
        os.write(self._near, keys)

    def end(self, seconds: float = PATIENCE) -> int:
        """Wait for the program's end and take in the rest."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, self.output[-2000:]
            self.read(0.05)
        self.read(0.05)
        return self.process.returncode

    def restored(self) -> bool:
        """Whether the terminal is as it was: its modes, the first screen, a cursor."""
        same = termios.tcgetattr(self.far)[:4] == self.before[:4]
        return same and self.output.rfind(BACK) > self.output.rfind(ALTERNATE) and b"\x1b[?25h" in self.output
