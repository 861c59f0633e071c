"""What was measured: rows of one table for all benchmarks, and commands watched while they run."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from ship import Operator, peak_memory

from installer.runs import kubectl

MB = 1_000_000


@dataclass(frozen=True)
class Row:
    """One line: what was measured, what it is held against, and what it may be at most, or has to be at least.

    Where there is something to hold it against, what is bounded is the ratio.
    """

    what: str
    value: float
    unit: str
    against: float | None = None
    most: float | None = None
    least: float | None = None

    @property
    def bounded(self) -> float:
        return self.value / self.against if self.against else self.value

    @property
    def holds(self) -> bool:
        low, high = self.least, self.most
        return (low is None or self.bounded >= low) and (high is None or self.bounded <= high)


@dataclass
class Measured:
    """The rows of all benchmarks of this run."""

    rows: list[Row] = field(default_factory=list)

    def demand(self, *rows: Row) -> None:
        """Take rows into the table, then fail if one does not hold."""
        self.rows += rows
        broken = [f"{row.what}: {row.bounded:.2f}" for row in rows if not row.holds]
        assert broken == []

    def show(self) -> None:
        cores, load = os.cpu_count(), os.getloadavg()[0]
        table = Table("", "measured", "against", "ratio", "bound", title=f"{cores} cores, load now {load:.1f}")
        for row in self.rows:
            bound = [f"≤ {row.most:g}"] if row.most is not None else []
            bound += [f"≥ {row.least:g}"] if row.least is not None else []
            against = f"{row.against:.2f} {row.unit}" if row.against else ""
            ratio = f"{row.bounded:.2f}" if row.against else ""
            table.add_row(row.what, f"{row.value:.2f} {row.unit}", against, ratio,
                          " ".join(bound) + ("" if row.holds else "  ✖"))  # fmt: skip
        Console(width=130).print(table)


@dataclass(frozen=True)
class Watched:
    """A command that was watched to its end: seconds, peak resident bytes, peak bytes in the folders it may fill."""

    seconds: float
    memory: int
    disk: int


def watched(operator: Operator, temporary: Path, *argv: object) -> Watched:
    """Run a command; `temporary` is its TMPDIR, which counts as its disk together with its state directory."""
    began, memory, disk = time.monotonic(), 0, 0
    running = operator.start(*argv)
    while running.poll() is None:
        memory = max(memory, peak_memory(running))
        disk = max(disk, held(temporary) + held(operator.state))
        time.sleep(0.05)
    assert running.returncode == 0, operator.said.read_text()[-3000:]
    return Watched(time.monotonic() - began, memory, disk)


def held(folder: Path) -> int:
    """Bytes in the files below a folder that others may be changing, but for the kubectl that is there to be used."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            if kubectl.NAME in name:
                continue
            try:
                total += Path(where, name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


def typical(*argv: object) -> float:
    """Seconds of a short command, the median of nine."""
    run = lambda: subprocess.run([*map(str, argv)], check=True, capture_output=True)  # noqa: E731
    return statistics.median(timed(run) for _ in range(9))
