"""The registry component's own script, by which a second registry is filled from the first over the LAN."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from practice import Practice
from registries import COMPONENT, CREDENTIAL, PORT, PUSH_PORT, Shelf, binary, set_up, take_down
from stages import open_site

from installer.bundle.manifest import Artifact
from installer.layout import REGISTRY_CA
from installer.plan.steps.registry_content import to_replicate
from installer.ports import Output
from installer.remote.world import Site

pytestmark = pytest.mark.lab
FIRST, SECOND = "cp-1", "node-2"
FOLDER = "/tmp/replicate"
CA_OF_FIRST = f"{FOLDER}/ca.crt"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="module")
def site(practice: Practice, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(practice, tmp_path_factory.mktemp("state"), archive=shelf) as opened:
        program = shelf.put(binary())
        for host in (FIRST, SECOND):
            set_up(opened, host, program, practice.address(host))
        opened.write(SECOND, CA_OF_FIRST, opened.read(FIRST, REGISTRY_CA) or b"")
        opened.write(SECOND, f"{FOLDER}/replicate.sh", (COMPONENT / "replicate.sh").read_bytes())
        yield opened
        opened.remove(SECOND, FOLDER)
        for host in (FIRST, SECOND):
            take_down(opened, host)


def replicate(site: Site, practice: Practice, *artifacts: Artifact, password: str = CREDENTIAL[1]) -> Output:
    site.write(SECOND, f"{FOLDER}/artifacts", to_replicate(artifacts))
    site.write(SECOND, f"{FOLDER}/curlrc", f'user = "{CREDENTIAL[0]}:{password}"\n'.encode(), mode=0o600)
    origin, local = f"{practice.address(FIRST)}:{PORT}", f"127.0.0.1:{PUSH_PORT}"
    return site.run(SECOND, "sh", f"{FOLDER}/replicate.sh", FOLDER, origin, local, CA_OF_FIRST)


def push(site: Site, *artifacts: Artifact) -> None:
    site.push(FIRST, PUSH_PORT, CREDENTIAL, artifacts)


def test_what_the_second_lacks_is_brought(site: Site, shelf: Shelf, practice: Practice) -> None:
    shared = shelf.put(b"a layer that two images have")
    one = shelf.artifact("example.org/one", "v1", shared, shelf.put(b"of one alone"))
    other = shelf.artifact("example.org/other", "v1", shared, shelf.put(b"x" * (3 << 20)))
    push(site, one, other)
    done = replicate(site, practice, one)
    assert done.ok, done.err
    assert site.stored(SECOND, [one, other]) == (True, False)
    done = replicate(site, practice, one, other)
    assert done.ok, done.err
    assert site.stored(SECOND, [one, other]) == (True, True)


def test_a_tag_that_moved_is_moved(site: Site, shelf: Shelf, practice: Practice) -> None:
    for content in (b"before", b"after"):
        artifact = shelf.artifact("example.org/moving", "latest", shelf.put(content))
        push(site, artifact)
        done = replicate(site, practice, artifact)
        assert done.ok, done.err
    url = f"http://127.0.0.1:{PUSH_PORT}/v2/example.org/moving/manifests/latest"
    kind = "Accept: application/vnd.oci.image.manifest.v1+json"
    tagged = site.run(SECOND, "curl", "-sfu", ":".join(CREDENTIAL), "-H", kind, url)
    assert artifact.file.digest in tagged.out


def test_nothing_is_asked_of_the_first_where_all_is_there(site: Site, shelf: Shelf, practice: Practice) -> None:
    artifact = shelf.artifact("example.org/there", "v1", shelf.put(b"there"))
    push(site, artifact)
    assert replicate(site, practice, artifact).ok
    site.remove(SECOND, CA_OF_FIRST)  # without which it cannot be asked
    try:
        done = replicate(site, practice, artifact)
        assert done.ok, done.err
    finally:
        site.write(SECOND, CA_OF_FIRST, site.read(FIRST, REGISTRY_CA) or b"")


def test_a_failure_says_of_what(site: Site, shelf: Shelf, practice: Practice) -> None:
    done = replicate(site, practice, shelf.artifact("example.org/nowhere", "v1", shelf.put(b"no")))
    assert done.code == 22
    assert "error: 404" in done.err
    assert "failed while copying example.org/nowhere:v1 from https://" in done.err


def test_a_wrong_password_brings_nothing(site: Site, shelf: Shelf, practice: Practice) -> None:
    artifact = shelf.artifact("example.org/refused", "v1", shelf.put(b"refused"))
    push(site, artifact)
    done = replicate(site, practice, artifact, password="another")
    assert done.code == 22
    assert "error: 401" in done.err
    assert "failed while copying example.org/refused:v1" in done.err
    assert site.stored(SECOND, [artifact]) == (False,)
