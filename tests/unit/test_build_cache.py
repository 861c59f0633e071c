"""What a build keeps: nothing is made twice, and nothing that was changed in the cache is believed."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest
import test_build_engine
from build_sample import silent
from test_build_engine import PAGE, locked, read, told

from installer.builder import build
from installer.builder.sources import upkeep
from installer.bundle.archive import Archive
from installer.bundle.sshsig import generate_key, sign
from installer.bundle.writing import put_signature
from installer.engine.events import Event
from installer.errors import BuildFailed

key = test_build_engine.key


def test_a_second_build_makes_nothing(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    first = build.build(folder, key, silent, cache=tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache/made")
    shutil.rmtree(tmp_path / "cache/blobs")
    before = first.stat()
    events: list[Event] = []
    assert build.build(folder, key, events.append, cache=tmp_path / "cache") == first
    assert {event.phase for event in told(events)} == {"checking"}
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_another_key_packs_the_same_again(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    first = build.build(folder, key, silent, cache=tmp_path / "cache")
    generate_key(tmp_path / "other")
    shutil.rmtree(tmp_path / "cache/made")
    shutil.rmtree(tmp_path / "cache/blobs")
    second = build.build(folder, tmp_path / "other", silent, cache=tmp_path / "cache")
    assert second != first
    assert read(second, tmp_path / "other").digest == read(first, key).digest


@pytest.mark.parametrize("signed", [True, False])
def test_what_is_packed_and_was_changed_in_the_cache_is_packed_anew(tmp_path: Path, key: Path, signed: bool) -> None:
    folder, signer = locked(tmp_path, PAGE), key if signed else None
    whole = build.build(folder, signer, silent, cache=tmp_path / "cache").read_bytes()
    (body,) = (tmp_path / "cache/packed").glob("*/bundle.json")
    body.write_bytes(body.read_bytes().replace(b"A page", b"A poem"))
    assert build.build(folder, signer, silent, cache=tmp_path / "cache").read_bytes() == whole


def test_what_the_cache_holds_takes_no_time(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    path = folder / "bundle.lock.yaml"
    path.write_text(path.read_text().replace("seconds: 1", "seconds: 1000"))
    events: list[Event] = []
    build.build(folder, key, events.append, cache=tmp_path / "cache")
    assert {event.left for event in told(events) if event.phase == "making"} == {0.0}
    shutil.rmtree(tmp_path / "cache/made")
    shutil.rmtree(tmp_path / "cache/packed")
    del events[:]
    build.build(folder, key, events.append, cache=tmp_path / "cache")
    assert told(events)[0].left > 900 / (os.cpu_count() or 1)


def test_the_cache_keeps_few_finished_bundles(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    made = []
    for number in range(build.KEPT + 2):
        (folder / "components/page/page.service").write_text(f"[Unit {number}]\n")
        made.append(build.build(folder, key, silent, tmp_path / f"out{number}", cache=tmp_path / "cache"))
    kept = list((tmp_path / "cache/bundles").glob("*/*.sitewright"))
    assert sorted(path.read_bytes() for path in kept) == sorted(path.read_bytes() for path in made[-build.KEPT :])


def test_signing_what_was_built_leaves_the_cache_alone(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    generate_key(tmp_path / "other")
    path = build.build(folder, key, silent, tmp_path / "out", cache=tmp_path / "cache")
    with Archive.open(path) as archive:
        put_signature(path, sign(archive.bundle_json, tmp_path / "other"))
    assert read(path, tmp_path / "other")
    again = build.build(folder, key, silent, tmp_path / "out", cache=tmp_path / "cache")
    assert read(again, key)


@pytest.mark.parametrize("change", ["another byte", "another key's signature", "cut off"])
def test_a_finished_bundle_that_was_changed_in_the_cache_is_written_anew(
    tmp_path: Path, key: Path, change: str
) -> None:
    folder = locked(tmp_path, PAGE)
    path = build.build(folder, key, silent, cache=tmp_path / "cache")
    whole = path.read_bytes()
    if change == "another key's signature":
        generate_key(tmp_path / "other")
        with Archive.open(path) as archive:
            put_signature(path, sign(archive.bundle_json, tmp_path / "other"))
    else:
        path.write_bytes(whole.replace(b"hello", b"hullo") if change == "another byte" else whole[:-600])
    assert build.build(folder, key, silent, cache=tmp_path / "cache").read_bytes() == whole


def test_a_made_file_that_was_changed_in_the_cache_is_made_anew(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    whole = build.build(folder, key, silent, cache=tmp_path / "cache").read_bytes()
    for made in (tmp_path / "cache/made").glob("*/files/index.html"):
        made.write_bytes(b"foreign\n")
    for name in ("packed", "blobs", "bundles"):
        shutil.rmtree(tmp_path / "cache" / name)
    assert build.build(folder, key, silent, cache=tmp_path / "cache").read_bytes() == whole


def test_a_blob_that_was_changed_in_the_cache_gets_into_no_bundle(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    whole = build.build(folder, key, silent, cache=tmp_path / "cache").read_bytes()
    shutil.rmtree(tmp_path / "cache/bundles")
    blob = tmp_path / "cache/blobs" / hashlib.sha256(b"hello\n").hexdigest()
    blob.write_bytes(b"hullo\n")
    with pytest.raises(BuildFailed, match=r"was changed in the cache") as refused:
        build.build(folder, key, silent, tmp_path / "out", cache=tmp_path / "cache")
    assert "remove that file" in refused.value.remedy
    blob.unlink()
    assert build.build(folder, key, silent, tmp_path / "out", cache=tmp_path / "cache").read_bytes() == whole


def test_what_no_build_uses_any_more_leaves_the_cache(tmp_path: Path, key: Path) -> None:
    def aged(days: float) -> set[Path]:
        """Everything of the cache's own, as if it had last been used so many days ago."""
        entries = {path for part in upkeep.AGES for path in cache.glob(f"{part}/*")}
        for path in entries:
            os.utime(path, (time.time() - days * 86400,) * 2)
        return entries

    cache, folder = tmp_path / "cache", locked(tmp_path, PAGE)
    build.build(folder, key, silent, cache=cache)
    former = aged(31)
    (folder / "components/page/web/index.html").write_text("other\n")
    build.lock_recipe(folder, silent, cache=cache)
    build.build(folder, key, silent, cache=cache)
    assert {path.parent.name for path in former if path.exists()} == {"blobs"}, "only what both have in common"
    present = aged(29)
    (cache / "work/left by a kill").mkdir()
    (cache / "work/under way").mkdir()
    os.utime(cache / "work/left by a kill", (time.time() - 2 * 86400,) * 2)
    build.build(folder, key, silent, cache=cache)
    assert all(path.exists() for path in present)
    assert [path.name for path in (cache / "work").iterdir()] == ["under way"]
