"""The program unpacks itself once, whoever starts it, and runs nothing that it did not unpack."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
import test_binary
from test_binary import PATIENCE, Desk, new_desk

from installer import __version__

binary = test_binary.binary
core = test_binary.core


@pytest.fixture
def fresh(binary: Path, core: tuple[Path, Path], tmp_path: Path) -> Desk:
    """A home where the program has never run."""
    return new_desk(tmp_path / "home", binary, core)


# Unpacking.


def test_two_first_starts_at_once_both_run_and_unpack_one_program(fresh: Desk) -> None:
    both = [fresh.start("--version") for _ in range(2)]
    assert [process.communicate(timeout=PATIENCE)[0] for process in both] == [
        f"sitewright {__version__}\n".encode()
    ] * 2
    (program,) = fresh.unpacked
    assert (program.stat().st_mode & 0o777, list((fresh.home / "tmp").iterdir())) == (0o700, [])


def test_a_first_start_that_is_terminated_leaves_nothing(fresh: Desk) -> None:
    process = fresh.start("--version")
    end = time.monotonic() + PATIENCE
    while not fresh.unpacked:
        assert time.monotonic() < end
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert (process.returncode, fresh.unpacked) == (128 + signal.SIGTERM, [])
    fresh.run("--version").expect()


def test_a_cut_off_copy_is_not_run(fresh: Desk) -> None:
    copy = fresh.home / "sitewright"
    shutil.copy(fresh.program, copy)
    os.truncate(copy, copy.stat().st_size - 1)
    ended = fresh.run("--version", program=copy).expect(2)
    assert f"{copy} is damaged" in ended.err
    assert "copy it here again" in ended.err
    assert fresh.unpacked == []


def test_where_it_cannot_be_unpacked_another_folder_is_asked_for(fresh: Desk) -> None:
    (fresh.home / ".cache").write_text("not a folder")
    assert "export XDG_CACHE_HOME" in fresh.run("--version").expect(2).err
    assert fresh.run("--version", XDG_CACHE_HOME=str(fresh.home / "mine")).expect().out.startswith("sitewright")


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to give a folder to somebody else")
def test_what_somebody_else_unpacked_is_not_run(fresh: Desk) -> None:
    fresh.run("--version").expect()
    (program,) = fresh.unpacked
    os.chown(program, 65534, 65534)
    ended = fresh.run("--version").expect(2)
    assert f"{program} is not yours" in ended.err
