"""What an installation will do, before it is begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from installer.errors import SitewrightError
from installer.plan import estimate
from installer.plan.card import PlanCard
from installer.ui import words
from installer.ui.text import Text
from installer.ui.tui.context import WizardContext
from installer.ui.tui.run.page import COLOURS, moment, out_of_date
from installer.ui.tui.state import findings
from installer.ui.tui.state.result import begun
from installer.ui.tui.words import Say

SHOWN = 12
"""Hosts of an environment that are named."""


def summary(wizard: WizardContext, site: str) -> RenderableType:
    """Hosts, bundle, plan and preflight, as far as they are known; and what is safe."""
    say = wizard.say
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    for environment in wizard.draft.sections(("environments",)):
        if isinstance(environment, Mapping):
            planes, workers = (_names(environment.get(key)) for key in ("control_planes", "workers"))
            text = Text(planes)
            text.append(f"  {say('control plane')}", "dim")
            if workers:
                text.append(f"\n{workers}").append(f"  {say('workers')}", "dim")
            table.add_row(str(environment.get("name", "?")), text)
    manifest = wizard.manifest
    bundle = f"{manifest.name} {manifest.version} · {manifest.kubernetes}" if manifest else str(wizard.bundle or "–")
    table.add_row(say("bundle"), bundle if not wizard.manifest_trouble else Text(wizard.manifest_trouble))
    table.add_row(say("plan"), _plan(wizard))
    table.add_row(say("preflight"), _preflight(wizard))
    if stands := _standing(wizard, site):
        table.add_row(say("so far"), stands)
    safe = say("It is checked first. It can be paused after the running steps, gone on with, and taken back; "
               "it goes on when this wizard or its terminal is closed.")  # fmt: skip
    return Group(table, Text(""), Text(safe, style="dim"))


def _names(listed: Any) -> str:
    names = [str(each) for each in listed] if isinstance(listed, list) else []
    more = f" … ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _plan(wizard: WizardContext) -> Text:
    planned = wizard.watching.session.planned
    if planned is None:
        return Text(wizard.say("see page {page}", page=wizard.say("Plan")), style="dim")
    return Text(plan_line(wizard.say, planned))


def _preflight(wizard: WizardContext) -> Text:
    check = wizard.watching.session.check
    found = check.findings.shown(wizard.draft, datetime.now(UTC).date())
    if not found:
        return Text(wizard.say("not looked at yet in this session"), style="dim")
    count = findings.counts(found)
    shown = Text("   ").join(
        Text.assemble((f"{words.SIGNS[status]} ", COLOURS[status]), str(count[status]))
        for status in ("ok", "waived", "failed")
        if count[status]
    )
    if out_of_date(wizard, check):
        shown.append(f"   {wizard.say('answers have changed since')}", COLOURS["warn"])
    return shown


def _standing(wizard: WizardContext, site: str) -> Text | None:
    try:
        standing = wizard.runs.standing(site) if site else ()
    except SitewrightError:
        return None
    if not standing:
        return None
    at = begun(standing[-1])
    told = wizard.say("installed {time}; only what differs is changed", time=moment(f"{at}") if at else "?")
    return Text(told)


def plan_line(say: Say, planned: PlanCard) -> str:
    """A plan in one line: steps, hosts, what holds already, bytes, time."""
    done = planned.held
    hosts = len({step.host for step in planned.steps})
    parts = [say("{steps} steps on {hosts} hosts", steps=len(planned.steps), hosts=hosts)]
    if done:
        all_ = len(done) == len(planned.steps)
        parts.append(say("all of them hold") if all_ else say("{count} hold already", count=len(done)))
    if sending := sum(step.bytes for step in planned.steps if step.id not in done):
        parts.append(say("{size} to send", size=words.size(sending)))
    if len(done) < len(planned.steps):
        parts.append(say("about {time}", time=words.duration(estimate.remaining(planned, done))))
    return " · ".join(parts)
