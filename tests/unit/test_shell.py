"""What counts as a query, what may be removed, and what scripts print: rules that need no host."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from installer.ports import FileState
from installer.remote.ssh import commands


@pytest.mark.parametrize(
    "argv", [("head", "/x"), ("sysctl", "-n", "a"), ("helm", "history", "shop", "--output", "json")]
)
def test_queries_pass_as_they_are(argv: tuple[str, ...]) -> None:
    assert commands.admitted(argv) == argv


@pytest.mark.parametrize(
    "argv", [(), ("rm", "x"), ("sysctl", "-w", "a=1"), ("ctr", "-n"), ("command", "rm", "x"), ("command", "-v")]
)
def test_what_is_no_query_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="query"):
        commands.admitted(argv)


def test_command_v_runs_nothing() -> None:
    found = subprocess.run(commands.admitted(("command", "-v", "sh")), capture_output=True, text=True, check=True)
    lost = subprocess.run(commands.admitted(("command", "-v", "no-such; echo ran")), capture_output=True, text=True)
    assert found.stdout.endswith("/sh\n")
    assert (lost.returncode, lost.stdout) == (1, "")


@pytest.mark.parametrize("path", ["/srv/x", "/etc/kubernetes", "/var/lib/etcd/", "/opt//cni"])
def test_our_own_places_can_be_removed(path: str) -> None:
    assert commands.removable(path) == path.rstrip("/").replace("//", "/")


@pytest.mark.parametrize("path", ["", ".", "etc", "/", "//", "/./", "/etc/", "//etc", "/var/lib", "/a/../etc", "/a\0b"])
def test_the_systems_places_cannot(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|remove"):
        commands.removable(path)


@pytest.mark.parametrize(
    ("step", "unit"),
    [
        ("kubernetes.join@node-2", "sitewright-kubernetes.join-node-2.service"),
        ("pre release/helm:shop@a", "sitewright-pre-release-helm-shop-a.service"),
        ("sitewright-push.service", "sitewright-push.service"),
    ],
)
def test_steps_have_units(step: str, unit: str) -> None:
    assert commands.unit_name(step) == unit


@pytest.mark.parametrize(
    ("result", "code", "status", "exit_code"),
    [
        ("success", 1, 0, 0), ("exit-code", 1, 3, 3), ("signal", 2, 9, 137), ("core-dump", 3, 11, 139),
        ("timeout", 2, 15, 124), ("resources", 0, 0, 1),
    ],
)  # fmt: skip
def test_a_units_end_is_an_exit_code(result: str, code: int, status: int, exit_code: int) -> None:
    assert commands.work_code(result, code, status) == exit_code


def test_stat_tells_kinds_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "odd\nname\\").write_bytes(b"")
    (tmp_path / "link").symlink_to("odd\ntarget")
    paths = [str(tmp_path / name) for name in ("odd\nname\\", "none", "link", "file")] + ["/dev/null"]
    done = subprocess.run(commands.script(commands.STAT, *paths), capture_output=True, check=False)
    odd, none, link, file, device = commands.file_states(paths, done.stdout)
    assert none is None
    assert odd is not None and odd.sha256.startswith("e3b0c442")
    assert link is not None and (link.kind, link.target, link.sha256) == ("link", "odd\ntarget", "")
    assert file is not None and (file.kind, file.size) == ("file", 1)
    assert device == FileState("other", 0o666, "root", 0)


@pytest.mark.parametrize(
    "out",
    [
        b"/x\0", b"/x\x0081a4\0root", b"/x\x0081a4\0root\x00" + b"9" * 5000 + b"\0\0\0", b"/x\0mode\0root\x001\0\0\0",
        b"/x\x0081a4\0root\x00-1\0\0\0", "/x\x0081a4\0root\x00\u0661\0\0\0".encode(), b"\xff" * 99 + b"\0", b"\0/x",
    ],
)  # fmt: skip
def test_states_of_another_form_are_told_as_such(out: bytes) -> None:
    with pytest.raises(ValueError, match=r"states? of"):
        commands.file_states(["/x", "\udcff" * 99], out)


def test_states_of_nothing_are_none() -> None:
    assert commands.file_states(["/x"], b"") == commands.file_states(["/x"], b"\0\0") == (None,)


@pytest.mark.parametrize(
    "out",
    [
        b"",
        b"running",
        b"ended",
        b"ended success 1 x\n",
        b"ended success 1 " + b"9" * 5000 + b"\n",
        b"\xffended a 1 1\n",
    ],
)
def test_an_end_of_another_form_is_told_as_such(out: bytes) -> None:
    with pytest.raises(ValueError, match="end of a unit"):
        commands.work_ended(out)


def test_the_end_of_long_work() -> None:
    assert commands.work_ended(b"running\n") is None
    assert commands.work_ended(b"ended exit-code 1 3\nlog\n\xff") == (3, b"log\n\xff")


@pytest.mark.parametrize("arrived", [b"hal", b"", b"hale"], ids=["cut off", "nothing", "altered"])
def test_what_is_not_whole_and_unaltered_replaces_nothing(tmp_path: Path, arrived: bytes) -> None:
    """A connection that breaks looks like the end of the file."""
    target = tmp_path / "file"
    target.write_bytes(b"before")
    wanted = hashlib.sha256(b"half").hexdigest()
    done = subprocess.run(
        commands.script(commands.WRITE, str(target), "644", wanted), input=arrived, capture_output=True
    )
    assert (done.returncode, b"digest" in done.stderr) == (commands.ALTERED, True)
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
