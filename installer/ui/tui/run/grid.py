"""A run drawn: phases down and hosts across as far as there is room, a line on where it stands, a bar. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table

from installer.ui import words
from installer.ui.run_progress import PHASES, Cell, RunProgress, State, counted, state_of
from installer.ui.text import Text
from installer.ui.tui.run.page import COLOURS
from installer.ui.tui.words import Say

PHASE_WIDE, HOST_WIDE, LEAST_WIDE, REST_WIDE, GAP = 19, 19, 10, 24, 2
STATES: Sequence[State] = ("failed", "running", "waiting", "ok")


def columns(width: int, hosts: int) -> int:
    """How many hosts have a column of their own, one at least; the others are summed."""
    room = width - PHASE_WIDE
    if hosts <= room // (LEAST_WIDE + GAP):
        return hosts
    return max((room - REST_WIDE) // (HOST_WIDE + GAP), 1)


def host_width(width: int, hosts: int) -> int:
    """How wide each of so many columns is."""
    return max(min((width - PHASE_WIDE) // max(hosts, 1) - GAP, HOST_WIDE), LEAST_WIDE)


def grid(say: Say, course: RunProgress, width: int, first: int, now: datetime) -> RenderableType:
    """Every environment's table; `first` is the host that the columns begin with, `now` the time for what runs."""
    return Group(*(_table(say, course, name, width, first, now) for name in course.environments()))


def _table(say: Say, course: RunProgress, environment: str, width: int, first: int, now: datetime) -> Table:
    hosts = course.hosts(environment)
    count = columns(width, len(hosts))
    start = min(first, max(len(hosts) - max(count, 1), 0))
    shown = hosts[start : start + count]
    rest = [host for host in hosts if host not in set(shown)]
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(environment or say("the whole site"), width=PHASE_WIDE - GAP, no_wrap=True, overflow="ellipsis")
    wide = min(HOST_WIDE, width - PHASE_WIDE - REST_WIDE - GAP) if rest else host_width(width, count)
    for host in shown:
        table.add_column(host, width=wide, no_wrap=True, overflow="ellipsis")
    if rest:
        heading = say("and {count} hosts", count=len(rest))
        table.add_column(heading, width=REST_WIDE, no_wrap=True, header_style="dim")
    for phase in course.phases(environment):
        cells = {host: course.cells.get((environment, phase, host)) for host in hosts}
        name = say(PHASES.get(phase, phase) if course.forward else phase)
        state = state_of(cells.values())
        row = [_signed("waiting" if state == "running" and course.outcome else state, name)] + [
            _cell(say, course, cells[host], now, wide) for host in shown
        ]
        table.add_row(*row, *([_summed([cells[host] for host in rest])] if rest else []))
    return table


def _cell(say: Say, course: RunProgress, cell: Cell | None, now: datetime, wide: int) -> Text:
    if cell is None:
        return Text("")
    if cell.state == "ok":
        sent = f"{words.size(cell.bytes)} · " if cell.bytes and wide >= HOST_WIDE else ""
        took = f"{sent}{words.duration(cell.seconds)}" if cell.started else say("already so")
        return _signed("ok", took)
    if cell.state == "waiting":
        return Text("─", style="dim")
    pace = course.paces.get(cell.step)
    if pace is None or pace.state == "ok":
        sign = "waiting" if course.outcome else "running"
        return Text.assemble((f"{words.SIGNS[sign]} ", COLOURS[sign]), (f"{cell.done} / {cell.total}", "dim"))
    if pace.state == "failed":
        return _signed("failed", say(course.steps[cell.step].title))
    if pace.unit == "bytes":
        speed = f" · {words.speed(pace.speed)}" if wide >= HOST_WIDE else ""
        return _signed("running", f"{_percent(pace.done, pace.total)}{speed}")
    seconds = clock((now - pace.started).total_seconds()) if pace.started else ""
    name = Text(say(course.steps[cell.step].title))
    name.truncate(max(wide - len(seconds) - 3, 1), overflow="ellipsis")
    return Text.assemble(("▸ ", COLOURS["running"]), name, " ", (seconds, "dim"))


def _summed(cells: Sequence[Cell | None]) -> Text:
    count = counted(cells)
    shown = [(f"{words.SIGNS[state]} {count[state]}  ", COLOURS[state]) for state in STATES if count[state]]
    return Text.assemble(*shown)


def standing(say: Say, course: RunProgress, now: datetime) -> str:
    """Steps, time so far and ahead, bytes and speed in one line."""
    parts = [say("step {done} of {total}", done=course.through, total=len(course.steps))]
    if course.began:
        end = course.last if course.outcome and course.last else now
        parts.append(clock((end - course.began).total_seconds()))
    if not course.outcome and course.through < len(course.steps):
        parts.append(say("about {time} left", time=words.duration(course.ahead())))
    sent, whole = course.sent()
    if whole and sent < whole:
        parts.append(say("{done} of {total} sent", done=words.size(sent), total=words.size(whole)))
    if speed := course.speed():
        parts.append(words.speed(speed))
    return " · ".join(parts)


def bar(course: RunProgress, width: int) -> Text:
    """How much of the expected time is through."""
    whole = course.whole or 1.0
    part = 1.0 if course.through == len(course.steps) else min(max(1 - course.ahead() / whole, 0.0), 1.0)
    full = round(part * width)
    colour = COLOURS["failed"] if course.failed else COLOURS["ok"] if part >= 1 else COLOURS["running"]
    return Text.assemble(("━" * full, colour), ("─" * (width - full), "dim"))


def clock(seconds: float) -> str:
    """A duration that is running: 0:07, 12:30, 1:02:03."""
    whole = max(round(seconds), 0)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _percent(done: int, total: int) -> str:
    return f"{100 * done // total if total else 0} %"


def _signed(state: str, text: str) -> Text:
    return Text.assemble((f"{words.SIGNS[state]} ", COLOURS[state]), text)
