"""Runs podman and mmdebstrap on this machine, as root."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator

from installer.errors import PracticeFailed, PracticeToolMissing

TOOLS = ("podman", "runc", "mmdebstrap")


def require_tools() -> None:
    """Make sure that practice hosts can be made here.

    Raises:
        PracticeToolMissing: a program is not installed.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise PracticeToolMissing(tools=", ".join(missing))


def run(*argv: str, stdin: bytes = b"") -> str:
    """Run a command to its end; return its standard output.

    Raises:
        PracticeFailed: it did not exit 0; the reason is the last line it wrote.
    """
    code, out, err = attempt(*argv, stdin=stdin)
    if code:
        raise _failure(argv, err.splitlines() or out.splitlines(), code)
    return out


def attempt(*argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Run a command to its end; return exit code, standard output and standard error."""
    done = subprocess.run(as_root(argv), input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def follow(*argv: str, line: Callable[[str], None]) -> None:
    """Run a long command, handing over each line of its standard error as it comes.

    Raises:
        PracticeFailed: it did not exit 0; the reason is the last line it wrote.
    """
    seen: list[str] = []
    with subprocess.Popen(
        as_root(argv), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        for text in _lines(process):
            seen.append(text)
            line(text)
    if process.returncode:
        raise _failure(argv, seen, process.returncode)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    if process.stderr is not None:
        for raw in process.stderr:
            yield raw.decode(errors="replace").rstrip()


def _failure(argv: tuple[str, ...], lines: list[str], code: int) -> PracticeFailed:
    reason = next((text for text in reversed(lines) if text.strip()), f"exit code {code}")
    return PracticeFailed(command=shlex.join(argv[:3]), reason=reason)


def as_root(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Containers that run systemd and Kubernetes need the machine's root."""
    return argv if os.geteuid() == 0 else ("sudo", *argv)
