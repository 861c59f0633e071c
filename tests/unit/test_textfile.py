"""Files that people write: what is read, and what is refused before it can do harm."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from installer.formats import text_file
from installer.formats.text_file import Unfit


def test_a_regular_file_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert text_file.read(tmp_path / "a", 10) == b"x" * 10
    with pytest.raises(Unfit, match="more than 1 KiB"):
        (tmp_path / "a").write_bytes(b"x" * 1025)
        text_file.read(tmp_path / "a", 1024)


def test_what_is_no_regular_file_is_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, what in (
            (tmp_path / "pipe", "a pipe"), (tmp_path / "socket", "a socket"), (tmp_path, "a directory"),
            (Path("/dev/zero"), "a device"),
        ):  # fmt: skip
            with pytest.raises(Unfit, match=what):
                text_file.read(path, 1024)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        text_file.read(tmp_path / "none", 10)


@pytest.mark.parametrize(
    ("raw", "reason", "cure"),
    [
        ("version: 1".encode("utf-16"), "text in UTF-16", "iconv -f UTF-16"),
        ("version: 1".encode("utf-16-le"), "in UTF-16", "iconv -f UTF-16LE"),
        ("version: 1".encode("utf-32"), "text in UTF-32", "iconv -f UTF-32"),
        (b"\x7fELF\x02\x01\x00\x03", "binary data", ""),
        ("# a\n客户: 某某集团".encode("gb18030"), "in line 2, .* they look like GB18030", "iconv -f GB18030"),
        ("# a\n客戶: 某某集團公司".encode("big5"), "in line 2, .* they look like BIG5", "iconv -f BIG5"),
        ("ホスト名: 東京".encode("shift_jis"), "they look like SHIFT_JIS", "iconv -f SHIFT_JIS"),
        (b"caf\xe9", "not UTF-8 \\(in line 1, at byte 3\\); they look like CP1252", "iconv -f CP1252"),
        ("版本: 1\n".encode("utf-16-be"), "in UTF-16BE", "iconv -f UTF-16BE"),
        ("version: 1".encode("utf-32-le"), "in UTF-32LE", "iconv -f UTF-32LE"),
        (b"\x81\x01\x02", "not UTF-8 \\(in line 1, at byte 0\\)$", "save it as UTF-8"),
    ],
)
def test_other_encodings_are_told_with_their_cure(raw: bytes, reason: str, cure: str) -> None:
    with pytest.raises(Unfit, match=reason) as refused:
        text_file.decoded(raw)
    assert cure in (refused.value.cure or "")


def test_the_mark_of_utf_8_is_no_part_of_the_text() -> None:
    assert text_file.decoded(b"\xef\xbb\xbfa: b") == "a: b"
    assert text_file.decoded("客户".encode()) == "客户"
