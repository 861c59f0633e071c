"""Figures as people read them: sizes in GiB or MB, speeds in MB/s, durations in min and s."""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from installer.plain import quoted, typed_as

PROGRAM = "sitewright"
SIGNS = {"ok": "✔", "warn": "!", "waived": "!", "failed": "✖", "running": "▸", "waiting": "─"}
STYLES = {"ok": "green", "warn": "yellow", "waived": "yellow", "failed": "red", "running": "cyan", "waiting": "dim"}


def duration(seconds: float) -> str:
    """Seconds as 0.4 s, 48 s, 3 min 31 s, 2 h 5 min."""
    whole = round(seconds)
    if seconds < 1:
        return f"{seconds:.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def span(of: timedelta) -> str:
    """A long time as 20 days, 1 day, 5 hours, 12 minutes."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(of.total_seconds() // seconds)
        if count:
            return many(count, unit)
    return "less than a minute"


def size(count: int) -> str:
    """Bytes as 612 MB or 1.4 GB: decimal, as links and files are counted."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f} GB"
    if count >= 1_000_000:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e3:.0f} kB" if count >= 1000 else f"{count} B"


def number(value: float) -> str:
    """A figure to three digits, with its thousands apart: 0.25, 12.5, 340, 12 400."""
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{value:.3g}"


def speed(count: float) -> str:
    """Bytes per second as 214 MB/s."""
    return f"{count / 1e6:.0f} MB/s"


def many(count: int, noun: str) -> str:
    """A count with its noun: 1 host, 3 hosts."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def command(*argv: str) -> str:
    """A command of this program as it can be typed here: by its name where a shell finds it, else as it was called."""
    called = Path(sys.argv[0])
    found = shutil.which(PROGRAM)
    if called.name != PROGRAM or (found and called.resolve() == Path(found).resolve()):
        return typed_as([PROGRAM, *argv])
    return typed_as([str(called), *argv])


def typed(text: str) -> str:
    """A text in which every command of this program is as it can be typed here."""
    return re.sub(rf"(?<![\w/]){PROGRAM} (?=[a-z-])", lambda _: f"{command()} ", text)


def path(where: Path) -> str:
    """A path as it can be typed here: short where it lies in the home, quoted where it must be."""
    text = str(where)
    with suppress(ValueError):
        text = f"~/{where.relative_to(Path.home())}"
    return text if text == f"~/{quoted(text[2:])}" else quoted(str(where))
