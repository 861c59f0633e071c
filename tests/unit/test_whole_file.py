"""Files that are replaced: whole or not at all, open to nobody meanwhile, and told by their own name where it fails."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from installer import whole_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("wanted", [0o600, 0o644, 0o700])
def test_a_file_has_its_mode_from_the_beginning(tmp_path: Path, wanted: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o666)
    with whole_file.replaced(path, wanted) as file:
        file.write(b"new")
        (part,) = set(tmp_path.iterdir()) - {path}
        assert (mode(part), path.read_bytes()) == (wanted, b"old")
    assert (mode(path), path.read_bytes(), list(tmp_path.iterdir())) == (wanted, b"new", [path])


def test_a_block_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole_file.replaced(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious", tmp_path / "link"
    precious.write_bytes(b"precious")
    link.symlink_to(precious)
    whole_file.put(link, b"new")
    assert (precious.read_bytes(), link.is_symlink(), link.read_bytes()) == (b"precious", False, b"new")


def test_a_name_may_be_as_long_as_any(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    whole_file.put(path, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(path.name, b"new")]


def test_content_and_name_are_on_the_disk_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, real = [], os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), (tmp_path / "file").exists()))

    monkeypatch.setattr("os.fsync", fsync)
    whole_file.put(tmp_path / "file", b"content", lasting=False)
    assert synced == []
    (tmp_path / "file").unlink()
    whole_file.put(tmp_path / "file", b"content")
    (content, named), folder = synced
    assert (content.parent, named, folder) == (tmp_path, False, (tmp_path, True))


def test_what_the_disk_refuses_is_told_by_the_file_s_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "none" / "file", tmp_path / "folder"):
        with pytest.raises(OSError, match=rf"'{path}'$") as refused:
            whole_file.put(path, b"content")
        assert refused.value.filename == str(path)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as refused:
        whole_file.put(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_what_a_block_meets_keeps_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as refused, whole_file.replaced(tmp_path / "file"):
        (tmp_path / "another").read_bytes()
    assert refused.value.filename == str(tmp_path / "another")
