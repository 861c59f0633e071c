"""Drafts that were left, and files that somebody else changed meanwhile: nobody's edits are lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button
from wizards import answers_of, noticed, on_screen, play, settled, type_into, wizard

from installer.draft.document import Draft
from installer.ui.tui.start import Start
from installer.ui.tui.state import editor
from installer.ui.tui.widgets.dialogs import Ask

CUSTOMER = ("site", "customer")


def left_behind(folder: Path) -> Path:
    """A file that a colleague changed after a draft of it was left."""
    file = answers_of(folder, "rehearsal")

    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, CUSTOMER, "Mine")

    play(wizard(file), script)
    file.write_text(file.read_text().replace("customer: Practice", "customer: Colleague"))
    return file


async def choose(pilot: Pilot[None], key: str) -> None:
    """Answer the question on the screen."""
    assert isinstance(pilot.app.screen, Ask)
    pilot.app.screen.query_one(f"#{key}", Button).press()
    await settled(pilot)


def test_a_draft_older_than_the_file_asks_and_never_overwrites_it(tmp_path: Path) -> None:
    file = left_behind(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        assert "was changed after this draft" in on_screen(pilot)
        await choose(pilot, "draft")
        assert pilot.app.draft.at(CUSTOMER) == "Mine"
        await pilot.press("ctrl+s")
        await settled(pilot)
        await choose(pilot, "beside")
        assert pilot.app.editor.file.name == "answers-2.yaml"
        await type_into(pilot, CUSTOMER, "Mine too")
        await pilot.press("ctrl+s")
        await settled(pilot)

    play(wizard(file), script)
    assert "customer: Colleague" in file.read_text()
    assert "customer: Mine too" in (tmp_path / "answers-2.yaml").read_text()
    assert "#" in (tmp_path / "answers-2.yaml").read_text(), "comments go along"
    assert not list(tmp_path.glob(".*.draft"))


def test_the_question_comes_again_until_it_is_decided(tmp_path: Path) -> None:
    file = left_behind(tmp_path)

    async def go_on(pilot: Pilot[None]) -> None:
        await choose(pilot, "draft")
        await type_into(pilot, CUSTOMER, "Mine again")

    play(wizard(file), go_on)
    again = editor.opened(file)
    assert again.outdated
    assert again.draft.at(CUSTOMER) == "Mine again"


def test_taking_the_file_leaves_the_draft_to_undo(tmp_path: Path) -> None:
    file = left_behind(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        await choose(pilot, "file")
        assert pilot.app.draft.at(CUSTOMER) == "Colleague"
        assert not editor.draft_of(file).exists()
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert pilot.app.draft.at(CUSTOMER) == "Mine"

    play(wizard(file), script)


def test_a_file_changed_while_it_is_open_can_be_opened_again(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")

    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, CUSTOMER, "Mine")
        file.write_text(file.read_text().replace("customer: Practice", "customer: Colleague"))
        await pilot.press("ctrl+s")
        await settled(pilot)
        await choose(pilot, "again")
        assert pilot.app.draft.at(CUSTOMER) == "Colleague"
        await type_into(pilot, CUSTOMER, "Both")
        await pilot.press("ctrl+s")
        await settled(pilot)

    play(wizard(file), script)
    assert "customer: Both" in file.read_text()


@pytest.mark.parametrize("kind", ["bytes", "directory"])
def test_a_stray_draft_hides_nothing_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = answers_of(tmp_path, "rehearsal")
    stray = editor.draft_of(file)
    stray.mkdir() if kind == "directory" else stray.write_bytes(b"# sitewright draft \xff\xfe")

    async def script(pilot: Pilot[None]) -> None:
        assert "Open answers.yaml" in on_screen(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Start)
        await noticed(pilot, "move it away")

    play(wizard(None), script)


@pytest.mark.parametrize("name", ["acem/answers.yaml", "~nobody-of-that-name/answers.yaml"])
def test_a_mistyped_name_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("end", "enter", *name, "enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Start)
        await noticed(pilot, name.split("/")[0])

    play(wizard(None), script)
    assert not list(tmp_path.glob("*ac*"))


def test_a_draft_says_the_same_whatever_it_is_called(tmp_path: Path) -> None:
    file = answers_of(tmp_path, "rehearsal")
    opened = editor.opened(file)
    opened.history.edit(opened.draft.with_value(CUSTOMER, "Mine"))
    opened.save_beside()
    opened.save_beside()
    assert Draft.of((tmp_path / "answers-2.yaml").read_text()) == Draft.of(opened.file.read_text()) == opened.draft
    assert opened.file.name == "answers-2-2.yaml"
