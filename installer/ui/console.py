"""Results on the console: what `check`, `plan`, `status` and the end of a run print. Results go to standard output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from installer.answers.model import Answers
from installer.bundle.manifest import Exemption
from installer.errors import SitewrightError
from installer.plain import first, plain
from installer.plan import estimate, upgrade
from installer.plan.card import PlanCard, SecretCard, WiringCard
from installer.plan.steps.volumes import Volume
from installer.preflight import Finding
from installer.rehearsal.callers import Heard
from installer.runs.store import Run
from installer.ui import words
from installer.ui.text import Text

ROWS = 1_000
"""Rows of a table on the console: a list that has more is a program's to read."""
STEPS = 5_000
"""Steps of a plan: those of some four hundred hosts."""
PROBLEMS = 200
"""Problems of preflight that are told with their remedies: more than anybody mends before the next look."""


def left_out(console: Console, count: int) -> None:
    """That a list goes on, and where all of it is."""
    if count:
        console.print(f"… and {count:,} more; all of them: --json", style="dim")


def findings(console: Console, found: Sequence[Finding]) -> None:
    """Preflight: one line of counts, then each problem with what was found and the remedy."""
    count = {status: sum(1 for f in found if f.status == status) for status in ("ok", "warn", "waived", "failed")}
    line = Text.assemble("Preflight   ", ("✔", "green"), f" {count['ok']}")
    if count["warn"]:
        line.append_text(Text.assemble("   ", ("!", "yellow"), f" {count['warn']} to know"))
    if count["waived"]:
        names = sorted({f.check for f in found if f.status == "waived"})
        line.append_text(Text.assemble("   ", ("!", "yellow"), f" {count['waived']} waived ({', '.join(names)})"))
    line.append_text(Text.assemble("   ", ("✖", "red" if count["failed"] else "dim"), f" {count['failed']}"))
    if count["failed"]:
        line.append("   (nothing has been changed)", "dim")
    console.print(line)
    told, left = first([f for status in ("failed", "warn") for f in found if f.status == status], PROBLEMS)
    for finding in told:
        _problem(console, finding)
    left_out(console, left)


def _problem(console: Console, finding: Finding) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    table.add_column(min_width=28, no_wrap=True)
    table.add_column(overflow="fold")
    name = f"{finding.check}@{finding.host}" if finding.host else finding.check
    sign = Text.assemble((f"{words.SIGNS[finding.status]} ", words.STYLES[finding.status]), name)
    table.add_row(sign, f"{finding.found}; wanted: {finding.wanted}" if finding.wanted else finding.found)
    if finding.remedy:
        table.add_row("", Text.assemble(("→ ", "bold"), finding.remedy))
    console.print()
    console.print(table)


def plan_line(plan: PlanCard) -> str:
    """The plan in one line."""
    done, count = plan.held, len(plan.steps)
    sending = sum(step.bytes for step in plan.steps if step.id not in done)
    hosts = len({step.host for step in plan.steps})
    parts = [f"{words.many(count, 'step')} on {words.many(hosts, 'host')}"]
    if done:
        parts.append("all of them hold" if len(done) == count else f"{len(done)} already hold")
    if sending:
        parts.append(f"{words.size(sending)} to send")
    if len(done) < count:
        parts.append(f"about {words.duration(estimate.remaining(plan, done))}")
    return f"Plan        {' · '.join(parts)}"


def ways_back(answers: Answers, plan: PlanCard, former: str, wanted: str) -> Iterator[str]:
    """What an upgrade does to those who use the site, phase by phase, and how each phase is taken back."""
    alone = all(len(environment.hosts) == 1 for environment in answers.environments)
    away = upgrade.AWAY_ALONE if alone else upgrade.AWAY
    yield f"Upgrade     Kubernetes {former} to {wanted}; it can be taken back, also afterwards: sitewright rollback"
    for phase in dict.fromkeys(step.phase for step in plan.steps):
        yield f"            {phase}: away {away.get(phase, 'nothing')} · way back: {upgrade.WAYS_BACK[phase]}"


def plan_tree(console: Console, plan: PlanCard) -> None:
    """Every step per environment, phase and host, with its seconds; where it was looked at, which need no change."""
    console.print(plan_line(plan))
    held = plan.held
    told, left = first(plan.steps, STEPS)
    for environment in dict.fromkeys(step.environment for step in told):
        console.print()
        console.print(Text(environment, style="bold"))
        steps = [step for step in told if step.environment == environment]
        for phase in dict.fromkeys(step.phase for step in steps):
            console.print(Text(f"  {phase}", style="cyan"))
            table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
            table.add_column(min_width=20)
            table.add_column(overflow="fold")
            table.add_column(justify="right")
            table.add_column(justify="right")
            table.add_column()
            for step in (s for s in steps if s.phase == phase):
                sent = words.size(step.bytes) if step.bytes else ""
                state = "" if plan.holding is None else ("already so" if step.id in held else "to do")
                title = Text(step.title)
                if not step.can_be_undone:
                    title.append("  point of no return", "yellow")
                table.add_row(step.host, title, sent, words.duration(step.seconds), Text(state, style="dim"))
            console.print(Padding(table, (0, 0, 0, 4)))
    left_out(console, left)


def wiring(console: Console, found: WiringCard) -> None:
    """Parts with their roles and what they publish, then who consumes what from whom."""
    if not found.parts:
        console.print("No part of this site needs another by its role.")
        return
    tables = (
        (("part", "role", "placed", "publishes"),
         [(f"{each.environment}/{each.component}", each.role, each.placed,
           "\n".join(f"{name}: {plain(text)}" for name, text in each.published.items())) for each in found.parts]),
        (("part", "consumes", "from"), [(each.consumer, each.role, each.provider) for each in found.wires]),
    )  # fmt: skip
    for names, rows in tables:
        folded(console, names, rows)
        console.print()


def secrets(console: Console, found: Sequence[SecretCard]) -> None:
    """Each with its keys and who has a copy."""
    if not found:
        console.print("No part of this site has a secret of its own.")
        return
    rows = [(plain(each.name), plain(", ".join(each.keys)), plain(", ".join(each.copies))) for each in found]
    folded(console, ("secret", "keys", "copies"), rows)


def folded(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table in which nothing is cut off: what is too long goes on in the next line."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    shown, left = first(rows, ROWS)
    for row in shown:
        table.add_row(*map(Text, row))
    console.print(table)
    left_out(console, left)


def secret(console: Console, values: Mapping[str, str]) -> None:
    """A line for each key, and as many more as its value has; none is wrapped."""
    for key, value in values.items():
        for line in f"{key}: {value}".splitlines():
            console.print(Text(line), soft_wrap=True)


def exemptions(console: Console, found: Sequence[Exemption]) -> None:
    """What components write outside their own places, as the vendor has named it."""
    shown, left = first(found, ROWS)
    for each in shown:
        console.print(Text.assemble(_signed("warn", "outside its own places: "), plain(each)))
    left_out(console, left)


def probe_table(console: Console, results: Sequence[Mapping[str, object]]) -> None:
    """The probes with their evidence."""
    several = len({result["environment"] for result in results}) > 1
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 2))
    for _ in range(4 if several else 3):
        table.add_column(overflow="fold")  # nothing is cut off: an address in the evidence is copied whole
    shown, left = first(results, ROWS)
    for result in shown:
        state = "ok" if result["passed"] else "failed"
        sign = Text(words.SIGNS[state], style=words.STYLES[state])
        where = [str(result["environment"])] if several else []
        table.add_row(*where, str(result["title"]), sign, Text(str(result["evidence"]), style="dim"))
    console.print(table)
    left_out(console, left)


def ready(
    console: Console, run: Run, probes: int, seconds: float, around: Sequence[str], authority: Path | None
) -> None:
    """The last lines of an installation: what it took, how to look around, what clients trust, where to read on."""
    proved = f"{words.many(probes, 'probe')} passed" if probes else "not proved (--no-probes)"
    console.print(f"Ready in {words.duration(seconds)} · {proved}", style="bold")
    commands(console, *zip(("Look around:   ", *[""] * len(around)), around, strict=False))
    if authority:
        commands(console, ("Clients trust: ", words.path(authority)))
    commands(console, ("What happened: ", words.path(run.folder)))


def volumes(console: Console, found: Sequence[Volume]) -> None:
    """Data of applications, below the sum of it: which application, volume and size, then host and path."""
    console.print(f"Data        {words.many(len(found), 'volume')} · {words.size(sum(each.size for each in found))}")
    shown, left = first(found, ROWS)
    for each in shown:
        console.print(f"  {each.application}  {each.name}  {words.size(each.size)}")
        console.print(f"    {each.host}:{each.path}", soft_wrap=True)
    left_out(console, left)


def gone(console: Console, run: Run, left: Sequence[Volume], removed: Sequence[Path]) -> None:
    """The last lines of a way back: the data that stays and where, and what of this machine was `removed`."""
    console.print(
        "✔ taken back; the hosts are as before" + (", but for data of applications, which stays:" if left else "")
    )
    if left:
        volumes(console, left)
    commands(console, ("What happened:  ", words.path(run.folder)))
    if removed:
        commands(console, ("Removed here:   ", ", ".join(map(words.path, removed))))


def commands(console: Console, *lines: tuple[str, str]) -> None:
    """Commands and paths below one another, each after its lead; never broken, since somebody copies them."""
    width = max(len(lead) for lead, _ in lines)
    for lead, text in lines:
        console.print(f"{lead:<{width}}{text}", soft_wrap=True)


def ports(console: Console, rows: Sequence[Sequence[str]]) -> None:
    """The connections that a firewall has to allow."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in ("from", "to", "port", "for"):
        table.add_column(name)
    shown, left = first(rows, ROWS)
    for row in shown:
        table.add_row(*row)
    console.print(table)
    left_out(console, left)


def outages(console: Console, verb: str, heard: Sequence[Heard]) -> None:
    """For how long what is called from outside did not answer, the longest time and all, and its slowest answer."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in (f"away during {verb}", "longest", "in all", "times", "asked", "slowest answer"):
        table.add_column(name, overflow="fold")
    for each in heard:
        away = (words.duration(each.longest), words.duration(each.altogether)) if each.away else ("never", "")
        table.add_row(plain(each.name), *away, str(len(each.away)), str(each.asked), words.duration(each.slowest))
    console.print(table)


def _signed(state: str, text: str) -> Text:
    return Text.assemble((f"{words.SIGNS[state]} ", words.STYLES[state]), text)


def failure(console: Console, error: SitewrightError) -> None:
    """An error: what happened and where, the remedy, the exit code."""
    console.print(Text.assemble((f"{words.SIGNS['failed']} ", "red"), error.message), highlight=False)
    for line in error.details:
        console.print(f"  {line}", highlight=False)
    for line in words.typed(error.remedy).splitlines():
        console.print(Text.assemble(("  → ", "bold"), line), highlight=False)
    console.print(Text(f"  exit {error.exit_code}", style="dim"), highlight=False)
