"""The wizard's page of hosts: everything by keyboard, lists taken over as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hosts_page import UNPINNED, draft, hosts_page, lines, page, pasted, pressed, rehearsal, row
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from wizards import answers_of, noticed, on_screen, open_page, play, settled

from installer.draft.hosts import Place, names, places
from installer.ui.tui.hosts.forms import AccessForm, HostForm
from installer.ui.tui.hosts.roles import ChooseRole, Proposals
from installer.ui.tui.hosts.table import HostTable


def test_a_new_host_is_typed_and_an_untouched_one_does_not_stay(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "a")
        assert isinstance(pilot.app.screen, HostForm)
        await pressed(pilot, "ctrl+u", *"db-1", "tab", *"10.89.10.20", "enter")
        assert draft(pilot).at(("hosts", 3)) == {"name": "db-1", "address": "10.89.10.20"}
        assert row(pilot, 3).startswith("db-1 10.89.10.20")
        await pressed(pilot, "a", "escape")
        assert len(names(draft(pilot))) == 4

    play(hosts_page(rehearsal(tmp_path)), script)


@pytest.mark.parametrize("address", ["10.89.10.21-23", "10.89.10.[21-23]"])
def test_a_range_that_is_typed_becomes_the_hosts_it_stands_for(tmp_path: Path, address: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        before = draft(pilot)
        await pressed(pilot, "a")
        await pressed(pilot, "ctrl+u", *"db-[1-3]", "tab", *address, "enter")
        assert draft(pilot).items(("hosts",))[3:] == [
            {"name": f"db-{at}", "address": f"10.89.10.2{at}"} for at in (1, 2, 3)
        ]  # fmt: skip
        assert row(pilot, 5).startswith("db-3 10.89.10.23")
        await pressed(pilot, "a")
        await pressed(pilot, "ctrl+u", *"db-[1-3]", "tab", *"10.89.10.30", "enter")
        await noticed(pilot, "3 name(s) and 1 address(es)")
        assert len(draft(pilot).items(("hosts",))) == 7, "what was typed stays, to be mended"
        assert draft(pilot).items(("hosts",))[:3] == before.items(("hosts",))

    play(hosts_page(rehearsal(tmp_path)), script)


def test_the_first_hosts_of_a_new_file(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        assert "No host yet" in lines(pilot)
        await pressed(pilot, "delete", "d", "r", "t", "k", "y", "p", "n", "enter")
        await noticed(pilot, "There is no host yet")
        await pressed(pilot, "a", "tab", *"10.0.0.1", "enter", "d")
        assert [each["address"] for each in draft(pilot).at(("hosts",))] == ["10.0.0.1", "10.0.0.2"]

    play(hosts_page(answers_of(tmp_path)), script)


def test_a_new_name_follows_everywhere_and_is_one_edit(tmp_path: Path) -> None:
    file = rehearsal(tmp_path, ("environments:\n", "registry: {hosts: [node-1]}\n\nenvironments:\n"))

    async def script(pilot: Pilot[None]) -> None:
        before = draft(pilot)
        await pressed(pilot, "down", "enter", "ctrl+u", *"db-7", "enter")
        after = draft(pilot)
        assert after.at(("environments", 0, "workers")) == ["db-7", "node-2"]
        assert after.at(("registry", "hosts")) == ["db-7"]
        assert row(pilot, 1).startswith("db-7")
        await pressed(pilot, "ctrl+z")
        assert draft(pilot).data == before.data
        assert row(pilot, 1).startswith("node-1")

    play(hosts_page(file), script)


@pytest.mark.parametrize(("typed", "told"), [("node-2", "another host's name"), ("", "needs a name")])
def test_a_name_that_cannot_be_is_told_and_changes_nothing(tmp_path: Path, typed: str, told: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        before = draft(pilot)
        await pressed(pilot, "down", "enter", "ctrl+u", *typed)
        assert told in on_screen(pilot)
        await pressed(pilot, "escape")
        await noticed(pilot, told)
        assert draft(pilot).data == before.data

    play(hosts_page(rehearsal(tmp_path)), script)


def test_what_is_wrong_with_a_field_is_said_below_it_and_in_the_row(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "enter", "tab", "ctrl+u", *"10.0.0.300")
        assert '"10.0.0.300"' in on_screen(pilot)
        await pressed(pilot, "escape")
        assert "✖ entry" in row(pilot, 0)
        assert "wanted an IPv4 address" in lines(pilot)
        await pressed(pilot, "t")
        await noticed(pilot, "not tried")

    play(hosts_page(rehearsal(tmp_path)), script)


def test_one_more_and_one_less(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        before = draft(pilot)
        await pressed(pilot, "end", "d")
        assert draft(pilot).at(("hosts", 3)) == {"name": "node-3", "address": "10.89.10.14"}
        assert places(draft(pilot))["node-3"] == Place(0, "worker")
        assert page(pilot).position == 3
        await pressed(pilot, "delete")
        assert draft(pilot).at(("environments", 0, "workers")) == ["node-1", "node-2"]
        await pressed(pilot, "ctrl+z", "ctrl+z")
        assert draft(pilot).data == before.data

    play(hosts_page(rehearsal(tmp_path)), script)


def test_a_role_is_chosen(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "down", "r")
        assert isinstance(pilot.app.screen, ChooseRole)
        await pressed(pilot, "up", "enter")
        assert draft(pilot).at(("environments", 0, "control_planes")) == ["cp-1", "node-1"]
        assert "control" in row(pilot, 1)
        await pressed(pilot, "r", "end", "enter")
        assert "node-1" not in places(draft(pilot))
        assert "in no environment yet" in lines(pilot)

    play(hosts_page(rehearsal(tmp_path)), script)


def test_roles_are_proposed_with_reasons_and_applied_in_one_edit(tmp_path: Path) -> None:
    file = rehearsal(
        tmp_path, ("    control_planes: [cp-1]\n    workers: [node-1, node-2]\n", "    control_planes: []\n")
    )

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("p")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Proposals)
        assert "control plane by its name" in on_screen(pilot)
        await pressed(pilot, "enter")
        assert draft(pilot).at(("environments", 0, "control_planes")) == ["cp-1"]
        assert draft(pilot).at(("environments", 0, "workers")) == ["node-1", "node-2"]
        await pressed(pilot, "ctrl+z")
        assert places(draft(pilot)) == {}

    play(hosts_page(file), script)


def test_the_groups_of_a_list_count_for_the_proposal(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pasted(pilot, "[masters]\nx1 ansible_host=10.0.9.1\n[workers]\nx2 ansible_host=10.0.9.2\n")
        await pressed(pilot, "f8", "p")
        assert 'its group "masters"' in on_screen(pilot)

    play(hosts_page(rehearsal(tmp_path)), script)


def test_how_hosts_are_reached_is_asked_with_a_bastion_behind_a_tick(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "l")
        assert isinstance(pilot.app.screen, AccessForm)
        await pressed(pilot, "ctrl+u", *"ops")
        assert draft(pilot).at(("access", "user")) == "ops"
        pilot.app.screen.query_one("#through").focus()
        await pressed(pilot, "space", "tab", *"gate.example")
        assert draft(pilot).at(("access", "bastion", "address")) == "gate.example"
        pilot.app.screen.query_one("#through").focus()
        await pressed(pilot, "space")
        assert draft(pilot).at(("access", "bastion")) is None
        await pressed(pilot, "ctrl+z")
        assert draft(pilot).at(("access", "bastion", "address")) == "gate.example"
        assert pilot.app.screen.query("#bastion Input").first(Input).value == "gate.example"
        await pressed(pilot, "escape")
        assert "through gate.example" in on_screen(pilot)

    play(hosts_page(rehearsal(tmp_path)), script)


def test_a_host_is_searched_for(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "slash", *"NODE")
        assert page(pilot).position == 1
        await pressed(pilot, "enter", "n")
        assert page(pilot).position == 2
        await pressed(pilot, "slash", "ctrl+u", *"nowhere")
        assert "nothing found" in lines(pilot)
        await pressed(pilot, "escape", "home")
        assert page(pilot).position == 0

    play(hosts_page(rehearsal(tmp_path)), script)


def test_what_is_wanted_of_a_host_is_copied(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> list[str]:
        found = []
        for keys in (("y",), ("T", "y"), ("down", "y")):
            await pressed(pilot, *keys)
            found.append(pilot.app.clipboard)
        return found

    address, fingerprint, trouble = play(hosts_page(rehearsal(tmp_path, UNPINNED)), script)
    assert address == "10.89.10.11"
    assert fingerprint.startswith("SHA256:")
    assert "cannot be reached" in trouble
    assert "check the address" in trouble


def test_nothing_is_lost_by_leaving_the_page(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "T", "end", "d")
        shown = [row(pilot, at) for at in range(4)]
        await open_page(pilot, "needs")
        assert pilot.app.screen.query_one("#about").display
        await open_page(pilot, "hosts")
        assert [row(pilot, at) for at in range(4)] == shown
        assert page(pilot).position == 3
        await pressed(pilot, "f9")
        assert page(pilot).query_one(HostTable).row_count == 4
        assert "✔" in row(pilot, 0)

    play(hosts_page(rehearsal(tmp_path)), script)


def test_undoing_in_a_list_to_paste_is_about_that_list_and_in_a_form_about_the_host(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "d")
        grown = draft(pilot)
        await pressed(pilot, "i")
        pilot.app.screen.query_one(TextArea).focus()
        await pressed(pilot, "a", "b", "ctrl+z")
        assert pilot.app.screen.query_one(TextArea).text == ""
        assert draft(pilot) is grown
        await pressed(pilot, "escape")
        await pressed(pilot, "enter")
        await pressed(pilot, "end", "x", "tab")
        assert draft(pilot) is not grown
        await pressed(pilot, "ctrl+z")
        assert draft(pilot).data == grown.data

    play(hosts_page(rehearsal(tmp_path)), script)
