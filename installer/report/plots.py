"""Where things are on the report's pictures; the templates draw them. All lengths are in the pictures' own units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from installer.report.catalogue import Words
from installer.report.machines import Curve, Kind
from installer.report.timeline import Timeline
from installer.report.workdays import months_after

CURVES = 5
"""Lines that can be told apart in print; those that end first are drawn."""

DASHES = ("", "7 3", "2 3", "10 3 2 3", "1 2")
PLOT = (56.0, 24.0, 600.0, 198.0)
"""Left, top, width and height of the growth plot's field."""

BOXES_A_ROW = 14

SHORTEST = 152.0
"""The picture's blocks reach at least down to the end of what stands beside them."""

MARKS = 5
"""Days named above the timeline; more would not be readable in print."""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve as drawn: the polyline's points, its dashes, where its label stands and what that says."""

    points: str
    dash: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth plot: lines, ticks as (position, text), and where the order for more machines is due."""

    lines: tuple[Line, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    horizon: float
    buy: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A task's place in the timeline: left and width as shares of the whole."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of machine in the picture of the whole: its text, and the corners of the little boxes under it."""

    x: float
    y: float
    width: float
    title: str
    boxes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """An environment in the picture of the whole."""

    y: float
    height: float
    title: str
    cells: tuple[Cell, ...]


def growth_plot(curves: Sequence[Curve], ready: date, horizon: int, buy: date | None, _: Words) -> Growth:
    """The curves that end first, from the first day to shortly after the horizon or the first end."""
    left, top, width, height = PLOT
    first_full = min((curve.full for curve in curves if curve.full is not None), default=horizon)
    months = max(horizon, min(first_full, horizon * 2)) + 3

    def x(month: float) -> float:
        return left + width * month / months

    def y(share: float) -> float:
        return top + height * (1 - min(share, 1.0))

    lines = []
    for number, curve in enumerate(curves[:CURVES]):
        points = " ".join(f"{x(month):.1f},{y(share):.1f}" for month, share in curve.points)
        lines.append(Line(points, DASHES[number], curve.title, x(curve.points[-1][0]), y(curve.points[-1][1])))
    step = 12 if months > 24 else 6
    across = [(x(month), _.month(months_after(ready, month))) for month in range(0, months, step)]
    up = [(y(share / 4), _.percent(share / 4)) for share in range(5)]
    bought = x((buy - ready).days / 30.44) if buy else None
    shown = bought if bought is not None and left <= bought <= left + width else None
    return Growth(tuple(lines), tuple(across), tuple(up), x(horizon), shown)


def bars(line: Timeline) -> dict[str, Bar]:
    """Each task's place between the first and the last day."""
    days = (line.ready - line.start).days + 1
    return {
        task.key: Bar((task.start - line.start).days / days, ((task.end - task.start).days + 1) / days)
        for task in line.tasks
    }


def weeks(line: Timeline, _: Words) -> tuple[tuple[float, str], ...]:
    """A few Mondays, as (share of the whole, day and month)."""
    days = (line.ready - line.start).days + 1
    step = max(1, math.ceil(days / 7 / MARKS)) * 7
    monday = line.start - timedelta(days=line.start.weekday())
    marks = (monday + timedelta(days=offset) for offset in range(0, days + 7, step))
    return tuple(((day - line.start).days / days, _.mark(day)) for day in marks if line.start <= day)


def picture(kinds: Sequence[Kind], width: float = 430.0) -> tuple[Block, ...]:
    """The environments below each other, their kinds of machine beside each other, a little box for every machine."""
    blocks = []
    top = 0.0
    for environment in dict.fromkeys(kind.environment for kind in kinds):
        mine = [kind for kind in kinds if kind.environment == environment]
        each = (width - 8) / min(3, len(mine))
        cells: list[Cell] = []
        y = top + 30
        deepest = 0.0
        for number, kind in enumerate(mine):
            column = number % 3
            if column == 0 and number:
                y += deepest + 26
                deepest = 0.0
            x = 12 + column * each
            a_row = min(BOXES_A_ROW, int((each - 14) // 8))
            boxes = tuple((x + 8 * (n % a_row), y + 6 + 9 * (n // a_row)) for n in range(kind.count))
            deepest = max(deepest, 9.0 * (1 + (kind.count - 1) // a_row))
            cells.append(Cell(x, y, each, f"{kind.count} × {kind.title}", boxes))
        height = y + deepest + 14 - top
        blocks.append(Block(top, height, environment, tuple(cells)))
        top += height + 8
    return _stretched(blocks, max(0.0, SHORTEST - (top - 8)))


def _stretched(blocks: Sequence[Block], missing: float) -> tuple[Block, ...]:
    """The blocks, taller by what is missing in all; what they hold moves to their middle."""
    more = missing / max(1, len(blocks))
    return tuple(
        Block(
            block.y + number * more,
            block.height + more,
            block.title,
            tuple(_lowered(cell, number * more + more / 2.5) for cell in block.cells),
        )
        for number, block in enumerate(blocks)
    )


def _lowered(cell: Cell, by: float) -> Cell:
    return replace(cell, y=cell.y + by, boxes=tuple((x, y + by) for x, y in cell.boxes))
