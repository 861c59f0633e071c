"""Charts and images as sources, from a registry or a chart repository of this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from build_sample import made, sha, source, tar_bytes, web, workshop

from installer.builder.pack import CHART_LAYER, MANIFEST
from installer.builder.sources import helm, oci
from installer.errors import BuildFailed
from installer.workshop import made_digests

CHART = tar_bytes({"thing/Chart.yaml": b"name: thing\nversion: 1.2.3\n", "thing/templates/x.yaml": b"{}"}, "w:gz")


def test_a_chart_comes_from_a_chart_repository(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/thing-1.2.3.tgz").write_bytes(CHART)
    (tmp_path / "index.yaml").write_text(
        "entries:\n  thing:\n  - {version: 2.0.0, urls: [no]}\n  - {version: 1.2.3, urls: [charts/thing-1.2.3.tgz]}\n"
    )
    with web(tmp_path) as address:
        what = source("helm", {"repository": address, "chart": "thing", "version": "1.2.3"})
        identity = helm.resolve(what, workshop(tmp_path))
        into = made(helm, what, identity, tmp_path)
    assert identity == {"url": f"{address}/charts/thing-1.2.3.tgz", "sha256": sha(CHART)}
    assert set(made_digests(into)) == {"Chart.yaml", "templates/"}


@pytest.mark.parametrize("index", ["entries: {}", "entries: {thing: [{version: 1.0.0, urls: [x]}]}", "[]", "a: ["])
def test_a_chart_that_the_repository_lacks_is_named(tmp_path: Path, index: str) -> None:
    (tmp_path / "index.yaml").write_text(index)
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"has no chart thing 1\.2\.3"):
        what = source("helm", {"repository": address, "chart": "thing", "version": "1.2.3"})
        helm.resolve(what, workshop(tmp_path))


class Registry(SimpleHTTPRequestHandler):
    """The reading half of a registry: manifests and blobs are files of the folder served."""

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        if self.path == "/v2/":
            content = b"{}"
        else:
            file = Path(self.directory) / self.path.rsplit("/", 1)[-1].replace(":", "-")
            if not file.is_file():
                self.send_error(404)
                return
            content = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", MANIFEST if "/manifests/" in self.path else "application/octet-stream")
        self.send_header("Docker-Content-Digest", sha(content))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


def serve_artifact(folder: Path, config: bytes, layer: bytes, types: tuple[str, str], tag: str) -> str:
    folder.mkdir(exist_ok=True)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": types[0], "digest": sha(config), "size": len(config)},
            "layers": [{"mediaType": types[1], "digest": sha(layer), "size": len(layer)}],
        }
    ).encode()
    for content in (config, layer, manifest):
        (folder / sha(content).replace(":", "-")).write_bytes(content)
    (folder / tag).write_bytes(manifest)
    return sha(manifest)


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A test's registry speaks plain HTTP; skopeo takes that from the user's settings, never from us."""
    settings = tmp_path / "home/.config/containers/registries.conf"
    settings.parent.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def allow(place: str) -> None:
        settings.write_text(f'[[registry]]\nlocation = "{place}"\ninsecure = true\n')

    return allow


def test_an_image_comes_from_a_registry_by_digest(tmp_path: Path, trust: Callable[[str], None]) -> None:
    layer = tar_bytes({"hello": b"hello"})
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [sha(layer)]}}
    ).encode()
    types = ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar")
    digest = serve_artifact(tmp_path / "registry", config, layer, types, "v1")
    with web(tmp_path / "registry", Registry) as address:
        place = address.removeprefix("http://")
        trust(place)
        what = source("oci", {"image": f"{place}/library/hello", "tag": "v1"})
        identity = oci.resolve(what, workshop(tmp_path))
        # The tag moves; what is locked is still what comes.
        (tmp_path / "registry/v1").write_bytes(b"{}")
        into = made(oci, what, identity, tmp_path)
    assert identity == {"digest": digest}
    index = json.loads((into / "index.json").read_text())
    manifest = json.loads((into / "blobs/sha256" / index["manifests"][0]["digest"][7:]).read_text())
    assert manifest["config"]["digest"] == sha(config)


def test_an_image_that_a_registry_lacks_is_named(tmp_path: Path, trust: Callable[[str], None]) -> None:
    (tmp_path / "registry").mkdir()
    with web(tmp_path / "registry", Registry) as address:
        place = address.removeprefix("http://")
        trust(place)
        what = source("oci", {"image": f"{place}/library/hello", "tag": "v1"})
        with pytest.raises(BuildFailed, match=r"library/hello@sha256:.* cannot be fetched"):
            made(oci, what, {"digest": sha(b"nothing")}, tmp_path)


@pytest.mark.parametrize(
    "index",
    [
        b"", b"\xff\xfe\x80", b"[" * 100_000, b"entries: 7", b"entries: {thing: [7]}", b"- a",
        b"entries: {thing: {a: 1}}",
        b"entries: {thing: [{version: 1.2.3}]}", b"entries: {thing: [{version: 1.2.3, urls: []}]}",
        b"entries: {thing: [{version: 1.2.3, urls: [7]}]}", b"entries: {thing: [{version: 1.2.3, urls: ['http://[']}]}",
    ],
)  # fmt: skip
def test_an_index_of_another_form_has_no_chart(tmp_path: Path, index: bytes) -> None:
    (tmp_path / "index.yaml").write_bytes(index)
    with web(tmp_path) as address:
        what = source("helm", {"repository": address, "chart": "thing", "version": "1.2.3"})
        with pytest.raises(BuildFailed, match=r"index.yaml has no chart thing 1.2.3"):
            helm.resolve(what, workshop(tmp_path))


@pytest.mark.parametrize("packed", [tar_bytes({}, "w:gz"), tar_bytes({"thing": b"a file"}, "w:gz"), b"no archive"],
                         ids=["empty", "a file in its place", "no archive"])  # fmt: skip
def test_a_packed_chart_without_its_folder_is_none(tmp_path: Path, packed: bytes) -> None:
    (tmp_path / "chart.tgz").write_bytes(packed)
    with web(tmp_path) as address, pytest.raises(BuildFailed, match="is not a chart: it has no folder"):
        locked = {"url": f"{address}/chart.tgz", "sha256": sha(packed)}
        made(helm, source("helm", {"repository": address, "chart": "thing", "version": "1"}), locked, tmp_path)


@pytest.mark.parametrize("version", ["1.2.3", "1.2.3+build"])
def test_a_chart_comes_from_a_registry(tmp_path: Path, trust: Callable[[str], None], version: str) -> None:
    types = ("application/vnd.cncf.helm.config.v1+json", CHART_LAYER)
    digest = serve_artifact(tmp_path / "registry", b"{}", CHART, types, version.replace("+", "_"))
    with web(tmp_path / "registry", Registry) as address:
        place = address.removeprefix("http://")
        trust(place)
        what = source("helm", {"repository": f"oci://{place}/charts", "chart": "thing", "version": version})
        identity = helm.resolve(what, workshop(tmp_path))
        into = made(helm, what, identity, tmp_path)
    assert identity == {"digest": digest}
    assert set(made_digests(into)) == {"Chart.yaml", "templates/"}
