"""A host's own word on the bundle's signature: its OpenSSH is asked, and what it refused stays refused."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from simulation import act, inputs_of, install, site_of, world_of

from installer import operations
from installer.bundle.sshsig import generate_key, sign
from installer.errors import ConnectionLost, StepFailed
from installer.plan.steps.hosts import PAPERS, VERIFY

STATEMENT = b'{"name": "core"}'


def resume(site):
    return act(operations.resume, site)


def test_a_refusal_is_not_forgotten_by_the_next_attempt(tmp_path):
    world, inputs = world_of("minimal"), inputs_of("minimal")
    forged = sign(b"another statement", Path(_key(tmp_path)))
    site = site_of(world, tmp_path, inputs=replace(inputs, signature=forged))
    for attempt in (install, resume, resume):
        with pytest.raises(StepFailed, match=r"hosts\.trust"):
            attempt(site)
        assert world.stat("solo", f"{PAPERS}/bundle.json") == (None,)


def test_other_papers_for_a_verified_bundle_are_verified_anew(tmp_path):
    """Also where the bundle itself is the one that the host has verified before."""
    world, inputs = world_of("minimal"), inputs_of("minimal")
    install(site_of(world, tmp_path / "first", inputs=inputs))
    (tmp_path / "other").mkdir()
    stranger = generate_key(tmp_path / "other" / "vendor").encode()
    site = site_of(world, tmp_path / "second", inputs=replace(inputs, signers=stranger))
    for attempt in (install, resume):
        with pytest.raises(StepFailed, match=r"hosts\.trust"):
            attempt(site)


def test_one_cut_off_before_the_host_answered_asks_it_again(tmp_path, monkeypatch):
    monkeypatch.setattr("installer.engine.loop.PATIENCE", ())
    world = world_of("minimal")
    site = site_of(world, tmp_path, "minimal")
    asks = world.site.scripts[VERIFY]

    def cut(_call):
        raise ConnectionLost(host="solo", reason="a cable was pulled")

    world.site.scripts[VERIFY] = cut
    with pytest.raises(StepFailed, match=r"hosts\.trust"):
        install(site)
    assert world.stat("solo", f"{PAPERS}/bundle.json.sig") != (None,)
    assert world.stat("solo", f"{PAPERS}/bundle.json") == (None,)
    world.site.scripts[VERIFY] = asks
    assert resume(site).outcome == "done"


@pytest.mark.parametrize(
    ("program", "message", "accepted"),
    [
        ("", STATEMENT, True),
        ("", STATEMENT + b" ", False),
        ("echo 'ssh-keygen: unknown option -- Y' >&2; echo usage: >&2; exit 1", STATEMENT, True),
        ("echo 'ssh-keygen: illegal option -- Y' >&2; exit 1", STATEMENT, True),
        ("echo 'Could not verify signature.' >&2; exit 255", STATEMENT, False),
        ("exit 127", STATEMENT, False),
    ],
    ids=["good", "altered", "older than 8.1", "older, by its getopt", "refused", "broken"],
)
def test_the_hosts_own_openssh_decides(program, message, accepted, tmp_path):
    """The script that hosts run, with the real ssh-keygen, and with what others say in its place."""
    key = _key(tmp_path)
    (tmp_path / "bundle.json.sig").write_bytes(sign(STATEMENT, key))
    programs = tmp_path / "bin"
    programs.mkdir()
    if program:
        (programs / "ssh-keygen").write_text(f"#!/bin/sh\n{program}\n")
        (programs / "ssh-keygen").chmod(0o755)
    ended = subprocess.run(
        ["sh", "-c", VERIFY, "verify", tmp_path], input=message, capture_output=True, check=False,
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert (ended.returncode == 0) is accepted
    assert accepted or program == "exit 127" or ended.stderr


def _key(folder: Path) -> Path:
    (folder / "allowed_signers").write_text(generate_key(folder / "vendor"))
    return folder / "vendor"
