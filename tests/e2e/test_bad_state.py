"""A state directory that cannot be used: told with its path and exit code 2 before any host is changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from practice import Practice
from ship import Operator, moved

from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

Mount = Callable[[str], Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a small file system with options, and gives its path."""
    if os.geteuid() != 0:
        pytest.fail("mounting a small file system needs root", pytrace=False)
    path = tmp_path / "small"
    path.mkdir()

    def mounted(options: str) -> Path:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
        return path

    yield mounted
    subprocess.run(["umount", path], check=True)


def refused(state: Path, practice: Practice, bundle: Path, folder: Path) -> str:
    """What an installation with this state directory has to say; the hosts stay as they are."""
    flags = ("--profile", moved("rehearsal", practice, folder), "--bundle", bundle)
    ended = Operator(state).run("install", *flags).expect(2)
    assert ended.out == ""
    for host in practice.site.hosts:
        hosts.console(practice.site, host.name, "test", "!", "-e", "/etc/sitewright")
    return ended.err


def test_a_file_in_its_place(practice: Practice, bundle: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file")
    assert f"{state}: the state directory is a file" in refused(state, practice, bundle, tmp_path)


def test_a_read_only_file_system(practice: Practice, bundle: Path, mount: Mount, tmp_path: Path) -> None:
    state = mount("ro") / "state"
    said = refused(state, practice, bundle, tmp_path)
    assert "Read-only file system" in said
    assert str(state) in said


def test_no_space(practice: Practice, bundle: Path, mount: Mount, tmp_path: Path) -> None:
    state = mount("size=4k") / "state"
    said = refused(state, practice, bundle, tmp_path)
    assert "No space left on device" in said
    assert str(state) in said
