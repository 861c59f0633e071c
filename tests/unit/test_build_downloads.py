"""Files of the web as sources, from a server of this process."""

from __future__ import annotations

import contextlib
import io
import os
import time
import zipfile
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from build_sample import made, sha, source, tar_bytes, web, workshop

from installer.builder.sources import http
from installer.errors import BuildFailed


def zip_bytes() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("run.sh")
        info.external_attr = 0o755 << 16
        archive.writestr(info, "#!/bin/sh\n")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "inside"),
    [
        ("x.tar.gz", tar_bytes({"run.sh": b"#!"}, "w:gz"), "run.sh"),
        ("x.tar.xz", tar_bytes({"run.sh": b"#!"}, "w:xz"), "run.sh"),
        ("x.zip", zip_bytes(), "run.sh"),
        ("program", b"just a file", "program"),
    ],
)
def test_a_file_is_fetched_and_unpacked_where_it_is_an_archive(
    tmp_path: Path, name: str, content: bytes, inside: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with web(tmp_path) as address:
        what = source("http", {"url": f"{address}/{name}"})
        identity = http.resolve(what, workshop(tmp_path))
        into = made(http, what, identity, tmp_path)
    assert identity == {"sha256": sha(content)}
    assert (into / inside).is_file()
    assert bool((into / inside).stat().st_mode & 0o100) == inside.endswith(".sh")


def test_another_file_than_the_locked_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"changed")
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"is locked") as failure:
        made(http, source("http", {"url": f"{address}/x"}), {"sha256": sha(b"locked")}, tmp_path)
    assert "--update thing" in failure.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with web(tmp_path) as address, pytest.raises(BuildFailed, match=r"/gone cannot be fetched: .*404"):
        http.resolve(source("http", {"url": f"{address}/gone"}), workshop(tmp_path))


def answering(said: bytes) -> type[SimpleHTTPRequestHandler]:
    """A server that says this to whoever asks, and hangs up."""

    class Said(SimpleHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(said)

    return Said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"nonsense\r\n\r\n", "nonsense"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "it broke off 6 bytes before its end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", "cannot be fetched: .+"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "more than 100 headers"),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "not allowed"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (3 << 20), "it is longer than 1 MiB"),
    ],
)
def test_a_server_that_answers_nonsense_is_told_with_the_address(tmp_path: Path, said: bytes, why: str) -> None:
    with web(tmp_path, answering(said)) as address, pytest.raises(BuildFailed, match=why) as failure:
        http.fetch("thing", f"{address}/x", tmp_path / "x", 1 << 20)
    assert f"{address}/x" in failure.value.message


def test_a_server_that_sends_a_byte_at_a_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_SECONDS", 0.2)

    class Slow(SimpleHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x")
                    time.sleep(0.02)

    with web(tmp_path, Slow) as address, pytest.raises(BuildFailed, match="more slowly than 16 KiB a second"):
        http.fetch("thing", f"{address}/x", tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tar.gz", tar_bytes({"run.sh": os.urandom(5000)}, "w:gz")[:-2000]),
        ("x.tar.xz", tar_bytes({"run.sh": os.urandom(5000)}, "w:xz")[:-2000]),
        ("x.zip", zip_bytes().replace(b"PK\x01\x02", b"PK\x01\x02\xff\xff\xff\xff\xff\xff", 1)),
    ],
)
def test_a_broken_archive_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BuildFailed, match="cannot be unpacked"):
        http.unpack("thing", tmp_path / name, tmp_path / "into")


def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tar_bytes({"../out": b"evil"}))
    with pytest.raises(BuildFailed, match=r"cannot be unpacked"):
        http.unpack("thing", tmp_path / "x.tar", tmp_path / "into")
    assert not (tmp_path / "out").exists()
