"""What an installation will do, before it is begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.screen import Screen

from installer.errors import SitewrightError
from installer.ui import words
from installer.ui.tui import runs_findings
from installer.ui.tui.desk import Desk
from installer.ui.tui.running import COLOURS, moment

SHOWN = 12
"""Hosts of an environment that are named."""


def summary(desk: Desk, screen: Screen[Any], site: str) -> RenderableType:
    """Hosts, bundle, plan and preflight, as far as they are known; and what is safe."""
    say = desk.say
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    for environment in desk.draft.at(("environments",), []) or []:
        if isinstance(environment, Mapping):
            planes, workers = (_names(environment.get(key)) for key in ("control_planes", "workers"))
            text = Text(planes)
            text.append(f"  {say('control plane')}", "dim")
            if workers:
                text.append(f"\n{workers}").append(f"  {say('workers')}", "dim")
            table.add_row(str(environment.get("name", "?")), text)
    manifest = desk.manifest
    bundle = f"{manifest.name} {manifest.version} · {manifest.kubernetes}" if manifest else str(desk.bundle or "–")
    table.add_row(say("bundle"), bundle if not desk.manifest_trouble else Text(desk.manifest_trouble))
    table.add_row(say("plan"), _plan(desk, screen))
    table.add_row(say("preflight"), _preflight(desk, screen))
    if stands := _standing(desk, site):
        table.add_row(say("so far"), stands)
    safe = say("It is checked first. It can be paused after the running steps, gone on with, and taken back; "
               "it goes on when this wizard or its terminal is closed.")  # fmt: skip
    return Group(table, Text(""), Text(safe, style="dim"))


def _names(listed: Any) -> str:
    names = [str(each) for each in listed] if isinstance(listed, list) else []
    more = f" … ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _plan(desk: Desk, screen: Screen[Any]) -> Text:
    from installer.ui.tui.screens.plan import PlanPage, plan_line

    page = next(iter(screen.query(PlanPage).results()), None)
    if page is None or page.planned is None:
        return Text(desk.say("see page {page}", page=desk.say("Plan")), style="dim")
    return Text(plan_line(desk.say, page.planned))


def _preflight(desk: Desk, screen: Screen[Any]) -> Text:
    from installer.ui.tui.screens.preflight import PreflightPage

    page = next(iter(screen.query(PreflightPage).results()), None)
    found = page.shown() if page is not None else []
    if page is None or not found:
        return Text(desk.say("not looked at yet in this session"), style="dim")
    count = runs_findings.counts(found)
    shown = Text("   ").join(
        Text.assemble((f"{words.SIGNS[status]} ", COLOURS[status]), str(count[status]))
        for status in ("ok", "waived", "failed")
        if count[status]
    )
    return shown.append(f"   {desk.say('answers have changed since')}", COLOURS["warn"]) if page.stale else shown


def _standing(desk: Desk, site: str) -> Text | None:
    try:
        standing = desk.runs.standing(site) if site else ()
    except SitewrightError:
        return None
    if not standing:
        return None
    stamp = standing[-1].name.partition("-")[0].partition(".")[0]
    since = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}+00:00"
    told = desk.say("installed {time}; only what differs is changed", time=moment(since))
    return Text(told)
