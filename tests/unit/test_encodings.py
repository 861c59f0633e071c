"""Texts whose encoding nobody says: what a list of hosts is saved in, here and there."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from installer.formats.encodings import guessed
from installer.hosts.inventory import file, read

TEXTS = {
    "mainland": ("主机名,IP地址,角色\ncp-1,10.0.0.1,控制节点\n", ("gb18030", "gbk", "utf-8", "utf-16", "utf-16-le",
                                                         "utf-16-be", "utf-32", "utf-32-be")),
    "Taiwan": ("主機名稱,IP位址,角色\ncp-1,10.0.0.1,控制節點\n", ("big5", "utf-8-sig", "utf-16-be")),
    "Japan": ("ホスト名,IPアドレス,役割\ncp-1,10.0.0.1,マスター\n", ("shift_jis", "cp932", "utf-16-le")),
    "Germany": ("Rechner;IP-Adresse;Rolle;Gerät\ncp-1;10.0.0.1;Master;Köln\n", ("cp1252", "latin-1", "utf-16")),
    "names that GB 2312 lacks": ("名称,ip,角色\ncp-1,10.0.0.1,master 镕堃喆\n", ("gb18030",)),
}  # fmt: skip
CASES = [(text, encoding) for text, encodings in TEXTS.values() for encoding in encodings]


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_a_table_in_any_encoding_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "hosts.csv").write_bytes(text.encode(encoding))
    said = read(file.read(tmp_path / "hosts.csv"))
    assert [(row.name, row.address) for row in said.rows] == [("cp-1", "10.0.0.1")]
    assert not said.problems


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\xff" * 20,
        b"PK\x03\x04\x00\x00\x81",
        codecs.BOM_UTF16_LE + b"\x00",
        b"a: \x00",
        b"version: 1\n\x00x",
        b"version: 12\n\x00x",
        b"\x81\x01\x02",
    ],
)
def test_what_is_no_text_is_none(raw: bytes) -> None:
    assert guessed(raw) is None


def test_no_text_at_all_is_one() -> None:
    assert guessed(b"") == ("UTF-8", "")
