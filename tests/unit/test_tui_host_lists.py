"""Lists of hosts that are pasted or read from a file on the wizard's page."""

from __future__ import annotations

from pathlib import Path

from hosts_page import draft, hosts_page, page, pasted, pressed, rehearsal, row
from textual.pilot import Pilot
from textual.widgets import Static
from wizards import on_screen, play, until

from installer.draft.hosts import names
from installer.ui.tui.hosts.import_list import ImportHosts
from installer.ui.tui.hosts.table import HostTable


def test_a_pasted_list_says_what_it_will_do_and_is_one_edit(tmp_path: Path) -> None:
    text = "node-[2-4] 10.89.10.[13-15]\nnode-1 10.89.10.99\n10.0.0.300\nother 10.89.10.11\n10.0.1.11-12"

    async def script(pilot: Pilot[None]) -> None:
        before = draft(pilot)
        shown = await pasted(pilot, text)
        assert "new: 4 · brought up to date: 1 · as before: 1 · there under another name: 1 · problems: 1" in shown
        assert '✖ line 3: found "10.0.0.300"' in shown
        assert "its address is that of cp-1" in shown
        await pressed(pilot, "f8")
        assert names(draft(pilot)) == ["cp-1", "node-1", "node-2", "node-3", "node-4", "node-11", "node-12"]
        assert draft(pilot).at(("hosts", 1, "address")) == "10.89.10.99"
        assert row(pilot, 6).startswith("node-12 10.0.1.12")
        await pressed(pilot, "ctrl+z")
        assert draft(pilot).data == before.data
        assert page(pilot).query_one(HostTable).row_count == 3

    play(hosts_page(rehearsal(tmp_path)), script)


def test_a_list_from_a_file_or_why_not(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("[workers]\nw-[1:2] ansible_user=ops\n[workers:vars]\nansible_port=2222\n")
    (tmp_path / "hosts.csv").write_text("name,ip,user\nw-1,10.0.0.1,ops\nw-2,10.0.0.2,ops\n")

    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "i", "shift+tab", *"none.csv", "enter")
        assert "No such file" in str(pilot.app.screen.query_one("#comes-to", Static).render())
        await pressed(pilot, "ctrl+u", *"~nobody-of-that-name/x", "enter")
        assert "✖" in on_screen(pilot)
        await pressed(pilot, "ctrl+u", *"hosts.csv", "enter")
        await until(pilot, lambda: "a table (CSV) · new: 2" in on_screen(pilot))
        await pressed(pilot, "f8")
        assert draft(pilot).at(("hosts", 4)) == {"name": "w-2", "address": "10.0.0.2", "access": {"user": "ops"}}
        assert "10.0.0.2 @" in row(pilot, 4)

    play(hosts_page(rehearsal(tmp_path)), script)


def test_an_empty_list_cannot_be_taken_over(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        before = draft(pilot)
        await pasted(pilot, "nothing of use [red] here")
        await pressed(pilot, "f8")
        assert isinstance(pilot.app.screen, ImportHosts)
        await pressed(pilot, "escape")
        assert draft(pilot) is before

    play(hosts_page(rehearsal(tmp_path)), script)


def test_groups_of_a_list_outlast_another_language(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pasted(pilot, "db-1 10.0.1.1 masters\n")
        await pressed(pilot, "f8")
        groups = dict(pilot.app.groups)
        assert groups["10.0.1.1"] == "masters"
        await pressed(pilot, "f9")
        assert pilot.app.groups == groups

    play(hosts_page(rehearsal(tmp_path)), script)


def test_an_inventory_s_folder_brings_its_files_and_its_bastion(tmp_path: Path) -> None:
    folder = tmp_path / "inventory"
    (folder / "group_vars").mkdir(parents=True)
    (folder / "hosts.ini").write_text("w-1 ansible_host=10.0.0.1\n")
    (folder / "group_vars/all.yml").write_text("ansible_user: ops\nansible_ssh_common_args: -J hop@203.0.113.5:2200\n")

    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "i", "shift+tab", *"inventory", "enter")
        await until(pilot, lambda: "new: 1" in on_screen(pilot))
        assert "through hop@203.0.113.5:2200" in on_screen(pilot)
        await pressed(pilot, "f8")
        bastion = {"address": "203.0.113.5", "user": "hop", "port": 2200}
        assert draft(pilot).at(("hosts", 3, "access")) == {"user": "ops", "bastion": bastion}

    play(hosts_page(rehearsal(tmp_path)), script)
