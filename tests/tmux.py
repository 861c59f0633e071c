"""A person at a real terminal: a tmux of our own, keys typed into it, and what stands on its screen."""

from __future__ import annotations

import shlex
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path


class Tmux:
    """One terminal of 120 by 40; what it showed is kept in `transcript`, screen by screen."""

    def __init__(self, folder: Path, transcript: Path, *argv: object, size: tuple[int, int] = (120, 40)) -> None:
        self._name = f"sitewright-{uuid.uuid4().hex[:8]}"
        self._transcript = transcript
        width, height = map(str, size)
        command = shlex.join(map(str, argv))
        shell = f"cd {shlex.quote(str(folder))} && {command}; echo ended with $?; sleep 3600"
        plain = ("-u", "NO_COLOR", "-u", "COLUMNS", "-u", "LINES")
        environment = ("env", *plain, "LANG=C.UTF-8", "COLORTERM=truecolor", f"HOME={Path.home()}")
        self._run("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, *environment, "sh", "-c", shell)

    def type(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Tab, F8, C-s, or single characters."""
        self._run("send-keys", *keys)

    def write(self, text: str) -> None:
        """Type a text."""
        self._run("send-keys", "-l", text)

    @property
    def screen(self) -> str:
        """What stands on the screen."""
        return self._run("capture-pane", "-p")

    def until(self, due: str | Callable[[str], object], seconds: float = 60) -> str:
        """Wait until a text stands on the screen, or until something is so of it; keeps that screen."""
        wanted = (lambda screen: due in screen) if isinstance(due, str) else due
        end = time.monotonic() + seconds
        while not wanted(screen := self.screen):
            assert time.monotonic() < end, f"never came: {due}\n{screen}"
            time.sleep(0.2)
        self.keep(due if isinstance(due, str) else "", screen)
        time.sleep(0.5)  # a person looks before the next key
        return screen

    def keep(self, title: str, screen: str = "") -> None:
        """Add the screen to the transcript."""
        with self._transcript.open("a", encoding="utf-8") as file:
            file.write(f"── {title} {'─' * max(2, 110 - len(title))}\n{screen or self.screen}\n")

    @property
    def pid(self) -> int:
        """The process that the terminal's shell runs in."""
        return int(self._run("display-message", "-p", "#{pane_pid}"))

    @property
    def children(self) -> list[int]:
        """The processes that the terminal's shell has started."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def kill(self) -> None:
        """The terminal dies, as when a laptop is closed for ever."""
        subprocess.run(["tmux", "-L", self._name, "kill-server"], capture_output=True, check=False)

    def _run(self, *argv: str) -> str:
        done = subprocess.run(["tmux", "-L", self._name, *argv], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
