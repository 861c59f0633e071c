"""Root on a host: how many sessions that takes, and what happens where they break; the commands are real ones."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from local_session import LocalConnection

from installer.answers.model import SecretRef
from installer.errors import ConnectionLost, NoCommands
from installer.remote.ssh import root, root_shell
from installer.remote.ssh.hearing import NotAsAsked
from installer.remote.ssh.host_keys import Pins
from installer.remote.ssh.login import Login
from installer.remote.ssh.root import SESSIONS, SHORT, Root
from installer.remote.ssh.root_shell import RootShell

Made = Callable[[LocalConnection], Root]


def nothing(_: SecretRef) -> str:
    raise AssertionError("root needs no secret")


@pytest.fixture
def made() -> Iterator[Made]:
    connections: list[LocalConnection] = []

    def make(connection: LocalConnection) -> Root:
        connections.append(connection)
        login = Login("cp-1", "", 22, "root", "", None, None, False, Pins("cp-1", (), ()))
        return Root(login, nothing, None, connection.session)

    yield make
    for connection in connections:
        for session in connection.sessions:
            session.close()


def echo(of: Root, word: str) -> str:
    return of.execute(("echo", word), (), 20).out.decode().strip()


def test_one_after_the_other_takes_one_session(made: Made) -> None:
    connection = LocalConnection()
    on = made(connection)
    assert [echo(on, str(number)) for number in range(20)] == [str(number) for number in range(20)]
    assert len(connection.sessions) == 1


def test_short_commands_of_many_threads_wait_for_each_other(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "WORTH", 600)  # on a machine that is busy with other tests, a short one may take a while
    connection = LocalConnection()
    on = made(connection)
    echo(on, "first")
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda number: echo(on, str(number)), range(60)))
    assert said == [str(number) for number in range(60)]
    assert len(connection.sessions) == 1


def test_long_commands_run_side_by_side_but_not_without_bound(made: Made) -> None:
    connection = LocalConnection()
    on = made(connection)
    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda _: on.execute(("sleep", "1"), (), 20).code, range(12)))
    assert codes == [0] * 12
    assert connection.peak == SESSIONS


def test_fair_to_the_first(made: Made) -> None:
    """Threads that ask again at once do not keep one that has been waiting for longer."""
    on = made(LocalConnection())
    echo(on, "first")
    over = threading.Event()

    def again_and_again() -> None:
        while not over.is_set():
            echo(on, "again")

    threads = [threading.Thread(target=again_and_again) for _ in range(2)]
    for thread in threads:
        thread.start()
    took = []
    for _ in range(20):
        began = time.monotonic()
        echo(on, "patient")
        took.append(time.monotonic() - began)
    over.set()
    for thread in threads:
        thread.join()
    assert sorted(took)[-3] < 2


@pytest.mark.parametrize("size", [0, 1, SHORT, SHORT + 1, 5 << 20])
def test_input_of_every_size_arrives(made: Made, size: int) -> None:
    connection = LocalConnection()
    ended = made(connection).execute(("sh", "-c", f"head -c {5 << 20} /dev/zero >&2; cat"), (b"x" * size,), 20)
    assert (ended.code, ended.out, len(ended.err)) == (0, b"x" * size, 5 << 20)
    assert len(connection.sessions) == (1 if size <= SHORT else 2)
    assert connection.open == 1, "the shell that stays"


def test_input_that_is_still_being_made_gets_a_session_of_its_own(made: Made) -> None:
    connection = LocalConnection()
    on = made(connection)
    echo(on, "first")
    assert on.execute(("cat",), (bytes([65 + n]) for n in range(3)), 20).out == b"ABC"
    assert connection.open == 1


def test_input_makes_room_for_itself(made: Made, tmp_path: Path) -> None:
    """Shells that stay hold sessions; a long input finds one all the same."""
    connection = LocalConnection(most=SESSIONS)
    on, over = made(connection), tmp_path / "over"
    long = ("sh", "-c", f"until [ -e {over} ]; do sleep 0.05; done")
    with ThreadPoolExecutor(SESSIONS) as pool:
        running = [pool.submit(on.execute, long, (), 20) for _ in range(SESSIONS)]
        while connection.open < SESSIONS and not any(each.done() for each in running):
            time.sleep(0.05)
        over.touch()
    assert connection.open == SESSIONS
    with ThreadPoolExecutor(2 * SESSIONS) as pool:
        ended = list(pool.map(lambda _: on.execute(("wc", "-c"), (b"x" * (SHORT + 1),), 20).out, range(2 * SESSIONS)))
    assert {out.strip() for out in ended} == {str(SHORT + 1).encode()}
    assert connection.peak == SESSIONS


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_server_with_few_sessions_is_enough(made: Made, most: int) -> None:
    """MaxSessions of sshd_config; a refused session is no fault but a bound."""
    connection = LocalConnection(most=most)
    on = made(connection)

    def both(number: int) -> bytes:
        on.execute(("sleep", "0.3"), (), 20)
        return on.execute(("cat",), iter([str(number).encode()]), 20).out

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(both, range(12)))
    assert said == [str(number).encode() for number in range(12)]
    assert connection.peak <= most


def test_a_server_without_any_session_is_told(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "FULL", (0.01,))
    with pytest.raises(ConnectionLost, match="opens no session"):
        echo(made(LocalConnection(most=0)), "never")


def test_a_host_without_bash_is_told(made: Made, tmp_path: Path) -> None:
    """Every system that a release is tried on has it; probes need it as well."""
    (tmp_path / "env").write_text(
        '#!/bin/sh\nfor word; do [ "$word" != bash ] || exit 127; done; exec /usr/bin/env "$@"\n'
    )
    (tmp_path / "env").chmod(0o755)
    connection = LocalConnection(env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    on = made(connection)
    for _ in range(2):
        with pytest.raises(NoCommands, match="exit code 127"):
            echo(on, "never")
    assert connection.open == 0


def test_a_shell_that_died_idle_is_replaced_unnoticed(made: Made) -> None:
    connection = LocalConnection()
    on = made(connection)
    for word in ("a", "b", "c"):
        assert echo(on, word) == word
        session = connection.sessions[-1]
        os.kill(session.pid, signal.SIGKILL)
        while not session.eof_received:
            time.sleep(0.01)
    assert connection.hung_up == 0, "the connection itself was well"


def test_a_shell_that_is_silent_after_a_rest_costs_its_connection_and_no_command(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As when the host was switched off meanwhile: nothing was begun, so another connection may be tried."""
    monkeypatch.setattr(root_shell, "RESTED", 0.0)
    connection = LocalConnection()
    on = made(connection)
    echo(on, "first")
    silent = connection.sessions[0].pid
    os.kill(silent, signal.SIGSTOP)
    monkeypatch.setattr("installer.remote.ssh.root_shell.RootShell.greet.__defaults__", (0.3,))
    threading.Timer(0.6, os.kill, (silent, signal.SIGCONT)).start()
    count = tmp_path / "count"
    assert on.execute(("sh", "-c", 'echo once >>"$1"', "test", str(count)), (), 20).code == 0
    assert count.read_text() == "once\n"
    assert connection.hung_up == 1


def test_a_shell_that_answers_something_else_after_a_rest_costs_its_connection_and_no_command(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(_: RootShell, timeout: float = 0) -> None:
        raise NotAsAsked("an exit code b'x'")

    monkeypatch.setattr(root_shell, "RESTED", 0.0)
    connection = LocalConnection()
    on = made(connection)
    echo(on, "first")
    monkeypatch.setattr(RootShell, "greet", odd)
    assert echo(on, "next") == "next"
    assert connection.hung_up == 1


def test_a_shell_that_dies_under_a_command_is_told_and_the_command_not_repeated(made: Made, tmp_path: Path) -> None:
    connection = LocalConnection()
    on = made(connection)
    echo(on, "first")
    count = tmp_path / "count"
    threading.Timer(0.5, os.kill, (connection.sessions[0].pid, signal.SIGKILL)).start()
    with pytest.raises(ConnectionLost, match="exit code"):
        on.execute(("sh", "-c", 'echo once >>"$1"; sleep 1', "test", str(count)), (), 20)
    assert count.read_text() == "once\n"
    assert echo(on, "next") == "next"
