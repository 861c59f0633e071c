"""Workbooks made to hurt: refused before a library sees them, with the exit code of answers and no traceback."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from installer.cli import run
from installer.formats import workbook
from installer.formats.text_file import Unfit

MARK = "the sheet"


def book(cells: int = 3) -> bytes:
    """A small workbook with a marked sheet."""
    made, stream = openpyxl.Workbook(), io.BytesIO()
    for row in range(cells):
        made.active.append([MARK if row == 0 else row])
    made.save(stream)
    return stream.getvalue()


def changed(change: Callable[[dict[str, bytes]], None], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The workbook with other files in it."""
    with zipfile.ZipFile(io.BytesIO(book())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def replaced(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return change


def added(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.update({name: content})


def gone(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        del parts[name]

    return change


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
WIDE = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
HOSTILE: dict[str, Callable[[], bytes]] = {
    "entities": lambda: changed(replaced(SHEET, b"<worksheet", LAUGHS + b"<worksheet")),
    "entities in another encoding": lambda: changed(added("xl/more.xml", WIDE.encode("utf-16"))),
    "a bomb": lambda: changed(added("xl/bomb.xml", b"<x>" + b" " * (workbook.UNPACKED + 1) + b"</x>")),
    "elements without end": lambda: changed(added("xl/many.xml", b"<x>" + b"<y/>" * workbook.ELEMENTS + b"</x>")),
    "deep": lambda: changed(added("xl/deep.xml", b"<x>" * 1000 + b"</x>" * 1000)),
    "many files": lambda: changed(lambda parts: parts.update({f"xl/{n}.xml": b"<x/>" for n in range(workbook.PARTS)})),
    "links": lambda: changed(added("xl/externalLinks/externalLink1.xml", b"<x/>")),
    "macros": lambda: changed(added("xl/vbaProject.bin", b"x")),
    "a row far away": lambda: changed(replaced(SHEET, b'<c r="A2"', b'<c r="A999999"')),
    "a row beyond all": lambda: changed(replaced(SHEET, b'<c r="A2"', b'<c r="A99999999999"')),
    "a column far away": lambda: changed(replaced(SHEET, b'<c r="A2"', b'<c r="XFD2"')),
    "a column that is none": lambda: changed(replaced(SHEET, b'<c r="A2"', b'<c r="2A"')),
    "a number that is none": lambda: changed(replaced(SHEET, b"<v>1</v>", b"<v>nan</v>")),
    "no list of sheets": lambda: changed(gone("xl/workbook.xml")),
    "no kinds": lambda: changed(gone("[Content_Types].xml")),
    "torn XML": lambda: changed(replaced(SHEET, b"</worksheet>", b"")),
    "another packing": lambda: changed(lambda _parts: None, zipfile.ZIP_LZMA),
    "torn": lambda: book()[:-40],
    "no zip": lambda: b"name,address\n",
    "nothing": lambda: b"",
    "a password": lambda: b"\xd0\xcf\x11\xe0" + bytes(512),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_hurt_is_refused(name):
    with pytest.raises(Unfit) as refused:
        workbook.read(HOSTILE[name](), MARK)
    assert str(refused.value.reason)


def test_a_size_that_lies_is_not_believed():
    raw = bytearray(changed(added("xl/bomb.xml", b"<x>" + b" " * (workbook.UNPACKED + 1) + b"</x>")))
    size = (workbook.UNPACKED + 8).to_bytes(4, "little")
    assert raw.count(size) == 2, "in the file's own head and in the list of all"
    with pytest.raises(Unfit):
        workbook.read(bytes(raw).replace(size, (100).to_bytes(4, "little")), MARK)


@pytest.mark.parametrize("dimension", [b"A1:XFD1048576", b"A1:ZZZ99999999999", b"nonsense"])
def test_a_sheet_that_says_it_is_huge_is_read_as_it_is(dimension):
    raw = changed(replaced(SHEET, b'<dimension ref="A1:A3"', b'<dimension ref="' + dimension + b'"'))
    try:
        (sheet,) = workbook.read(raw, MARK)
    except Unfit:
        return
    assert len(sheet.cells) == 3


def test_a_merge_of_everything_costs_nothing():
    merged = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells><pageMargins'
    (sheet,) = workbook.read(changed(replaced(SHEET, b"<pageMargins", merged)), MARK)
    assert sheet.merged == ("A1:XFD1048576",)


def test_sheets_without_the_mark_are_not_read():
    assert workbook.read(book(), "another") == ()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda path: path.write_bytes(b"PK nothing"), "found no workbook (xlsx)"),
        (lambda path: path.mkdir(), "found a directory"),
        (lambda path: path.write_bytes(bytes(workbook.LARGEST + 1)), "more than 8 MiB"),
        (lambda path: None, "no such file"),
    ],
)
def test_what_is_no_workbook_ends_with_the_code_of_answers(tmp_path: Path, capsys, made, told):
    answers = tmp_path / "answers.yaml"
    example = Path(__file__).parents[2] / "docs" / "examples" / "small-office.yaml"
    answers.write_bytes(example.read_bytes())
    made(tmp_path / "back.xlsx")
    assert run(["answers", "import", str(tmp_path / "back.xlsx"), "--profile", str(answers)]) == 3
    assert told in capsys.readouterr().err
    assert answers.read_bytes() == example.read_bytes()
