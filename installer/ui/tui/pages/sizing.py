"""The machines to provide, whether those named suffice, and how long they last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from textual.app import ComposeResult
from textual.widgets import Static

from installer.messages import Message
from installer.requirements import spoken
from installer.ui.text import Text
from installer.ui.tui.state.review import Change, Review
from installer.ui.tui.widgets.page import Page
from installer.ui.tui.words import gib
from installer.ui.words import number
from sizing.engine import Pool, Sizing
from sizing.explanations import Share, shares
from sizing.growth import exhaustions
from sizing.machines import Layout
from sizing.offered import Shortfall, Shortfalls

RESOURCES = {"cpu_cores": Message("cores"), "memory_gib": Message("memory"), "disk_gib": Message("disk")}
COLUMNS = (
    Message("kind"),
    Message("count"),
    Message("cores"),
    Message("memory"),
    Message("system"),
    Message("data"),
    Message("fast"),
)


WIDE = 100
"""Columns of a terminal from which there is room between columns of a table."""
HEAVIEST = 9
"""Parts that are told one by one."""


class SizingPage(Page):
    """Tables that follow the answers; nothing is asked here."""

    KEY = "sizing"
    ASKS = False
    INTRO: ClassVar[str] = Message(
        "What to order, with the disks of each machine. In brackets: the least and the most it may be."
    )

    def body(self) -> ComposeResult:
        """Room for the tables."""
        yield Static(id="tables", markup=False)

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Draw the tables anew."""
        super().reviewed(review, changes)
        shown = (
            self._tables(review.sizing)
            if review.sizing
            else Text("\n".join(review.doubts) or self.wizard.say("needs are not valid yet"))
        )
        self.query_one("#tables", Static).update(shown)

    def _tables(self, sizing: Sizing) -> RenderableType:
        say = self.wizard.say
        table = Table(box=None, padding=(0, 2 if self.app.size.width >= WIDE else 1, 0, 0), header_style="dim")
        for name in COLUMNS:
            table.add_column(
                say(name), justify="left" if name == "kind" else "right", min_width=13 if name == "kind" else 0
            )
        for environment in sizing.needs.environments:
            table.add_row(Text(environment.name, style="bold", overflow="ellipsis", no_wrap=True))
            for pool in (each for each in sizing.planned if each.environment == environment.name):
                table.add_row(*self._row(sizing, pool))
        gap = Text("")
        parts: list[RenderableType] = [
            table,
            gap,
            self._verdict(self.wizard.review.offered),
            gap,
            self._lasting(sizing),
            gap,
        ]
        return Group(*parts, *self._reasons(sizing))

    def _reasons(self, sizing: Sizing) -> Iterator[RenderableType]:
        """What the machines of the largest kind carry, the heaviest first, beside what they have."""
        say = self.wizard.say
        pool = max(sizing.planned, key=lambda each: each.expected.cpu_cores)
        layout, where = pool.expected, f"{pool.environment}/{say(pool.name)}"
        yield Text(say("What the machines of {pool} carry", pool=where), style="bold")
        told = say("The least machines on which all of it fits.")
        if lost := pool.failures_tolerated:
            told = say("The least machines on which all of it fits, also after the loss of {count}.", count=lost)
        yield Text(told, style="dim")
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for name in (Message("part"), Message("copies"), Message("cores"), Message("memory")):
            table.add_column(say(name), justify="left" if name == "part" else "right", no_wrap=True)
        ordered = sorted(shares(sizing, pool), key=lambda each: -_weight(each, layout))
        for each in ordered[:HEAVIEST]:
            copies = say("each machine") if each.group.every_host else number(each.copies.expected)
            table.add_row(f"  {self._named(sizing, each, ordered, pool.environment)}", copies, *_taken([each]))
        if rest := ordered[HEAVIEST:]:
            table.add_row(f"  {say('{count} more', count=len(rest))}", "", *_taken(rest), style="dim")
        table.add_row(say("together"), "", *_taken(ordered))
        table.add_row(say("the machines have"), "", number(layout.cpu_cores), gib(layout.memory_gib))
        yield table

    def _named(self, sizing: Sizing, share: Share, others: Sequence[Share], environment: str) -> str:
        """The part's title, with its pods' name where it has several kinds of them here, and whether it comes later."""
        say = self.wizard.say
        part = next(each for each in sizing.parts
                    if (each.environment, each.size.name) == (environment, share.component))  # fmt: skip
        title = say(part.size.title)
        alone = sum(each.component == share.component for each in others) == 1
        named = title if alone else f"{title}: {share.group.name}"
        return say("{part}, later", part=named) if part.standing == "later" else named

    def _row(self, sizing: Sizing, pool: Pool) -> tuple[str, ...]:
        each, counts = pool.expected, pool.band("count")
        count = number(counts.expected)
        if counts.low != counts.high:
            count += f" ({number(counts.low)}–{number(counts.high)})"
        disks = (gib(size) if size else "–" for size in (each.system_disk_gib, each.data_disk_gib, each.fast_disk_gib))
        name = self.wizard.say(pool.name)
        named = self.wizard.say("{part}, later", part=name) if sizing.later(pool) else name
        return (
            f"  {named}",
            count,
            number(each.shape.cpu_cores),
            gib(each.shape.memory_gib),
            *disks,
        )

    def _lasting(self, sizing: Sizing) -> Text:
        say, found = self.wizard.say, [each for each in exhaustions(sizing) if each.month is not None]
        if not found:
            return Text(
                say(
                    "They last to the end of the planning horizon ({months} months).",
                    months=sizing.needs.horizon_months,
                )
            )
        first = min(found, key=lambda each: each.month or 0)
        return Text(say("The first to run out: {what} of {pool} in month {month}.", what=say(RESOURCES[first.resource]),
                        pool=f"{first.environment}/{first.pool}", month=first.month))  # fmt: skip

    def _verdict(self, verdict: Shortfalls | None) -> Text:
        """Whether the hosts that were tried suffice."""
        say = self.wizard.say
        if verdict is None:
            return Text(
                say("Try the connections on the page of hosts to learn whether the machines named suffice."),
                style="dim",
            )
        if verdict.suffices:
            return Text("✔ " + say("The machines named suffice."), style="green")
        lines = [self._short(each) for part in verdict.verdicts for each in part.shortfalls]
        return Text("\n".join(lines), style="red")

    def _short(self, short: Shortfall) -> str:
        say = self.wizard.say
        figures = (
            f"{say(RESOURCES.get(short.resource, short.resource))} {number(short.offered)} / {number(short.wanted)}"
        )
        return f"✖ {short.environment}/{short.pool}: {figures} → {say(spoken(short.remedy))}"


def _weight(share: Share, layout: Layout) -> float:
    """How much of the machines equal pods take, of what they take most of."""
    cores, memory = (share.total(field).expected for field in ("cpu_cores", "memory_gib"))
    return max(cores / layout.cpu_cores, memory / layout.memory_gib)


def _taken(some: Sequence[Share]) -> tuple[str, str]:
    cores, memory = (sum(each.total(field).expected for each in some) for field in ("cpu_cores", "memory_gib"))
    return number(round(cores, 1)), gib(memory)
