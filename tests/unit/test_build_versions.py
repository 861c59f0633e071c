"""A Go source that follows another one has exactly its versions, against what go.mod files ask for."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from build_sample import GO, borrowed_cache, source

from installer.builder.sources import golang, toolchain, versions
from installer.errors import BuildFailed
from installer.workshop import Workshop


def go_mod(module: str, **required: str) -> str:
    lines = [f"require example.invalid/{name} {version}\n" for name, version in required.items()]
    return f"module {module}\n\ngo 1.26.0\n\n{''.join(lines)}"


LEADER = go_mod("example.invalid/leader", low="v1.0.0", mid="v1.0.0")
APP = go_mod("example.invalid/app", low="v1.3.0", mid="v1.0.0")
SPEC = {"module": "example.invalid/app", "version": "v1.0.0", "follows": "leader", "commands": {}}


def publish(proxy: Path, module: str, version: str, go_mod: str, **files: str) -> None:
    """Put a module's version where Go's module proxy protocol has it."""
    folder = proxy / module / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{version}.info").write_text(json.dumps({"Version": version}))
    (folder / f"{version}.mod").write_text(go_mod)
    with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
        for name, text in {"go.mod": go_mod, **files}.items():
            archive.writestr(f"{module}@{version}/{name.replace('__', '.')}", text)
    (folder / "list").write_text("".join(f"{path.stem}\n" for path in sorted(folder.glob("*.mod"))))


class Shop:
    """A workshop with a module proxy of its own: `low` in four versions, of which `app` and `mid` ask for higher."""

    def __init__(self, folder: Path) -> None:
        bare = Workshop(borrowed_cache(folder / "cache"), "amd64")
        self.workshop = replace(bare, toolchain={"go": toolchain.resolve(GO, bare)}, leader=LEADER)
        proxy = folder / "proxy"
        for version in ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"):
            publish(proxy, "example.invalid/low", version, go_mod("example.invalid/low"),
                    low__go=f'package low\n\nconst Version = "{version}"\n')  # fmt: skip
        publish(proxy, "example.invalid/mid", "v1.0.0",
                go_mod("example.invalid/mid", low="v1.2.0"),
                mid__go='package mid\n\nimport _ "example.invalid/low"\n')  # fmt: skip
        publish(proxy, "example.invalid/app", "v1.0.0", APP,
                main__go='package main\n\nimport (\n\t"example.invalid/low"\n\t_ "example.invalid/mid"\n)\n\n'
                         "func main() { print(low.Version) }\n")  # fmt: skip
        self.env = golang.environment(source("go", {}), self.workshop) | {
            "GOPROXY": f"file://{proxy}", "GOSUMDB": "off", "GOMODCACHE": str(folder / "modules"),
            "GOFLAGS": "-modcacherw",
        }  # fmt: skip
        self.folder = folder / "wrapper"
        self.folder.mkdir()
        (self.folder / "go.mod").write_text(go_mod("sitewright.invalid/thing", app="v1.0.0"))

    def go(self, *argv: str) -> str:
        return self.workshop.run("thing", "go", *argv, cwd=self.folder, env=self.env)

    def program(self) -> str:
        """What the program says, compiled as it is locked now."""
        self.go("list", "-mod=mod", "-deps", "example.invalid/app")
        self.go("build", "-mod=readonly", "-o", "app", "example.invalid/app")
        return self.workshop.run("thing", "sh", "-c", f"{self.folder}/app 2>&1")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_without_a_leader_the_highest_version_is_taken(shop: Shop) -> None:
    assert shop.program() == "v1.3.0"


def test_a_follower_has_the_leaders_version_though_higher_ones_are_asked_for(shop: Shop) -> None:
    versions.follow(source("go", SPEC), shop.workshop, shop.folder, shop.env)
    text = (shop.folder / "go.mod").read_text()
    assert "example.invalid/low v1.0.0" in text
    assert "exclude" in text
    assert shop.program() == "v1.0.0"
    assert "=>" not in shop.go("list", "-m", "all"), "the version is the real one, under which it is compiled once"
    versions.hold(source("go", SPEC), shop.workshop, shop.folder, shop.env)


def test_what_the_leader_replaces_a_follower_replaces_in_the_same_way(shop: Shop) -> None:
    text = go_mod("example.invalid/leader", low="v0.0.0", ghost="v0.0.0")
    both = "".join(
        f"replace example.invalid/{name} v0.0.0 => example.invalid/{name} v1.1.0\n" for name in ("low", "ghost")
    )
    versions.follow(source("go", SPEC), replace(shop.workshop, leader=text + both), shop.folder, shop.env)
    assert shop.program() == "v1.1.0"
    assert "ghost" not in (shop.folder / "go.mod").read_text(), "what a follower does not use is not in its go.mod"


@pytest.mark.parametrize("key", ["except", "require", "replace"])
def test_an_exception_keeps_its_own(shop: Shop, key: str) -> None:
    named = ["example.invalid/low"] if key == "except" else {"example.invalid/low": "v1.2.0"}
    versions.follow(source("go", {**SPEC, key: named}), shop.workshop, shop.folder, shop.env)
    assert shop.program() == "v1.3.0"


def test_an_exception_stands_for_the_modules_below_it() -> None:
    spec = {"module": "m", "except": ["go.etcd.io/etcd"]}
    assert versions.free(spec, "go.etcd.io/etcd/client/v3")
    assert versions.free(spec, "m")
    assert not versions.free(spec, "go.etcd.io/etcdly")


def test_a_follower_of_what_is_not_locked_is_refused(shop: Shop) -> None:
    with pytest.raises(BuildFailed, match="follows leader, which is not locked yet"):
        versions.follow(source("go", SPEC), replace(shop.workshop, leader=""), shop.folder, shop.env)


def test_where_the_leaders_version_does_not_do_the_modules_are_named(shop: Shop) -> None:
    versions.follow(source("go", SPEC), shop.workshop, shop.folder, shop.env)
    shop.go("mod", "edit", "-require=example.invalid/low@v1.1.0")
    shop.go("mod", "edit", *(f"-dropexclude=example.invalid/low@{version}" for version in ("v1.1.0", "v1.2.0")))
    with pytest.raises(
        BuildFailed, match=r"cannot follow leader: .* other versions have: example\.invalid/low"
    ) as told:
        versions.hold(source("go", SPEC), shop.workshop, shop.folder, shop.env)
    assert "except" in told.value.remedy
