"""What only the real adapter can show: logins, bastions, pinned keys, refused sudo, busy servers."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from practice import Practice
from stages import answers_for, open_site, secret, whoami

from installer.answers.model import Access, Bastion, Host, SecretRef
from installer.errors import HostKeyMismatch, HostKeyUnknown, HostUnreachable, LoginRefused, SudoRefused
from installer.remote.ssh import link
from installer.remote.world import Site

pytestmark = pytest.mark.lab


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
    monkeypatch.setattr(link, "TURNED_AWAY", (0.01, 0.01, 0.01, 0.01))
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
