"""Foreign text: what acts or hides is shown as an escape, what is long is cut and says so; on every way out."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from installer import redaction
from installer.errors import AnswersInvalid, BundleNotTrusted, CommandFailed, Problem
from installer.plain import LINE, MOST, TEXT, cleaned, first, in_json, lines, listed, plain, quoted
from installer.ui import console, terminal
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


def test_a_word_can_be_typed_whatever_it_holds(tmp_path) -> None:
    import subprocess

    for word in ("a b", "it's", "x\n\x1b]0;b\x07", "\u202ea'\\b", "\udcff\n", "a"):
        typed = quoted(word)
        assert not acts(typed)
        ended = subprocess.run(["bash", "-c", f"printf %s {typed}"], capture_output=True, check=True)
        assert ended.stdout == word.encode("utf-8", "surrogateescape")
