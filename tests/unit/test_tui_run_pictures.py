"""What the pages that run something look like in the middle of it: 80x24 and 120x40, English and Chinese.

After a change that is meant, look at the new pictures and keep them: SITEWRIGHT_KEEP_PICTURES=1 pytest THIS_FILE
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
import run_stories
from core_manifest import ROOT
from rich.cells import cell_len
from run_stories import NOW, SITE, Story
from textual.pilot import Pilot
from textual.screen import ModalScreen
from wizards import on_screen, play, settled, until, wizard

from installer.runs import background
from installer.translations import LANGUAGES
from installer.ui.tui.app import Wizard
from installer.ui.tui.run import install, preflight, summary, waive
from installer.ui.tui.run.follower import Watch

PICTURES = ROOT / "tests" / "golden" / "wizard-runs"
KEEP = bool(os.environ.get("SITEWRIGHT_KEEP_PICTURES"))
SIZES = ((80, 24), (120, 40))
CHINESE = re.compile("[\u4e00-\u9fff]")


class Clock(datetime):
    """The time at which pictures are taken."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz)


SCENES: dict[str, tuple[Callable[[Story], None], str, tuple[str, ...]]] = {
    "check-failed": (run_stories.failed_checks, "preflight", ()),
    "check-good": (run_stories.good_checks, "preflight", ()),
    "waive": (run_stories.failed_checks, "preflight", ("w",)),
    "plan": (run_stories.plan_made, "plan", ("down", "enter")),
    "half-way": (run_stories.half_way, "install", ()),
    "broken": (run_stories.broken, "install", ()),
    "log": (run_stories.broken, "install", ("l",)),
    "paused": (run_stories.paused, "install", ()),
    "take-back": (run_stories.paused, "install", ("b",)),
    "done": (run_stories.done, "install", ()),
    "result": (run_stories.done, "result", ()),
    "help": (run_stories.paused, "install", ("f1",)),
}
"""What has happened, the page, the keys that are pressed there."""

MARKS = {
    "check-failed": "✖ 2", "check-good": "✖ 0", "waive": "clock.skew", "plan": "58", "half-way": "16", "broken": "✖",
    "log": "node-2", "paused": "─", "take-back": "practice", "done": "58", "result": "8", "help": "F1",
}  # fmt: skip
"""What is to be seen of it in every language and size."""


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still, in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for module in (install, preflight, waive, summary):
        monkeypatch.setattr(module, "datetime", Clock)


def caught_up(watching: Watch) -> bool:
    """Whether all that the process has said was read."""
    follower, reading = watching._follower, watching._poll
    if follower is None or reading is None or not reading.is_finished:
        return False
    console = follower.detached.runs.folder(SITE) / background.CONSOLE
    return watching.session.ended is not None or follower._line == console.stat().st_size


async def still_standing(pilot: Pilot[None]) -> str:
    """The screen once all is known that it shows, and nothing on it changes any more."""
    app = pilot.app
    assert isinstance(app, Wizard)
    await until(pilot, lambda: caught_up(app.watching), lambda: on_screen(pilot))
    await settled(pilot)
    seen = [""]
    while len(seen) < 4 or len(set(seen[-3:])) > 1:
        await pilot.pause(0.05)
        seen.append(on_screen(pilot))
    return seen[-1]


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("scene", SCENES)
def test_a_run_shows_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: str) -> None:
    """In one language after the other."""
    tell, page, keys = SCENES[scene]
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.chdir(folder)
    tell(Story(Path()))
    shown: dict[tuple[str, int, int], str] = {}

    async def script(pilot: Pilot[None]) -> None:
        for language in LANGUAGES:
            await still_standing(pilot)
            await pilot.press(*keys)
            for size in SIZES:
                await pilot.resize_terminal(*size)
                shown[language, *size] = "".join(
                    f"{line.rstrip()}\n" for line in (await still_standing(pilot)).splitlines()
                )
            if isinstance(pilot.app.screen, ModalScreen):
                await pilot.press("escape")
            await pilot.press("f9")

    play(wizard(Path("answers.yaml"), page, bundle=Path("core.sitewright")), script)
    for (language, width, height), picture in shown.items():
        if KEEP:
            PICTURES.mkdir(exist_ok=True)
            (PICTURES / f"{scene}-{language}-{width}x{height}.txt").write_text(picture, encoding="utf-8")
        kept = (PICTURES / f"{scene}-{language}-{width}x{height}.txt").read_text(encoding="utf-8")
        assert picture.splitlines() == kept.splitlines(), "look at it; if it is meant, keep it"
        assert MARKS[scene] in picture
        assert (len(CHINESE.findall(picture)) > 10) == (language == "zh")
        assert max(map(cell_len, picture.splitlines())) <= width
        assert picture.splitlines()[-1].startswith(" F1 ")


def test_no_picture_of_a_run_is_left_over() -> None:
    assert {path.stem.rsplit("-", 2)[0] for path in PICTURES.iterdir()} == set(SCENES)
    assert len(list(PICTURES.iterdir())) == len(LANGUAGES) * len(SIZES) * len(SCENES)
