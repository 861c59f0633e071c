"""How long an installation takes against doing the same by hand, in one run; and what it costs this machine."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packed import pack
from practice import Practice, raise_practice
from rich.console import Console
from rich.table import Table
from ship import COMMAND, Operator, core_bundle, host_names, moved, peak_memory, records

from installer.rehearsal import hosts
from installer.verbs.rehearse import practice_key

pytestmark = [pytest.mark.bench, pytest.mark.lab]

BY_HAND = Path(__file__).with_name("by_hand.sh")
MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, what it is held against, and what it may be at most."""

    what: str
    value: float
    unit: str
    against: float | None
    most: float

    @property
    def ratio(self) -> float:
        """What is bounded: the ratio where there is something to compare with, else the value."""
        return self.value / self.against if self.against else self.value


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[], tuple[Practice, Path]]]:
    """Raises three hosts with their answers; the last ones are taken down first, so that all have the same machine."""
    raised: list[Practice] = []

    def another() -> tuple[Practice, Path]:
        for former in raised:
            hosts.down(former.site)
        raised[:] = [raise_practice(0, host_names("rehearsal"))]
        return raised[0], moved("rehearsal", raised[0], tmp_path)

    yield another
    for practice in raised:
        hosts.down(practice.site)


def timed(*argv: object) -> float:
    began = time.monotonic()
    subprocess.run([*map(str, argv)], check=True, capture_output=True)
    return time.monotonic() - began


def followed(operator: Operator, *argv: object) -> tuple[float, int]:
    """Seconds and peak resident bytes of a command."""
    began, peak = time.monotonic(), 0
    running = operator.start(*argv)
    while running.poll() is None:
        peak = max(peak, peak_memory(running))
        time.sleep(0.05)
    assert running.returncode == 0, operator.said.read_text()[-3000:]
    return time.monotonic() - began, peak


def kept(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_an_installation_against_doing_it_by_hand(fresh: Callable[[], tuple[Practice, Path]], tmp_path: Path) -> None:
    bundle, (_, signers) = core_bundle(), practice_key()
    practice, profile = fresh()
    trunk = tmp_path / "trunk"
    trunk.mkdir()
    pack(trunk, practice, profile, bundle)
    by_hand = timed(BY_HAND, trunk, *(host.name for host in practice.site.hosts))

    practice, profile = fresh()
    operator = Operator(tmp_path / "state")
    verified, verifying = followed(operator, "bundle", "verify", bundle, "--signers", signers)
    installed, installing = followed(operator, "install", "--profile", profile, "--bundle", bundle)
    left = kept(operator.state)
    again, _ = followed(operator, "install", "--profile", profile, "--bundle", bundle, "--no-probes")
    (run, *_) = operator.runs(practice.site.name)
    push = next(
        e for e in records(run / "events.jsonl") if e["event"] == "StepFinished" and "registry.push" in e["step"]
    )
    nothing = statistics.median(timed(sys.executable, "-c", "pass") for _ in range(9))
    helped = statistics.median(timed(COMMAND, "--help") for _ in range(9))

    rows = [
        Row("from verified bundle to probes green, against by hand", installed, "s", by_hand, 1.3),
        Row("install again on the finished site", again, "s", None, 10),
        Row("  of the first installation: filling the registry", push["seconds"], "s", installed, 1),
        Row("bundle verify, against the installation", verified, "s", installed, 0.5),
        Row("peak memory while installing", installing / MIB, "MiB", None, 200),
        Row("peak memory of bundle verify", verifying / MIB, "MiB", None, 200),
        Row("kept on this machine by a run", left / MIB, "MiB", None, 20),
        Row("sitewright --help, against python -c pass", helped, "s", nothing, 15),
    ]
    show(rows, bundle.stat().st_size)
    assert [row.what for row in rows if row.ratio > row.most] == []


def show(rows: list[Row], size: int) -> None:
    table = Table("", "measured", "against", "ratio", "at most", title=f"bundle of {size / 1e6:.0f} MB, three hosts")
    for row in rows:
        against = f"{row.against:.2f} {row.unit}" if row.against else ""
        ratio = f"{row.ratio:.2f}" if row.against else ""
        table.add_row(row.what, f"{row.value:.2f} {row.unit}", against, ratio, f"{row.most:g}")
    Console(width=120).print(table)
