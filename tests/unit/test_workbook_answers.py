"""`answers import`: from a report's workbook, filled in, to the answers; every fault told, nothing half written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from report_subject import EXAMPLES, subject

from installer.answers import file as answers_file
from installer.cli import run
from installer.report import spreadsheet
from installer.report.catalogue import words

Sheet = Any
ANSWER, NOW, PLACE = 2, 3, 6


@cache
def workbook(example: str, language: str) -> bytes:
    """That of an example's report."""
    digest = sha256((EXAMPLES / f"{example}.yaml").read_bytes()).hexdigest()
    made = io.BytesIO()
    spreadsheet.write(replace(subject(example), answers_digest=digest), words(language), made)
    return made.getvalue()


class Desk:
    """A folder with a site's answers and the workbook of its report."""

    def __init__(self, folder: Path, example: str = "small-office", language: str = "en") -> None:
        self.answers, self.book = folder / "answers.yaml", folder / "back.xlsx"
        self.answers.write_bytes((EXAMPLES / f"{example}.yaml").read_bytes())
        self.book.write_bytes(workbook(example, language))
        self.before = self.answers.read_text()

    def edited(self, edit: Callable[[Sheet], None]) -> Desk:
        """With what somebody did to the sheet of questions."""
        book = openpyxl.load_workbook(self.book)
        edit(book.worksheets[-1])
        book.save(self.book)
        return self

    def filled(self, answers: Mapping[str, Any]) -> Desk:
        """With these answers, by their places."""

        def fill(sheet: Sheet) -> None:
            for place, value in answers.items():
                sheet.cell(row_of(sheet, place), ANSWER).value = value

        return self.edited(fill)

    def imported(self, *flags: str) -> int:
        return run(["answers", "import", str(self.book), "--profile", str(self.answers), *flags])


def row_of(sheet: Sheet, place: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, PLACE).value == place)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("example", ["small-office", "enterprise"])
def test_a_workbook_nobody_filled_in_changes_nothing(tmp_path, example, language):
    desk = Desk(tmp_path, example, language)
    assert desk.imported() == 0
    assert desk.answers.read_text() == desk.before


def test_what_was_filled_in_is_in_the_answers_and_the_rest_is_as_it_was(desk, capsys):
    desk.filled({
        "needs.users": 45, "needs.data_gib": "12,5", "needs.log_gb_per_day": "Unknown", "needs.services": " 7 ",
        "plan.start": datetime(2027, 2, 1), "plan.holidays": "2027-02-08; 2027/2/9", "plan.mail": "mail.example:587",
        "environments.production.domain": "office.example", "hosts.office-1.address": "192.168.10.22",
        "network.ntp": "192.168.10.1, ntp.example",
    })  # fmt: skip
    assert desk.imported() == 0
    found = answers_file.load(desk.answers)
    assert (found.needs["users"], found.needs["data_gib"], found.needs["log_gb_per_day"]) == (45, 12.5, "unknown")
    assert (found.needs["services"], found.plan.start, found.plan.mail) == (7, date(2027, 2, 1), "mail.example:587")
    assert found.plan.holidays == (date(2027, 2, 8), date(2027, 2, 9))
    assert (found.environments[0].domain, found.hosts[0].address) == ("office.example", "192.168.10.22")
    assert found.ntp == ("192.168.10.1", "ntp.example")
    assert desk.answers.read_text().startswith(desk.before[:200]), "comments and order stay"
    assert "needs.users: 30 → 45  (Questions!B8)" in capsys.readouterr().out
    assert desk.imported() == 0, "the same workbook again: what it says holds already"
    assert "the workbook changes nothing" in capsys.readouterr().out


def test_programs_are_told_each_change_and_nothing_is_written_when_only_asked(desk, capsys):
    assert desk.filled({"needs.users": 45}).imported("--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["changes"] == [{"place": "needs.users", "cell": "Questions!B8", "before": 30, "after": 45}]
    assert told["written"] is False
    assert desk.answers.read_text() == desk.before


def test_an_answer_can_be_taken_away(desk):
    assert desk.filled({"needs.users": "none", "network.ntp": "无"}).imported() == 0
    found = answers_file.load(desk.answers)
    assert "users" not in found.needs
    assert found.ntp == ()


WRONG: list[tuple[str, Any, str]] = [
    ("needs.users", "many", 'found "many", wanted a whole number or "unknown"'),
    ("needs.users", -3, "found -3, wanted 1 or more"),
    ("needs.users", 4.5, "found 4.5, wanted a whole number"),
    ("needs.users", "1,200", 'found "1,200", wanted the number without signs between its digits'),
    ("needs.users", "=6*7", "found a formula, wanted the answer itself"),
    ("needs.users", True, "found true, wanted a text or a number"),
    ("needs.users", datetime(2027, 3, 1), "found a date (spreadsheets make dates"),
    ("needs.users_at_once", 900, "wanted needs that fit together"),
    ("plan.start", "next week", 'found "next week", wanted a date as YYYY-MM-DD'),
    ("plan.start", 46033, 'found "46033", wanted a date as YYYY-MM-DD'),
    ("plan.start", datetime(2027, 2, 1, 9, 30), "wanted a day alone, without a time"),
    ("plan.delivery_days", "unknown", 'found "unknown", wanted a whole number'),
    ("hosts.office-1.address", "192.168.10", "wanted an IPv4 address"),
    ("environments.production.domain", "Not A Name", "wanted a DNS name"),
    ("environments.production.networks.pods", "192.168.0.0/16", "wanted"),
    ("network.ntp", "no server!", 'found "no server!"'),
]


@pytest.mark.parametrize(("place", "value", "told"), WRONG)
def test_a_wrong_cell_is_told_with_its_sheet_and_nothing_is_written(desk, capsys, place, value, told):
    desk.filled({"needs.services": 9, place: value})
    assert desk.imported() == 3
    said = " ".join(capsys.readouterr().err.split())
    cell = f"Questions!B{row_of(openpyxl.load_workbook(desk.book).worksheets[-1], place)}"
    assert cell in said
    assert told in said
    assert desk.answers.read_text() == desk.before


def test_all_faults_are_told_at_once(desk, capsys):
    assert desk.filled({"needs.users": "many", "plan.start": "soon", "needs.data_gib": "=1"}).imported("--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert len(told["problems"]) >= 1
    assert desk.filled({"needs.data_gib": 1}).imported("--json") == 3
    assert {each["path"].partition(" ")[0] for each in json.loads(capsys.readouterr().out)["problems"]} == {
        "Questions!B8", "Questions!B31"}  # fmt: skip


def test_a_row_may_be_moved_and_a_column_put_between(desk):
    def edit(sheet: Sheet) -> None:
        row = row_of(sheet, "needs.users")
        moved = [cell.value for cell in sheet[row]]
        sheet.delete_rows(row)
        sheet.insert_rows(20)
        for column, value in enumerate(moved, start=1):
            sheet.cell(20, column).value = value
        sheet.cell(20, ANSWER).value = 45
        sheet.insert_cols(2)

    assert desk.edited(edit).imported() == 0
    assert answers_file.load(desk.answers).needs["users"] == 45


def put(row: int | str, column: int, value: Any) -> Callable[[Sheet], None]:
    def edit(sheet: Sheet) -> None:
        sheet.cell(row if isinstance(row, int) else row_of(sheet, row), column).value = value

    return edit


def merge(sheet: Sheet) -> None:
    row = row_of(sheet, "needs.users")
    sheet.merge_cells(start_row=row, end_row=row + 1, start_column=ANSWER, end_column=ANSWER)


def twice(sheet: Sheet) -> None:
    last = sheet.max_row + 1
    for row, value in ((row_of(sheet, "needs.users"), 31), (last, 32)):
        sheet.cell(row, ANSWER).value = value
    sheet.cell(last, PLACE).value, sheet.cell(last, NOW).value = "needs.users", 30


STRANGE: dict[str, tuple[Callable[[Sheet], None], str]] = {
    "an answer without a question": (put(200, ANSWER, "lost"), "one of the questions of this site"),
    "a place that there is not": (put("needs.users", PLACE, "access.user"), "one of the questions of this site"),
    "a cell beside the table": (put("needs.users", 12, "also this"), "answers are read from the column `answer` alone"),
    "an answer in the wrong column": (put("needs.users", NOW, 45), "answers are read from the column `answer` alone"),
    "merged cells": (merge, "found merged cells, wanted a cell for each answer"),
    "two answers to one question": (twice, "wanted one answer; Questions!B8 is another"),
    "another site": (put(2, 2, "elsewhere"), 'found the questions of site "elsewhere"'),
    "a newer form": (put(1, 2, 2), "found form 2, of a newer sitewright, wanted form 1"),
    "no form": (put(1, 2, None), "wanted a workbook of this program's"),
    "columns without names": (put(6, ANSWER, "my answer"), "no row that names the columns"),
    "a sheet that is no longer known": (put(1, 1, "Questions"), "found no sheet of questions"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_not_as_it_was_made_is_refused(desk, capsys, name):
    edit, told = STRANGE[name]
    assert desk.edited(edit).imported() == 3
    assert told in " ".join(capsys.readouterr().err.split())
    assert desk.answers.read_text() == desk.before


def test_a_remark_is_free(desk):
    assert desk.edited(put("needs.users", 7, "ask Maja")).imported() == 0


def test_what_somebody_changed_in_the_answers_meanwhile_is_not_written_over(desk, capsys):
    desk.filled({"needs.users": 45, "needs.services": 7})
    since = desk.before.replace("users: 30", "users: 60")
    desk.answers.write_text(since)
    assert desk.imported() == 3
    assert "found an answer given when 30 held, wanted one that knows of 60" in " ".join(
        capsys.readouterr().err.split()
    )
    assert desk.answers.read_text() == since
    assert desk.filled({"needs.users": None}).imported() == 0, "other answers of the file may have changed"
    found = answers_file.load(desk.answers).needs
    assert (found["users"], found["services"]) == (60, 7)


def test_answers_that_are_not_valid_are_told_as_such(desk, capsys):
    desk.answers.write_text("version: 1\n")
    assert desk.imported() == 3
    assert "answers.yaml" in capsys.readouterr().err


def test_what_a_customer_is_called_need_not_be_fit_for_a_spreadsheet(tmp_path):
    desk = Desk(tmp_path)
    assert desk.filled({"site.customer": "'=Lindgren & Töchter"}).imported() == 0
    assert answers_file.load(desk.answers).customer == "=Lindgren & Töchter"
