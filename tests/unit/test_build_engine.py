"""Locking and building a whole small bundle, with the real Go toolchain and without it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard
from build_sample import GO, borrowed_cache, silent, write_recipe

from installer.builder import build, pack, reading
from installer.bundle.archive import Archive
from installer.bundle.manifest import Manifest
from installer.bundle.sshsig import generate_key
from installer.bundle.verify import verify
from installer.engine.events import BuildProgressed, Event
from installer.errors import BuildFailed
from installer.workshop import Workshop

PAGE: Mapping[str, Any] = {
    "name": "page",
    "title": "A page",
    "sources": [{"name": "page", "path": {"path": "web"}}],
    "images": [
        {"name": "registry.sitewright.internal/page", "tag": "v1", "user": "1000", "env": {"B": "2", "A": "1"},
         "entrypoint": ["/srv/run"], "workdir": "/srv", "ports": [8080],
         "layers": [{"from": "page"},
                    {"from": "page", "files": {"index.html": "/srv/index.html", "more": "/srv/more"}}]},
    ],
    "files": [{"name": "page", "from": "page", "file": "index.html"}],
    "beside": {"web/index.html": "hello\n", "web/more/x": "x\n", "page.service": "[Unit]\n"},
}  # fmt: skip
HELLO: Mapping[str, Any] = {
    "name": "hello",
    "sources": [{"name": "hello", "go": {"path": "go", "commands": {"greet": "."}, "ldflags": {"main.version": "v7"}}}],
    "files": [{"name": "greet", "from": "hello", "file": "greet"}],
    "beside": {
        "go/go.mod": "module example.invalid/hello\n\ngo 1.26.0\n",
        "go/main.go": 'package main\n\nvar version string\n\nfunc main() { print("hello " + version + "\\n") }\n',
    },
}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    generate_key(tmp_path / "key")
    return tmp_path / "key"


def read(path: Path, key: Path) -> Manifest:
    signers = f'vendor namespaces="sitewright-bundle" {key.with_suffix(".pub").read_text()}'
    with Archive.open(path) as archive:
        return verify(archive, signers, datetime.now(UTC))


PHASES = ["packing", "proving", "writing"]


def told(events: list[Event]) -> list[BuildProgressed]:
    return [event for event in events if isinstance(event, BuildProgressed)]


def locked(tmp_path: Path, *components: Mapping[str, Any], **head: Any) -> Path:
    folder = write_recipe(tmp_path / "small", *components, **head)
    build.lock_recipe(folder, silent, cache=tmp_path / "cache")
    return folder


def unpacked(archive: Archive, digest: str) -> bytes:
    """A layer's tar."""
    return zstandard.ZstdDecompressor().decompress(archive.blob(digest).read())


def test_a_bundle_holds_what_the_recipe_says(tmp_path: Path, key: Path) -> None:
    path = build.build(locked(tmp_path, PAGE), key, silent, tmp_path / "out", cache=tmp_path / "cache")
    assert path == tmp_path / "out/small-1.0.0-amd64.sitewright"
    manifest = read(path, key)
    page = manifest.component("page")
    assert (page.version, page.spec["title"], page.texts) == ("v1", "A page", {"page.service": "[Unit]\n"})
    assert [artifact.reference for artifact in page.artifacts] == [
        "registry.sitewright.internal/page:v1",
        "files.sitewright.internal/page:v1",
    ]
    with Archive.open(path) as archive:
        image = page.artifact("image", "registry.sitewright.internal/page")
        config = json.loads(archive.blob(image.blobs[0].digest).read())
        assert config["config"] == {
            "Entrypoint": ["/srv/run"], "Env": ["A=1", "B=2"], "ExposedPorts": {"8080/tcp": {}}, "User": "1000",
            "WorkingDir": "/srv",
        }  # fmt: skip
        tars = [unpacked(archive, blob.digest) for blob in image.blobs[1:]]
        assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]
        with tarfile.open(fileobj=io.BytesIO(tars[1])) as layer:
            assert layer.getnames() == ["srv", "srv/index.html", "srv/more", "srv/more/x"]
        assert archive.blob(page.artifact("file", "page").file.digest).read() == b"hello\n"


CHART: Mapping[str, Any] = {
    "name": "kinds",
    "sources": [{"name": "kinds", "go": {"path": "go"}}],
    "charts": [{"name": "kinds", "path": "chart", "adds": [
        {"from": "kinds", "files": {"crd/one.yaml": "templates/first.yaml", "crd/more": "templates"}}]}],
    "beside": {"chart/Chart.yaml": "apiVersion: v2\nname: kinds\nversion: 1.0.0\n",
               "go/go.mod": "module example.invalid/k\n", "go/crd/one.yaml": "kind: One\n",
               "go/crd/more/two.yaml": "kind: Two\n", "go/crd/not.yaml": "kind: Not\n"},
}  # fmt: skip


def test_a_chart_has_files_of_a_source_put_into_it(tmp_path: Path) -> None:
    folder = write_recipe(tmp_path / "small", CHART, toolchain={"go": GO})
    cache = borrowed_cache(tmp_path / "cache")
    build.lock_recipe(folder, silent, cache=cache)
    assert reading.load(folder).source("kinds").trees == ("crd/more", "crd/one.yaml")
    (made,) = (cache / "made").glob("*/files")
    assert {path.name for path in made.rglob("*.yaml")} == {"one.yaml", "two.yaml"}, "what no chart takes is not kept"
    packer = pack.Packer(Workshop(cache, "amd64"), "amd64", {"kinds": made})
    (chart,) = packer.component(reading.load(folder).parts[0]).artifacts
    with tarfile.open(packer.blob_path(chart.file.digest)) as packed:
        assert [each.name for each in packed if each.isfile()] == [
            "kinds/Chart.yaml",
            "kinds/templates/first.yaml",
            "kinds/templates/two.yaml",
        ]
    lost = {"charts": [{**CHART["charts"][0], "adds": [{"from": "kinds", "files": {"crd/none.yaml": "templates"}}]}]}
    with pytest.raises(BuildFailed, match=r"the module has neither file nor folder crd/none\.yaml"):
        build.lock_recipe(write_recipe(tmp_path / "lost", CHART | lost, toolchain={"go": GO}), silent, cache=cache)


def test_skopeo_reads_the_images_of_a_bundle(tmp_path: Path, key: Path) -> None:
    path = build.build(locked(tmp_path, PAGE), key, silent, cache=tmp_path / "cache")
    reference = f"oci-archive:{path}:registry.sitewright.internal/page:v1"
    said = subprocess.run(["skopeo", "inspect", reference], capture_output=True, check=True, text=True)
    assert json.loads(said.stdout)["Architecture"] == "amd64"


def test_two_builds_in_two_folders_give_the_same_bytes(tmp_path: Path, key: Path) -> None:
    made = []
    folder = write_recipe(tmp_path / "one/small", PAGE, HELLO, toolchain={"go": GO})
    build.lock_recipe(folder, silent, cache=borrowed_cache(tmp_path / "one/cache"))
    shutil.copytree(folder, tmp_path / "another/deeper/small")
    for recipe_folder in (folder, tmp_path / "another/deeper/small"):
        cache = recipe_folder.parent / "cache"
        cache = cache if cache.is_dir() else borrowed_cache(cache)
        made.append(build.build(recipe_folder, key, silent, recipe_folder.parent / "out", cache=cache))
    assert made[0] != made[1]
    assert made[0].read_bytes() == made[1].read_bytes()
    greet = read(made[0], key).component("hello").artifact("file", "greet")
    program = tmp_path / "greet"
    with Archive.open(made[0]) as archive:
        program.write_bytes(archive.blob(greet.file.digest).read())
    program.chmod(0o755)
    assert subprocess.run([program], capture_output=True, check=True).stderr == b"hello v7\n"
    assert str(tmp_path).encode() not in program.read_bytes()


def test_a_changed_text_is_in_the_next_bundle_without_locking(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    build.build(folder, key, silent, cache=tmp_path / "cache")
    (folder / "components/page/page.service").write_text("[Service]\n")
    path = build.build(folder, key, silent, cache=tmp_path / "cache")
    assert read(path, key).component("page").texts["page.service"] == "[Service]\n"


def test_what_the_lock_does_not_name_is_not_built(tmp_path: Path, key: Path) -> None:
    folder = write_recipe(tmp_path / "small", PAGE)
    with pytest.raises(BuildFailed, match=r"source page: is not in the lock"):
        build.build(folder, key, silent, cache=tmp_path / "cache")


def test_a_made_file_that_differs_from_the_lock_is_named(tmp_path: Path, key: Path) -> None:
    folder = locked(tmp_path, PAGE)
    path = folder / "bundle.lock.yaml"
    document = yaml.safe_load(path.read_text())
    document["sources"]["page"]["made"]["index.html"] = "sha256:" + "0" * 64
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(BuildFailed, match=r"page: index.html: made sha256:.*, but sha256:0+ is locked"):
        build.build(folder, key, silent, cache=tmp_path / "cache")
    assert not (tmp_path / "cache/bundles").exists()


def test_update_moves_one_source_and_no_other(tmp_path: Path) -> None:
    other = {
        **PAGE,
        "name": "other",
        "sources": [{"name": "other", "path": {"path": "web"}}],
        "images": [],
        "files": [],
    }
    folder = locked(tmp_path, PAGE, other)
    before = yaml.safe_load((folder / "bundle.lock.yaml").read_text())["sources"]
    events: list[Event] = []
    build.lock_recipe(folder, events.append, update="other", cache=tmp_path / "cache")
    assert {event.source for event in told(events)} == {"other", ""}
    assert yaml.safe_load((folder / "bundle.lock.yaml").read_text())["sources"] == before


def test_update_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"has no source of that name"):
        build.lock_recipe(locked(tmp_path, PAGE), silent, update="ghost", cache=tmp_path / "cache")


def test_locking_again_resolves_only_what_changed(tmp_path: Path) -> None:
    folder = locked(tmp_path, PAGE)
    events: list[Event] = []
    build.lock_recipe(folder, events.append, cache=tmp_path / "cache")
    assert events == []
    (folder / "components/page/web/index.html").write_text("other")
    build.lock_recipe(folder, events.append, cache=tmp_path / "cache")
    assert list(dict.fromkeys(event.source for event in told(events))) == ["page", ""]


def test_progress_counts_and_looks_ahead(tmp_path: Path, key: Path) -> None:
    made = {"sources": [{"name": "z", "path": {"path": "web"}}], "images": [],
            "files": [{"name": "z.html", "from": "z", "file": "index.html"}]}  # fmt: skip
    folder = locked(tmp_path, PAGE, {**PAGE, "name": "z", **made})
    shutil.rmtree(tmp_path / "cache/made")
    document = yaml.safe_load((folder / "bundle.lock.yaml").read_text())
    document["sources"]["page"]["seconds"], document["sources"]["z"]["seconds"] = 12, 7
    (folder / "bundle.lock.yaml").write_text(yaml.safe_dump(document))
    events: list[Event] = []
    build.build(folder, key, events.append, cache=tmp_path / "cache")
    seen = [event for event in told(events) if event.phase == "making"]
    assert (seen[0].done, seen[0].total) == (0, 2) and {*seen[0].source.split(", ")} <= {"page", "z"}
    assert (seen[-1].source, seen[-1].done, seen[-1].total) == ("", 2, 2)
    assert seen[0].left == pytest.approx(19 / len(os.sched_getaffinity(0)), abs=0.1)
    assert [event.done for event in seen] == sorted(event.done for event in seen)
    assert (seen[-1].left, seen[-1].share) == (0.0, 1.0)
    later = [event for event in told(events) if event.phase != "making"]
    assert [event.phase for event in later] == sorted((event.phase for event in later), key=PHASES.index)
    assert {event.phase for event in later} == set(PHASES)
    assert [event.source for event in later if event.phase == "packing"] == ["page", "z"]
    assert (later[-1].done, later[-1].total > 0) == (later[-1].total, True)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"files": [{"name": "x", "from": "page", "file": "ghost"}]}, "source page makes no ghost"),
        ({"images": [{"name": "a.b/x", "tag": "v1", "layers": [{"from": "page", "files": {"ghost": "/x"}}]}]},
         "source page makes no ghost"),
        ({"charts": [{"name": "x", "path": "web"}]}, "chart x: no Chart.yaml"),
    ],
)  # fmt: skip
def test_an_artifact_of_nothing_is_named(tmp_path: Path, key: Path, entry: dict[str, Any], said: str) -> None:
    folder = locked(tmp_path, {**PAGE, "images": [], "files": [], **entry})
    with pytest.raises(BuildFailed, match=said):
        build.build(folder, key, silent, cache=tmp_path / "cache")


def test_a_command_that_does_not_compile_is_told_with_the_compilers_words(tmp_path: Path) -> None:
    broken = {**HELLO, "beside": {**HELLO["beside"], "go/main.go": "package main\n\nfunc main() { nonsense() }\n"}}
    folder = write_recipe(tmp_path / "small", broken, toolchain={"go": GO})
    with pytest.raises(BuildFailed, match=r"undefined: nonsense"):
        build.lock_recipe(folder, silent, cache=borrowed_cache(tmp_path / "cache"))


def test_cgo_without_a_locked_c_toolchain_is_refused(tmp_path: Path) -> None:
    spec = {"path": "go", "commands": {"greet": "."}, "cgo": True}
    folder = write_recipe(
        tmp_path / "small", {**HELLO, "sources": [{"name": "hello", "go": spec}]}, toolchain={"go": GO}
    )
    with pytest.raises(BuildFailed, match=r"names no toolchain\.c"):
        build.lock_recipe(folder, silent, cache=borrowed_cache(tmp_path / "cache"))
