"""Keys that every page of the wizard has: help, language, leaving, copying, undoing."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input, Select
from wizards import answers_of, field, on_screen, open_page, play, settled, type_into, wizard

from installer.ui.tui.widgets.dialogs import Ask, Help, Typed


def test_help_tells_all_about_a_field(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        await pilot.press("f1")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Help)
        shown = on_screen(pilot)
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, Help)
        return shown

    shown = play(wizard(answers_of(tmp_path, "rehearsal")), script)
    assert "acme-hq" in shown
    assert "site.name" in shown


@pytest.mark.parametrize("key", ["f10", "ctrl+c", "ctrl+q"])
def test_leaving_is_asked_first(tmp_path: Path, key: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "customer"), "Acme")
        await pilot.press(key)
        await settled(pilot)
        assert isinstance(pilot.app.screen, Ask)
        await pilot.press("escape")
        await settled(pilot)
        assert not isinstance(pilot.app.screen, Ask)
        assert pilot.app.is_running
        await pilot.press(key)
        await settled(pilot)
        pilot.app.screen.query_one("#save", Button).press()
        await pilot.pause()

    file = answers_of(tmp_path, "rehearsal")
    play(wizard(file), script)
    assert "customer: Acme" in file.read_text()


def test_the_panel_below_tells_of_what_the_cursor_comes_to(tmp_path: Path) -> None:
    """Not of the page that was left, whose fields it passes on its way."""

    async def script(pilot: Pilot[None]) -> None:
        await open_page(pilot, "needs")
        assert "How many people will ever log in" in on_screen(pilot)
        await open_page(pilot, "components")
        assert "Sends alarms to people, once." in on_screen(pilot)
        await open_page(pilot, "needs")
        assert "How many people will ever log in" in on_screen(pilot)

    play(wizard(answers_of(tmp_path, "environments")), script)


def test_the_language_changes_without_losing_the_place(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await open_page(pilot, "needs")
        await type_into(pilot, ("needs", "users"), "77")
        await pilot.press("f9")
        await settled(pilot)
        assert pilot.app.screen.page.KEY == "needs"
        assert field(pilot, "needs", "users").query_one(Input).value == "77"

    play(wizard(answers_of(tmp_path, "rehearsal")), script)


@pytest.mark.parametrize("opens", ["f10", "f1"])
def test_an_edit_is_not_taken_back_behind_a_dialog(tmp_path: Path, opens: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await type_into(pilot, ("site", "customer"), "Acme")
        await pilot.press(opens, "ctrl+z")
        await settled(pilot)
        assert pilot.app.draft.at(("site", "customer")) == "Acme"
        await pilot.press("escape", "ctrl+z")
        await settled(pilot)
        assert pilot.app.draft.at(("site", "customer")) == "Practice"

    play(wizard(answers_of(tmp_path, "rehearsal")), script)


def test_a_value_is_copied_from_a_choice_and_a_box_as_from_a_line_and_a_secret_from_none(tmp_path: Path) -> None:
    copied: list[str] = []

    async def script(pilot: Pilot[None]) -> None:
        pilot.app.copy_to_clipboard = copied.append
        for control in (Input, Select):
            field(pilot, "site", "customer" if control is Input else "language").query_one(control).focus()
            await pilot.press("f5")
        await open_page(pilot, "needs")
        field(pilot, "needs", "users_at_once").query_one(Checkbox).focus()
        await pilot.press("f5")
        pilot.app.push_screen(Typed(pilot.app, "sudo"))
        await settled(pilot)
        await pilot.press(*"hunter22", "f5")

    play(wizard(answers_of(tmp_path, "rehearsal")), script)
    assert copied == ["Practice", "en", "unknown"]


def test_help_tells_where_a_secret_may_be(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> str:
        await pilot.press("f1")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Help)
        return on_screen(pilot)

    shown = play(wizard(answers_of(tmp_path, "rehearsal"), "secrets"), script)
    for text in ("Passphrase of the private key", "name of the variable", "program and arguments", "access.passphrase"):
        assert text in shown
