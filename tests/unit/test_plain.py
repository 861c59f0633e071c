"""Foreign text: what acts or hides is shown as an escape, what is long is cut and says so; on every way out."""

from __future__ import annotations

import io
import json
import sys
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_subject import subject
from rich.table import Table

from installer import cli, redaction
from installer.errors import AnswersInvalid, BundleNotTrusted, CommandFailed, Problem
from installer.plain import LINE, MOST, TEXT, cleaned, first, in_json, lines, listed, plain, quoted
from installer.plan.card import PlanCard
from installer.plan.model import Plan, Step
from installer.preflight import Finding
from installer.redaction import MASK
from installer.report import catalogue, render, spreadsheet
from installer.report.subject import Component, Delivered
from installer.runs import crash_log
from installer.runs.store import Run
from installer.ui import console, jsonl, terminal
from installer.ui.text import Text

ACTS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode whose characters act on a text or a terminal, or cannot be seen."""
WILD = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe \u2066x\u2069 \u200b\ufeff\u00ad\udcff\U000e0041 \r\x7f\0"
SHOWN = r"\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe \u2066x\u2069 \u200b\ufeff\xad\udcff\U000e0041 \x0d\x7f\x00"


def acts(text: str, but: str = "") -> list[str]:
    return [letter for letter in text if unicodedata.category(letter) in ACTS and letter not in but]


def test_every_character_that_acts_is_shown_as_its_escape() -> None:
    assert plain(WILD) == SHOWN
    every = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ACTS]
    assert [letter for letter in every if not plain(letter).startswith("\\")] == []
    assert [letter for letter in every if letter not in "\n\t" and cleaned(letter) == letter] == []


@pytest.mark.parametrize("word", ["cp-1", "客户 «Müller» naïve ✔ ─ 🚀", "a\\b [red]x[/red] $(id)", "الموقع", "नमस्ते"])
def test_what_can_be_seen_stays_as_it_is(word: str) -> None:
    assert plain(word) == cleaned(word) == lines(word) == word


def test_one_line_stays_one_and_several_stay_several() -> None:
    assert plain("x\n✔ all is well\tnow") == r"x\x0a✔ all is well\x09now"
    assert lines("a\r\nb\n\tc\rd\u2028e\x0bf") == "a\nb\n\tc" + r"\x0dd\u2028e\x0bf"


def test_what_is_left_out_is_counted() -> None:
    assert plain("a" * (LINE + 1234)) == "a" * LINE + " … (1,234 more characters)"
    long = lines("head\n" + "x" * (2 * TEXT) + "\ntail")
    assert long.startswith("head\nxxx")
    assert long.endswith("xxx\ntail")
    assert f"… ({TEXT + 10:,} characters left out)" in long
    assert list(listed(range(MOST + 3)))[-2:] == [str(MOST - 1), "… and 3 more"]
    assert first("abc", 2) == ("ab", 1)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_passes_that_acts(text: str) -> None:
    assert not acts(plain(text))
    assert not acts(lines(text), but="\n\t")
    assert plain(plain(text)) == plain(text)
    cleaned(text).encode()


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_word_can_be_quoted_and_any_secret_be_learnt(word: str) -> None:
    assert not acts(quoted(word))
    redaction.learn(word)
    redaction.redacted(word)


@given(st.text(st.characters(codec=None, exclude_categories=("Cs",))))
def test_json_reads_as_it_was_and_nothing_in_it_acts(text: str) -> None:
    line = in_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert not acts(line)
    assert json.loads(line) == {text: [text]}


def test_half_a_character_is_json_that_every_reader_takes() -> None:
    assert json.loads(in_json(json.dumps("a\udcff", ensure_ascii=False))) == r"a\udcff"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was written to both streams."""
    return lambda: "".join(capsys.readouterr())


def _table(*cells: object) -> Table:
    table = Table(WILD)
    table.add_row(*cells)  # type: ignore[arg-type]
    return table


@pytest.mark.parametrize(
    "thing",
    [WILD, Text(WILD), Text.assemble("a", (WILD, "red"), Text(WILD)), _table(WILD), _table(Text(WILD, style="dim"))],
    ids=["string", "text", "assembled", "table", "table of texts"],
)
def test_nothing_that_is_printed_acts(said: Callable[[], str], thing: object) -> None:
    terminal.stdout().print(thing)
    told = said()
    assert not acts(told, but="\n")
    assert r"\x1b[2J" in told
    assert r"\u202e" in told


def test_a_text_of_richs_own_does_not_pass_either(said: Callable[[], str]) -> None:
    import rich.text

    terminal.stdout().print(rich.text.Text(WILD))
    terminal.stderr().out(WILD)
    terminal.stderr().log(rich.text.Text(WILD))
    assert not acts(said(), but="\n")


def test_square_brackets_are_text(said: Callable[[], str]) -> None:
    terminal.stdout().print(_table("[red]x[/red] [link=http://evil]y[/link] :boom:"))
    assert "[red]x[/red] [link=http://evil]y[/link] :boom:" in said()


def test_what_is_said_beside_the_console_is_clean_too(said: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "typed")
    assert terminal.secret(f"password of {WILD}\n") == "typed"
    terminal.say(WILD)
    assert not acts(said() + "".join(asked), but="\n")


@pytest.mark.parametrize("broken", [OSError(28, "No space left on device"), BrokenPipeError()])
def test_progress_that_cannot_be_written_is_lost_and_a_result_is_told(
    broken: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    silenced: list[object] = []

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise broken

    monkeypatch.setattr(terminal, "silence", silenced.append)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Full())
    terminal.stderr().print("progress")
    terminal.say("progress")
    assert silenced == [sys.stderr]
    if isinstance(broken, BrokenPipeError):
        terminal.stdout().print("nobody reads on")
    else:
        with pytest.raises(OSError, match="No space"):
            terminal.stdout().print("a result")


def test_an_error_shows_its_facts_and_is_bounded() -> None:
    error = CommandFailed(host=WILD, command="a\nb", code=1, reason=f"{WILD}\n✔ done\n" + "x" * 10**6)
    assert not acts(error.message, but="\n")
    assert "\n✔" not in error.message  # what a program said cannot look like a line of ours
    assert r"`a\x0ab`" in error.message
    assert len(error.message) < 3 * TEXT
    assert not acts(BundleNotTrusted(bundle="b", reason="r", hint=WILD).remedy)
    assert len(BundleNotTrusted(bundle="b", reason="r", details=["d"] * 1000).details) == MOST + 1


def test_of_many_problems_the_first_are_told_and_the_others_counted() -> None:
    wanted = "w" * 10**6
    found = [Problem("f\n", n, WILD, "a\nb", wanted) for n in range(100_000)]
    error = AnswersInvalid(file="f", count=len(found), problems=found)
    told = error.message.splitlines()
    assert (len(told), told[-1]) == (MOST + 2, f"  … and {100_000 - MOST:,} more")
    assert not acts(error.message, but="\n")
    assert len(error.message) < 200_000


def test_a_failure_is_told_in_lines_that_cannot_be_forged(said: Callable[[], str]) -> None:
    details = ["one\n  two\n✔ trusted"]
    error = BundleNotTrusted(bundle="x\n✔ trusted", reason="no\n  exit 0\n✔ trusted", details=details)
    console.failure(terminal.stderr(), error)
    assert not [line for line in said().splitlines()[1:] if line.startswith("✔")]


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
    shown = str(spreadsheet._text(value))
    assert shown[0] in "'\\"
    assert not acts(shown)


def test_a_word_can_be_typed_whatever_it_holds(tmp_path) -> None:
    import subprocess

    for word in ("a b", "it's", "x\n\x1b]0;b\x07", "\u202ea'\\b", "\udcff\n", "a"):
        typed = quoted(word)
        assert not acts(typed)
        ended = subprocess.run(["bash", "-c", f"printf %s {typed}"], capture_output=True, check=True)
        assert ended.stdout == word.encode("utf-8", "surrogateescape")


def test_what_hosts_and_bundles_say_in_tables_and_plans_is_clean(said: Callable[[], str], tmp_path) -> None:
    out = terminal.stdout()
    console.findings(out, [Finding("os.release", WILD, "failed", f"{WILD} [red]os-release[/red]", WILD, WILD)])
    console.probe_table(out, [{"environment": "e", "title": WILD, "passed": False, "evidence": WILD}])
    bundle = {"name": WILD, "version": 7}
    records = {WILD: {"environment": WILD, "kubernetes": [1], "bundle": bundle}, "silent": None}
    refused = {"cp-1": CommandFailed(host="cp-1", command=WILD, code=1, reason=f"sudo: {WILD}\n✔ all is well")}
    console.status(out, WILD, records, refused, [{"run": f"{WILD}\n✔", "outcome": WILD}])
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
