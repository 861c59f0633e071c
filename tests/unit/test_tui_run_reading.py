"""Long texts on pages of runs: narrowed, cut, read on, copied."""

from __future__ import annotations

from pathlib import Path

import pytest
import run_stories
from run_pages import until
from run_stories import Story
from textual.pilot import Pilot
from wizards import on_screen, play, wizard

from installer.ui.tui.run import grid


def test_long_lists_are_narrowed_and_remedies_copied(tmp_path: Path) -> None:
    story = Story(tmp_path)
    run_stories.failed_checks(story)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "clock.skew@node-1" in on_screen(pilot))
        await pilot.press("y")
        assert pilot.app.clipboard == run_stories.CLOCK.remedy
        await pilot.press("slash", *"kernel")
        await until(pilot, lambda: "clock.skew" not in on_screen(pilot))
        assert "kernel.modules" in on_screen(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "clock.skew" in on_screen(pilot))

    play(wizard(story.file, "preflight"), script)


def test_findings_that_come_bit_by_bit_still_lead_to_what_failed(tmp_path: Path) -> None:
    story = Story(tmp_path)
    told = story.findings(run_stories.CLOCK)
    good = [line for line in told if line["host"] == "cp-1" or line["type"] == "asked"]
    story.process(["check"], good)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "cp-1" in on_screen(pilot) and "checking again" in on_screen(pilot))
        story.says(line for line in told if line not in good)
        await until(pilot, lambda: "clock.skew@node-1" in on_screen(pilot))

    play(wizard(story.file, "preflight"), script)


def test_a_plan_is_narrowed_to_what_holds_a_text(tmp_path: Path) -> None:
    story = Story(tmp_path)
    run_stories.plan_made(story)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "58 steps on 3 hosts" in on_screen(pilot))
        await pilot.press("slash", *"fill the")
        await until(pilot, lambda: "fill the registry" in on_screen(pilot))
        assert "charts" not in on_screen(pilot)

    play(wizard(story.file, "plan", bundle=tmp_path / "core.sitewright"), script)


def test_what_is_cut_is_read_on_by_a_key(tmp_path: Path) -> None:
    story = Story(tmp_path)
    run_stories.broken(story)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "PgUp PgDn" in on_screen(pilot))
        assert "takes the run back" not in on_screen(pilot)
        await pilot.press("pagedown")
        await until(pilot, lambda: "takes the run" in on_screen(pilot))

    play(wizard(story.file, "install"), script, (80, 24))


@pytest.mark.parametrize("hosts", [1, 4, 9, 200])
def test_a_host_at_least_has_a_column_on_the_narrowest_screen(hosts: int) -> None:
    assert grid.columns(57, hosts) >= 1


def test_f1_tells_of_the_keys_of_a_page_and_of_its_dialogs(tmp_path: Path) -> None:
    story = Story(tmp_path)
    run_stories.paused(story)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "b take it back" in on_screen(pilot))
        await pilot.press("f1")
        assert "pauses: steps that run finish" in on_screen(pilot)
        await pilot.press("escape", "b", "f1")
        assert "once the name is typed in full" in on_screen(pilot)

    play(wizard(story.file, "install"), script)
