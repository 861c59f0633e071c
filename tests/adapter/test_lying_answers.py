"""Answers of hosts that are none, too long, too slow: that host's trouble alone."""

from __future__ import annotations

import time
from pathlib import Path

import paramiko
import pytest
import test_lying_hosts
from lying_server import Lie, Loop, serving, ssh
from test_lying_hosts import refused, site_of

from installer.errors import (
    ConnectionLost,
    HostAnswersOddly,
    SitewrightError,
)
from installer.remote.world import Site

bounded = test_lying_hosts.bounded
soon = test_lying_hosts.soon


def flood(channel: paramiko.Channel, _: bytes) -> None:
    while True:
        channel.sendall(b"A" * 65536)


def flood_errors(channel: paramiko.Channel, mark: bytes) -> None:
    channel.sendall(mark + b" 0\n")
    while True:
        channel.sendall_stderr(b"A" * 65536)


def drip(channel: paramiko.Channel, _: bytes) -> None:
    while True:
        channel.sendall(b".")
        time.sleep(0.1)


def ends_by(words: bytes) -> Lie:
    def lie(channel: paramiko.Channel, mark: bytes) -> None:
        channel.sendall(mark + words)
        channel.sendall_stderr(mark + words)

    return lie


ODD: dict[str, tuple[Lie, type[SitewrightError]]] = {
    "output without end": (flood, HostAnswersOddly),
    "complaints without end": (flood_errors, HostAnswersOddly),
    "a code that is no number": (ends_by(b" abc\n"), HostAnswersOddly),
    "a code of forty digits": (ends_by(b" " + b"9" * 40 + b"\n"), HostAnswersOddly),
    "a code below nothing": (ends_by(b" -1\n"), HostAnswersOddly),
    "a last line without end": (ends_by(b" " + b"0" * 9999), HostAnswersOddly),
    "a byte at a time": (drip, ConnectionLost),
    "never an answer": (lambda *_: time.sleep(30), ConnectionLost),
    "hangs up": (lambda channel, _: channel.get_transport().close(), ConnectionLost),
    "closes": (lambda channel, _: channel.close(), ConnectionLost),
    "ends its output and stays": (lambda channel, _: (channel.shutdown_write(), time.sleep(30)), ConnectionLost),
}  # type: ignore[dict-item]  # fmt: skip


@pytest.mark.parametrize("about", ["head -v", "ss -H"], ids=["the first question", "a later one"])
@pytest.mark.parametrize(("lie", "kind"), ODD.values(), ids=ODD)
def test_an_answer_that_is_none_is_that_hosts_alone(
    tmp_path: Path, lie: Lie, kind: type[SitewrightError], about: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installer.hosts.facts.PATIENCE", 2)
    query = Site.query
    monkeypatch.setattr(Site, "query", lambda self, *argv, timeout=30: query(self, *argv, timeout=min(timeout, 2)))
    assert isinstance(refused(tmp_path, ssh(Loop(lie, about))), kind)


STATES: dict[str, bytes] = {
    "broken off": b"/x\x0081a4\0root", "no mode": b"/x\0mode\0root\x001\0\0\0",
    "a size of 5000 digits": b"/x\x0081a4\0root\x00" + b"9" * 5000 + b"\0\0\0",
}  # fmt: skip


@pytest.mark.parametrize("said", STATES.values(), ids=STATES)
def test_the_state_of_a_file_that_is_none(tmp_path: Path, said: bytes) -> None:
    def lie(channel: paramiko.Channel, mark: bytes) -> None:
        channel.sendall(said + mark + b" 0\n")
        channel.sendall_stderr(mark + b" 0\n")

    with serving(ssh(Loop(lie, "stat --printf"))) as port, site_of(tmp_path, port)[1] as site:
        with pytest.raises(HostAnswersOddly, match="h0"):
            site.stat("h0", "/x")
        assert site.run("h0", "echo", "still here").out == "still here\n"


@pytest.mark.parametrize("said", [b"", b"done\n", b"ended success 1 none\n", b"ended success 1 " + b"9" * 5000 + b"\n"])
def test_the_end_of_long_work_that_is_none(tmp_path: Path, said: bytes) -> None:
    def lie(channel: paramiko.Channel, mark: bytes) -> None:
        channel.sendall(said + mark + b" 0\n")
        channel.sendall_stderr(mark + b" 0\n")

    with (
        serving(ssh(Loop(lie, "systemd-run"))) as port,
        site_of(tmp_path, port)[1] as site,
        pytest.raises(HostAnswersOddly, match="end of a unit"),
    ):
        site.work("h0", "step", "true")


def test_an_honest_one_of_these_does_all_that_is_asked(tmp_path: Path) -> None:
    """Otherwise nothing of the above would show anything."""
    with serving(ssh(Loop())) as port, site_of(tmp_path, port)[1] as site:
        assert site.run("h0", "sh", "-c", "cat; echo err >&2; exit 9", stdin=b"in\n").code == 9
        assert site.run("h0", "wc", "-c", stdin=b"x" * 300_000).out.split() == ["300000"]
        assert site.read("h0", "/etc/hostname") == Path("/etc/hostname").read_bytes()
