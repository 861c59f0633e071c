"""What the Go source writes, reads and asks of the compiler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_sample import GO, borrowed_cache, source

from installer.builder.sbom_sources import modules
from installer.builder.sources import golang, toolchain
from installer.errors import BuildFailed
from installer.workshop import Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    bare = Workshop(borrowed_cache(tmp_path / "cache"), "amd64")
    return Workshop(bare.cache, "amd64", {"go": toolchain.resolve(GO, bare)})


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("k8s.io/kubernetes/cmd/kubeadm", "kubeadm"),
        ("go.etcd.io/etcd/server/v3", "server"),
        ("./cmd/thing", "thing"),
        ("v3", "v3"),
        (".", "hello"),
    ],
)
def test_a_command_is_called_as_go_calls_it(tmp_path: Path, package: str, name: str) -> None:
    (tmp_path / "go.mod").write_text("module example.invalid/hello/v2\n")
    assert golang.program(package, tmp_path) == name


def test_nothing_of_the_users_settings_reaches_the_compiler(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOFLAGS", "GOROOT", "GOPATH", "GONOSUMDB", "GONOSUMCHECK", "GOSUMDB", "CC", "CGO_CFLAGS", "GOAMD64"):
        monkeypatch.setenv(name, "-evil")
    env = golang.environment(source("go", {}), shop)
    assert "-evil" not in env.values()
    said = json.loads(shop.run("thing", "go", "env", "-json", env=env))
    assert said["GOSUMDB"] not in ("", "off")
    assert (said["CGO_ENABLED"], said["GOTOOLCHAIN"]) == ("0", "local")
    assert said["GOVERSION"] == f"go{GO}"


def test_a_compiler_collects_no_garbage_where_each_has_the_room() -> None:
    assert golang.collecting(24 << 30, compilers=4) == {"GOGC": "off", "GOMEMLIMIT": "3072MiB"}
    assert golang.collecting(4 << 30, compilers=4) == {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
    assert golang.collecting((4 << 30) - 1, compilers=4) == {}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, 8 << 30),
        ({"memory.max": "max\n", "memory.current": "5\n"}, 8 << 30),
        ({"memory.max": f"{3 << 30}\n", "memory.current": f"{1 << 30}\n"}, 2 << 30),
        ({"memory.max": f"{1 << 30}\n", "memory.current": f"{2 << 30}\n"}, 0),
        ({"memory/memory.limit_in_bytes": f"{3 << 30}", "memory/memory.usage_in_bytes": f"{1 << 30}"}, 2 << 30),
    ],
)
def test_a_control_group_leaves_less_memory_than_the_machine_has(
    tmp_path: Path, files: dict[str, str], free: int
) -> None:
    written = {"proc/meminfo": f"MemTotal: 1 kB\nMemAvailable: {8 << 20} kB\n"}
    for name, text in (written | {f"sys/fs/cgroup/{name}": text for name, text in files.items()}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert golang.free_memory(tmp_path) == free


def test_the_toolchain_is_the_locked_one_or_none(shop: Workshop) -> None:
    other = {**shop.toolchain["go"], "version": "0.0.1", "sha256": "sha256:" + "0" * 64}
    with pytest.raises(BuildFailed, match=r"Go 0\.0\.1"):
        toolchain.go_root(other, shop)
    assert not list(shop.cache.glob("toolchains/go-0.0.1-*"))


def test_a_changed_module_sum_is_refused(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "go/go.mod").write_text("module example.invalid/x\n\ngo 1.26.0\n")
    (tmp_path / "go/main.go").write_text("package main\n\nfunc main() {}\n")
    what = source("go", {"path": "go", "commands": {"x": "."}}, tmp_path)
    identity = golang.resolve(what, shop)
    (tmp_path / "made").mkdir()
    with pytest.raises(BuildFailed, match=r"its tree is sha256:.*, but sha256:0 is locked"):
        golang.make(what, {**identity, "tree": "sha256:0"}, shop, tmp_path / "made")


def test_a_module_of_its_own_needs_a_go_mod(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "go/main.go").write_text("package main\n\nfunc main() {}\n")
    with pytest.raises(BuildFailed, match=r"its folder has no go\.mod"):
        golang.resolve(source("go", {"path": "go", "commands": {"x": "."}}, tmp_path), shop)


def test_requirements_and_replacements_of_the_recipe_are_in_the_locked_go_mod(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "go/go.mod").write_text("module example.invalid/x\n\ngo 1.26.0\n")
    spec = {
        "path": "go",
        "require": {"example.invalid/a": "v1.0.0"},
        "replace": {"example.invalid/a": "v1.0.1", "example.invalid/b": "example.invalid/c v1.2.3"},
    }
    text = golang.resolve(source("go", spec, tmp_path), shop)["go.mod"]
    assert "require example.invalid/a v1.0.0" in text
    assert "example.invalid/a => example.invalid/a v1.0.1" in text
    assert "example.invalid/b => example.invalid/c v1.2.3" in text


def test_the_modules_of_a_program_are_those_really_used() -> None:
    said = (
        "/x/kubeadm: go1.27.3\n\tpath\tk8s.io/kubernetes/cmd/kubeadm\n\tmod\tsitewright.invalid/kubernetes\t(devel)\n"
        "\tdep\tk8s.io/api\tv0.0.0\n\t=>\tk8s.io/api\tv0.36.3\th1:abc=\n\tdep\tgolang.org/x/net\tv0.1.0\th1:def=\n"
        "\tbuild\t-trimpath=true\n"
    )
    assert modules(said) == [("golang.org/x/net", "v0.1.0"), ("k8s.io/api", "v0.36.3")]
