"""What each page looks like, character by character: 80x24 and 120x40, English and Chinese.

After a change that is meant, look at the new pictures and keep them: SITEWRIGHT_KEEP_PICTURES=1 pytest THIS_FILE
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from core_manifest import ROOT
from textual.pilot import Pilot
from wizards import answers_of, on_screen, play, settled, wizard

from installer.ui.tui.steps import STEPS

PICTURES = ROOT / "tests" / "golden" / "wizard"
KEEP = bool(os.environ.get("SITEWRIGHT_KEEP_PICTURES"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("step", ["start", *(step.key for step in STEPS)])
def test_a_page_looks_as_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, language: str, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    answers_of(tmp_path, "environments")
    file = None if step == "start" else Path("answers.yaml")

    async def script(pilot: Pilot[None]) -> str:
        await settled(pilot)
        return "".join(f"{line.rstrip()}\n" for line in on_screen(pilot).splitlines())

    shown = play(wizard(file, "site" if step == "start" else step, language), script, size)
    kept = PICTURES / f"{step}-{language}-{size[0]}x{size[1]}.txt"
    if KEEP:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8")


def test_no_picture_is_left_over() -> None:
    pages = {"start", *(step.key for step in STEPS)}
    assert {path.stem.rsplit("-", 2)[0] for path in PICTURES.iterdir()} == pages
    assert len(list(PICTURES.iterdir())) == 4 * len(pages)
