"""A run on the screen: phases down, hosts across, a bar with an ETA below; plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from installer import events
from installer.plan import estimate
from installer.plan.model import Plan, Step
from installer.ui import words

PHASES = {"hosts": "hosts prepared", "registry": "registry filled", "kubernetes": "kubernetes", "charts": "charts"}
"""The phases of an installation and what each row says; others show under their own name."""


@dataclass
class _Cell:
    """One phase on one host."""

    total: int = 0
    done: int = 0
    started: float = 0.0
    seconds: float = 0.0
    note: str = ""
    failed: bool = False
    bytes: int = 0


@dataclass
class RunView:
    """Follows the events of a run; thread-safe, used as a context manager."""

    plan: Plan
    console: Console
    interactive: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: set[str] = field(default_factory=set)
    _running: dict[str, float] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)
    _cells: dict[tuple[str, str, str], _Cell] = field(default_factory=dict)
    _steps: dict[str, Step] = field(default_factory=dict)
    _live: Live | None = None
    _now: str = ""

    def __post_init__(self) -> None:
        for step in self.plan:
            self._steps[step.id] = step
            self._cells.setdefault(_key(step), _Cell()).total += 1

    @property
    def _backward(self) -> bool:
        return self.plan.operation != "install"

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
            match event:
                case events.StepStarted(step=name):
                    self._start(name)
                case events.StepProgressed():
                    self._progress(event)
                case events.StepFinished():
                    self._finish(event)
                case events.StepBroke(step=name):
                    self._running.pop(name, None)
                    if name in self._steps:
                        self._cells[_key(self._steps[name])].failed = True

    def _start(self, name: str) -> None:
        self._running[name] = 0.0
        self._begun[name] = time.monotonic()
        if name in self._steps:
            step = self._steps[name]
            self._now = f"{step.title} on {step.host}"
            cell = self._cells[_key(step)]
            cell.started = cell.started or time.monotonic()
            cell.note = step.title

    def _progress(self, event: events.StepProgressed) -> None:
        self._running[event.step] = event.done / event.total if event.total else 0.0
        cell = self._cells[_key(self._steps[event.step])]
        if event.unit == "bytes":
            elapsed = max(time.monotonic() - self._begun.get(event.step, time.monotonic()), 0.001)
            cell.bytes = event.done
            cell.note = f"{words.size(event.done)} of {words.size(event.total)} · {words.speed(event.done / elapsed)}"
        else:
            cell.note = event.note

    def _finish(self, event: events.StepFinished) -> None:
        self._running.pop(event.step, None)
        self._done.add(event.step)
        step = self._steps[event.step]
        cell = self._cells[_key(step)]
        cell.done += 1
        if cell.started:
            cell.seconds = time.monotonic() - cell.started
        if not self.interactive and event.changed:
            line = f"✔ {step.environment:<12} {step.host:<14} {step.title}  {words.duration(event.seconds)}"
            self.console.print(line, highlight=False)

    def _render(self) -> RenderableType:
        with self._lock:
            tables = [self._table(name) for name in dict.fromkeys(step.environment for step in self.plan)]
            return Group(*tables, self._bar())

    def _table(self, environment: str) -> Table:
        steps = [step for step in self.plan if step.environment == environment]
        hosts = list(dict.fromkeys(step.host for step in (reversed(steps) if self._backward else steps)))
        shown = hosts[:5]
        more = len(hosts) - len(shown)
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 1))
        table.add_column(Text(environment or "site", style="bold"), min_width=22)
        for host in shown:
            table.add_column(Text(host, style="bold"), min_width=18)
        if more:
            table.add_column(Text(f"and {words.many(more, 'host')}", style="dim"))
        for phase in dict.fromkeys(step.phase for step in steps):
            cells = {host: self._cells.get((environment, phase, host)) for host in hosts}
            state = _state(list(cells.values()))
            name = phase if self._backward else PHASES.get(phase, phase)
            row = [_signed(state, name)] + [_shown(cells[host]) for host in shown]
            if more:
                through = sum(1 for host in hosts[5:] if (c := cells[host]) and c.done == c.total)
                row.append(Text(f"{through} of {more}", style="dim"))
            table.add_row(*row)
        return table

    def _bar(self) -> Table:
        left = estimate.remaining(self.plan, self._done, self._running)
        whole = estimate.remaining(self.plan) or 1.0
        bar = Table(box=None, pad_edge=False, padding=(0, 2, 0, 1))
        through = len(self._done) == len(self.plan)
        text = f"step {len(self._done)} of {len(self.plan)}"
        ahead = "done" if through else f"about {words.duration(left)} left"
        bar.add_row(
            ProgressBar(total=whole, completed=whole - left, width=50), text, ahead, Text(self._now, style="dim")
        )
        return bar


def _key(step: Step) -> tuple[str, str, str]:
    return step.environment, step.phase, step.host


def _state(cells: list[_Cell | None]) -> str:
    known = [cell for cell in cells if cell]
    if any(cell.failed for cell in known):
        return "failed"
    if all(cell.done == cell.total for cell in known):
        return "ok"
    return "running" if any(cell.done or cell.started for cell in known) else "waiting"


def _signed(state: str, text: str) -> Text:
    return Text.assemble((f"{words.SIGNS[state]} ", words.STYLES[state]), text)


def _shown(cell: _Cell | None) -> Text:
    if cell is None:
        return Text("")
    state = _state([cell])
    if state == "ok":
        sent = f"{words.size(cell.bytes)} · " if cell.bytes else ""
        return _signed(state, f"{sent}{words.duration(cell.seconds)}" if cell.started else "already there")
    if state == "waiting":
        return Text("─", style="dim")
    return _signed(state, cell.note)
