"""The page of checks: findings are told, waived, tried again."""

from __future__ import annotations

from run_pages import Place, checked, page, until
from textual.pilot import Pilot
from textual.widgets import Input
from wizards import noticed, on_screen, play, settled

from installer.runs import background
from installer.ui.tui.run.preflight import PreflightPage
from installer.ui.tui.run.waive import Waive
from installer.ui.tui.widgets.dialogs import Ask


def test_a_failed_check_is_told_in_full_waived_and_tried_again_alone(place: Place) -> None:
    place.site(node_1=", memory_gib: 0.5", node_2=", port_users: [{port: 10250, program: nginx}]")

    async def script(pilot: Pilot[None]) -> None:
        preflight = await checked(pilot)
        failed = [(f.check, f.host) for f in preflight.shown() if f.status == "failed"]
        assert failed == [("host.memory", "node-1"), ("ports.free", "node-2")]
        screen = on_screen(pilot)
        assert "0.5 GiB of memory" in screen
        assert "host.memory@node-1" in screen, "the cursor stands on what failed first"

        await pilot.press("w")
        await until(pilot, lambda: isinstance(pilot.app.screen, Waive))
        await pilot.press(*"short")
        pilot.app.screen.action_take()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "a reason of two words or more" in on_screen(pilot)
        pilot.app.screen.query_one("#reason", Input).value = "replaced in March"
        pilot.app.screen.query_one("#person", Input).value = "Li Wei"
        pilot.app.screen.action_take()  # type: ignore[attr-defined]
        await settled(pilot)
        waiver = pilot.app.draft.at(("waivers", 1))  # type: ignore[attr-defined]
        assert (waiver["check"], waiver["person"], waiver["hosts"]) == ("host.memory", "Li Wei", ["node-1"])
        assert [f.host for f in preflight.shown() if f.status == "failed"] == ["node-2"]
        assert "answers have changed since" in on_screen(pilot)
        assert "ports.free@node-2" in on_screen(pilot), "what is waived is settled: on to the next"

        await pilot.press("up", "up", "up")
        await settled(pilot)
        assert "host.memory@node-1" in on_screen(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        assert "Save the answers?" in on_screen(pilot)
        before = preflight.check.findings.found
        await pilot.press("enter")
        await until(
            pilot, lambda: preflight.session.ended and not preflight.busy and preflight.check.findings.found != before
        )
        assert "--only" in preflight.watching.process.argv
        assert len(preflight.check.findings.found) == len(before)
        again = next(f for f in preflight.check.findings.found if (f.check, f.host) == ("host.memory", "node-1"))
        assert (again.status, again.waiver.person) == ("waived", "Li Wei")
        assert "Li Wei" in place.file.read_text()

    play(place.wizard("preflight"), script)


def test_a_waiver_is_listed_and_withdrawn_and_that_is_undone(place: Place) -> None:
    async def script(pilot: Pilot[None]) -> None:
        tree = page(pilot, PreflightPage).query_one("#findings")
        tree.focus()
        await pilot.press("right", "down")
        assert "cgroup.version" in on_screen(pilot)
        await pilot.press("x")
        await settled(pilot)
        assert pilot.app.draft.at(("waivers",)) is None  # type: ignore[attr-defined]
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert len(pilot.app.draft.at(("waivers",))) == 1  # type: ignore[attr-defined]

    play(place.wizard("preflight"), script)


def test_an_unreachable_host_cannot_be_waived(place: Place) -> None:
    place.site(node_1=", reachable: false")

    async def script(pilot: Pilot[None]) -> None:
        preflight = await checked(pilot)
        assert [f.check for f in preflight.shown() if f.host == "node-1"] == ["ssh.login"]
        await pilot.press("w")
        assert not isinstance(pilot.app.screen, Waive)
        await noticed(pilot, "no waiver helps")

    play(place.wizard("preflight"), script)


def test_answers_with_mistakes_are_not_run(place: Place) -> None:
    place.file.write_text(place.file.read_text().replace("10.89.10.12", "10.89.10.999"))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("c")
        await settled(pilot)
        await noticed(pilot, "to be mended")
        await noticed(pilot, "Hosts")

    play(place.wizard("preflight"), script)
    assert background.find(place.runs, "practice") is None
