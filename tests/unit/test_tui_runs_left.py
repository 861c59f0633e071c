"""Runs that were stopped, refused or left by a wizard: what is said of them, and what may be done then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import run_stories
from run_pages import Place, begun, checked, page, until
from run_stories import Story
from textual.pilot import Pilot
from wizards import on_screen, open_page, play, settled, wizard

from installer.bundle.sshsig import generate_key
from installer.engine.events import StepBroke
from installer.preflight import CHECKS, Finding
from installer.runs import background, stream
from installer.ui.tui.run import dialogs
from installer.ui.tui.run.dialogs import TypeName
from installer.ui.tui.run.install import InstallPage
from installer.ui.tui.run.plan import PlanPage
from installer.ui.tui.run.preflight import PreflightPage
from installer.ui.tui.run.result import ResultPage
from installer.ui.tui.run.step_list import Steps
from installer.ui.tui.state.findings import Findings
from installer.ui.tui.state.run import ACTIVE, RESUMABLE
from installer.ui.tui.widgets.dialogs import Ask


async def stopped(pilot: Pilot[None]) -> None:
    """Press s and say yes."""
    await pilot.press("s")
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
    await pilot.press("tab", "enter")


def test_a_stop_while_hosts_are_checked_leaves_nothing_to_go_on_with(place: Place) -> None:
    """Also at a site that stands: what was installed before is not what was stopped."""

    async def installed(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "done")
        place.site("slow: {query: 600}\n")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("enter")
        await until(pilot, lambda: install.mode == "starting" and not install.watching.starting)
        await stopped(pilot)
        await until(pilot, lambda: install.mode not in ACTIVE)
        assert install.mode == "stopped"
        await until(pilot, lambda: "stopped before anything was touched" in on_screen(pilot))
        assert "take it back" not in on_screen(pilot)
        await pilot.press("b", "g")
        assert not isinstance(pilot.app.screen, TypeName)
        assert not install.busy

    play(place.wizard("install"), installed)
    assert len(place.runs.standing("practice")) == 1


def test_a_stop_at_work_can_be_gone_on_with_and_taken_back_by_its_date(place: Place) -> None:
    place.site("slow: {work: 600, push: 600}\n")

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await stopped(pilot)
        await until(pilot, lambda: install.mode in RESUMABLE)
        run = place.runs.unfinished("practice")
        assert run is not None
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, TypeName))
        await pilot.pause()
        assert run.name in on_screen(pilot)
        assert "that began" in on_screen(pilot)

    play(place.wizard("install"), script)


def test_a_stop_while_it_proves_itself_offers_to_prove_it_again(place: Place) -> None:
    place.site("slow: {execute: 600}\n")

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "proving")
        await stopped(pilot)
        await until(pilot, lambda: install.mode not in ACTIVE)
        assert install.mode == "unproved"
        await until(pilot, lambda: "prove it again" in on_screen(pilot))
        assert "take it back" not in on_screen(pilot)

    play(place.wizard("install"), script)


def test_what_could_not_be_gone_on_with_is_still_to_be_gone_on_with(place: Place, tmp_path: Path) -> None:
    place.site('faults: {"work@node-2": E}\n')
    others = tmp_path / "others"
    others.write_text(generate_key(tmp_path / "other"))

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "failed")
        place.site()
        app: Any = pilot.app
        signers, app.signers = app.signers, others
        for key, reason in (("g", "signed by a key that"), ("b", "connection was lost")):
            await until(pilot, lambda: not install.busy)
            await pilot.press(key)
            if key == "b":
                place.site('faults: {"run@cp-1": TTTTTTTT}\n')
                await pilot.press(*"practice", "enter")
            await until(pilot, lambda: install.session.verb in ("resume", "rollback") and install.mode == "failed")
            await until(pilot, lambda reason=reason: reason in on_screen(pilot))
            assert "kubernetes.join@node-2 failed" in on_screen(pilot)
            assert "g go on" in on_screen(pilot)
            assert "b take it back" in on_screen(pilot)
            install.session.verb = ""
        app.signers = signers
        place.site()

    play(place.wizard("install"), script)

    async def back(pilot: Pilot[None]) -> None:
        install = page(pilot, InstallPage)
        await until(pilot, lambda: install.mode == "failed")
        await until(pilot, lambda: "connection was lost" in on_screen(pilot))
        await pilot.press("g")
        await until(pilot, lambda: install.mode == "done")

    play(place.wizard("install"), back)


def test_pages_that_are_made_anew_or_come_back_know_what_was_found(place: Place) -> None:
    place.site(node_1=", memory_gib: 0.5")

    async def script(pilot: Pilot[None]) -> None:
        preflight = await checked(pilot)
        count = len(preflight.shown())
        await pilot.press("r")
        await until(pilot, lambda: preflight.session.ends == 2)
        await pilot.press("f9")
        await settled(pilot)
        assert len(page(pilot, PreflightPage).shown()) == count > 50

    play(place.wizard("preflight"), script)

    async def back(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "host.memory@node-1 alone" in on_screen(pilot))

    play(place.wizard("preflight"), back)


def test_while_it_installs_other_pages_are_at_rest(place: Place) -> None:
    place.site("slow: {work: 600, push: 600}\n")

    async def script(pilot: Pilot[None]) -> None:
        await begun(pilot)
        await open_page(pilot, "preflight")
        await until(pilot, lambda: "checked" in on_screen(pilot))
        assert "checking again" not in on_screen(pilot)
        await open_page(pilot, "plan")
        await until(pilot, lambda: "58 steps on 3 hosts" in on_screen(pilot))
        assert "making the plan" not in on_screen(pilot)

    play(place.wizard("install"), script)


def test_a_plan_that_cannot_be_begun_says_why_and_is_made_by_a_key(place: Place) -> None:
    record = place.runs.folder("practice") / background.RECORD

    async def script(pilot: Pilot[None]) -> None:
        plan: PlanPage = page(pilot, PlanPage)
        await until(pilot, lambda: plan.planned and not plan.busy)
        kept = record.read_text()
        record.write_text("{")
        await pilot.press("p")
        await until(pilot, lambda: "it is damaged" in on_screen(pilot))
        assert "p plan anew" in on_screen(pilot)
        record.write_text(kept)
        await pilot.press("p")
        await until(pilot, lambda: "58 steps on 3 hosts" in on_screen(pilot) and not plan.busy)

    play(place.wizard("plan"), script)


def test_a_check_of_many_hosts_takes_each_finding_once() -> None:
    compared = 0

    class Counted(Finding):
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return super().__eq__(other)

        __hash__ = Finding.__hash__

    found = [Counted(check.name, f"node-{number}", "ok", "fine") for number in range(200) for check in CHECKS]
    findings = Findings()
    for each in [*found, *found]:
        findings.take(each)
    assert len(findings.found) == 200 * len(CHECKS)
    assert compared < 3 * len(found)


def test_what_a_host_says_moves_no_terminal(tmp_path: Path) -> None:
    wild = "\x1b[2J\x1b]0;owned\x07red \x1b[31mtext\x1b[0m\x9b5A\u202e\r\ttab"
    line = json.dumps({"type": "finding", "check": "os.release", "host": "n", "status": "failed", "found": wild})
    found = stream.parse(line)
    assert isinstance(found, Finding)
    shown = r"\x1b[2J\x1b]0;owned\x07red \x1b[31mtext\x1b[0m\x9b5A\u202e\x0d" + "\ttab"
    assert found.found == shown
    assert stream.parse(wild) == stream.Note(shown)
    (tmp_path / "log").write_text(f"one\n{wild}\n")
    assert dialogs.tail(tmp_path / "log") == f"one\n{shown}\n"


def test_the_start_leads_to_what_runs_and_knows_the_files_of_a_site(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the run has no folder yet, for hosts are still checked."""
    place.site("slow: {query: 600}\n")
    monkeypatch.chdir(place.folder)
    bundle, signers = place.bundle
    argv = ["install", "--profile", place.file, "--bundle", bundle, "--signers", signers,
            "--simulate", place.folder / "site.yaml", "--state", place.folder / "state"]  # fmt: skip
    background.start([*map(str, argv)], place.runs, "practice", {})

    async def script(pilot: Pilot[None]) -> None:
        assert "the installation at practice, under way since" in on_screen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query(InstallPage))
        app: Any = pilot.app
        assert (app.bundle, app.signers) == (bundle, signers)
        await until(pilot, lambda: page(pilot, InstallPage).mode == "starting")

    play(wizard(None, simulate=place.folder / "site.yaml"), script)


def test_an_installation_that_was_not_proved_is_offered_to_be(tmp_path: Path) -> None:
    story = Story(tmp_path)
    run_stories.done(story)
    (story.runs.folder(run_stories.SITE) / "runs" / run_stories.RUN / "probes.json").unlink()
    (story.runs.folder(run_stories.SITE) / background.RECORD).unlink()

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "g prove it again" in on_screen(pilot))
        assert "take it back" not in on_screen(pilot)

    play(wizard(story.file, "install"), script)


def test_the_report_is_made_by_a_key_and_its_files_are_named(tmp_path: Path) -> None:
    story = Story(tmp_path)
    run_stories.done(story)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "m make the report" in on_screen(pilot))
        await pilot.press("m")
        result = page(pilot, ResultPage)
        await until(pilot, lambda: any(each.endswith("practice-as-built-en.html") for each in result._copies))

    play(wizard(story.file, "result"), script)
    made = story.runs.folder(run_stories.SITE) / "runs" / run_stories.RUN / "report"
    assert "Kubernetes" in (made / "practice-as-built-en.html").read_text()


def test_two_pages_of_one_run_list_it_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a moment when the language changes: neither takes from the other what it has to draw."""
    monkeypatch.chdir(tmp_path)
    run_stories.half_way(Story(Path()))

    async def script(pilot: Pilot[None]) -> None:
        shown: InstallPage = page(pilot, InstallPage)
        await until(pilot, lambda: shown.query_one(Steps).row_count)
        course, other = shown.watched.course, Steps(shown.wizard.say)
        assert course is not None
        await shown.query_one("#room").mount(other)
        other.show(course, 80, run_stories.NOW, follow=True)
        assert (other.row_count, other.chosen) == (len(course.steps), course.latest)
        step = course.latest
        course.take(StepBroke(run_stories.NOW, step, "it was cut off", ""))
        for each in (shown.query_one("#list", Steps), other):
            each.show(course, 80, run_stories.NOW, follow=False)
            assert each.get_cell(step, "0").plain == "✖"

    play(wizard(Path("answers.yaml"), "install", bundle=Path("core.sitewright")), script)
