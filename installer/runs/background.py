"""A run in a process of its own, which goes on when whoever started it dies; found again by the site's folder.

    <state>/sites/<site>/process.json     which process it is, and since when
                         console.jsonl    what it says: JSON lines, the last one {"type": "ended", "exit_code": n}
                         console.err      what it complains about

All are of the last start, and their owner's alone. Prompted secrets go to the process through a pipe; it does nothing
before the pipe is closed, and nothing at all where its maker died half-way.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from installer.errors import SiteLocked, StateUnreadable
from installer.formats import strict_json
from installer.messages import Message
from installer.runs.store import Runs
from installer.state_files import opened, read_object, trouble

FORMAT = 1
RECORD, GUARD, CONSOLE, COMPLAINTS = "process.json", "process.lock", "console.jsonl", "console.err"
FLAGS = ("--json", "--detached", "--secrets-from-stdin")
AT_ONCE = 1 << 20
"""Bytes that one reading takes, lest catching up hold a screen; a longer line is read whole."""
TAIL = 4096
"""Bytes at the end of what was said among which the last line is looked for."""
GRACE, BETWEEN = 5.0, 0.2
"""Seconds that a process has to end after it was told to stop at once, and between two times it is told."""


@dataclass(frozen=True)
class Detached:
    """A process that was started for a site at `since` (ISO 8601, UTC): under way, or ended. `argv` has no program."""

    runs: Runs
    site: str
    pid: int
    began: int
    """When it began, in ticks since the machine was switched on: its number may be another's by now."""
    boot: str
    argv: tuple[str, ...]
    since: str
    child: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)
    """The process where it is our own child."""

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        if self.child is not None:
            return self.child.returncode is None
        return _identity(self.pid) == (self.began, self.boot)

    @property
    def exit_code(self) -> int | None:
        """How it ended. None while it runs, and where it was killed without a word: such a run can be resumed."""
        for line in reversed(self._tail()):
            with suppress(ValueError):
                told = strict_json.loads(line, halves=True)
                if isinstance(told, dict) and told.get("type") == "ended" and type(told.get("exit_code")) is int:
                    return int(told["exit_code"])
        code = self.child.returncode if self.child else None
        return None if code is None else code if code >= 0 else 128 - code

    def pause(self) -> bool:
        """Let running steps finish and then stop, to be resumed; tells whether it still ran. A second time aborts."""
        alive = self.alive
        if alive:
            self._signal(signal.SIGINT)
        return alive

    def stop(self) -> None:
        """Abort now, running steps too; it can be resumed. Returns when the process is gone, after `GRACE` at most."""
        end = time.monotonic() + GRACE
        while self.alive and time.monotonic() < end:
            self.pause()
            time.sleep(BETWEEN)
        if self.alive:
            self._signal(signal.SIGKILL)

    def lines(self, start: int = 0) -> tuple[list[str], int]:
        """Whole lines of what it said from byte `start` on, and where to go on reading; not all where there is much.

        Raises:
            StateUnreadable: the file cannot be read.
        """
        return self._whole_lines(CONSOLE, start)

    def complaints(self, start: int = 0) -> tuple[list[str], int]:
        """Whole lines of its standard error, as `lines`."""
        return self._whole_lines(COMPLAINTS, start)

    def _whole_lines(self, name: str, start: int) -> tuple[list[str], int]:
        raw = b""
        with self._opened(name) as file:
            if file is not None:
                file.seek(start)
                raw = file.read(AT_ONCE)
                raw += b"" if raw.endswith(b"\n") else file.readline()
        whole = raw[: raw.rfind(b"\n") + 1]
        # A record that is still there after the reading was there before it: what was read is of this process.
        if not whole or not self._last():
            return [], start
        return whole.decode(errors="replace").split("\n")[:-1], start + len(whole)

    def _tail(self) -> list[bytes]:
        with self._opened(CONSOLE) as file:
            if file is None:
                return []
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            said = file.read().split(b"\n")
        return said[:-1] if self._last() else []

    def _signal(self, number: signal.Signals) -> None:
        """Tell its whole process group, as a terminal would: what it has started on this machine hears it too."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO | None]:
        path = self.runs.folder(self.site) / name
        with trouble(path), ExitStack() as stack:
            file = None
            with suppress(FileNotFoundError):  # the site was forgotten meanwhile
                file = stack.enter_context(opened(path))
            yield file

    def _last(self) -> bool:
        """Whether no other process was started for the site since."""
        last = find(self.runs, self.site)
        return last is not None and (last.pid, last.began, last.boot) == (self.pid, self.began, self.boot)


def start(argv: Sequence[str], runs: Runs, site: str, answers_to_prompts: Mapping[str, str]) -> Detached:
    """Start this very program with other arguments, in a session of its own.

    Args:
        argv: a verb that acts on a site and its flags, --state and --simulate like those that `runs` was made from.
        runs: where the site's folder is.
        site: the site's name.
        answers_to_prompts: secrets by the text of their prompt; they go through a pipe and nowhere else.

    Raises:
        SiteLocked: the process of an earlier start still runs.
        StateUnreadable: the site's folder cannot be written, or the program not be started.
    """
    folder = runs.make(site)
    with trouble(folder), _alone(folder):
        earlier = find(runs, site)
        if earlier is not None and earlier.alive:
            owner = (
                Message("{command}, process {pid}", command=f"sitewright {earlier.argv[0]}", pid=earlier.pid)
                if earlier.argv
                else Message("process {pid}", pid=earlier.pid)
            )
            raise SiteLocked(owner=owner, since=earlier.since, expires=Message("when it ends"))
        (folder / RECORD).unlink(missing_ok=True)
        with _replaced(folder / CONSOLE) as said, _replaced(folder / COMPLAINTS) as complaints, _interrupts_waiting():
            child = subprocess.Popen(
                [*program(), *argv, *FLAGS],
                stdin=subprocess.PIPE, stdout=said, stderr=complaints, start_new_session=True, env=_environment(),
            )  # fmt: skip
        with _pipe(child) as pipe:
            detached = _record(child, argv, runs, site)
            with suppress(BrokenPipeError):  # it has ended already and has said why
                pipe.write(json.dumps(dict(answers_to_prompts)).encode())
    return detached


def find(runs: Runs, site: str) -> Detached | None:
    """The process that was last started for a site, whether it still runs or not; None where none was.

    Raises:
        StateUnreadable: its record is damaged, or of a newer program.
    """
    path = runs.folder(site) / RECORD
    cure = Message("remove the file once no run of the site is under way: sitewright status")
    told = read_object(path, cure)
    if told is None:
        return None
    if type(told.get("format")) is int and told["format"] > FORMAT:
        raise StateUnreadable(
            path=path, reason=Message("process format {number} is of a newer sitewright", number=told["format"])
        )
    numbers, texts, argv = (told.get("pid"), told.get("began")), (told.get("boot"), told.get("since")), told.get("argv")
    good = (
        told.get("format") == FORMAT and all(type(each) is int and 0 <= each < 1 << 63 for each in numbers)
        and told["pid"] > 1 and isinstance(argv, list) and argv
        and all(isinstance(each, str) for each in (*texts, *argv))
    )  # fmt: skip
    if not good:
        raise StateUnreadable(path=path, reason=Message("it is damaged"), hint=cure)
    return Detached(runs, site, told["pid"], told["began"], told["boot"], tuple(argv or ()), told["since"])


def under_way(runs: Runs) -> Iterator[Detached]:
    """The processes that run now, of all sites; a record that cannot be read counts as none."""
    for folder in sorted((runs.state / "sites").glob(f"*/{RECORD}")):
        with suppress(StateUnreadable):
            process = find(runs, folder.parent.name)
            if process is not None and process.alive:
                yield process


def program() -> list[str]:
    """This program's own command. -P: a folder `installer` in the working directory is not taken for it."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "installer"]


def _environment() -> dict[str, str]:
    """Ours; a frozen program is to begin as if a person had called it, and not as a part of the one that starts it."""
    return {**os.environ, "PYINSTALLER_RESET_ENVIRONMENT": "1"} if getattr(sys, "frozen", False) else dict(os.environ)


def _record(child: subprocess.Popen[bytes], argv: Sequence[str], runs: Runs, site: str) -> Detached:
    began, boot = _identity(child.pid, dead=True) or (0, "")  # not reaped yet: it is there, dead or alive
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    body = {"format": FORMAT, "pid": child.pid, "began": began, "boot": boot, "since": now, "argv": list(argv)}
    runs.keep(site, RECORD, json.dumps(body, indent=2).encode() + b"\n")
    return Detached(runs, site, child.pid, began, boot, tuple(argv), now, child)


@contextmanager
def _pipe(child: subprocess.Popen[bytes]) -> Iterator[BinaryIO]:
    """The child's standard input, closed in any case; from then on the child is reaped as soon as it ends."""
    pipe = cast(BinaryIO, child.stdin)
    try:
        yield pipe
    finally:
        with suppress(BrokenPipeError):
            pipe.close()
        # Never a zombie of ours; where we die first, init reaps it.
        threading.Thread(target=child.wait, name="reaper", daemon=True).start()


@contextmanager
def _interrupts_waiting() -> Iterator[None]:
    """What is started here hears ^C once it is ready to (installer.cli.interrupts), and no earlier one is lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One start of a site at a time."""
    handle = os.open(folder / GUARD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _replaced(path: Path) -> Iterator[int]:
    """A new empty file, open to be added to; whoever reads the former one keeps it."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _identity(pid: int, *, dead: bool = False) -> tuple[int, str] | None:
    """When a process began and in which boot of the machine; None where there is none, or a zombie unless `dead`."""
    try:
        # The name before the last bracket may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" and not dead else (int(fields[19]), boot)
