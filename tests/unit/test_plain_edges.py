"""Every edge at which texts leave the program shows them plain and without secrets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import test_plain
from report_subject import subject
from test_plain import SHOWN, WILD, _table, acts

from installer import cli, redaction
from installer.errors import CommandFailed
from installer.formats import workbook
from installer.plan.card import PlanCard
from installer.plan.model import Plan, Step
from installer.plan.overview import Node, Overview, Part, Reported
from installer.preflight import Finding
from installer.redaction import MASK
from installer.report import catalogue, render, spreadsheet
from installer.report.subject import Component, Delivered
from installer.runs import crash_log
from installer.runs.store import Run
from installer.ui import console, jsonl, standing, terminal
from installer.ui.text import Text

said = test_plain.said


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path, "site", "install", {})


def test_a_steps_log_is_clean_and_without_secrets(run: Run) -> None:
    redaction.learn("hunter2-geheim")
    step = Step("a/b@c", "t", "p", "c", "a", (), lambda _: True, lambda _: None)
    name = run.keep(step, f"{WILD}\nsudo: hunter2-geheim refused\n")
    log = (run.folder / name).read_text(encoding="utf-8")
    assert not acts(log, but="\n")
    assert log == f"{SHOWN}\nsudo: {MASK} refused\n\n"


def test_a_kept_fault_is_clean_and_without_secrets(tmp_path) -> None:
    redaction.learn("hunter2-geheim")
    crash_log.kept(ValueError(f"{WILD} hunter2-geheim"), tmp_path)
    (log,) = tmp_path.glob("fault-*.log")
    assert not acts(log.read_text(encoding="utf-8"), but="\n")
    assert "geheim" not in log.read_text(encoding="utf-8")


def test_json_lines_hold_no_secret_but_keep_names(said: Callable[[], str]) -> None:
    redaction.learn("node")
    redaction.learn('pass"word\n')
    jsonl.write("finding", {"host": "node-1", "found": 'sudo said: pass"word\n', "more": [{"x": ("a node",)}]})
    told = json.loads(said())
    assert told == {"type": "finding", "host": "node-1", "found": f"sudo said: {MASK}", "more": [{"x": [f"a {MASK}"]}]}


def test_the_console_masks_secrets_in_texts_and_tables(said: Callable[[], str]) -> None:
    redaction.learn("hunter2-geheim")
    terminal.stdout().print(_table("it said hunter2-geheim"))
    terminal.stderr().print(Text("it said hunter2-geheim"))
    told = said()
    assert "geheim" not in told
    assert told.count(MASK) == 2


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "  =cmd|' /C calc'!A0", "\t=1", "\r\n@SUM(1)", "\uff1dx"])
def test_no_text_is_a_formula_for_a_spreadsheet(value: str) -> None:
    shown = str(workbook.as_text(value))
    assert shown[0] in "'\\"
    assert not acts(shown)


def test_what_hosts_and_bundles_say_in_tables_and_plans_is_clean(said: Callable[[], str], tmp_path) -> None:
    out = terminal.stdout()
    console.findings(out, [Finding("os.release", WILD, "failed", f"{WILD} [red]os-release[/red]", WILD, WILD)])
    console.probe_table(out, [{"environment": "e", "title": WILD, "passed": False, "evidence": WILD}])
    bundle = {"name": WILD, "version": 7}
    records = {WILD: {"environment": WILD, "kubernetes": [1], "bundle": bundle}, "silent": None}
    refused = {"cp-1": CommandFailed(host="cp-1", command=WILD, code=1, reason=f"sudo: {WILD}\n✔ all is well")}
    seen = Overview(
        datetime(2026, 1, 1, tzinfo=UTC), (Node("e", WILD, "node", "not-ready", WILD),),
        (Part("e", WILD, WILD, WILD, WILD, 0, 1, (WILD,)),), (),
        checks=(Reported("e", WILD, WILD, WILD, WILD, WILD),),
    )  # fmt: skip
    standing.status(out, WILD, records, refused, [{"run": f"{WILD}\n✔", "outcome": WILD}], None, seen)
    console.ports(out, [(WILD, WILD, WILD, WILD)])
    step = Step("a/b@c", WILD, WILD, lambda _: True, lambda _: None, environment="e", host=WILD)
    console.plan_tree(out, PlanCard.of(Plan("install", (step,), {}, 1)))
    told = said()
    assert not acts(told, but="\n")
    assert "[red]os-release[/red]" in told
    assert not [line for line in told.splitlines() if line.startswith("✔ all")]


def test_of_long_lists_the_first_are_shown_and_the_others_counted(said: Callable[[], str]) -> None:
    out = terminal.stdout()
    console.findings(out, [Finding("a.b", f"h{n}", "failed", "x") for n in range(console.PROBLEMS + 5)])
    assert "… and 5 more; all of them: --json" in said()
    console.ports(out, [("a", "b", "c", "d")] * (console.ROWS + 1000))
    told = said()
    assert "… and 1,000 more" in told
    assert len(told.splitlines()) == console.ROWS + 2


def test_a_fault_that_ends_a_thread_is_kept_and_told_clean(
    said: Callable[[], str], tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ValueError(WILD)

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(threading, "excepthook", cli.thread_fault)
    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    told = said()
    assert "Traceback" not in told
    assert "a fault of sitewright itself: ValueError" in told
    (log,) = (tmp_path / "sitewright").glob("fault-*.log")
    assert SHOWN in log.read_text(encoding="utf-8")


def test_a_reports_page_and_spreadsheet_are_clean_whatever_the_subject_holds(tmp_path) -> None:
    redaction.learn("hunter2-geheim")
    known = subject("enterprise")
    answers = replace(known.answers, customer=f"<b>{WILD}</b> hunter2-geheim")
    part = Component(WILD, f"=cmd|{WILD}", WILD, WILD)
    installed = {environment.name: frozenset({part.name}) for environment in answers.environments}
    delivered = Delivered(WILD, WILD, WILD, WILD, 1, (part,), installed, 1.0, 1.0)
    hostile = replace(known, answers=answers, delivered=delivered)
    page = render.html(hostile, catalogue.words("en"))
    assert not acts(page, but="\n\t")
    assert "&lt;b&gt;" + r"\x1b[2J" in page
    assert "geheim" not in page
    spreadsheet.write(hostile, catalogue.words("en"), tmp_path / "sheet.xlsx")
