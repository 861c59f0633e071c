"""The real push where the way breaks, is taken by the system's ssh, leads over a bastion, or may not be forwarded."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from practice import Practice
from registries import CREDENTIAL, PUSH_PORT, PUSH_UNIT, Breaking, Shelf, binary, set_up, take_down
from stages import answers_for, secret

from installer.answers.model import Bastion, Host
from installer.errors import ConnectionLost
from installer.remote.registry.carrier import Carriers, Channels, Processes
from installer.remote.registry.push import Push
from installer.remote.world import Site

pytestmark = pytest.mark.lab
MIB = 1 << 20
HOST = "cp-1"
CONNECTED = f"ss --no-header --tcp state connected exclude time-wait sport = :{PUSH_PORT}"
UNREAD = f"while {CONNECTED} | grep --quiet .; do sleep 0.1; done"
"""Lasts until the registry has read all that was sent to it and hung up."""


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="module")
def site(practice: Practice, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    state = tmp_path_factory.mktemp("state")
    with Site(answers_for(practice.answers_hosts()), secret, shelf, state) as opened:
        set_up(opened, HOST, shelf.put(binary()))
        yield opened
        take_down(opened, HOST)


@pytest.fixture
def noise(request: pytest.FixtureRequest) -> random.Random:
    """Bytes of this test alone, the same in every run."""
    return random.Random(request.node.name)


def our_ssh() -> set[str]:
    """Processes of the system's ssh that this one has begun."""
    listing = ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())]
    lines = subprocess.run(listing, capture_output=True, text=True, check=False).stdout.splitlines()
    return {line.split()[0] for line in lines if line.split()[1] == "ssh"}


def cut_push(shelf: Shelf, state: Path, carrier: Breaking) -> Push:
    return Push(HOST, lambda _: carrier, CREDENTIAL, shelf, state, lambda *_: None)


@pytest.mark.parametrize("restarted", [False, True], ids=["registry stays", "registry restarts"])
def test_a_killed_push_goes_on_where_it_stopped(
    site: Site, shelf: Shelf, noise: random.Random, tmp_path: Path, restarted: bool
) -> None:
    artifact = shelf.artifact(f"example.org/killed-{restarted}".lower(), "v1", shelf.put(noise.randbytes(20 * MIB)))
    first = Breaking(Channels(site.link(HOST), PUSH_PORT), 15 * MIB, then_hold=False)
    with pytest.raises(ConnectionLost):
        cut_push(shelf, tmp_path, first).run([artifact])
    if restarted:  # once it has read what was under way: what it has not read ends with it, however much that is
        assert site.run(HOST, "sh", "-c", f"timeout 60 sh -c '{UNREAD}'").ok
        assert site.run(HOST, "systemctl", "restart", PUSH_UNIT).ok
    second = Breaking(Channels(site.link(HOST), PUSH_PORT))
    cut_push(shelf, tmp_path, second).run([artifact])
    assert site.stored(HOST, [artifact]) == (True,)
    assert second.sent < 6 * MIB
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".json"]


def test_a_link_that_breaks_again_and_again_is_outlasted(
    site: Site, shelf: Shelf, noise: random.Random, tmp_path: Path
) -> None:
    content = noise.randbytes(12 * MIB)
    artifact = shelf.artifact("example.org/flaky", "v1", shelf.put(content))
    carrier = Breaking(Channels(site.link(HOST), PUSH_PORT), *(5 * MIB // 2 for _ in range(4)))
    cut_push(shelf, tmp_path, carrier).run([artifact])
    url = f"http://127.0.0.1:{PUSH_PORT}/v2/example.org/flaky/blobs/{artifact.file.digest}"
    got = site.run(HOST, "sh", "-c", f"curl -sfu '{':'.join(CREDENTIAL)}' {url} | sha256sum")
    assert got.out.split()[0] == hashlib.sha256(content).hexdigest()
    # What was under way at a break is lost, and how much that is depends on the machine. Starting over at each of the
    # four breaks would have sent 22 MiB.
    assert carrier.sent < 18 * MIB


def test_a_commit_whose_answer_is_lost_is_not_repeated(
    site: Site, shelf: Shelf, noise: random.Random, tmp_path: Path
) -> None:
    content = noise.randbytes(MIB)
    artifact = shelf.artifact("example.org/unheard", "v1", shelf.put(content))
    carrier = Breaking(Channels(site.link(HOST), PUSH_PORT), unheard=(b"PUT /v2/example.org/unheard/blobs/",))
    cut_push(shelf, tmp_path, carrier).run([artifact])
    assert site.stored(HOST, [artifact]) == (True,)
    assert carrier.unheard == []
    assert MIB <= carrier.sent < 2 * MIB


def test_the_systems_ssh_carries_and_leaves_no_process(
    site: Site, shelf: Shelf, noise: random.Random, practice: Practice, tmp_path: Path
) -> None:
    artifact = shelf.artifact("example.org/processes", "v1", shelf.put(noise.randbytes(MIB)))
    carriers = Carriers(answers_for(practice.answers_hosts()).host, site.link, tmp_path)
    with carriers.to(HOST, PUSH_PORT, 1 << 30) as carrier:
        assert isinstance(carrier, Processes)
        assert our_ssh() != set()
        Push(HOST, lambda _: carrier, CREDENTIAL, shelf, tmp_path / "uploads", lambda *_: None).run([artifact])
    assert site.stored(HOST, [artifact]) == (True,)
    assert our_ssh() == set()


def test_the_systems_ssh_finds_its_way_to_a_host_called_bastion_behind_one(
    site: Site, shelf: Shelf, noise: random.Random, practice: Practice, tmp_path: Path
) -> None:
    artifact = shelf.artifact("example.org/behind", "v1", shelf.put(noise.randbytes(MIB)))
    way = Bastion(practice.address("node-2"), "deploy", private_key=practice.access.private_key)
    behind = answers_for((Host("bastion", practice.address(HOST), replace(practice.access, bastion=way)),))
    with (
        Site(behind, secret, shelf, tmp_path) as other,
        Carriers(behind.host, other.link, tmp_path).to("bastion", PUSH_PORT, 1 << 30) as carrier,
    ):
        assert isinstance(carrier, Processes), "or the system's ssh did not get there"
        Push("bastion", lambda _: carrier, CREDENTIAL, shelf, tmp_path / "uploads", lambda *_: None).run([artifact])
    assert site.stored(HOST, [artifact]) == (True,)


def test_where_forwarding_is_forbidden_a_shell_carries(site: Site, shelf: Shelf, noise: random.Random) -> None:
    config = "/etc/ssh/sshd_config.d/contract.conf"
    site.write(HOST, config, b"AllowTcpForwarding no\n")
    try:
        assert site.run(HOST, "systemctl", "restart", "ssh").ok
        site.link(HOST).close()
        artifact = shelf.artifact("example.org/forbidden", "v1", shelf.put(noise.randbytes(40 * MIB)))
        site.push(HOST, PUSH_PORT, CREDENTIAL, [artifact])
        assert site.stored(HOST, [artifact]) == (True,)
    finally:
        site.remove(HOST, config)
        site.run(HOST, "systemctl", "restart", "ssh")
        site.link(HOST).close()


def test_pushes_side_by_side_do_not_take_each_others_uploads(site: Site, shelf: Shelf, noise: random.Random) -> None:
    artifacts = [shelf.artifact(f"example.org/p{n}", "v1", shelf.put(noise.randbytes(MIB))) for n in range(6)]
    threads = [
        threading.Thread(target=site.push, args=(HOST, PUSH_PORT, CREDENTIAL, [artifact])) for artifact in artifacts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.stored(HOST, artifacts) == (True,) * 6
