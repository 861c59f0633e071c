"""Lists of hosts in workbooks: what the rows come to, and which workbooks are refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from installer.errors import StateUnreadable
from installer.hosts.inventory import Inventory, file, read

Rows = Sequence[Sequence[object]]
HEADING = ("No.", "Host name", "IP address", "Role", "Port", "Delivered")


def book(path: Path, **sheets: Rows) -> Path:
    made = Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    made.save(path)
    return path


def listed(path: Path) -> Inventory:
    return read(file.read(path), source=path.name)


def test_rows_below_titles_are_hosts_and_are_told_by_their_row(tmp_path: Path) -> None:
    rows = [
        ("Machines of Acme",), (), HEADING,
        (1.0, "cp1", "10.40.5.11", "master", 2222.0, datetime(2026, 12, 1)),
        (2.0, "n1", "10.40.5.12\n203.0.113.12", "worker", None, None),
        (3.0, "n2", "10.40.5.999", "worker", None, None),
    ]  # fmt: skip
    said = listed(book(tmp_path / "hosts.xlsx", Machines=rows, Notes=[("call Li Wei",)]))
    assert [(row.name, row.address, row.port, row.group) for row in said.rows] == [
        ("cp1", "10.40.5.11", 2222, "master"), ("n1", "10.40.5.12", 0, "worker"),
    ]  # fmt: skip
    assert (said.problems[-1].file, said.problems[-1].line) == ("hosts.xlsx", 6)


def test_cells_that_are_merged_count_for_all_their_rows(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", A=[("role", "name", "ip"), ("master", "a", "10.0.0.1"), ("", "b", "10.0.0.2"), ("",)]
    )
    made = load_workbook(path)
    made["A"].merge_cells("A2:A4")
    made.save(path)
    assert [row.group for row in listed(path).rows] == ["master", "master"]


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"A": [("name", "ip"), ("a", "10.0.0.1")], "B": [("b", "10.0.0.2")]}, "on several sheets .A, B."),
        ({"A": [("name", "ip")]}, "a workbook without an IPv4 address"),
        ({"A": []}, "a workbook without an IPv4 address"),
    ],
)
def test_a_workbook_with_no_one_list_is_refused(tmp_path: Path, sheets: dict[str, Rows], said: str) -> None:
    with pytest.raises(StateUnreadable, match=said):
        file.read(book(tmp_path / "hosts.xlsx", **sheets))


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hosts.xlsx").write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    with pytest.raises(StateUnreadable, match="no workbook"):
        file.read(tmp_path / "hosts.xlsx")


def test_the_one_workbook_of_a_folder_is_found(tmp_path: Path) -> None:
    path = book(tmp_path / "hosts.xlsx", A=[("a", "10.0.0.1")])
    assert file.found(tmp_path) == path
