"""Who may work in a site's clusters, on the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console

from installer.operations.people import Grant
from installer.plain import plain
from installer.ui import console as tables


def table(console: Console, found: Sequence[Grant], now: datetime) -> None:
    """Each grant with its end on this machine's clock."""
    if not found:
        console.print("Nobody was given access; only the administrator's own kubeconfigs open the clusters.")
        return
    rows = [(plain(each.person), plain(each.environment), plain(each.role),
             _moment(each.until) if each.until >= now else f"ended {_moment(each.until)}", plain(each.by))
            for each in sorted(found, key=lambda each: (each.person, each.until))]  # fmt: skip
    tables.folded(console, ("person", "environment", "may", "until", "given by"), rows)


def granted(console: Console, given: Sequence[Grant]) -> None:
    """A line for each cluster."""
    for each in given:
        console.print(f"✔ {plain(each.person)} may work in {plain(each.environment)} as {each.role} until "
                      f"{_moment(each.until)}")  # fmt: skip


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
