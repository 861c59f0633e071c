"""Folders and Debian packages as sources."""

from __future__ import annotations

import gzip
import lzma
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from build_sample import deb_bytes, made, sha, source, tar_bytes, web, workshop

from installer.builder.sources import deb, path
from installer.errors import BuildFailed
from installer.workshop import tree_digest


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
