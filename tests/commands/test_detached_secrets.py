"""A prompted secret on its way: from the starter through a pipe to the login at a bastion, by SSH on this machine."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
import time

import paramiko
import pytest
import yaml
from core_bundle import make_core_bundle
from core_manifest import ROOT

from installer.preflight import Finding
from installer.runs import background
from installer.runs.store import Runs
from installer.runs.stream import Ended, Failure, Follower

SITE, PROMPT = "practice-minimal", "Password of the hosts"
SECRET = "correct horse battery staple"
PATIENCE = 300


class Door(paramiko.ServerInterface):
    """Lets nobody in, and remembers what they said."""

    def __init__(self, heard):
        self._heard = heard

    def get_allowed_auths(self, username):
        return "password"

    def check_auth_password(self, username, password):
        self._heard.append((username, password))
        return paramiko.AUTH_FAILED


@pytest.fixture
def bastion():
    """An SSH server: its port, its key's fingerprint, and the (user, password) it was told."""
    key, heard, transports = paramiko.ECDSAKey.generate(), [], []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                link, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(link)
            transport.add_server_key(key)
            transports.append(transport)
            transport.start_server(event=threading.Event(), server=Door(heard))

    server = threading.Thread(target=serve)
    server.start()
    fingerprint = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    yield listening.getsockname()[1], f"SHA256:{fingerprint}", heard
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    server.join()
    for transport in transports:
        transport.close()
        transport.join(5)


@pytest.fixture
def argv(tmp_path, bastion):
    """`check` of a site whose one host is behind that server."""
    port, fingerprint, _ = bastion
    answers = yaml.safe_load((ROOT / "profiles/minimal.yaml").read_text())
    server = {"address": "127.0.0.1", "user": "engineer", "port": port, "host_key": fingerprint}
    answers["access"] = {"bastion": {**server, "password": {"prompt": PROMPT}}, "agent": True}
    answers["hosts"] = [{"name": "solo", "address": "192.0.2.1", "host_key": fingerprint}]
    profile = tmp_path / "answers.yaml"
    profile.write_text(yaml.safe_dump(answers, sort_keys=False))
    bundle, signers = make_core_bundle(tmp_path)
    return ["check", "--profile", str(profile), "--bundle", str(bundle), "--signers", str(signers),
            "--state", str(tmp_path / "state")]  # fmt: skip


def told_by(argv, runs, secrets):
    follower, told, end = Follower(background.start(argv, runs, SITE, secrets)), [], time.monotonic() + PATIENCE
    while not follower.ended:
        assert time.monotonic() < end, told
        told += follower.poll()
        time.sleep(0.02)
    return told


def test_a_secret_that_was_handed_over_reaches_the_login(argv, bastion, tmp_path):
    told = told_by(argv, Runs(tmp_path / "state"), {PROMPT: SECRET, "another": "unused"})
    assert bastion[2][0] == ("engineer", SECRET)
    refused = [item for item in told if isinstance(item, Finding) and item.status == "failed"]
    assert [item.check for item in refused] == ["ssh.login"], told
    assert told[-1] == Ended(4)
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_secret_that_was_not_handed_over_is_named_and_nobody_is_called(argv, bastion, tmp_path):
    told = told_by(argv, Runs(tmp_path / "state"), {})
    assert [item.error for item in told if isinstance(item, Failure)] == ["SecretUnavailable"]
    assert PROMPT in next(item.message for item in told if isinstance(item, Failure))
    assert (told[-1], bastion[2]) == (Ended(4), [])
