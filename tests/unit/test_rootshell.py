"""Shells that stay: each command alone with its streams, its environment and its end, whatever the last one did."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_session import LocalConnection

from installer.remote.ssh import commands, hearing, program, root_shell
from installer.remote.ssh.commands import Ended
from installer.remote.ssh.root_shell import RootShell

EVERY_CHARACTER = "".join(map(chr, range(1, 128))) + "ünï 中文 \udc80\udcff"


@pytest.fixture
def connection() -> Iterator[LocalConnection]:
    made = LocalConnection()
    yield made
    for session in made.sessions:
        session.close()


@pytest.fixture
def standing(connection: LocalConnection) -> RootShell:
    return begun(connection.session())


def begun(session: Any) -> RootShell:
    found = RootShell(session)
    found.start("", b"")
    assert found.proved() == os.getuid()
    return found


def run(standing: RootShell, script: str, *arguments: str, stdin: bytes = b"", timeout: float = 20) -> Ended:
    return standing.run(("sh", "-c", script, "test", *arguments), stdin, timeout)


@pytest.mark.parametrize("code", [0, 1, 7, 44, 124, 255])
def test_exit_code_and_streams_are_the_commands_own(standing: RootShell, code: int) -> None:
    for _ in range(2):
        assert run(standing, f"echo out; echo err >&2; exit {code}") == Ended(code, b"out\n", b"err\n")


def test_bytes_pass_unchanged_both_ways(standing: RootShell) -> None:
    noise = bytes(range(256)) * 99 + secrets.token_bytes(999) + b"\n"
    for content in (noise, noise[:-1], b"\0", b"\n", b"x" * hearing.END):
        assert run(standing, "cat", stdin=content) == Ended(0, content, b"")
        assert run(standing, "cat >&2", stdin=content) == Ended(0, b"", content)


def test_arguments_pass_unchanged(standing: RootShell) -> None:
    printed = standing.run(("printf", r"%s\0", EVERY_CHARACTER, "", "-n", "$(id)"), b"", 20)
    assert printed.out == b"".join(
        part.encode("utf-8", "surrogateescape") + b"\0" for part in (EVERY_CHARACTER, "", "-n", "$(id)")
    )


def test_much_on_both_streams_at_once(standing: RootShell) -> None:
    size = 5 << 20
    ended = run(standing, f"head -c {size} /dev/zero >&2 & head -c {size} /dev/zero; wait")
    assert (ended.code, len(ended.out), len(ended.err)) == (0, size, size)
    assert run(standing, "echo next").out == b"next\n"


def test_a_long_argument_list(standing: RootShell) -> None:
    paths = [f"/nowhere/{number:0100}" for number in range(500)]
    assert (
        commands.file_states(paths, standing.run(commands.script(commands.STAT, *paths), b"", 20).out) == (None,) * 500
    )


def test_input_that_is_not_read_is_no_command(standing: RootShell) -> None:
    hostile = b"0 3 0\nid\n" * 9999
    assert run(standing, "true", stdin=hostile).code == 0
    assert run(standing, "head -c 1", stdin=hostile).out == b"0"
    assert run(standing, "echo next").out == b"next\n"


def test_a_command_without_input_finds_its_end(standing: RootShell) -> None:
    assert run(standing, "cat; echo over").out == b"over\n"


def test_nothing_of_a_command_leaks_into_the_next(standing: RootShell, connection: LocalConnection) -> None:
    here = run(standing, "env; pwd; umask; ls -l /proc/self/fd | wc -l").out
    assert run(standing, "cd /; umask 077; export LEAK=1 PATH=/nowhere; exec 5>/dev/null; trap : TERM").code == 0
    standing.run(("cd", "/"), b"", 20)
    assert run(standing, "env; pwd; umask; ls -l /proc/self/fd | wc -l").out == here
    assert b"PATH=" + commands.PATH.encode() + b"\n" in here
    assert b"LC_ALL=C\n" in here
    assert b"\n0022\n" in here
    assert run(standing, "ls /proc/self/fd").out.split() == [b"0", b"1", b"2", b"3"], "3 is the folder that ls reads"


def test_what_a_command_leaves_behind_cannot_write_into_the_next(standing: RootShell) -> None:
    began = time.monotonic()
    first = run(standing, "(sleep 0.5; echo late; echo later >&2) & echo early")
    assert first == Ended(0, b"early\nlate\n", b"later\n")
    assert time.monotonic() - began > 0.4
    assert run(standing, "sleep 0.2; echo next") == Ended(0, b"next\n", b"")


def test_time_over_ends_the_whole_group_and_nothing_else(standing: RootShell) -> None:
    name = f"{secrets.randbelow(10**6) + 10**6}"
    other = subprocess.Popen(["sleep", f"{name}0"])
    began = time.monotonic()
    ended = run(standing, f"sleep {name} & sleep {name}; echo never", stdin=b"unread", timeout=0.3)
    assert (ended.code, ended.out) == (124, b"")
    assert time.monotonic() - began < 4
    assert f"sleep {name}\n" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert other.poll() is None
    other.kill()
    other.wait()
    assert run(standing, "echo next").out == b"next\n"


def test_a_command_that_a_signal_ends_has_a_code(standing: RootShell) -> None:
    assert run(standing, "kill -KILL $$").code == 137
    assert run(standing, "echo next").out == b"next\n"


@pytest.mark.parametrize("argv", [(), ("",), ("echo", "a\0b")])
def test_what_is_no_command_is_refused_unsent(standing: RootShell, argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"empty|NUL"):
        standing.run(argv, b"", 20)
    assert run(standing, "echo next").out == b"next\n"


def test_a_missing_program_is_not_the_shells_end(standing: RootShell) -> None:
    missing = standing.run(("no-such-program",), b"", 20)
    assert missing.code == 127
    assert "no-such-program" in missing.reason
    assert run(standing, "echo next").out == b"next\n"


@pytest.mark.parametrize("stdin", [b"", b"given"])
def test_a_shell_that_dies_in_the_middle_is_an_error(
    standing: RootShell, connection: LocalConnection, stdin: bytes
) -> None:
    pid = connection.sessions[0].pid
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(EOFError):
        run(standing, "sleep 1; echo done", stdin=stdin)
    assert not standing.alive


def test_a_shell_from_which_nothing_is_heard_is_an_error(
    standing: RootShell, connection: LocalConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root_shell, "GRACE", 0.1)
    pid = connection.sessions[0].pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        run(standing, "true", timeout=0.2)
    os.kill(pid, signal.SIGCONT)


def test_half_a_request_begins_nothing(connection: LocalConnection, tmp_path: Path) -> None:
    session = connection.session()
    begun(session)
    session.sendall(program.request(b"mark", ("touch", str(tmp_path / "begun")), 0, 20)[:-1])
    session.close()
    assert list(tmp_path.iterdir()) == []


def test_the_loop_ends_with_its_session(connection: LocalConnection, standing: RootShell) -> None:
    pid = connection.sessions[0].pid
    standing.close()
    assert not Path(f"/proc/{pid}/cmdline").exists()


def test_a_shell_that_nobody_uses_ends(monkeypatch: pytest.MonkeyPatch, connection: LocalConnection) -> None:
    """Its user's machine may have been switched off, which no SSH server notices for hours."""
    monkeypatch.setattr(program, "IDLE", 1)
    forgotten = begun(connection.session())
    assert run(forgotten, "sleep 1.5; echo a long command is no rest").code == 0
    assert forgotten.alive
    time.sleep(1.5)
    assert not forgotten.alive


def test_a_login_scripts_greeting_is_nobodys_output(connection: LocalConnection, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "env").write_text('#!/bin/sh\necho Welcome; echo lectured >&2; exec /usr/bin/env "$@"\n')
    (folder / "env").chmod(0o755)
    connection.env["PATH"] = f"{folder}:/usr/bin:/bin"
    greeted = begun(connection.session())
    assert run(greeted, "echo only this") == Ended(0, b"only this\n", b"")


def test_a_shell_does_not_tire_of_waiting(connection: LocalConnection) -> None:
    """bash's `read` gives up after TMOUT seconds, which some sites set for everybody."""
    connection.env["TMOUT"] = "1"
    patient = begun(connection.session())
    time.sleep(1.5)
    assert run(patient, "echo still here").out == b"still here\n"


def test_a_mark_is_told_to_no_command(standing: RootShell) -> None:
    marks: set[bytes] = set()

    def new_mark() -> bytes:
        marks.add(secrets.token_hex(16).encode())
        return next(iter(marks))

    original, root_shell.new_mark = root_shell.new_mark, new_mark
    try:
        seen = run(standing, "cat /proc/$PPID/cmdline /proc/self/environ /proc/[0-9]*/cmdline 2>/dev/null; env; set")
    finally:
        root_shell.new_mark = original
    assert len(marks) == 1
    assert marks.pop() not in seen.out
