"""What only the real adapter can show of commands: streams, shells that stay, lost connections, long work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from practice import Practice
from stages import open_site, whoami

from installer.errors import ConnectionLost
from installer.rehearsal import hosts
from installer.remote.world import Site

pytestmark = pytest.mark.lab


@pytest.fixture
def site(practice: Practice, tmp_path: Path) -> Iterator[Site]:
    with open_site(practice, tmp_path) as opened:
        yield opened


def test_much_on_both_streams_and_stdin_at_once(site: Site) -> None:
    """paramiko 1778: more than a window on each stream, read one after the other, stands still for ever."""
    size = 5 << 20
    both = site.run("cp-1", "sh", "-c", f"head -c {size} /dev/zero >&2; cat", stdin=b"x" * size)
    assert (both.code, len(both.out), len(both.err)) == (0, size, size)


def test_a_command_that_ignores_its_stdin_ends(site: Site) -> None:
    assert site.run("cp-1", "true", stdin=b"x" * (5 << 20)).ok


def test_a_command_without_end_is_ended_on_the_host(site: Site) -> None:
    assert site.run("cp-1", "sleep", "31337", timeout=0.5).code == 124
    assert "31337" not in site.run("cp-1", "ps", "-eo", "args").out


def test_no_password_in_any_argument_list(site: Site, practice: Practice) -> None:
    seen = site.run("cp-1", "sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null; true", stdin=b"a secret to write")
    assert practice.password not in seen.out
    assert "a secret to write" not in seen.out
    assert "cmdline" in seen.out


def loop_of(site: Site, host: str = "cp-1") -> str:
    """The process id of the shell that stays, in which a command runs now."""
    return site.run(host, "sh", "-c", "ps -o sid= -p $$").out.strip()


def kill_loops(practice: Practice) -> None:
    """Kill every shell that stays, but not the connection it came by."""
    hosts.console(practice.site, "cp-1", "pkill", "-KILL", "-f", "^bash -p -s [0-9]+$")


def test_many_commands_cost_one_sudo(site: Site) -> None:
    assert len({loop_of(site) for _ in range(20)}) == 1


def test_commands_side_by_side_and_no_more_sessions_than_the_server_allows(site: Site) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda _: site.run("cp-1", "sleep", "2").code, range(12)))
    assert codes == [0] * 12
    assert time.monotonic() - began < 14


def test_bytes_of_every_kind_both_ways(site: Site) -> None:
    content = bytes(range(256)) * 41 + b"\n\n"
    link = site.link("cp-1")
    assert link.execute(("cat",), (content,)).out == content
    assert link.execute(("sh", "-c", "cat >&2"), (content,)).err == content


def test_much_on_both_streams_of_a_shell_that_stays(site: Site) -> None:
    size = 5 << 20
    before = loop_of(site)
    ended = site.link("cp-1").execute(("sh", "-c", f"head -c {size} /dev/zero >&2 & head -c {size} /dev/zero; wait"))
    assert (ended.code, len(ended.out), len(ended.err)) == (0, size, size)
    assert loop_of(site) == before


def test_nothing_leaks_from_one_command_to_the_next(site: Site) -> None:
    look = ("sh", "-c", "env | sort; pwd; umask; ls /proc/self/fd")
    before = site.run("cp-1", *look)
    site.run("cp-1", "sh", "-c", "cd /; umask 077; export LEAK=1; exec 9>/dev/null")
    assert site.run("cp-1", *look) == before
    assert before.out.split()[-4:] == ["0", "1", "2", "3"]


def test_a_shell_killed_under_a_command_is_a_lost_connection(site: Site, practice: Practice) -> None:
    assert whoami(site) == "root"
    killer = threading.Timer(1, kill_loops, (practice,))
    killer.start()
    with pytest.raises(ConnectionLost):
        site.run("cp-1", "sleep", "3")
    killer.join()
    assert whoami(site) == "root"


@pytest.mark.parametrize("rest", [0, 1.5])
def test_a_shell_killed_while_idle_is_replaced(site: Site, practice: Practice, rest: float) -> None:
    before = loop_of(site)
    kill_loops(practice)
    time.sleep(0.3 + rest)
    assert loop_of(site) != before


@pytest.fixture
def configured(practice: Practice) -> Iterator[Callable[[str, str], None]]:
    """Puts a file on cp-1 and starts sshd again, waiting until it listens; all is undone afterwards."""
    put: list[str] = []

    def at_the_console(script: str) -> None:
        # Without its counters reset systemd refuses what is started so often.
        again = "systemctl reset-failed ssh; systemctl restart ssh"
        hosts.console(practice.site, "cp-1", "sh", "-c", f"{script}; {again}")

    def put_there(path: str, text: str) -> None:
        put.append(path)
        at_the_console(f"echo '{text}' >{path}; chmod 440 {path}")

    yield put_there
    for path in put:
        at_the_console(f"rm {path}")


@pytest.mark.parametrize("sessions", [1, 2])
def test_a_server_that_allows_few_sessions(
    practice: Practice, tmp_path: Path, configured: Callable[[str, str], None], sessions: int
) -> None:
    configured("/etc/ssh/sshd_config.d/sessions.conf", f"MaxSessions {sessions}")
    with open_site(practice, tmp_path) as site, ThreadPoolExecutor(6) as pool:
        assert [out.out for out in pool.map(lambda n: site.run("cp-1", "echo", str(n)), range(12))] == [
            f"{n}\n" for n in range(12)
        ]
        site.write("cp-1", "/var/lib/contract-large", b"x" * (1 << 20))
        assert whoami(site) == "root"
        site.remove("cp-1", "/var/lib/contract-large")


@pytest.mark.parametrize("rule", ["use_pty", "use_pty,log_input,log_output", "!env_reset"])
def test_sudo_as_strict_distributions_set_it_up(
    practice: Practice, tmp_path: Path, configured: Callable[[str, str], None], rule: str
) -> None:
    configured("/etc/sudoers.d/strict", f"Defaults {rule}")
    content = bytes(range(256)) * 41
    with open_site(practice, tmp_path) as site:
        for size in (1, 400):  # in a shell that stays, and in a session of its own
            site.write("cp-1", "/var/lib/contract-strict", content * size, mode=0o600)
            assert site.read("cp-1", "/var/lib/contract-strict") == content * size
        ended = site.run("cp-1", "sh", "-c", "cat; echo err >&2; exit 9", stdin=b"in\n")
        assert (ended.code, ended.out, ended.err) == (9, "in\n", "err\n")
        assert site.run("cp-1", "sleep", "31338", timeout=0.5).code == 124
        assert "31338" not in site.run("cp-1", "ps", "-eo", "args").out
        site.remove("cp-1", "/var/lib/contract-strict")


def test_an_idle_connection_that_was_lost_is_made_again(site: Site, practice: Practice) -> None:
    assert whoami(site) == "root"
    hosts.console(practice.site, "cp-1", "pkill", "-f", "sshd: engineer")
    time.sleep(1)  # idle is one whose end has arrived here
    assert whoami(site) == "root"


def test_a_connection_lost_under_a_command_is_an_error(site: Site, practice: Practice) -> None:
    assert whoami(site) == "root"
    caught: list[BaseException] = []

    def long() -> None:
        try:
            site.run("cp-1", "sleep", "60")
        except ConnectionLost as error:
            caught.append(error)

    thread = threading.Thread(target=long)
    thread.start()
    while "sleep" not in hosts.console(practice.site, "cp-1", "ps", "-eo", "args"):
        time.sleep(0.1)
    hosts.console(practice.site, "cp-1", "pkill", "-f", "sshd: engineer")
    thread.join()
    assert [type(error) for error in caught] == [ConnectionLost]


def test_long_work_is_attached_to_not_started_twice(site: Site, practice: Practice, tmp_path: Path) -> None:
    script = ("sh", "-c", "echo begun; sleep 4; echo ended")
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(site.work("cp-1", "attach", *script).out))
    thread.start()
    while site.read("cp-1", "/var/lib/sitewright/log/sitewright-attach.log") != b"begun\n":
        time.sleep(0.1)
    hosts.console(practice.site, "cp-1", "pkill", "-f", "sshd: engineer")
    thread.join()
    assert answers == ["begun\nended\n"]
