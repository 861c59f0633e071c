"""The wizard's page of hosts as tests use it: simulated hosts, keys pressed, rows and lines read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static, TextArea
from wizards import answers_of, core, settled, until

from installer.cli.wizard import host_connectors
from installer.ui.tui.app import Wizard
from installer.ui.tui.frame import Frame
from installer.ui.tui.hosts.import_list import ImportHosts
from installer.ui.tui.hosts.page import HostsPage
from installer.ui.tui.hosts.table import HostTable
from installer.ui.tui.launch import Files, WorldAccess
from installer.ui.tui.state import editor

SITE = """version: 1
hosts:
  - {name: cp-1, address: 10.89.10.11, cpus: 6, memory_gib: 12}
  - {name: node-1, address: 10.89.10.12, reachable: false}
  - {name: node-2, address: 10.89.10.13, cpus: 16, memory_gib: 64}
"""
UNPINNED = ("  known_hosts: ~/.local/state/sitewright/practice/practice/known_hosts\n", "")


def hosts_page(file: Path, site: str = SITE, language: str = "en") -> Wizard:
    """A wizard on the page of hosts, whose hosts are simulated."""
    simulate = file.with_name("simulated.yaml")
    simulate.write_text(site)
    files = Files(file.parent / "state", file, simulate=simulate)
    return Wizard(files, WorldAccess(core, host_connectors), editor.opened(file), language, "hosts")


def rehearsal(folder: Path, *changes: tuple[str, str]) -> Path:
    file = answers_of(folder, "rehearsal")
    for before, after in changes:
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after))
    return file


def page(pilot: Pilot[None]) -> HostsPage:
    return next(each for each in pilot.app.screen_stack if isinstance(each, Frame)).query_one(HostsPage)


def draft(pilot: Pilot[None]) -> Any:
    return pilot.app.draft  # type: ignore[attr-defined]


def row(pilot: Pilot[None], position: int) -> str:
    return " ".join(cell.plain.strip() for cell in page(pilot).query_one(HostTable).get_row_at(position)).rstrip()


def lines(pilot: Pilot[None]) -> str:
    return str(page(pilot).query_one("#host-lines", Static).render())


async def pressed(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


async def pasted(pilot: Pilot[None], text: str) -> str:
    """What a pasted list is said to come to."""
    await pressed(pilot, "i")
    assert isinstance(pilot.app.screen, ImportHosts)
    comes_to = pilot.app.screen.query_one("#comes-to", Static)
    pilot.app.screen.query_one(TextArea).text = text
    await until(pilot, lambda: str(comes_to.render()))
    return f"{comes_to.render()}\n{pilot.app.screen.query_one('#rows', Static).render()}"
