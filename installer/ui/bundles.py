"""Bundles on the console: what is inside one, and what changed between two."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from installer.bundle.diff import Change, Description, Difference
from installer.plain import first, plain
from installer.ui import console, words


def described(out: Console, path: Path, found: Description, *, signed: bool) -> None:
    """A bundle: its figures, its components, where it lies."""
    out.print(
        f"Bundle {plain(found.name)} {plain(found.version)} · Kubernetes {found.kubernetes} · {found.architecture} · "
        f"{words.many(found.images, 'image')}, {words.many(found.charts, 'chart')}, "
        f"{words.many(found.files, 'host file')} · {words.size(found.bytes)}"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in ("component", "version"):
        table.add_column(name)
    for name in ("images", "charts", "files", "size"):
        table.add_column(name, justify="right")
    licensed = any(part.licence for part in found.components)
    if licensed:
        table.add_column("licence", overflow="fold")
    shown, left = first(found.components, console.ROWS)
    for part in shown:
        counts = [str(count or "") for count in (part.images, part.charts, part.files)]
        table.add_row(part.name, part.version, *counts, words.size(part.bytes), *[part.licence] * licensed)
    out.print(table)
    console.left_out(out, left)
    console.commands(out, ("", plain(path)), ("", found.digest))
    if not signed:
        out.print("It is not signed, and no site takes it.")
        console.commands(out, ("Next:  ", words.command("bundle", "sign", str(path), "--key", "FILE")))


def difference(out: Console, found: Difference) -> None:
    """What is other, new and gone, and in how many bytes."""
    if found.nothing:
        out.print("The same components for the same machines.")
        return
    for what, (before, after) in (("Kubernetes", found.kubernetes), ("Architecture", found.architecture)):
        if before != after:
            out.print(f"{what} {before} -> {after}")
    for sign, entries in (("+", found.added), ("-", found.removed)):
        shown, left = first(entries, console.ROWS)
        for name, version in shown:
            out.print(f"{sign} {plain(name)} {plain(version)}")
        console.left_out(out, left)
    changed, left = first(found.changed, console.ROWS)
    for change in changed:
        out.print(f"~ {plain(change.name)} {plain(_turn(change))}")
    console.left_out(out, left)
    counts = (("new", found.new_bytes), ("kept", found.kept_bytes), ("dropped", found.dropped_bytes))
    out.print(", ".join(f"{words.size(count)} {what}" for what, count in counts))


def _turn(change: Change) -> str:
    """What became of a component: its version, what of it is new, and whether it is set otherwise."""
    version = f"{change.before} -> {change.after}" if change.before != change.after else change.after
    new = f"{words.many(len(change.artifacts), 'artifact')} new or other ({words.size(change.new_bytes)})"
    dropped = f"{words.many(len(change.dropped), 'artifact')} dropped"
    told = ((change.artifacts, new), (change.dropped, dropped), (change.settings, "settings"))
    return f"{version}: {', '.join(text for found, text in told if found)}"
