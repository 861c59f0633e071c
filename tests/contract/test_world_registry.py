"""The real push to a real registry: once over the link, resumed where it broke, refused with the registry's words."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from practice import Practice
from registries import CREDENTIAL, PUSH_PORT, PUSH_UNIT, Breaking, Shelf, serve, set_up, take_down
from stages import answers_for, secret

from installer.errors import BundleNotTrusted, CommandFailed, ConnectionLost
from installer.world.carrier import Channels, Processes
from installer.world.push import Push
from installer.world.site import Site

pytestmark = pytest.mark.lab
MIB = 1 << 20
HOST = "cp-1"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="module")
def site(practice: Practice, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    state = tmp_path_factory.mktemp("state")
    with Site(answers_for(practice.answers_hosts()), secret, shelf, state) as opened:
        set_up(opened, HOST, shelf)
        yield opened
        take_down(opened, HOST)


@pytest.fixture
def noise(request: pytest.FixtureRequest) -> random.Random:
    """Bytes of this test alone, the same in every run."""
    return random.Random(request.node.name)


def cut_push(shelf: Shelf, state: Path, carrier: Breaking) -> Push:
    return Push(HOST, lambda _: carrier, CREDENTIAL, shelf, state, lambda *_: None)


def test_a_sent_blob_is_that_file(site: Site, shelf: Shelf) -> None:
    blob = shelf.put(b"program" * 99999)
    site.send(HOST, "/var/lib/sitewright/sent", blob.digest, mode=0o755)
    (state,) = site.stat(HOST, "/var/lib/sitewright/sent")
    assert state is not None
    assert (f"sha256:{state.sha256}", state.mode) == (blob.digest, 0o755)


def test_what_is_pushed_is_served_and_nothing_else_is(site: Site, shelf: Shelf, noise: random.Random) -> None:
    shared, own = shelf.put(noise.randbytes(3 * MIB)), shelf.put(noise.randbytes(MIB))
    artifacts = [
        shelf.artifact("registry.k8s.io/a", "v1", shared, own),
        shelf.artifact("example.org/b/c", "v2", shared),
    ]
    other = shelf.artifact("example.org/never", "v1", own)
    told: list[tuple[int, int, str]] = []
    seen = site.reporting(lambda done, total, unit, note: told.append((done, total, unit)))
    assert site.stored(HOST, artifacts) == (False, False)
    seen.push(HOST, PUSH_PORT, CREDENTIAL, artifacts)
    total = sum(blob.size for blob in {b for a in artifacts for b in (a.manifest, *a.blobs)})
    assert site.stored(HOST, [*artifacts, other]) == (True, True, False)
    assert told[-1] == (total, total, "bytes")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert shelf.opened[shared.digest] == 1
    assert site.stored(HOST, []) == ()


def test_a_second_push_sends_no_blob(site: Site, shelf: Shelf, noise: random.Random) -> None:
    artifacts = [shelf.artifact("example.org/twice", "v1", shelf.put(noise.randbytes(MIB)))]
    site.push(HOST, PUSH_PORT, CREDENTIAL, artifacts)
    before = shelf.opened.total()
    site.push(HOST, PUSH_PORT, CREDENTIAL, artifacts)
    assert shelf.opened.total() == before


@pytest.mark.parametrize("restarted", [False, True], ids=["registry stays", "registry restarts"])
def test_a_killed_push_goes_on_where_it_stopped(
    site: Site, shelf: Shelf, noise: random.Random, tmp_path: Path, restarted: bool
) -> None:
    artifact = shelf.artifact(f"example.org/killed-{restarted}".lower(), "v1", shelf.put(noise.randbytes(20 * MIB)))
    first = Breaking(Channels(site.link(HOST), PUSH_PORT), 15 * MIB, then_hold=False)
    with pytest.raises(ConnectionLost):
        cut_push(shelf, tmp_path, first).run([artifact])
    if restarted:
        serve(site, HOST, PUSH_UNIT, "push.yml", PUSH_PORT)
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


@pytest.mark.parametrize("part", ["layer", "manifest"])
def test_an_altered_blob_of_the_bundle_is_not_pushed(site: Site, shelf: Shelf, noise: random.Random, part: str) -> None:
    layer = shelf.put(noise.randbytes(MIB))
    artifact = shelf.artifact(f"example.org/altered-{part}", "v1", layer)
    shelf.alter(layer if part == "layer" else artifact.manifest)
    with pytest.raises(BundleNotTrusted, match=(layer if part == "layer" else artifact.manifest).digest):
        site.push(HOST, PUSH_PORT, CREDENTIAL, [artifact])
    assert site.stored(HOST, [artifact]) == (False,)


def test_an_altered_blob_of_the_bundle_is_not_sent(site: Site, shelf: Shelf) -> None:
    blob = shelf.put(b"program" * 99999)
    shelf.alter(blob)
    site.write(HOST, "/var/lib/sitewright/altered/before", b"x")
    with pytest.raises(BundleNotTrusted, match=blob.digest):
        site.send(HOST, "/var/lib/sitewright/altered/sent", blob.digest, mode=0o755)
    assert site.query(HOST, "ls", "-A", "/var/lib/sitewright/altered").out.split() == ["before"]


def test_the_wrong_password_is_refused_in_words(site: Site, shelf: Shelf) -> None:
    artifact = shelf.artifact("example.org/wrong", "v1", shelf.put(b"x"))
    with pytest.raises(CommandFailed, match="refuses the password"):
        site.push(HOST, PUSH_PORT, ("sitewright", "wrong"), [artifact])


def test_no_registry_there_is_said(site: Site, shelf: Shelf) -> None:
    artifact = shelf.artifact("example.org/nowhere", "v1", shelf.put(b"x"))
    with pytest.raises(ConnectionLost, match="nothing listens"):
        site.push(HOST, 5999, CREDENTIAL, [artifact])


def test_the_systems_ssh_carries_and_leaves_no_process(
    site: Site, shelf: Shelf, noise: random.Random, practice: Practice
) -> None:
    artifact = shelf.artifact("example.org/processes", "v1", shelf.put(noise.randbytes(MIB)))
    with site._carriers.to(HOST, PUSH_PORT, 1 << 30) as carrier:
        assert isinstance(carrier, Processes)
        Push(HOST, lambda _: carrier, CREDENTIAL, shelf, site._state / "p", lambda *_: None).run([artifact])
        processes = [process for process, _ in carrier._running]
    assert site.stored(HOST, [artifact]) == (True,)
    assert all(process.poll() is not None for process in processes)


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
