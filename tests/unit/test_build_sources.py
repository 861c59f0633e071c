"""The kinds of sources, each against the real thing or a server of this process."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import lzma
import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from build_sample import deb_bytes, source, tar_bytes, web, workshop

from installer.builder.pack import CHART_LAYER, MANIFEST
from installer.builder.sources import deb, helm, http, oci, path
from installer.errors import BuildFailed
from installer.workshop import made_digests, tree_digest


def sha(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def made(kind: Any, what: Any, identity: Mapping[str, Any], tmp_path: Path) -> Path:
    into = tmp_path / "made"
    into.mkdir()
    kind.make(what, identity, workshop(tmp_path), into)
    return into


# path ---------------------------------------------------------------------------------------------------------------
def test_a_folder_is_copied_with_its_executable_bits_and_links(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    (folder / "bin").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/x.pyc").write_bytes(b"cache")
    (folder / "bin/run").write_text("#!/bin/sh\n")
    (folder / "bin/run").chmod(0o700)
    (folder / "page").write_text("hello")
    (folder / "page").chmod(0o600)
    (folder / "link").symlink_to("page")
    what = source("path", {"path": "web"}, tmp_path)
    into = made(path, what, path.resolve(what, workshop(tmp_path)), tmp_path)
    assert (into / "bin/run").stat().st_mode & 0o777 == 0o755
    assert (into / "page").stat().st_mode & 0o777 == 0o644
    assert (into / "link").readlink() == Path("page")
    assert not (into / "__pycache__").exists()
    assert tree_digest(into) == tree_digest(folder)


@pytest.mark.parametrize("change", ["content", "name", "mode", "link"])
def test_a_folders_digest_sees_every_change(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "page").write_text("hello")
    (folder / "link").symlink_to("page")
    before = tree_digest(folder)
    if change == "content":
        (folder / "page").write_text("hallo")
    elif change == "name":
        (folder / "page").rename(folder / "pages")
    elif change == "mode":
        (folder / "page").chmod(0o755)
    else:
        (folder / "link").unlink()
        (folder / "link").symlink_to("pages")
    assert tree_digest(folder) != before


# deb ----------------------------------------------------------------------------------------------------------------
def hard_link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.LNKTYPE, target
    return info


CONTENTS: Mapping[str, Any] = {
    "./lib/libx.so.1": b"library",
    "./usr/lib/libx.so": "libx.so.1",
    "./usr/bin/tool.sh": b"#!/bin/sh\n",
    "./usr/bin/same": hard_link("./usr/bin/same", "./usr/bin/tool.sh"),
    "./usr/share/doc/tool/README": b"long",
    "./usr/share/doc/tool/copyright": b"licence",
    "./usr/share/man/man1/tool.1.gz": b"page",
    "./etc/unwanted/x": b"x",
    "./var/log/tool": b"log",
}
URL = "http://127.0.0.1:1/pool/tool_1.0_amd64.deb"


def keep_package(tmp_path: Path, packed: bytes, name: str = "tool") -> dict[str, str]:
    kept = tmp_path / "cache/debian" / f"{sha(packed)[7:]}.deb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(packed)
    return {"name": name, "version": "1.0", "url": URL, "sha256": sha(packed)}


def root_of(tmp_path: Path, packages: list[dict[str, str]], **spec: Any) -> dict[str, tarfile.TarInfo]:
    what = source("deb", {"packages": ["tool"], **spec})
    into = made(deb, what, {"packages": packages}, tmp_path)
    with tarfile.open(into / deb.ROOT) as tar:
        return {member.name: member for member in tar}


@pytest.mark.parametrize(
    ("member", "packed"),
    [
        ("data.tar.xz", lzma.compress(tar_bytes(CONTENTS))),
        ("data.tar.gz", gzip.compress(tar_bytes(CONTENTS))),
        ("data.tar", tar_bytes(CONTENTS)),
    ],
)
def test_a_root_file_system_has_what_an_image_needs_and_no_more(tmp_path: Path, member: str, packed: bytes) -> None:
    package = keep_package(tmp_path, deb_bytes(packed, member))
    found = root_of(
        tmp_path, [package], drop=["/etc/unwanted"], links={"/bin/other": "tool.sh", "/opt/x": "/usr/bin/same"}
    )
    assert found["lib"].linkname == "usr/lib"
    assert found["usr/lib/libx.so.1"].size == len(b"library")
    assert found["usr/lib/libx.so"].linkname == "libx.so.1"
    assert found["usr/bin/tool.sh"].mode == 0o755
    assert (found["usr/bin/same"].isreg(), found["usr/bin/same"].size) == (True, len(b"#!/bin/sh\n"))
    assert found["usr/bin/other"].linkname == "tool.sh"
    assert found["opt/x"].linkname == "/usr/bin/same"
    assert "usr/share/doc/tool/copyright" in found
    assert found["tmp"].mode == 0o1777
    assert found["etc/passwd"].size > 0
    gone = ("usr/share/doc/tool/README", "usr/share/man/man1/tool.1.gz", "etc/unwanted/x", "var/log/tool")
    assert not set(gone) & set(found)
    assert list(found) == sorted(found)
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in found.values()} == {(0, 0, 0, "")}


def test_a_later_package_lays_its_files_over_an_earlier_ones(tmp_path: Path) -> None:
    first = keep_package(tmp_path, deb_bytes(tar_bytes({"./etc/x": b"1"}), "data.tar"), "aaa")
    second = keep_package(tmp_path, deb_bytes(tar_bytes({"./etc/x": b"second"}), "data.tar"), "bbb")
    assert root_of(tmp_path, [first, second])["etc/x"].size == len(b"second")


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"no package", "is not a package"),
        (b"!<arch>\n", "holds no files"),
        (deb_bytes(b"odd", "data.tar.zst"), "holds data.tar.zst"),
    ],
)
def test_what_is_no_package_is_refused(tmp_path: Path, packed: bytes, said: str) -> None:
    package = keep_package(tmp_path, packed)
    with pytest.raises(BuildFailed, match=said):
        root_of(tmp_path, [package])


def test_a_package_that_left_its_mirror_is_named_with_the_way_on(tmp_path: Path) -> None:
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"Debian package tool 1\.0") as failure:
        root_of(tmp_path, [{"name": "tool", "version": "1.0", "url": f"{address}/tool.deb", "sha256": sha(b"x")}])
    assert "sitewright bundle lock --update thing" in failure.value.remedy


def test_a_package_altered_on_its_mirror_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tool.deb").write_bytes(deb_bytes(tar_bytes({}), "data.tar"))
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"cannot be fetched"):
        root_of(tmp_path, [{"name": "tool", "version": "1.0", "url": f"{address}/tool.deb", "sha256": sha(b"x")}])


# http ---------------------------------------------------------------------------------------------------------------
def zip_bytes() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("run.sh")
        info.external_attr = 0o755 << 16
        archive.writestr(info, "#!/bin/sh\n")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "inside"),
    [
        ("x.tar.gz", tar_bytes({"run.sh": b"#!"}, "w:gz"), "run.sh"),
        ("x.tar.xz", tar_bytes({"run.sh": b"#!"}, "w:xz"), "run.sh"),
        ("x.zip", zip_bytes(), "run.sh"),
        ("program", b"just a file", "program"),
    ],
)
def test_a_file_is_fetched_and_unpacked_where_it_is_an_archive(
    tmp_path: Path, name: str, content: bytes, inside: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with web(tmp_path) as address:
        what = source("http", {"url": f"{address}/{name}"})
        identity = http.resolve(what, workshop(tmp_path))
        into = made(http, what, identity, tmp_path)
    assert identity == {"sha256": sha(content)}
    assert (into / inside).is_file()
    assert bool((into / inside).stat().st_mode & 0o100) == inside.endswith(".sh")


def test_another_file_than_the_locked_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"changed")
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"is locked") as failure:
        made(http, source("http", {"url": f"{address}/x"}), {"sha256": sha(b"locked")}, tmp_path)
    assert "--update thing" in failure.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"/gone cannot be fetched: .*404"):
        http.resolve(source("http", {"url": f"{address}/gone"}), workshop(tmp_path))


def answering(said: bytes) -> type[SimpleHTTPRequestHandler]:
    """A server that says this to whoever asks, and hangs up."""

    class Said(SimpleHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(said)

    return Said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"nonsense\r\n\r\n", "nonsense"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "it broke off 6 bytes before its end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", "cannot be fetched: .+"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "more than 100 headers"),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "not allowed"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (3 << 20), "it is longer than 1 MiB"),
    ],
)
def test_a_server_that_answers_nonsense_is_told_with_the_address(tmp_path: Path, said: bytes, why: str) -> None:
    with web(tmp_path, answering(said)) as address, pytest.raises(BuildFailed, match=why) as failure:
        http.fetch("thing", f"{address}/x", tmp_path / "x", 1 << 20)
    assert f"{address}/x" in failure.value.message


def test_a_server_that_sends_a_byte_at_a_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_SECONDS", 0.2)

    class Slow(SimpleHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x")
                    time.sleep(0.02)

    with web(tmp_path, Slow) as address, pytest.raises(BuildFailed, match="more slowly than 16 KiB a second"):
        http.fetch("thing", f"{address}/x", tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tar.gz", tar_bytes({"run.sh": os.urandom(5000)}, "w:gz")[:-2000]),
        ("x.tar.xz", tar_bytes({"run.sh": os.urandom(5000)}, "w:xz")[:-2000]),
        ("x.zip", zip_bytes().replace(b"PK\x01\x02", b"PK\x01\x02\xff\xff\xff\xff\xff\xff", 1)),
    ],
)
def test_a_broken_archive_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BuildFailed, match="cannot be unpacked"):
        http.unpack("thing", tmp_path / name, tmp_path / "into")


def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tar_bytes({"../out": b"evil"}))
    with pytest.raises(BuildFailed, match=r"cannot be unpacked"):
        http.unpack("thing", tmp_path / "x.tar", tmp_path / "into")
    assert not (tmp_path / "out").exists()


# helm and oci -------------------------------------------------------------------------------------------------------
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
