"""What people log in with, at a real sshd: keys of every form, certificates, agents with many keys, and a password."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from practice import Practice, raise_practice
from stages import open_site, whoami

from installer.answers.model import Access, SecretRef
from installer.errors import LoginRefused
from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

KEYS = {
    "rsa PKCS#1": "ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f key",
    "rsa PKCS#8": "openssl genpkey -algorithm RSA -out key",
    "ecdsa SEC1": "openssl ecparam -name prime256v1 -genkey -out key",
    "ecdsa OpenSSH": "ssh-keygen -q -t ecdsa -b 521 -N '' -f key",
    "ed25519": "ssh-keygen -q -t ed25519 -N '' -f key",
    "rsa with passphrase": "ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -f key",
    "ecdsa PKCS#8 with passphrase": "ssh-keygen -q -t ecdsa -m PKCS8 -N secret -f key",
    "ed25519 by chacha20": "ssh-keygen -q -t ed25519 -Z chacha20-poly1305@openssh.com -N secret -f key",
}


@pytest.fixture(scope="module")
def host() -> Iterator[Practice]:
    """A host whose user keyed has no keys yet, a password, sudo without one, and an authority that signs users."""
    practice = raise_practice(1)
    script = """
useradd --create-home --shell /bin/bash keyed
usermod --password "$(getent shadow engineer | cut -d: -f2)" keyed
install -d -o keyed -g keyed /home/keyed/.ssh
echo 'keyed ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/keyed
echo 'TrustedUserCAKeys /etc/ssh/users-ca.pub' >/etc/ssh/sshd_config.d/users.conf
: >/etc/ssh/users-ca.pub
systemctl reload ssh
"""
    hosts.console(practice.site, "cp-1", "sh", "-c", script)
    yield practice
    hosts.down(practice.site)


def made(folder: Path, command: str) -> Path:
    subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)
    key = folder / "key"
    key.chmod(0o600)
    return key


def public_of(key: Path) -> str:
    asked = ["ssh-keygen", "-y", "-P", "secret", "-f", str(key)]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def known(host: Practice, *public: str) -> None:
    """Let these keys, and no others, log in as keyed."""
    script = 'printf "%s\\n" "$@" >/home/keyed/.ssh/authorized_keys'
    hosts.console(host.site, "cp-1", "sh", "-c", script, "known", *public)


def access(host: Practice, key: Path | str, **more: object) -> Access:
    plain = replace(host.access, user="keyed", private_key=str(key), sudo_password=None)
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.fixture
def secret_file(tmp_path: Path) -> SecretRef:
    (tmp_path / "passphrase").write_text("secret")
    return SecretRef("file", str(tmp_path / "passphrase"))


@pytest.mark.parametrize("command", KEYS.values(), ids=KEYS)
def test_a_key_of_every_form_logs_in(host: Practice, tmp_path: Path, secret_file: SecretRef, command: str) -> None:
    key = made(tmp_path, command)
    known(host, public_of(key))
    with open_site(host, tmp_path / "state", access(host, key, passphrase=secret_file)) as site:
        assert whoami(site) == "root"


def signed(folder: Path, key: Path, options: str) -> str:
    """Sign a key by a new authority of users, whose public key is given."""
    (folder / "key.pub").write_text(public_of(key) + "\n")
    made(folder, "ssh-keygen -q -t ed25519 -N '' -f ca")
    made(folder, f"ssh-keygen -q -s ca -I test {options} key.pub")
    return (folder / "ca.pub").read_text().strip()


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_certificate_beside_the_key_logs_in(host: Practice, tmp_path: Path, kind: str) -> None:
    known(host)
    key = made(tmp_path, f"ssh-keygen -q -t {kind} -N '' -f key")
    authority = signed(tmp_path, key, "-n keyed -V -1h:+1h")
    hosts.console(host.site, "cp-1", "sh", "-c", 'echo "$1" >/etc/ssh/users-ca.pub', "ca", authority)
    with open_site(host, tmp_path / "state", access(host, key)) as site:
        assert whoami(site) == "root"


FLAWED = {
    "-n other -V -1h:+1h": "it is for other, not for keyed",
    "-n keyed -V 20200101:20200201": "it expired on 2020-",
    "-n keyed -V 20990101:20990201": "it is valid from 20",
    "-h -n keyed -V -1h:+1h": "it is for hosts, not for users",
    "-n keyed -V -1h:+1h -O source-address=192.0.2.1/32": "it holds for logins from 192.0.2.1/32 alone",
}


@pytest.mark.parametrize(("options", "flaw"), FLAWED.items())
def test_a_certificate_that_is_refused_says_why(host: Practice, tmp_path: Path, options: str, flaw: str) -> None:
    known(host)
    key = made(tmp_path, "ssh-keygen -q -t ed25519 -N '' -f key")
    authority = signed(tmp_path, key, options)
    hosts.console(host.site, "cp-1", "sh", "-c", 'echo "$1" >/etc/ssh/users-ca.pub', "ca", authority)
    with (
        open_site(host, tmp_path / "state", access(host, key)) as site,
        pytest.raises(LoginRefused, match=f"key-cert.pub: not accepted: {flaw}"),
    ):
        whoami(site)


def test_a_certificate_of_another_key_hides_the_key_no_more(host: Practice, tmp_path: Path) -> None:
    key = made(tmp_path, "ssh-keygen -q -t ed25519 -N '' -f key")
    signed(tmp_path, key, "-n keyed")
    made(tmp_path, "rm key key.pub && ssh-keygen -q -t ed25519 -N '' -f key")
    known(host, public_of(key))
    with open_site(host, tmp_path / "state", access(host, key)) as site:
        assert whoami(site) == "root"


@contextmanager
def agent(folder: Path, monkeypatch: pytest.MonkeyPatch, *keys: Path) -> Iterator[None]:
    """A real agent that holds these keys, in this order."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(folder / "agent"))
    with subprocess.Popen(["ssh-agent", "-D", "-a", folder / "agent"], stdout=subprocess.DEVNULL) as running:
        try:
            while not (folder / "agent").exists():
                time.sleep(0.05)
            for key in keys:
                subprocess.run(["ssh-add", "-q", key], check=True, timeout=60)
            yield
        finally:
            running.terminate()


def many(folder: Path, count: int) -> list[Path]:
    keys = []
    for number in range(count):
        (folder / str(number)).mkdir()
        keys.append(made(folder / str(number), "ssh-keygen -q -t ed25519 -N '' -f key"))
    return keys


def test_the_right_one_of_many_keys_of_an_agent_is_found(
    host: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = many(tmp_path, 15)
    known(host, public_of(keys[-1]))
    with (
        agent(tmp_path, monkeypatch, *keys),
        open_site(host, tmp_path / "state", access(host, "", agent=True)) as site,
    ):
        assert whoami(site) == "root"


def test_many_wrong_keys_of_an_agent_hide_the_password_no_more(
    host: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(host)
    password = SecretRef("file", str(host.folder / "password"))
    with (
        agent(tmp_path, monkeypatch, *many(tmp_path, 9)),
        open_site(host, tmp_path / "state", access(host, "", agent=True, password=password)) as site,
    ):
        assert whoami(site) == "root"


def test_a_public_half_names_the_key_of_the_agent(
    host: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = many(tmp_path, 9)
    known(host, public_of(keys[-1]))
    named = keys[-1].with_name("key.pub")
    with (
        agent(tmp_path, monkeypatch, *keys),
        open_site(host, tmp_path / "state", access(host, named, agent=True)) as site,
    ):
        assert whoami(site) == "root"
    alone = keys[0].with_name("key.pub")
    with (
        agent(tmp_path, monkeypatch, *keys[1:]),
        open_site(host, tmp_path / "other", access(host, alone, agent=True)) as site,
        pytest.raises(LoginRefused, match="agent: it holds no key SHA256:"),
    ):
        whoami(site)


def test_an_agent_whose_many_keys_are_refused_says_what_to_do(
    host: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(host)
    with (
        agent(tmp_path, monkeypatch, *many(tmp_path, 8)),
        open_site(host, tmp_path / "state", access(host, "", agent=True)) as site,
        pytest.raises(LoginRefused, match="8 keys of the agent: not accepted") as caught,
    ):
        whoami(site)
    assert "access.private_key" in caught.value.remedy


def test_a_key_and_a_password_are_both_shown_where_many_keys_lie_between(
    host: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = many(tmp_path, 8)
    known(host, public_of(keys[0]))
    script = """printf 'Match User keyed\\nAuthenticationMethods publickey,password\\n' \
        >/etc/ssh/sshd_config.d/zz-both.conf && systemctl reload ssh"""
    hosts.console(host.site, "cp-1", "sh", "-c", script)
    password = SecretRef("file", str(host.folder / "password"))
    try:
        with (
            agent(tmp_path, monkeypatch, *keys[1:]),
            open_site(host, tmp_path / "state", access(host, keys[0], agent=True, password=password)) as site,
        ):
            assert whoami(site) == "root"
    finally:
        hosts.console(host.site, "cp-1", "sh", "-c", "rm /etc/ssh/sshd_config.d/zz-both.conf && systemctl reload ssh")
