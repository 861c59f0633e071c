"""Own Java sources of a recipe are compiled into the same bytes everywhere."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from build_sample import source, workshop, write_recipe

from installer.builder import reading
from installer.builder.recipe import JAVA_TOOLCHAIN, Source
from installer.builder.sources import maven, sandbox
from installer.errors import BuildFailed
from installer.workshop import Workshop, tree_digest


# Java sources -------------------------------------------------------------------------------------------------------
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> Path:
    """Compile by this machine's own compiler: the file system of a toolchain is tried with the real bundle."""
    if shutil.which("javac") is None:
        pytest.skip("no Java compiler on this machine")

    def run(what: Source, shop: Workshop, binds: Mapping[str, Path], env: Mapping[str, str], argv: list[str]) -> None:
        for inner, outer in binds.items():
            argv = [word.replace(f"{inner}/", f"{outer}/", 1) if word.startswith(inner) else word for word in argv]
        shop.run(what.name, *argv)

    monkeypatch.setattr(sandbox, "run", run)
    home = tmp_path / folder
    (home / "java/a/b").mkdir(parents=True)
    (home / "java/a/b/Hello.java").write_text("package a.b;\npublic final class Hello { int x = 1; }\n")
    (home / "java/a/notes.txt").write_text("as it is\n")
    what = source("maven", {"artifacts": ["unused"], "path": "java", "release": 11}, home)
    (home / "made").mkdir()
    identity = {"artifacts": [], "tree": tree_digest(home / "java")}
    maven.make(what, identity, workshop(home), home / "made")
    return home / "made/jars/thing.jar"


def test_own_sources_are_compiled_into_the_same_bytes_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (compiled(tmp_path, monkeypatch, folder) for folder in ("one", "other/deeper"))
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert archive.namelist() == ["a/b/Hello.class", "a/notes.txt"]
        assert archive.read("a/b/Hello.class")[6:8] == bytes([0, 55]), "of Java 11"


def test_sources_that_changed_since_they_were_locked_are_refused(tmp_path: Path) -> None:
    (tmp_path / "java").mkdir()
    (tmp_path / "made").mkdir()
    what = source("maven", {"artifacts": ["unused"], "path": "java"}, tmp_path)
    with pytest.raises(BuildFailed, match=r"its tree is sha256:.*, but sha256:0 is locked"):
        maven.make(what, {"artifacts": [], "tree": "sha256:0"}, workshop(tmp_path), tmp_path / "made")


def test_sources_take_a_compiler(tmp_path: Path) -> None:
    spec = {"artifacts": ["a:b:1"], "path": "java"}
    part = {"name": "x", "sources": [{"name": "x", "maven": spec}], "beside": {"java/A.java": "class A {}"}}
    with pytest.raises(BuildFailed, match=r"component.yaml:\d+: sources.0.maven: .*names no toolchain.java"):
        reading.load(write_recipe(tmp_path / "small", part))
    found = reading.load(write_recipe(tmp_path / "small", part, toolchain={"java": {"packages": ["javac"]}}))
    assert (found.source("x").sandbox, found.source(JAVA_TOOLCHAIN).kind) == (JAVA_TOOLCHAIN, "deb")
