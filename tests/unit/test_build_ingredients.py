"""What the bill of materials says that programs were made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from build_sample import GO, borrowed_cache, write_recipe

from installer.builder import reading
from installer.builder.lock import Lock, Locked, recipe_digest
from installer.builder.recipe import C_TOOLCHAIN
from installer.builder.sbom_sources import ingredients
from installer.builder.sources import toolchain
from installer.workshop import Workshop

PACKAGES = [
    {"name": name, "version": "2.36-9+deb12u10", "url": "debian/x", "sha256": f"sha256:{letter * 64}"}
    for letter, name in (("a", "gcc"), ("b", "libc6-dev"), ("c", "libseccomp-dev"))
]
SAID = "greet: go1.27.3\n\tpath\texample.invalid/hello\n\tdep\tgolang.org/x/sys\tv0.30.0\th1:x=\n"


@dataclass(frozen=True)
class Told(Workshop):
    """A workshop whose `go version -m` says what the real one says of a program."""

    def run(self, what: str, *argv: str, cwd: Path | None = None, env: Any = None) -> str:
        assert argv[:3] == ("go", "version", "-m")
        return SAID


@pytest.mark.parametrize("cgo", [True, False])
def test_a_program_holds_the_standard_library_and_with_cgo_static_c_libraries(tmp_path: Path, cgo: bool) -> None:
    spec = {"path": "go", "commands": {"greet": "."}, "cgo": cgo}
    hello = {"name": "hello", "sources": [{"name": "hello", "go": spec}],
             "files": [{"name": "greet", "from": "hello", "file": "greet"}],
             "beside": {"go/go.mod": "module example.invalid/hello\n\ngo 1.26.0\n"}}  # fmt: skip
    folder = write_recipe(tmp_path / "small", hello, toolchain={"go": GO, "c": {"packages": ["gcc"]}})
    wanted = reading.load(folder)
    shop = Told(borrowed_cache(tmp_path / "cache"), "amd64")
    go = toolchain.resolve(GO, Workshop(shop.cache, "amd64"))
    sources = {source.name: Locked(recipe_digest(source), {"packages": PACKAGES}) for source in wanted.sources}
    assert set(sources) == {"hello", C_TOOLCHAIN}
    made = {name: tmp_path / name for name in sources}
    held = Lock({"go": go}, sources)
    found = {(each.component, each.purl, each.sha256)
             for each in ingredients(wanted, held, made, replace(shop, toolchain=held.toolchain))}  # fmt: skip
    libraries = {
        ("hello", f"pkg:deb/debian/{name}@2.36-9%2Bdeb12u10?arch=amd64", letter * 64)
        for letter, name in (("b", "libc6-dev"), ("c", "libseccomp-dev"))
    }
    assert found == {
        ("hello", "pkg:golang/golang.org/x/sys@v0.30.0", ""),
        ("hello", f"pkg:golang/stdlib@{GO}", go["sha256"].partition(":")[2]),
        *(libraries if cgo else ()),
    }
