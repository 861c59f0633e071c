"""Files of the state directory: whose they are, what is read of them, and how they are written."""

from __future__ import annotations

import os
import stat

import pytest

from installer import state_files
from installer.errors import StateUnreadable
from installer.runs.store import Runs


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("open_to", [0o777, 0o775, 0o702])
def test_a_directory_that_others_may_write_to_is_closed_to_them_and_refused_once(tmp_path, open_to):
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(open_to)
    with pytest.raises(StateUnreadable, match="others may write") as refused:
        state_files.require_private(folder)
    assert (refused.value.exit_code, mode(folder) & 0o022) == (2, 0)
    assert "call sitewright again" in refused.value.remedy
    state_files.require_private(folder)


def test_in_a_directory_that_is_meant_for_everybody_our_own_folders_are_looked_at(tmp_path):
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    Runs(folder).make("acme")
    assert (mode(folder), mode(folder / "sites")) == (0o1777, 0o700)
    (folder / "sites").chmod(0o777)
    with pytest.raises(StateUnreadable, match=r"sites: others may write"):
        Runs(folder)


def test_a_folder_for_simulated_sites_is_looked_at_with_the_whole(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(StateUnreadable, match=r"state: others may write"):
        Runs(tmp_path / "state", simulated=True)
    assert Runs(tmp_path / "state", simulated=True).state == tmp_path / "state" / "simulated"


def test_a_directory_of_another_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(state_files.os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(StateUnreadable, match="another user"):
        state_files.require_private(tmp_path)


def test_one_that_is_not_there_yet_is_no_trouble(tmp_path):
    state_files.require_private(tmp_path / "state")


def test_only_regular_files_of_a_bounded_size_are_read(tmp_path):
    pipe, folder, large = tmp_path / "pipe", tmp_path / "folder", tmp_path / "large"
    os.mkfifo(pipe)
    folder.mkdir()
    with large.open("wb") as file:
        file.truncate(state_files.LARGEST + 1)
    for path in (pipe, folder, large):
        with pytest.raises(StateUnreadable) as refused:
            state_files.read(path)
        assert str(path) in refused.value.message
    with pytest.raises(StateUnreadable, match="it is a device"):
        state_files.read(state_files.Path("/dev/zero"))
    assert state_files.read(tmp_path / "none") is None


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"a": NaN}', b"1" * 5000])
def test_what_is_no_object_is_damaged(tmp_path, raw):
    path = tmp_path / "x.json"
    path.write_bytes(raw)
    with pytest.raises(StateUnreadable, match="it is damaged") as refused:
        state_files.read_object(path, "remove it")
    assert refused.value.remedy == "remove it"


def test_a_file_is_replaced_and_never_written_through_a_link(tmp_path):
    precious, link = tmp_path / "precious", tmp_path / "link"
    precious.write_text("precious")
    link.symlink_to(precious)
    state_files.put(link, b"new")
    assert (precious.read_text(), link.is_symlink(), link.read_bytes()) == ("precious", False, b"new")
    link.unlink()
    link.symlink_to(precious)
    with pytest.raises(StateUnreadable):
        state_files.add(link, "more")
    assert precious.read_text() == "precious"
