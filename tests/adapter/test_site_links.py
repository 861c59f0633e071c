"""What only the real adapter can show: logins, pinned keys, sudo, lost connections, long work."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from practice import Practice
from stages import answers_for, open_site, secret

from installer.answers import Access, Bastion, Host, SecretRef
from installer.errors import ConnectionLost, HostKeyMismatch, HostKeyUnknown, HostUnreachable, LoginRefused, SudoRefused
from installer.rehearsal import hosts
from installer.world import ssh
from installer.world.site import Site

pytestmark = pytest.mark.lab


def whoami(site: Site, host: str = "cp-1") -> str:
    return site.run(host, "id", "-un").out.strip()


@pytest.fixture
def site(practice: Practice, tmp_path: Path) -> Iterator[Site]:
    with open_site(practice, tmp_path) as opened:
        yield opened


def ways_in(practice: Practice) -> dict[str, Access]:
    key, password = practice.access, SecretRef("file", str(practice.folder / "password"))
    locked = replace(key, private_key=key.private_key + "_passphrase")
    return {
        "key": key,
        "key with passphrase": replace(locked, passphrase=SecretRef("file", str(practice.folder / "passphrase"))),
        "password": replace(key, private_key="", password=password),
        "sudo without password": practice.without_sudo_password(),
        "root": replace(key, user="root", sudo_password=None),
    }


@pytest.mark.parametrize("way", ["key", "key with passphrase", "password", "sudo without password", "root"])
def test_every_way_in_ends_as_root(practice: Practice, tmp_path: Path, way: str) -> None:
    access = ways_in(practice)[way]
    with open_site(practice, tmp_path, access) as site:
        assert whoami(site) == "root"
        site.write("cp-1", "/var/lib/way-in", b"first line\nsecond\n")
        assert site.read("cp-1", "/var/lib/way-in") == b"first line\nsecond\n"
        site.remove("cp-1", "/var/lib/way-in")


def test_a_bastion_is_hopped_over(practice: Practice, tmp_path: Path) -> None:
    access = practice.access
    bastion = Bastion(practice.address("node-2"), "deploy", private_key=access.private_key)
    with open_site(practice, tmp_path, replace(access, bastion=bastion)) as site:
        seen = site.run("cp-1", "sh", "-c", "ss -Htn state established sport = :22")
        assert practice.address("node-2") in seen.out


def test_what_a_bastion_cannot_reach_is_named(practice: Practice, tmp_path: Path) -> None:
    access = practice.access
    bastion = Bastion(practice.address("node-2"), "deploy", private_key=access.private_key)
    host = Host("cp-1", practice.address("cp-1"), replace(access, bastion=bastion, port=9))
    with Site(answers_for((host,)), secret, None, tmp_path) as site, pytest.raises(HostUnreachable, match="bastion"):
        whoami(site)


def test_a_fingerprint_pins(practice: Practice, tmp_path: Path) -> None:
    line = (practice.folder / "known_hosts").read_text().splitlines()[0]
    assert practice.address("cp-1") in line
    with open_site(practice, tmp_path) as first:
        shown = first.link("cp-1").verified_key().fingerprint
    access = replace(practice.access, known_hosts="")
    host = Host("cp-1", practice.address("cp-1"), access, host_key=shown)
    with Site(answers_for((host,)), secret, None, tmp_path) as site:
        assert whoami(site) == "root"
    with (
        Site(answers_for((replace(host, host_key="SHA256:" + "A" * 43),)), secret, None, tmp_path) as site,
        pytest.raises(HostKeyMismatch) as caught,
    ):
        whoami(site)
    assert shown in str(caught.value)


def test_an_unknown_key_is_refused_and_shown(practice: Practice, tmp_path: Path) -> None:
    access = replace(practice.access, known_hosts=str(tmp_path / "none"))
    with open_site(practice, tmp_path, access) as site, pytest.raises(HostKeyUnknown, match="SHA256:") as caught:
        whoami(site)
    assert "SHA256:" in caught.value.remedy
    assert not (tmp_path / "none").exists()


@pytest.fixture
def agent(practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real agent that holds the key with the passphrase."""
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\ncat {practice.folder}/passphrase\n")
    ask.chmod(0o700)
    for name, value in (("SSH_ASKPASS", ask), ("SSH_ASKPASS_REQUIRE", "force"), ("SSH_AUTH_SOCK", tmp_path / "agent")):
        monkeypatch.setenv(name, str(value))
    with subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL) as running:
        while not (tmp_path / "agent").exists():
            time.sleep(0.05)
        subprocess.run(["ssh-add", "-q", practice.folder / "id_ed25519_passphrase"], check=True, timeout=60)
        yield
        running.terminate()


@pytest.mark.parametrize("key", ["{folder}/id_ed25519_passphrase", "/nowhere/key", ""])
@pytest.mark.usefixtures("agent")
def test_a_key_that_cannot_be_used_does_not_hide_the_agents(practice: Practice, tmp_path: Path, key: str) -> None:
    access = replace(practice.access, private_key=key.format(folder=practice.folder), agent=True)
    with open_site(practice, tmp_path, access) as site:
        assert whoami(site) == "root"


def test_a_key_that_cannot_be_used_does_not_hide_the_password(practice: Practice, tmp_path: Path) -> None:
    password = SecretRef("file", str(practice.folder / "password"))
    with open_site(practice, tmp_path, replace(practice.access, private_key="/nowhere/key", password=password)) as site:
        assert whoami(site) == "root"


def test_a_refused_login_lists_every_way_that_was_tried(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    wrong = SecretRef("file", str(practice.folder / "passphrase"))
    access = replace(practice.access, private_key="/nowhere/key", agent=True, password=wrong)
    with open_site(practice, tmp_path, access) as site, pytest.raises(LoginRefused) as caught:
        whoami(site)
    assert [said in str(caught.value) for said in ("/nowhere/key: No such", "agent: none", "password: not")] == [
        True
    ] * 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"user": "nobody-here"}, "not accepted|takes only"),
        ({"private_key": "/nowhere/key"}, "No such file"),
        ({"private_key": ""}, "no key, agent or password"),
        ({"private_key": "{folder}/id_ed25519_passphrase"}, "has a passphrase"),
        ({"private_key": "{folder}/id_ed25519_passphrase", "passphrase": "{folder}/password"}, "wrong passphrase"),
        ({"private_key": "{folder}/password"}, "not a private key"),
        ({"private_key": "", "password": "{folder}/passphrase"}, "password: not accepted"),
    ],
)
def test_a_refused_login_says_what_became_of_it(
    practice: Practice, tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    filled = {name: value.format(folder=practice.folder) for name, value in change.items()}
    secrets = {name: SecretRef("file", value) for name, value in filled.items() if name in ("passphrase", "password")}
    access = replace(practice.access, **{**filled, **secrets})  # type: ignore[arg-type]
    with open_site(practice, tmp_path, access) as site, pytest.raises(LoginRefused, match=reason):
        whoami(site)


def test_sudo_that_is_refused_says_why(practice: Practice, tmp_path: Path) -> None:
    for reference, reason in (
        (None, "name none"),
        (SecretRef("file", str(practice.folder / "passphrase")), "not accepted"),
    ):
        access = replace(practice.access, sudo_password=reference)
        with open_site(practice, tmp_path, access) as site, pytest.raises(SudoRefused, match=reason):
            whoami(site)


def test_nobody_at_an_address(practice: Practice, tmp_path: Path) -> None:
    for address, port, reason in (
        (practice.address("cp-1"), 9, "refused"),
        ("no-such-name.invalid", 22, "resolved"),
    ):
        host = Host("cp-1", address, replace(practice.access, port=port))
        with Site(answers_for((host,)), secret, None, tmp_path) as site, pytest.raises(HostUnreachable, match=reason):
            whoami(site)


class Doorman:
    """Relays connections on loopback to an SSH server, but hangs up on the first `turned_away` of them unheard."""

    def __init__(self, address: str, turned_away: int) -> None:
        self._server, self._address, self._left = socket.create_server(("127.0.0.1", 0)), address, turned_away
        self.port: int = self._server.getsockname()[1]
        self._relayed: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if self._left:
                    self._left -= 1
                    near.close()
                    continue
                far = socket.create_connection((self._address, 22))
                self._relayed += (near, far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for each in (self._server, *self._relayed):
            each.close()


@pytest.mark.parametrize(("turned_away", "gets_in"), [(3, True), (99, False)])
def test_a_server_that_is_too_busy_to_greet_is_asked_again(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turned_away: int, gets_in: bool
) -> None:
    monkeypatch.setattr(ssh, "TURNED_AWAY", (0.01, 0.01, 0.01, 0.01))
    with open_site(practice, tmp_path) as first:
        key = first.link("cp-1").verified_key().fingerprint
    doorman = Doorman(practice.address("cp-1"), turned_away)
    host = Host("cp-1", "127.0.0.1", replace(practice.access, port=doorman.port), host_key=key)
    with closing(doorman), Site(answers_for((host,)), secret, None, tmp_path) as site:
        if gets_in:
            assert whoami(site) == "root"
        else:
            with pytest.raises(HostUnreachable, match="no SSH server answers"):
                whoami(site)


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
    hosts.console(practice.site, "cp-1", "pkill", "-KILL", "-f", "bash -c .*printf.*mark.* sitewright [0-9]+$")


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
