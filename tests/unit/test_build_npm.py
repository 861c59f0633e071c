"""Source kind `npm`: what is asked for, what is locked, what is built from it, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from build_sample import source, workshop, write_recipe

from installer.builder import lock, reading
from installer.builder.recipe import NODE_TOOLCHAIN, Source
from installer.builder.sources import npm, sandbox
from installer.errors import BuildFailed
from installer.workshop import Workshop, cache_folder

PNPM = "10.33.0"
SPEC = {"path": "page", "pnpm": PNPM, "run": ["node build.js"], "made": {"page": "dist"}}
PACKAGE = {"name": "page", "version": "1.0.0", "private": True, "dependencies": {"is-number": "7.0.0"}}
BUILD = (
    "require('fs').mkdirSync('dist'); require('fs').writeFileSync('dist/index.html', String(require('is-number')(1)))"
)


def write_page(folder: Path) -> Path:
    """A page of one package, built by a script of its own."""
    (folder / "page").mkdir()
    (folder / "page/package.json").write_text(json.dumps(PACKAGE))
    (folder / "page/build.js").write_text(BUILD)
    return folder


def equipped(folder: Path) -> Workshop:
    """A workshop that fetches packages into this machine's cache."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    found = workshop(folder)
    found.cache.mkdir()
    (cache_folder() / "npm").mkdir(parents=True, exist_ok=True)
    (found.cache / "npm").symlink_to(cache_folder() / "npm")
    return found


@dataclass(frozen=True)
class Desk:
    """A page, resolved once for all that is tried with it."""

    folder: Path
    shop: Workshop
    identity: Mapping[str, Any]

    def made(self, into: Path, change: Mapping[str, Any] | None = None, **spec: Any) -> Path:
        (into / "made").mkdir()
        npm.make(
            source("npm", {**SPEC, **spec}, self.folder), {**self.identity, **(change or {})}, self.shop, into / "made"
        )
        return into / "made"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = write_page(tmp_path_factory.mktemp("desk"))
    shop = equipped(folder)
    return Desk(folder, shop, npm.resolve(source("npm", SPEC, folder), shop))


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build with this machine's node: the file system of a toolchain is tried with the real bundle."""

    def run(what: Source, shop: Workshop, binds: Mapping[str, Path], env: Mapping[str, str], argv: list[str]) -> None:
        shop.run(what.name, "bash", "-euc", argv[-1].replace("cd /work", f"cd {binds['/work']}"))

    monkeypatch.setattr(sandbox, "run", run)


def test_a_page_is_built_from_locked_packages(desk: Desk, tmp_path: Path, outside: None) -> None:
    assert desk.identity["pnpm"]["version"] == PNPM
    assert list(npm.packages(desk.identity[npm.LOCK])) == [("is-number", "7.0.0")]
    assert "sha512-" in desk.identity[npm.LOCK]
    assert (desk.made(tmp_path) / "page/index.html").read_text() == "true"


def test_another_package_than_the_locked_one_is_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    text = desk.identity[npm.LOCK]
    start = text.index("sha512-") + 7
    with pytest.raises(BuildFailed, match=r"(?i)integrity|sha512|checksum"):
        desk.made(tmp_path, {npm.LOCK: text[:start] + "A" * 86 + text[start + 86 :]})


def test_another_pnpm_than_the_locked_one_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"its pnpm is .*, but .*sha256:0.* is locked"):
        desk.made(tmp_path, {"pnpm": {"version": PNPM, "sha256": "sha256:0"}})


def test_what_is_not_built_is_named(desk: Desk, tmp_path: Path, outside: None) -> None:
    with pytest.raises(BuildFailed, match="no folder out was built"):
        desk.made(tmp_path, made={"page": "out"})


def test_other_versions_are_asked_for(tmp_path: Path) -> None:
    folder = write_page(tmp_path)
    shop = equipped(folder)
    spec = {**SPEC, "versions": {"package.json": {"is-number": "6.0.0"}}}
    found = npm.resolve(source("npm", spec, folder), shop)
    assert list(npm.packages(found[npm.LOCK])) == [("is-number", "6.0.0")]
    spec["versions"] = {"package.json": {"ghost": "1.0.0"}}
    with pytest.raises(BuildFailed, match=r"thing: .*package.json asks for no ghost"):
        npm.resolve(source("npm", spec, folder), shop)


def test_a_source_without_a_page_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"thing: its source has no web/package.json"):
        npm.resolve(source("npm", {**SPEC, "folder": "web"}, write_page(tmp_path)), workshop(tmp_path))


LOCKED = """
importers:
  .: {devDependencies: {vite: {specifier: ^8, version: 8.3.4}}}
  page:
    dependencies:
      '@a/b': {specifier: ^1, version: 1.0.0(react@19.3.1)}
      c: {specifier: ^2, version: 2.0.0}
      own: {specifier: 'workspace:*', version: 'link:../own'}
snapshots:
  '@a/b@1.0.0(react@19.3.1)': {dependencies: {react: 19.3.1}}
  c@2.0.0: {}
  react@19.3.1: {}
  vite@8.3.4: {}
"""


def test_the_bill_of_materials_names_what_runs_and_not_what_builds() -> None:
    assert list(npm.packages(LOCKED)) == [("@a/b", "1.0.0"), ("c", "2.0.0"), ("react", "19.3.1")]


def test_the_lock_file_lies_beside_the_lock(tmp_path: Path) -> None:
    part = {"name": "x", "sources": [{"name": "x", "npm": SPEC}], "beside": {"page/package.json": "{}"}}
    found = reading.load(write_recipe(tmp_path / "small", part, toolchain={"node": {"packages": ["nodejs"]}}))
    assert found.source("x").sandbox == NODE_TOOLCHAIN
    entry = lock.Locked(lock.recipe_digest(found.source("x")), {"tree": "sha256:0", npm.LOCK: LOCKED}, {}, 3)
    lock.save(found, lock.Lock({}, {"x": entry}))
    assert (found.folder / "locks/x.pnpm-lock.yaml").read_text() == LOCKED
    assert lock.load(found).sources == {"x": entry}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"module": "m", "version": "v1"}, "npm: .*wanted either module and version, or path"),
        ({"pnpm": "latest"}, "npm.pnpm: .*a version, as in"),
        ({"run": []}, "npm.run: "),
        ({"made": {}}, "npm.made: "),
        ({"made": {"page": "../x"}}, "npm.made.page: .*does not match"),
        ({"versions": {"../package.json": {}}}, "npm.versions: "),
        ({"script": "x"}, "npm.script: unknown key; known here: folder, made"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, change: Mapping[str, Any], said: str) -> None:
    part = {"name": "x", "sources": [{"name": "x", "npm": {**SPEC, **change}}], "beside": {"page/package.json": "{}"}}
    with pytest.raises(BuildFailed, match=rf"component.yaml:\d+: sources.0.{said}"):
        reading.load(write_recipe(tmp_path / "small", part))


def test_a_page_takes_a_file_system_to_be_built_in(tmp_path: Path) -> None:
    part = {"name": "x", "sources": [{"name": "x", "npm": SPEC}], "beside": {"page/package.json": "{}"}}
    with pytest.raises(BuildFailed, match=r"component.yaml:\d+: sources.0.npm: .*names no toolchain.node"):
        reading.load(write_recipe(tmp_path / "small", part))
