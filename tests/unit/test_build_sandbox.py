"""What compiles does so in a file system of its own: here one of this machine's shell and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from build_sample import source, workshop

from installer.builder.sources import sandbox
from installer.errors import BuildFailed
from installer.workshop import Workshop

WHAT = source("npm", {})


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A workshop whose toolchain is a shell, with the libraries that it needs."""
    root = tmp_path / "root"
    for program in ("/bin/sh", "/bin/cat"):
        said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
        for path in (program, *re.findall(r"(/\S+) \(0x", said)):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
    return replace(workshop(tmp_path), sysroot=root)


def said_inside(shop: Workshop, tmp_path: Path, script: str) -> str:
    work = tmp_path / "work"
    work.mkdir()
    words = ["/bin/sh", "-euc", f"{{ {script}; }} > /work/said"]
    sandbox.run(WHAT, shop, {"/work": work}, {"GREETING": "hello"}, words)
    return (work / "said").read_text()


def test_there_is_no_network(shop: Workshop, tmp_path: Path) -> None:
    devices = said_inside(shop, tmp_path, "cat /proc/net/dev").splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]


def test_nothing_of_this_machine_is_seen(shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    said = said_inside(shop, tmp_path, "export; echo /*; echo /tmp/*")
    assert "s3cret" not in said
    assert str(tmp_path) not in said
    assert "GREETING='hello'" in said
    assert said.splitlines()[-1] == "/tmp/*", "a folder of its own"


def test_what_fails_is_told_in_its_own_words(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"thing: .*\n.*no such compiler"):
        said_inside(shop, tmp_path, "echo no such compiler >&2; exit 3")


def test_another_machine_is_refused(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"compiling for riscv64 needs such a machine; this is (amd64|arm64)"):
        said_inside(replace(shop, architecture="riscv64"), tmp_path, "true")


def test_without_a_toolchain_the_key_is_named(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"bundle.yaml names no toolchain.node \(node-toolchain\)"):
        said_inside(replace(shop, sysroot=None), tmp_path, "true")
