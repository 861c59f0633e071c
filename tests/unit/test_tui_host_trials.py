"""The wizard's page of hosts: connections that are tried, keys confirmed by a person, what was heard of hosts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hosts_page import UNPINNED, draft, hosts_page, lines, page, pressed, rehearsal, row
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static
from wizards import core, noticed, on_screen, play, settled, until

from installer.answers.model import Host
from installer.cli.wizard import host_connectors
from installer.hosts.facts import Facts
from installer.ui.tui.app import Wizard
from installer.ui.tui.hosts.connection_tests import Ended, Heard
from installer.ui.tui.hosts.keys import ConfirmKeys
from installer.ui.tui.hosts.page import HostsPage
from installer.ui.tui.launch import Files, WorldAccess
from installer.ui.tui.state import editor
from installer.ui.tui.widgets.dialogs import Typed


def test_connections_are_tried_and_a_key_is_confirmed_and_pinned(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        app = pilot.app
        await pressed(pilot, "T")
        assert [row(pilot, at).split()[3:] for at in range(3)] == [["!", "key"], ["✖", "port"], ["!", "key"]]
        assert "k compares and pins it" in lines(pilot)
        await pressed(pilot, "down")
        assert "10.89.10.12) cannot be reached" in lines(pilot)
        assert "→ check the address" in lines(pilot)
        await pressed(pilot, "k")
        await noticed(pilot, "no key to confirm")
        await pressed(pilot, "up", "k")
        assert isinstance(app.screen, ConfirmKeys)
        fingerprint = str(app.screen.query_one(".fingerprint", Static).render())
        assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in on_screen(pilot)
        await pressed(pilot, "enter")
        assert draft(pilot).at(("hosts", 0, "host_key")) is None, "the careful answer comes first"
        await pressed(pilot, "k", "right", "enter")
        assert draft(pilot).at(("hosts", 0, "host_key")) == fingerprint
        assert row(pilot, 0).split()[3:] == ["✔", "yes", "6", "12", "GiB", "100", "GiB"]
        assert isinstance(app.facts["cp-1"], Facts)
        await pressed(pilot, "K", "right", "enter")
        assert set(app.facts) == {"cp-1", "node-2"}
        await pressed(pilot, "ctrl+z", "ctrl+z")
        assert app.facts == {}
        assert row(pilot, 0).endswith("! key")

    play(hosts_page(rehearsal(tmp_path, UNPINNED)), script)


def test_facts_follow_a_host_under_its_new_name_and_not_to_another_address(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "t", "enter", "ctrl+u", *"boss", "enter")
        assert set(pilot.app.facts) == {"boss"}
        await pressed(pilot, "enter", "tab", "end", "backspace", "5", "enter")
        assert pilot.app.facts == {}
        assert row(pilot, 0).endswith("–")

    play(hosts_page(rehearsal(tmp_path)), script)


def test_a_simulated_site_that_is_none_is_told(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "T")
        await noticed(pilot, "problem(s) in the simulated site")
        assert row(pilot, 0).endswith("–")

    play(hosts_page(rehearsal(tmp_path), "hosts: [none]\n"), script)


def test_secrets_that_a_person_types_are_asked_for_before_real_hosts_are_tried(tmp_path: Path) -> None:
    file = rehearsal(tmp_path, ("{file: ~/.local/state/sitewright/practice/practice/password}", "{prompt: Sudo?}"))
    app = Wizard(
        Files(tmp_path / "state", file), WorldAccess(core, host_connectors), editor.opened(file), "en", "hosts"
    )

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, Typed))
        await pressed(pilot, "escape")
        assert row(pilot, 0).endswith("–")

    play(app, script)


def silent_page(folder: Path, begun: threading.Event, go_on: threading.Event) -> Wizard:
    """A wizard on the page of hosts that say nothing before they may, and then that they are silent."""

    @contextmanager
    def silent(*_: Any) -> Iterator[Any]:
        class Silent:
            def open(self, host: Host) -> Any:
                begun.set()
                go_on.wait(60)
                raise OSError("silent")

        yield Silent()

    file = rehearsal(folder)
    files = Files(folder / "state", file, simulate=file)
    return Wizard(files, WorldAccess(core, silent), editor.opened(file), "en", "hosts")


@pytest.mark.parametrize("key", ["f9", "s"])
def test_a_test_that_is_left_or_stopped_leaves_nothing_under_way(tmp_path: Path, key: str) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: begun.is_set() and "▸" in row(pilot, 0), lambda: row(pilot, 0))
        await pressed(pilot, key)
        await until(pilot, lambda: "▸" not in row(pilot, 0), lambda: row(pilot, 0))
        go_on.set()
        await settled(pilot)
        await pilot.pause(0.3)
        assert not any("▸" in row(pilot, at) or "✖" in row(pilot, at) for at in range(3))

    try:
        play(silent_page(tmp_path, begun, go_on), script)
    finally:
        go_on.set()


@pytest.mark.parametrize("result", [False, True])
def test_news_that_was_under_way_when_the_test_was_stopped_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result: bool
) -> None:
    delivered, late = HostsPage.post_message, []

    def held_back(self: HostsPage, message: Message) -> bool:
        if isinstance(message, Heard | Ended) and (message_has_result(message) or not result):
            late.append(message)
            return True
        return delivered(self, message)

    def message_has_result(message: Heard | Ended) -> bool:
        return isinstance(message, Ended) or message.attempt.result is not None

    async def script(pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(HostsPage, "post_message", held_back)
            await pilot.press("T")
            await until(pilot, lambda: any(isinstance(message, Ended) for message in late), lambda: late)
            await pressed(pilot, "s")
        for message in late:
            page(pilot).post_message(message)
        await settled(pilot)
        await pilot.pause(0.3)
        assert [row(pilot, at).split()[3:] for at in range(3)] == [["–"]] * 3
        await pressed(pilot, "T")
        assert row(pilot, 0).split()[3] == "✔", "it can be tried again"

    play(hosts_page(rehearsal(tmp_path)), script)


def test_a_host_that_is_tried_again_keeps_its_result_where_the_test_is_stopped(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()
    go_on.set()

    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "t")
        before = row(pilot, 0)
        assert "✖" in before
        go_on.clear()
        await pilot.press("t")
        await until(pilot, lambda: "▸" in row(pilot, 0), lambda: row(pilot, 0))
        await pressed(pilot, "s")
        go_on.set()
        assert row(pilot, 0) == before

    try:
        play(silent_page(tmp_path, begun, go_on), script)
    finally:
        go_on.set()
