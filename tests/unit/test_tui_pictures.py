"""What each page looks like, character by character: 80x24 and 120x40, English and Chinese; and nothing on it is cut.

After a change that is meant, look at the new pictures and keep them: SITEWRIGHT_KEEP_PICTURES=1 pytest THIS_FILE
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from core_manifest import ROOT
from textual.pilot import Pilot
from textual.widgets import Label, OptionList, Static
from waived import with_waivers
from wizards import answers_of, on_screen, play, settled, wizard

from installer.draft.document import Draft
from installer.translations import LANGUAGES
from installer.ui.tui.state.pages import STEPS

PICTURES = ROOT / "tests" / "golden" / "wizard"
SIZES = ((80, 24), (120, 40))
LISTS = {"start", "hosts", *(step.key for step in STEPS if not step.gathers and step.key != "sizing")}
"""Pages whose lines are cut on purpose, or told in full below."""
KEEP = bool(os.environ.get("SITEWRIGHT_KEEP_PICTURES"))


def whole(pilot: Pilot[None]) -> None:
    """Every title, label, unit and sentence stands there in full."""
    steps = pilot.app.screen.query_one("#steps", OptionList)
    for at in range(steps.option_count):
        prompt = steps.get_option_at_index(at).prompt
        assert prompt.cell_length <= steps.scrollable_content_region.width, prompt
    page = pilot.app.screen.page
    for label in page.query("Label, Static"):
        assert isinstance(label, Label | Static)
        if label.display and str(label.render()).strip():
            room = label.content_region
            wanted = label.get_content_height(page.size, pilot.app.size, room.width)
            assert room.height >= wanted, label.render()
            assert label.region.right <= page.region.right, label.render()


@pytest.mark.parametrize("step", ["start", *(step.key for step in STEPS)])
def test_a_page_looks_as_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Also where the terminal had another size, or the wizard another language, when the page was opened."""
    monkeypatch.chdir(tmp_path)
    answers_of(tmp_path, "environments").write_text(with_waivers(ROOT / "profiles" / "environments.yaml"))
    answers = Draft.of((tmp_path / "answers.yaml").read_text())
    shown: dict[str, str] = {}

    async def script(pilot: Pilot[None]) -> None:
        for language in LANGUAGES:
            for width, height in SIZES:
                await pilot.resize_terminal(width, height)
                await settled(pilot)
                if step not in LISTS:
                    whole(pilot)
                picture = "".join(f"{line.rstrip()}\n" for line in on_screen(pilot).splitlines())
                shown[f"{step}-{language}-{width}x{height}.txt"] = picture
            await pilot.press("f9")
            await settled(pilot)
        if step != "start":
            assert step == pilot.app.screen.page.KEY
            assert pilot.app.draft.data == answers.data, "to look changes nothing"

    play(wizard(None if step == "start" else Path("answers.yaml"), step), script)
    for name, picture in shown.items():
        if KEEP:
            PICTURES.mkdir(exist_ok=True)
            (PICTURES / name).write_text(picture, encoding="utf-8")
        assert picture == (PICTURES / name).read_text(encoding="utf-8"), name


def test_no_picture_is_left_over() -> None:
    pages = {"start", *(step.key for step in STEPS)}
    assert {path.stem.rsplit("-", 2)[0] for path in PICTURES.iterdir()} == pages
    assert len(list(PICTURES.iterdir())) == len(LANGUAGES) * len(SIZES) * len(pages)
