"""Hosts that are not what they should be: whatever they do is told as theirs, soon, and hides nothing of the others."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from lying_server import Loop, Raw, Started, ending, host, serving, ssh

from installer.answers.model import Answers, Environment, Registry
from installer.errors import (
    ConnectionLost,
    HostAnswersOddly,
    HostUnreachable,
    LoginRefused,
    NoCommands,
    SitewrightError,
    SudoRefused,
)
from installer.hosts.connection_test import Stage, try_all
from installer.hosts.facts import gather
from installer.remote.connection_test import SshConnectors
from installer.remote.ssh import hearing, program, root, root_shell
from installer.remote.ssh import link as links
from installer.remote.world import Site

CLOUD = b'Please login as the user "ubuntu" rather than the user "root".\n\n'
EXPIRED = b"Your password has expired.\nPassword change required but no TTY available.\n"
MEMORY = 400 << 10
"""KiB that one trial may take at its height; a packet of 2 GiB, or a stream without end, takes more."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is the same for a short time."""
    monkeypatch.setattr(links, "PATIENCE", 3.0)
    for module in (hearing, root_shell, root, links):
        for name, seconds in (("START", 3.0), ("GRACE", 1.0)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, seconds)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Every trial ends within a minute, and takes little memory."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    yield
    assert time.monotonic() - began < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY


def site_of(state: Path, *ports: int) -> tuple[Answers, Site]:
    hosts = tuple(host(f"h{number}", port) for number, port in enumerate(ports))
    environment = Environment("production", ("h0",), tuple(each.name for each in hosts[1:]))
    answers = Answers("lies", hosts, (environment,), Registry(("h0",)), signers="")
    return answers, Site(answers, lambda _: "any", None, state)


def refused(state: Path, act: Raw) -> SitewrightError:
    """Why the facts of a host are not to be had, next to another whose are."""
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(each)) for each in (act, ssh(Loop()))]
        answers, site = site_of(state, *ports)
        stack.enter_context(site)
        gathered = gather(site, answers, lambda *_: None)
        assert list(gathered.facts) == ["h1"], "the honest host is judged as ever"
        assert gathered.facts["h1"].cpus > 0
        return gathered.refused["h0"]


def endlessly(data: bytes, pause: float = 0) -> Raw:
    def act(link: socket.socket) -> None:
        while True:
            link.sendall(data)
            time.sleep(pause)

    return act


def after(first: bytes, then: Raw) -> Raw:
    def act(link: socket.socket) -> None:
        link.sendall(first)
        then(link)

    return act


def silence(link: socket.socket) -> None:
    while link.recv(65536):
        pass


NO_SSH: dict[str, Raw] = {
    "silence": silence,
    "hangs up": lambda link: None,
    "HTTP": after(b"HTTP/1.1 400 Bad Request\r\n\r\n", silence),
    "a line without end": endlessly(b"B" * 65536),
    "lines without end": endlessly(b"B" * 200 + b"\r\n"),
    "a line at a time": endlessly(b"hello\r\n", 0.2),
    "a byte at a time": endlessly(b"S", 0.2),
    "no text": endlessly(b"\xff\0\x80" * 999 + b"\n"),
    "an old protocol": after(b"SSH-1.5-old\r\n", silence),
    "silence after the greeting": after(b"SSH-2.0-x\r\n", silence),
    "a packet of 2 GiB": after(b"SSH-2.0-x\r\n" + (2**31 - 4).to_bytes(4, "big") + b"\4\x14", endlessly(b"K" * 65536)),
    "a packet of no length": after(b"SSH-2.0-x\r\n" + bytes(64), silence),
    "a packet of nonsense": after(b"SSH-2.0-x\r\n" + (12).to_bytes(4, "big") + b"\4\x14" + b"\xff" * 10, silence),
}  # fmt: skip


@pytest.mark.parametrize("act", NO_SSH.values(), ids=NO_SSH)
def test_what_speaks_no_ssh_cannot_be_reached(tmp_path: Path, act: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "TURNED_AWAY", (0.1,))
    assert isinstance(refused(tmp_path, act), HostUnreachable)


def saying_without_end(channel: paramiko.Channel, _: str) -> None:
    while True:
        channel.sendall(b"y" * 65536)


def silent(channel: paramiko.Channel, _: str) -> None:
    while channel.recv(65536):
        pass
    time.sleep(30)


def echoing(channel: paramiko.Channel, _: str) -> None:
    while data := channel.recv(65536):
        channel.sendall(data)


NO_COMMANDS: dict[str, tuple[Started | None, str]] = {
    "refuses to run anything": (None, "refuses to run commands"),
    "cloud-init's root": (ending(CLOUD, code=142), 'Please login as the user "ubuntu"'),
    "nologin": (ending(b"This account is currently not available.\n"), "not available"),
    "password expired": (ending(err=EXPIRED), "Your password has expired"),
    "ends without a word": (ending(code=0), "exit code 0"),
    "ends without a code": (ending(b"bye\n", code=None), "bye"),
    "no text": (ending(b"\xff\0\x80\n" * 99), r"\ufffd\x00\ufffd"),
    "says nothing and stays": (silent, "nothing came back"),
    "gives back what it is given": (echoing, "BASH_VERSION"),
    "says something without end": (saying_without_end, "yyyy"),
}  # fmt: skip


@pytest.mark.parametrize(("started", "said"), NO_COMMANDS.values(), ids=NO_COMMANDS)
def test_a_login_that_runs_nothing_is_told_in_its_own_words(tmp_path: Path, started: Started | None, said: str) -> None:
    error = refused(tmp_path, ssh(started))
    assert isinstance(error, NoCommands)
    assert said in error.message
    assert len(error.message) < 3000, "an escape takes six characters"


def test_the_user_that_cloud_init_names_is_the_remedy(tmp_path: Path) -> None:
    assert refused(tmp_path, ssh(ending(CLOUD))).remedy == "set access.user to ubuntu in the answers"


def test_the_wizards_test_of_connections_tells_it_too(tmp_path: Path) -> None:
    stages: list[Stage] = []
    with serving(ssh(ending(CLOUD))) as port, serving(ssh(Loop())) as honest:
        hosts = (host("h0", port), host("h1", honest))
        with SshConnectors(hosts, lambda _: "any") as connectors:
            cloud, good = try_all(hosts, connectors, stages.append)
    assert isinstance(cloud.error, NoCommands)
    assert 'Please login as the user "ubuntu"' in cloud.error.message
    assert [stage.status for stage in stages if (stage.host, stage.stage) == ("h0", "sudo")] == ["running", "failed"]
    assert good.error is None
    assert good.facts is not None


def test_a_login_whose_commands_run_as_somebody_else_is_not_root(tmp_path: Path) -> None:
    error = refused(tmp_path, ssh(Loop(user=b"1000")))
    assert isinstance(error, SudoRefused)
    assert "user id 1000" in error.message


@pytest.mark.parametrize("loop", [Loop(altered=True), Loop(user=b"root"), Loop(user=b""), Loop(user=b"0 0")])
def test_a_test_text_that_comes_back_changed_is_no_proof(tmp_path: Path, loop: Loop) -> None:
    assert isinstance(refused(tmp_path, ssh(loop)), HostAnswersOddly)


def asking(about_the_password: Started) -> Started:
    """sudo wants a password, and this becomes of it."""

    def started(channel: paramiko.Channel, line: str) -> None:
        act = about_the_password if " -S " in line else ending(err=b"sudo: a password is required\n")
        act(channel, line)

    return started


SORRY = f"{program.PROMPT}Sorry, try again.\n{program.PROMPT}sudo: no password was provided\n".encode()
SUDO: dict[str, tuple[Started, type[SitewrightError], str]] = {
    "a wrong password": (ending(err=SORRY), SudoRefused, "not accepted; the host says: Sorry, try again. sudo: no"),
    "the password as a command": (
        ending(err=b"sh: 1: any: not found\n", code=127),
        SudoRefused,
        r"sh: 1: \*\*\*: not found",
    ),
    "a good one and nothing else": (ending(code=0), SudoRefused, "it started no shell"),
    "the end of the connection": (lambda channel, _: channel.get_transport().close(), ConnectionLost, "h0"),
    "silence": (silent, SudoRefused, "nothing came back"),
}


@pytest.mark.parametrize(("act", "kind", "said"), SUDO.values(), ids=SUDO)
def test_what_becomes_of_a_sudo_password(tmp_path: Path, act: Started, kind: type[SitewrightError], said: str) -> None:
    with serving(ssh(asking(act))) as port:
        root = host("h0", port)
        user = replace(root.access, user="ops", sudo_password=root.access.password)
        environment = Environment("production", ("h0",))
        answers = Answers("lies", (replace(root, access=user),), (environment,), Registry(("h0",)), signers="")
        with Site(answers, lambda _: "any", None, tmp_path) as site, pytest.raises(kind, match=said) as caught:
            site.run("h0", "true")
    assert program.PROMPT not in caught.value.message


def test_what_a_server_says_while_it_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lying_server._Open.check_auth_password", lambda *_: paramiko.AUTH_FAILED)
    said = "System is booting up.\nUnprivileged users are not permitted to log in yet." + " x" * 30000
    monkeypatch.setattr("lying_server._Open.get_banner", lambda _: (said, "en"))
    with serving(ssh(Loop())) as port, site_of(tmp_path, port)[1] as site, pytest.raises(LoginRefused) as caught:
        site.run("h0", "true")
    assert "password: not accepted; the server says: System is booting up. Unprivileged" in caught.value.message
    assert len(caught.value.message) < 1000
