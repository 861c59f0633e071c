"""What `status` prints: what needs a hand first, then one table over all clusters of a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from installer.errors import SitewrightError
from installer.plain import plain
from installer.plan.calendar import SOON, URGENT
from installer.plan.overview import Need, Node, Overview, Part, needs
from installer.ui import console as tables
from installer.ui import words
from installer.ui.text import Text

NODES = {"ready": "ok", "not-ready": "failed", "no-node": "failed", "away": "failed", "out-of-service": "warn"}
MOST = 12
"""Needs that are shown: nobody mends more at once, and the worst come first."""
Row = tuple[str, str, str, str, str]
"""Sign, name, environment, state, version."""


def status(
    console: Console,
    site: str,
    records: Mapping[str, Mapping[str, Any] | None],
    silent: Mapping[str, SitewrightError],
    runs: Sequence[Mapping[str, str]],
    authority: Path | None,
    seen: Overview,
) -> None:
    """What needs a hand, all that stands, and which runs there were."""
    wanting = needs(seen)
    if wanting:
        _needs(console, wanting)
    elif seen.nodes:
        console.print(Text.assemble(_signed("ok", "Nothing needs a hand."), "\n"))
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in (site, "environment", "state", "version"):
        table.add_column(name, overflow="fold")
    for sign, name, *cells in _rows(records, silent, seen):
        table.add_row(_signed(sign, name), *map(Text, cells))
    console.print(table)
    for run in runs[-5:]:
        console.print(f"{plain(run['run'])}  {plain(run['outcome'])}")
    if authority:
        tables.commands(console, ("Clients trust: ", words.path(authority)))
    if runs and runs[-1]["outcome"] != "done":
        tables.commands(console, ("\nNext:  ", f"{words.command('resume')}, or {words.command('rollback')}"))


def _needs(console: Console, wanting: Sequence[Need]) -> None:
    for each in wanting[:MOST]:
        where = f"{each.environment}/{each.subject}" if each.environment else each.subject
        console.print(Text.assemble(_signed("failed" if each.now else "warn", where), f"  {each.found}"))
        console.print(Text.assemble(("  → ", "bold"), words.typed(each.remedy)), highlight=False)
    tables.left_out(console, len(wanting[MOST:]))
    console.print()


def _rows(
    records: Mapping[str, Mapping[str, Any] | None], silent: Mapping[str, SitewrightError], seen: Overview
) -> Iterator[Row]:
    known = {each.host: each for each in seen.nodes}
    for host, found in {**records, **dict.fromkeys(silent)}.items():
        yield _host(host, found, known.get(host), silent.get(host))
    for part in seen.parts:
        yield _part(part)
    for environment in dict.fromkeys(each.environment for each in seen.nodes):
        yield from _kept(environment, seen)


def _host(host: str, record: Mapping[str, Any] | None, node: Node | None, silent: SitewrightError | None) -> Row:
    if silent is not None:
        return "failed", host, node.environment if node else "", f"away: {silent.message}", ""
    if record is None:
        return "waiting", host, "", "nothing of ours", ""
    bundle = f"{record['bundle']['name']} {record['bundle']['version']}"
    if node is None or not node.state:
        return "waiting", host, str(record["environment"]), "its cluster does not answer", bundle
    version = f"{node.kubelet or record['kubernetes']} · {bundle}"
    return NODES[node.state], host, node.environment, f"{node.state.replace('-', ' ')}, {node.role}", version


def _part(part: Part) -> Row:
    if not part.healthy:
        why = ", ".join(part.lacking) if part.release == "deployed" else f"release {part.release}"
        return "failed", part.name, part.environment, why, part.version
    pods = f"{part.ready} of {part.wanted} ready" if part.wanted else "installed"
    return "ok", part.name, part.environment, pods, part.version


def _kept(environment: str, seen: Overview) -> Iterator[Row]:
    """Certificates, restore points and checks of an environment, a line each."""
    ends = [each for each in seen.certificates if each.environment == environment and each.renewal != "access"]
    if ends:
        soonest = next((each for each in ends if each.renewal != "itself"), ends[0])
        left = soonest.left(seen.at)
        where = soonest.host or soonest.place
        sign = "ok" if left.days > SOON.days else "warn" if left.days > URGENT.days else "failed"
        said = f"{words.span(left)} left" if left.days >= 0 else "ended"
        yield sign, f"{len(ends)} certificates", environment, f"nearest: {said}, {soonest.purpose} on {where}", ""
    copies = sorted((each for each in seen.copies if each.environment == environment), key=lambda each: each.made)
    for copy in copies:
        yield "ok", copy.what, environment, f"{words.span(seen.at - copy.made)} old, on {copy.host}", ""
    if not copies:
        yield "waiting", "restore points", environment, "none: an upgrade makes one, and so does the part checks", ""
    said_by = [each for each in seen.checks if each.environment == environment]
    if said_by:
        bad = [f"{each.check} on {each.host}" for each in said_by if each.state != "ok"]
        yield ("failed" if bad else "ok", f"{len(said_by)} checks", environment,
               ", ".join(bad) or "all well", "")  # fmt: skip


def _signed(state: str, text: str) -> Text:
    return Text.assemble((f"{words.SIGNS[state]} ", words.STYLES[state]), text)
