"""The wizard's pages that run something, on simulated sites: real processes, followed, paused, left and found again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import yaml
from run_pages import SECRET, Place, begun, page, until
from textual.pilot import Pilot
from textual.widgets import Input
from wizards import on_screen, open_page, play, settled, wizard

from installer.bundle.sshsig import generate_key
from installer.runs import background
from installer.ui.tui.run.install import InstallPage
from installer.ui.tui.run.plan import PlanPage
from installer.ui.tui.run.preflight import PreflightPage
from installer.ui.tui.run.result import ResultPage
from installer.ui.tui.widgets.dialogs import Typed

HELD = "slow: {push: 600}\n"
"""A site at which a run does a good deal and then stands: it is under way, however slow or fast the machine is."""


def test_the_plan_is_made_by_itself_and_hosts_are_asked(place: Place) -> None:
    async def script(pilot: Pilot[None]) -> None:
        plan: PlanPage = page(pilot, PlanPage)
        await until(pilot, lambda: plan.planned and not plan.busy)
        screen = on_screen(pilot)
        assert "58 steps on 3 hosts" in screen
        assert "registry filled" in screen
        await pilot.press("d")
        await until(pilot, lambda: plan.planned.holding is not None)  # type: ignore[union-attr]
        await pilot.press("down", "right")
        assert "make our directories" in on_screen(pilot)

    play(place.wizard("plan"), script)


def test_an_installation_goes_to_its_end_and_its_result_is_shown(place: Place) -> None:
    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "done")
        assert "8 probes passed" in on_screen(pilot)
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.screen.query(ResultPage))
        await settled(pilot)
        screen = on_screen(pilot)
        for told in ("Ready. 8 probes passed.", "metrics of every node", "3 nodes", "kubectl --kubeconfig"):
            assert told in screen
        await pilot.press("u")
        result = page(pilot, ResultPage)
        await until(pilot, lambda: len(result.session.hosts) == 3)
        assert result.session.hosts["cp-1"]["environment"] == "production"
        result.query_one("#facts").highlighted = next(n for n, t in enumerate(result._copies) if "kubectl" in t)
        await pilot.press("y")
        kubeconfig = place.runs.folder("practice") / "production.kubeconfig"
        assert pilot.app.clipboard == f"kubectl --kubeconfig {kubeconfig} get pods -A"

    play(place.wizard("install"), script)
    again = place.wizard("result")

    async def looked(pilot: Pilot[None]) -> str:
        return on_screen(pilot)

    assert "Ready. 8 probes passed." in play(again, looked)


def test_a_run_is_paused_and_goes_on(place: Place) -> None:
    place.site("slow: {work: 2, push: 2}\n")

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await pilot.press("p")
        await until(pilot, lambda: install.mode == "paused")
        done = install.watched.course.through  # type: ignore[union-attr]
        assert 0 < done < 53
        await until(pilot, lambda: "go on" in on_screen(pilot))
        place.site()
        await pilot.press("g")
        await until(pilot, lambda: install.mode == "done")

    play(place.wizard("install"), script)
    assert [run.outcome for run in place.runs.history("practice")] == ["done"]


def test_a_step_that_breaks_is_explained_with_its_log_and_gone_on_with(place: Place) -> None:
    place.site('faults: {"work@node-2": E}\n')

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "failed")
        await settled(pilot)
        screen = on_screen(pilot)
        assert "kubernetes.join@node-2 failed after" in screen
        assert "→" in screen
        step = install.watched.course.failed[0]  # type: ignore[union-attr]
        assert Path(install.log_of(step)).is_file()
        await pilot.press("l")
        await until(pilot, lambda: step in on_screen(pilot))
        await pilot.press("escape")
        place.site()
        await pilot.press("g")
        await until(pilot, lambda: install.mode == "done")

    play(place.wizard("install"), script)


def test_a_broken_run_is_taken_back_only_by_name(place: Place) -> None:
    place.site('faults: {"work@node-2": E}\n')

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "failed")
        place.site()
        await pilot.press("b")
        await pilot.press(*"prac", "enter")
        assert install.session.verb == "install"
        await pilot.press(*"tice", "enter")
        await until(pilot, lambda: install.session.verb == "rollback" and install.mode == "done")
        assert "the hosts are as before" in on_screen(pilot)

    play(place.wizard("install"), script)
    assert place.runs.standing("practice") == ()


def test_a_wizard_that_comes_back_finds_the_run_catches_up_and_follows_it_to_its_end(place: Place) -> None:
    place.site(HELD)

    async def left(pilot: Pilot[None]) -> int:
        install = await begun(pilot)
        await until(pilot, lambda: install.watched.course.through > 3)  # type: ignore[union-attr]
        return install.watched.course.through  # type: ignore[union-attr]

    through = play(place.wizard("install"), left)
    process = background.find(place.runs, "practice")
    assert process is not None
    assert process.alive, "the run goes on without the wizard"

    async def back(pilot: Pilot[None]) -> None:
        install = page(pilot, InstallPage)
        await until(pilot, lambda: install.watched.course)
        assert install.watching.process.pid == process.pid
        await until(pilot, lambda: install.watched.course.through >= through)
        assert install.mode == "running"
        os.killpg(process.pid, signal.SIGKILL)
        await until(pilot, lambda: install.mode == "broken")

    play(place.wizard("install"), back)


def test_a_run_that_was_killed_is_found_broken_off_and_goes_on(place: Place) -> None:
    place.site(HELD)

    async def killed(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.watched.course.through > 3)  # type: ignore[union-attr]
        os.killpg(install.watching.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
        await until(pilot, lambda: install.mode == "broken")
        assert "broken off without a word" in on_screen(pilot)

    play(place.wizard("install"), killed)
    (place.runs.folder("practice") / background.RECORD).unlink()  # nothing is left but the run's own folder
    place.site()

    async def back(pilot: Pilot[None]) -> None:
        install = page(pilot, InstallPage)
        await until(pilot, lambda: install.mode == "broken")
        assert install.watched.course.through > 3
        await pilot.press("g")
        await until(pilot, lambda: install.mode == "done")

    play(place.wizard("install"), back)


def test_a_refused_installation_says_why_and_leads_to_what_failed(place: Place) -> None:
    place.site(node_1=", default_route: false")

    async def script(pilot: Pilot[None]) -> None:
        install = await begun(pilot)
        await until(pilot, lambda: install.mode == "refused")
        assert "1 preflight problem(s): network.route (node-1)" in on_screen(pilot)
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.screen.query(PreflightPage))
        preflight = page(pilot, PreflightPage)
        await until(pilot, lambda: any(f.status == "failed" for f in preflight.shown()))

    play(place.wizard("install"), script)
    assert place.runs.history("practice") == ()


def test_a_secret_that_is_asked_for_is_nowhere_to_be_seen(place: Place, tmp_path: Path) -> None:
    """It is handed to a real run, which ends before it calls any host, for nobody allowed has signed the bundle."""
    document = yaml.safe_load(place.file.read_text())
    document["access"] = {"user": "engineer", "known_hosts": "known_hosts", "password": {"prompt": "Login password"}}
    place.file.write_text(yaml.safe_dump(document, sort_keys=False))
    others = tmp_path / "others"
    others.write_text(generate_key(tmp_path / "other"))
    path, _ = place.bundle
    app = wizard(place.file, "preflight", bundle=path, signers=others)
    pictures = []

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, Typed))
        pilot.app.screen.query_one(Input).value = SECRET
        await pilot.pause()
        pictures.append(pilot.app.export_screenshot())
        await pilot.press("enter")
        preflight = page(pilot, PreflightPage)
        await until(pilot, lambda: preflight.session.ended and not preflight.busy)
        assert preflight.failure.error == "BundleNotTrusted"
        assert "allowed" in on_screen(pilot)
        pictures.append(pilot.app.export_screenshot())

    play(app, script)
    assert not [picture for picture in pictures if SECRET.split()[0] in picture]
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert [each.name for each in files if each.name == "process.json"]
    assert not [each for each in files if SECRET.encode() in each.read_bytes()]
    assert app.typed_secrets() == {"Login password": SECRET}


def test_pages_of_runs_take_the_room_of_the_panels(place: Place) -> None:
    async def script(pilot: Pilot[None]) -> None:
        for step in ("preflight", "plan", "install", "result"):
            await open_page(pilot, "site")
            assert all(pilot.app.screen.query_one(panel).display for panel in ("#about", "#side"))
            await open_page(pilot, step)
            assert not any(pilot.app.screen.query_one(panel).display for panel in ("#about", "#side"))

    play(place.wizard("site"), script)
