"""How the page of hosts uses the screen: columns, buttons, and two hundred hosts."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hosts_page import UNPINNED, hosts_page, pasted, pressed, rehearsal, row
from textual.pilot import Pilot
from wizards import on_screen, paint, play, settled, until

from installer.ui.tui.hosts.table import Cell, Lines, layout


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
def test_every_column_shown_is_shown_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pressed(pilot, "T")
        shown = on_screen(pilot)
        for text in ("cp-1", "10.89.10.11", "✔ yes", "✖ port", "control", "Del"):
            assert text in shown
        assert "…" not in "\n".join(row(pilot, at) for at in range(3))

    play(hosts_page(rehearsal(tmp_path)), script, size)


BUTTONS = {"i": "Take over (F8)", "l": "Done", "enter": "Done", "T k": "pin it", "T K": "pin", "p": "Apply (F8)"}


@pytest.mark.parametrize(("keys", "told"), BUTTONS.items())
def test_every_dialog_has_its_buttons_on_the_smallest_screen(tmp_path: Path, keys: str, told: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        for key in keys.split():
            await pressed(pilot, key)
            await until(pilot, lambda: not any("▸" in row(pilot, at) for at in range(3)))
        await until(pilot, lambda: told in on_screen(pilot), lambda: on_screen(pilot))
        await pilot.press("escape")

    play(hosts_page(rehearsal(tmp_path, UNPINNED)), script, (80, 24))


def test_columns_go_in_the_order_of_what_is_told_elsewhere() -> None:
    columns = ("name", "address", "environment", "role", "reached", "cores", "memory", "disk")
    cells: dict[Any, Cell] = {column: Cell(column) for column in columns} | {"name": Cell("控制节点一")}
    titles: Any = {column: column for column in columns}

    def shown(room: int, one: bool = False) -> list[str]:
        return [column for column, _ in layout(Lines([cells], one), titles, room).widths]

    assert shown(200) == list(columns)
    assert shown(62) == list(columns[:-1])
    assert "environment" not in shown(60, one=True)
    assert shown(10) == ["name", "address", "reached"]
    assert dict(layout(Lines([cells]), titles, 200).widths)["name"] == 10, "a wide character takes two cells"


def reckoning(folder: Path, hosts: int) -> dict[str, float]:
    """Seconds that this process reckons for each key, in the median: other work on the machine is not in it."""
    listed = "\n".join(f"n-{number} 10.30.0.{number}" for number in range(1, hosts + 1))

    async def script(pilot: Pilot[None]) -> dict[str, float]:
        await pasted(pilot, listed)
        await pressed(pilot, "f8", "home")
        took: dict[str, list[float]] = {}
        for key in ("down", "up", "d", "delete", "ctrl+z", "end", "home") * 5:
            began = time.process_time()
            await pilot.press(key)
            paint(pilot)
            took.setdefault(key, []).append(time.process_time() - began)
            await settled(pilot)
        return {key: median(times) for key, times in took.items()}

    found: dict[str, float] = play(hosts_page(rehearsal(folder)), script)
    return found


def test_keys_cost_with_two_hundred_hosts_not_much_more_than_with_few(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    few, many = reckoning(tmp_path / "few", 5), reckoning(tmp_path, 199)
    assert all(many[key] < 15 * few[key] for key in few), (few, many)
