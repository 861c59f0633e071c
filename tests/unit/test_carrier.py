"""The system's ssh as a carrier: it pins the keys that our own connection verified, and no path reaches a shell."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from paramiko import Ed25519Key

from installer.answers.model import Access, Bastion, Host
from installer.remote.registry.carrier import Carriers, Processes, willing

KEY = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + b"k" * 32


def carriers(state: Path, host: Host) -> Carriers:
    """Carriers to one host, whose link has verified KEY and its bastion's."""
    verified: Any = SimpleNamespace(verified_key=lambda: Ed25519Key(data=KEY))
    verified.bastion = SimpleNamespace(verified_key=lambda: Ed25519Key(data=KEY))
    return Carriers(lambda name: host, lambda name: verified, state)


def host_with(private_key: str = "/keys/id") -> Host:
    bastion = Bastion("127.0.0.1", "hop", 9, private_key="/keys/hop")
    return Host("cp-1", "127.0.0.1", Access("deploy", private_key=private_key, bastion=bastion))


@pytest.mark.parametrize(
    "name", ["$(touch pwned)", "`touch pwned`", 'a"; touch pwned; "', "a'b %h", "new\nline", "-oX"]
)
def test_a_folder_of_any_name_is_a_name_and_no_command(tmp_path: Path, name: str) -> None:
    state = tmp_path / name
    state.mkdir()
    host = host_with()
    config = carriers(state, host)._configured(host, carriers(state, host)._link("cp-1"))
    asked = subprocess.run(
        ["ssh", "-G", "-F", config.name, "cp-1"], cwd=config.parent, capture_output=True, text=True, check=True
    ).stdout
    assert "userknownhostsfile cp-1.known\n" in asked
    assert "proxycommand ssh -F cp-1.config -W %h:%p _bastion\n" in asked
    with Processes(config, "cp-1", 5001) as processes:
        stream = processes.dial()
        stream.settimeout(60)
        assert stream.recv(1) == b"", "nothing listens at the bastion's port, and nothing else was run"
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("path", ["/keys/${HOME}", "/keys/%h", '/keys/"x', "/keys/a\\b"])
def test_a_key_that_ssh_would_look_for_elsewhere_is_left_to_our_own(path: str) -> None:
    assert willing(host_with("/keys/id"))
    assert not willing(host_with(path))
    plain = host_with()
    bastion = replace(plain.access.bastion, private_key=path)  # type: ignore[type-var]
    assert not willing(replace(plain, access=replace(plain.access, bastion=bastion)))
