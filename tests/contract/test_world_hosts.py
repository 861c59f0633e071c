"""What every World does on hosts, whichever adapter it is."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from stages import Stage

from installer.errors import CommandFailed

ODD = "a name with 'quotes', \"more\", $HOME, `id`, \\ and ünïcode;*"


def test_a_written_file_is_read_back_and_described(stage: Stage) -> None:
    path, content = f"{stage.folder}/new/deep/file", bytes(range(256)) * 33
    stage.world.write(stage.host, path, content, mode=0o640)
    state, parent = stage.world.stat(stage.host, path, f"{stage.folder}/new")
    assert stage.world.read(stage.host, path) == content
    assert state is not None
    assert parent is not None
    assert (state.kind, state.mode, state.owner, state.size) == ("file", 0o640, "root", len(content))
    assert state.sha256 == hashlib.sha256(content).hexdigest()
    assert (parent.kind, parent.mode) == ("directory", 0o755)


def test_writing_replaces_content_and_mode_and_leaves_nothing_else(stage: Stage) -> None:
    folder = f"{stage.folder}/replaced"
    stage.world.write(stage.host, f"{folder}/file", b"old, and longer", mode=0o600)
    stage.world.write(stage.host, f"{folder}/file", b"", mode=0o644)
    (state,) = stage.world.stat(stage.host, f"{folder}/file")
    assert stage.world.read(stage.host, f"{folder}/file") == b""
    assert state is not None
    assert state.mode == 0o644
    assert stage.world.query(stage.host, "ls", "-A", folder).out.split() == ["file"]


def test_nothing_is_there_until_it_is(stage: Stage) -> None:
    missing, below = f"{stage.folder}/missing", f"{stage.folder}/file-not-folder/x"
    stage.world.write(stage.host, f"{stage.folder}/file-not-folder", b"x")
    assert stage.world.stat(stage.host, missing, below) == (None, None)
    assert stage.world.read(stage.host, missing) is None
    assert stage.world.stat(stage.host) == ()


def test_states_come_in_the_order_asked_whatever_the_names(stage: Stage) -> None:
    odd, link = f"{stage.folder}/{ODD}", f"{stage.folder}/link"
    stage.world.write(stage.host, odd, b"odd")
    stage.world.run(stage.host, "ln", "-sfn", "no such target", link)
    states = stage.world.stat(stage.host, link, f"{stage.folder}/none", odd, stage.folder, odd)
    assert [state and state.kind for state in states] == ["link", None, "file", "directory", "file"]
    assert states[0] is not None
    assert (states[0].target, states[0].sha256) == ("no such target", "")
    assert states[2] == states[4]
    assert stage.world.read(stage.host, odd) == b"odd"


def test_a_directory_is_made_with_its_parents(stage: Stage) -> None:
    stage.world.make_directory(stage.host, f"{stage.folder}/p/q/private", mode=0o700)
    stage.world.make_directory(stage.host, f"{stage.folder}/p/q/private", mode=0o700)
    states = stage.world.stat(stage.host, f"{stage.folder}/p", f"{stage.folder}/p/q/private")
    assert [(state.kind, state.mode) for state in states if state] == [("directory", 0o755), ("directory", 0o700)]


def test_removed_is_removed_and_again_is_no_error(stage: Stage) -> None:
    stage.world.write(stage.host, f"{stage.folder}/tree/a/b", b"x")
    stage.world.write(stage.host, f"{stage.folder}/{ODD}2", b"x")
    for _ in range(2):
        stage.world.remove(stage.host, f"{stage.folder}/tree", f"{stage.folder}/{ODD}2")
        assert stage.world.stat(stage.host, f"{stage.folder}/tree", f"{stage.folder}/{ODD}2") == (None, None)


@pytest.mark.parametrize("path", ["", "/", "//", "relative", "/etc", "/usr/", "/var/lib", "/srv/../etc", "/./etc"])
def test_what_would_break_the_host_is_not_removed(stage: Stage, path: str) -> None:
    with pytest.raises(ValueError, match=r"path|remove"):
        stage.world.remove(stage.host, path)


def test_a_failed_write_says_why(stage: Stage) -> None:
    stage.world.make_directory(stage.host, f"{stage.folder}/occupied/by-a-folder")
    with pytest.raises(CommandFailed, match="occupied"):
        stage.world.write(stage.host, f"{stage.folder}/occupied", b"x")


def test_only_queries_are_queries(stage: Stage) -> None:
    assert stage.world.query(stage.host, "test", "-d", stage.folder).ok
    assert stage.world.query(stage.host, "test", "-d", "/nowhere").code == 1
    for argv in (("rm", "-rf", "/nowhere"), ("systemctl", "stop", "ssh"), ("sysctl", "-w", "a=b"), ()):
        with pytest.raises(ValueError, match="query"):
            stage.world.query(stage.host, *argv)


def test_programs_are_found_by_name(stage: Stage) -> None:
    assert stage.world.query(stage.host, "command", "-v", "sh").out.strip().endswith("/sh")
    assert not stage.world.query(stage.host, "which", "no-such-program").ok
    with pytest.raises(ValueError, match="command -v"):
        stage.world.query(stage.host, "command", "rm")


def test_commands_are_root_get_stdin_and_keep_their_streams_apart(stage: Stage) -> None:
    who = stage.world.run(stage.host, "id", "-un")
    fed = stage.world.run(stage.host, "sh", "-c", "cat; echo trouble >&2; exit 7", stdin=b"given\n")
    assert who.out == "root\n"
    assert (fed.code, fed.out, fed.err) == (7, "given\n", "trouble\n")


def test_hosts_serve_threads_side_by_side(stage: Stage) -> None:
    with ThreadPoolExecutor(24) as pool:
        said = list(pool.map(lambda number: stage.world.run(stage.host, "echo", str(number)).out, range(48)))
    assert said == [f"{number}\n" for number in range(48)]
