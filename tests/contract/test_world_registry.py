"""What every World brings to a host and its registry: the bundle's bytes or nothing."""

from __future__ import annotations

import pytest
from registries import CREDENTIAL, PUSH_PORT
from stages import Stage

from installer.errors import BundleNotTrusted, CommandFailed, ConnectionLost


def test_a_sent_blob_is_that_file(stage: Stage) -> None:
    path, blob = f"{stage.folder}/sent", stage.wares.first.blobs[1]
    stage.world.send(stage.host, path, blob.digest, mode=0o755)
    (state,) = stage.world.stat(stage.host, path)
    assert (f"sha256:{state.sha256}", state.mode, state.size) == (blob.digest, 0o755, blob.size)


def test_an_altered_blob_is_not_sent(stage: Stage) -> None:
    folder, blob = f"{stage.folder}/altered", stage.wares.altered_layer.file
    stage.world.make_directory(stage.host, folder)
    with pytest.raises(BundleNotTrusted, match=blob.digest):
        stage.world.send(stage.host, f"{folder}/program", blob.digest, mode=0o755)
    assert stage.world.query(stage.host, "ls", "-A", folder).out == ""


def test_what_is_pushed_is_served_and_nothing_else_is(registry: Stage) -> None:
    world, host, wares = registry.world, registry.host, registry.wares
    told: list[tuple[int, int, str]] = []
    artifacts, before = [wares.first, wares.second], registry.sent()
    assert world.stored(host, artifacts) == (False, False)
    seen = world.reporting(lambda done, total, unit, note: told.append((done, total, unit)))
    seen.push(host, PUSH_PORT, CREDENTIAL, artifacts)
    blobs = {blob for artifact in artifacts for blob in (artifact.manifest, *artifact.blobs)}
    total = sum(blob.size for blob in blobs)
    assert world.stored(host, [*artifacts, wares.never]) == (True, True, False)
    assert world.stored(registry.other, artifacts) == (False, False)
    assert world.stored(host, []) == ()
    assert told[-1] == (total, total, "bytes")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert registry.sent() == before + len(blobs), "each blob crosses the link once"
    seen.push(host, PUSH_PORT, CREDENTIAL, artifacts)
    assert registry.sent() == before + len(blobs), "and a second push sends none"
    assert told[-1] == (total, total, "bytes")


@pytest.mark.parametrize("part", ["layer", "manifest"])
def test_an_altered_blob_is_not_pushed(registry: Stage, part: str) -> None:
    artifact = getattr(registry.wares, f"altered_{part}")
    with pytest.raises(BundleNotTrusted, match=(artifact.file if part == "layer" else artifact.manifest).digest):
        registry.world.push(registry.host, PUSH_PORT, CREDENTIAL, [artifact])
    assert registry.world.stored(registry.host, [artifact]) == (False,)


def test_the_wrong_password_is_refused_in_words(registry: Stage) -> None:
    with pytest.raises(CommandFailed, match="refuses the password"):
        registry.world.push(registry.host, PUSH_PORT, ("sitewright", "wrong"), [registry.wares.never])


def test_no_registry_there_is_said(registry: Stage) -> None:
    with pytest.raises(ConnectionLost, match="nothing listens"):
        registry.world.push(registry.host, 5999, CREDENTIAL, [registry.wares.never])
