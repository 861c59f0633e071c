"""Findings and waivers in words: as a line of a tree, and in full below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from installer.messages import Message
from installer.preflight import CHECKS, Finding
from installer.ui import words
from installer.ui.text import Text
from installer.ui.tui.content import Content
from installer.ui.tui.run.page import COLOURS
from installer.ui.tui.state.findings import ORDER
from installer.ui.tui.words import Say

TITLES = {
    "ssh.login": Message("login"),
    "sudo.rights": Message("root rights"),
    **{check.name: check.title for check in CHECKS},
}
NAMES_WIDE = 18


def signed(state: str, text: str, style: str) -> Text:
    """A text with the sign of its state before it."""
    return Text.assemble((f"{words.SIGNS[state]} ", COLOURS[state]), (text, style))


def counts_told(say: Say, count: Mapping[str, int]) -> Content:
    """How many findings there are of each kind, on a line."""
    parts = [Content.assemble(("✔", "$text-success"), f" {count['ok']}")]
    if count["warn"]:
        parts.append(Content.assemble(("!", "$text-warning"), f" {say('{count} to know', count=count['warn'])}"))
    if count["waived"]:
        parts.append(Content.assemble(("!", "$text-warning"), f" {say('{count} waived', count=count['waived'])}"))
    parts.append(Content.assemble(("✖", "$text-error" if count["failed"] else "dim"), f" {count['failed']}"))
    return Content("    ").join(parts)


def host_line(say: Say, host: str, count: Mapping[str, int]) -> tuple[Text, Text]:
    """A host with what its checks came to, in columns."""
    worst = next(status for status in ORDER if count[status])
    right = Text()
    for status in ORDER:
        shown = count[status] if status != "warn" else count["warn"] + count["waived"]
        if status != "waived":
            right.append(f"  {words.SIGNS[status]}{shown:>4}" if shown else " " * 7, COLOURS[status])
    return Text.assemble((f"{words.SIGNS[worst]} ", COLOURS[worst]), (host or say("the whole site"), "bold")), right


def waiting_line(say: Say, host: str, answered: bool) -> tuple[Text, Text]:
    """A host while it is asked."""
    sign = ("▸ ", COLOURS["running"]) if answered else ("─ ", "dim")
    return Text.assemble(sign, host), Text(say("answered") if answered else "", style="dim")


def finding_line(say: Say, finding: Finding) -> tuple[Text, Text]:
    """A finding as a line of the tree."""
    sign = (f"{words.SIGNS[finding.status]} ", COLOURS[finding.status])
    title = say(TITLES.get(finding.check, finding.check))
    if finding.status == "ok":
        return Text.assemble(sign, f"{finding.check:<{NAMES_WIDE}} ", (title, "dim")), Text()
    return Text.assemble(sign, f"{finding.check:<{NAMES_WIDE}} ", say(finding.found)), Text()


def finding_told(say: Say, finding: Finding) -> RenderableType:
    """All of a finding: what was found, what is wanted, what to do; never cut."""
    name = f"{finding.check}@{finding.host}" if finding.host else finding.check
    head = signed(finding.status, name, "bold").append(f"  {say(TITLES.get(finding.check, ''))}", "dim")
    if finding.status == "ok":
        return head
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row(say("found"), Text(say(finding.found)))
    if finding.wanted:
        table.add_row(say("wanted"), Text(say(finding.wanted)))
    for line in say(finding.remedy).splitlines():
        table.add_row(Text("→", style="bold", justify="right"), Text(line))
    if finding.waiver:
        table.add_row(say("waived"), Text(_by(say, asdict(finding.waiver)), style=COLOURS["warn"]))
    return Group(head, table)


def _by(say: Say, waiver: Mapping[str, Any]) -> str:
    named = {"person": waiver.get("person", "?"), "date": waiver.get("until", "?"), "reason": waiver.get("reason", "")}
    return say("by {person} until {date}: {reason}", **named)


def waived_where(say: Say, waiver: Mapping[str, Any]) -> str:
    """The hosts for which a waiver holds."""
    hosts = waiver.get("hosts")
    return ", ".join(map(str, hosts if isinstance(hosts, list) else ())) or say("every host")


def waivers_line(say: Say, count: int) -> Text:
    """How many waivers there are, at least one."""
    text = say("{count} waivers in the answers", count=count) if count > 1 else say("1 waiver in the answers")
    return signed("warn", text, "bold")


def waiver_line(say: Say, waiver: Mapping[str, Any]) -> tuple[Text, Text]:
    """A waiver as a line of the tree."""
    left = Text.assemble(f"{waiver.get('check', '?')!s:<{NAMES_WIDE}} ", (waived_where(say, waiver), "dim"))
    return left, Text(say("until {date}", date=waiver.get("until", "?")), style="dim")


def waiver_told(say: Say, waiver: Mapping[str, Any]) -> RenderableType:
    """All of a waiver as the answers hold it."""
    head = signed("warn", str(waiver.get("check", "?")), "bold").append(f"  {waived_where(say, waiver)}", "dim")
    return Group(head, Text(_by(say, waiver)))
