"""A run on the screen: phases down, hosts across, a bar with an ETA below; plain lines where there is no terminal."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from installer.engine import events
from installer.plain import plain
from installer.plan.card import PlanCard
from installer.ui import words
from installer.ui.run_progress import PHASES, Cell, RunProgress, state_of
from installer.ui.text import Text

ACROSS = 5
"""Hosts that have a column of their own."""


@dataclass
class RunView:
    """Follows the events of a run; thread-safe, used as a context manager."""

    plan: PlanCard
    console: Console
    interactive: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _live: Live | None = None

    def __post_init__(self) -> None:
        self._course = RunProgress(self.plan)

    def __enter__(self) -> RunView:
        if self.interactive:
            self._live = Live(get_renderable=self._render, console=self.console, refresh_per_second=8)
            self._live.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._live.refresh()
            self._live.__exit__(None, None, None)

    def __call__(self, event: events.Event) -> None:
        """Take one event in."""
        with self._lock:
            name = self._course.take(event)
        if name and isinstance(event, events.StepFinished) and event.changed and not self.interactive:
            step = self._course.steps[name]
            line = f"✔ {step.environment:<12} {step.host:<14} {step.title}  {words.duration(event.seconds)}"
            self.console.print(plain(line), highlight=False)

    def _render(self) -> RenderableType:
        with self._lock:
            tables = [self._table(name) for name in self._course.environments()]
            return Group(*tables, self._bar())

    def _table(self, environment: str) -> Table:
        course = self._course
        hosts = course.hosts(environment)
        shown, rest = hosts[:ACROSS], hosts[ACROSS:]
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 1))
        table.add_column(Text(environment or "site", style="bold"), min_width=22)
        for host in shown:
            table.add_column(Text(host, style="bold"), min_width=18)
        if rest:
            table.add_column(Text(f"and {words.many(len(rest), 'host')}", style="dim"))
        for phase in course.phases(environment):
            cells = {host: course.cells.get((environment, phase, host)) for host in hosts}
            name = PHASES.get(phase, phase) if course.forward else phase
            row = [_signed(state_of(cells.values()), name)] + [_shown(course, cells[host]) for host in shown]
            if rest:
                through = sum(1 for host in rest if (c := cells[host]) and c.done == c.total)
                row.append(Text(f"{through} of {len(rest)}", style="dim"))
            table.add_row(*row)
        return table

    def _bar(self) -> Table:
        course = self._course
        left, whole = course.ahead(), course.whole or 1.0
        bar = Table(box=None, pad_edge=False, padding=(0, 2, 0, 1))
        text = f"step {course.through} of {len(self.plan.steps)}"
        ahead = "done" if course.through == len(self.plan.steps) else f"about {words.duration(left)} left"
        now = course.steps.get(course.latest)
        doing = f"{now.title} on {now.host}" if now else ""
        bar.add_row(ProgressBar(total=whole, completed=whole - left, width=50), text, ahead, Text(doing, style="dim"))
        return bar


def _signed(state: str, text: str) -> Text:
    return Text.assemble((f"{words.SIGNS[state]} ", words.STYLES[state]), text)


def _shown(course: RunProgress, cell: Cell | None) -> Text:
    if cell is None:
        return Text("")
    state = cell.state
    if state == "ok":
        sent = f"{words.size(cell.bytes)} · " if cell.bytes else ""
        return _signed(state, f"{sent}{words.duration(cell.seconds)}" if cell.started else "already there")
    return Text("─", style="dim") if state == "waiting" else _signed(state, doing(course, cell))


def doing(course: RunProgress, cell: Cell) -> str:
    """What the last step that began in a cell is doing."""
    pace = course.paces.get(cell.step)
    if pace is None:
        return ""
    if pace.unit == "bytes" and pace.state == "running":
        return f"{words.size(pace.done)} of {words.size(pace.total)} · {words.speed(pace.speed)}"
    return pace.note or course.steps[cell.step].title
