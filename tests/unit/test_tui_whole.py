"""Nothing on the answer pages is cut: every title, label, unit and sentence stands there whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Label, OptionList, Static
from wizards import answers_of, open_page, play, wizard

from installer.ui.tui.steps import STEPS


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_is_cut(tmp_path: Path, language: str, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        steps = pilot.app.screen.query_one("#steps", OptionList)
        for at in range(steps.option_count):
            prompt = steps.get_option_at_index(at).prompt
            assert prompt.cell_length <= steps.scrollable_content_region.width, prompt
        for step in STEPS:
            if not (step.gathers or step.key == "sizing") or step.key == "hosts":
                continue
            await open_page(pilot, step.key)
            page = pilot.app.screen.page
            for label in page.query("Label, Static"):
                assert isinstance(label, Label | Static)
                if label.display and str(label.render()).strip():
                    room = label.content_region
                    wanted = label.get_content_height(page.size, pilot.app.size, room.width)
                    assert room.height >= wanted, f"{step.key}: {label.render()}"
                    assert label.region.right <= page.region.right, f"{step.key}: {label.render()}"

    play(wizard(answers_of(tmp_path, "environments"), "site", language), script, size)
