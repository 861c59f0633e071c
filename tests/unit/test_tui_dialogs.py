"""Dialogs on every terminal: whatever they hold, their buttons and their last line are in view."""

from __future__ import annotations

from pathlib import Path

import pytest
from hosts_page import hosts_page, pressed, rehearsal
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button
from wizards import answers_of, play, settled, wizard

from installer.translations import LANGUAGES
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.widgets.dialogs import Ask

SIZES = ((80, 24), (100, 30))
KEYS = ("p", "i", "r", "l", "a", "f1", "f10")
"""What opens a dialog on the page of hosts."""
MANY = "".join(f"  - {{name: extra-{n}, address: 10.89.20.{n}}}\n" for n in range(1, 31))


def in_view(pilot: Pilot[None], what: str) -> None:
    """The dialog is whole on the screen, and what closes it lies inside of it."""
    screen = pilot.app.screen
    assert isinstance(screen, ModalScreen), what
    dialog = screen.query(".dialog").first()
    assert screen.region.contains_region(dialog.region), what
    last = dialog.displayed_children[-1]
    for each in (last, *screen.query(Button)):
        assert each.region.height > 0, (what, each)
        assert dialog.content_region.contains_region(each.region), (what, each, each.region, dialog.content_region)


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_of_every_dialog_of_the_hosts_are_in_view(tmp_path: Path, language: str) -> None:
    file = rehearsal(tmp_path)
    head, _, rest = file.read_text().partition("hosts:\n")
    file.write_text(f"{head}hosts:\n{MANY}{rest}")

    async def script(pilot: Pilot[None]) -> None:
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await settled(pilot)
            for key in KEYS:
                await pressed(pilot, key)
                in_view(pilot, f"{key} at {width}x{height}")
                await pressed(pilot, "escape")
                assert not isinstance(pilot.app.screen, ModalScreen), key

    play(hosts_page(file, language=language), script)


def test_a_long_question_scrolls_and_its_buttons_stay(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            pilot.app.push_screen(Ask("A question", "Much is to be said of it. " * 120, (("yes", "Yes"), ("no", "No"))))
            await settled(pilot)
            in_view(pilot, f"at {width}x{height}")
            await pressed(pilot, "escape")

    play(wizard(answers_of(tmp_path, "rehearsal")), script)


def test_opening_every_page_edits_nothing_and_saving_changes_what_was_edited_alone(tmp_path: Path) -> None:
    file = answers_of(tmp_path)
    text = (Path(__file__).parents[2] / "docs" / "examples" / "enterprise.yaml").read_text()
    assert "load_percent: 100" in text
    file.write_text(text)

    async def script(pilot: Pilot[None]) -> None:
        for _step in STEPS:
            await pressed(pilot, "f8")
        assert not pilot.app.editor.changed
        pilot.app.answer(("site", "customer"), "Somebody else")
        await pressed(pilot, "ctrl+s")

    play(wizard(file), script)
    before, after = text.splitlines(), file.read_text().splitlines()
    assert [line for line in after if line not in before] == ["  customer: Somebody else"]
    assert len(after) == len(before)
