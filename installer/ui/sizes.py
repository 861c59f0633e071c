"""What `size` prints: machines to provide, what runs on them, how long they last, and the figures of one part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from installer.plain import plain
from installer.ui import words
from installer.ui.text import Text
from installer.ui.words import number
from sizing.bands import Band
from sizing.components import ComponentSize, ResolvedInput
from sizing.engine import Sizing
from sizing.growth import exhaustions
from sizing.machines import Layout
from sizing.narrowing import narrowings, widest
from sizing.offered import Shortfalls, Verdict

RESOURCES = {"cpu_cores": "cores", "memory_gib": "memory", "disk_gib": "disk space"}
"""The resources of the growth forecast, in words."""

WORTH_A_NOTE = 8
"""Notes printed; the rest is counted, and stands in --json."""


def band(value: Band, unit: str = "") -> str:
    """The expected figure, with the range it may lie in where there is one."""
    text = f"{number(value.expected)} {unit}".rstrip()
    return text if value.low == value.high else f"{text} ({number(value.low)} to {number(value.high)})"


def rough(value: Band) -> str:
    """The same to two digits and in less room, for tables that are read at a glance: 37 (4.1–120)."""
    low, expected, high = (
        number(round(part)) if part >= 10 else f"{part:.2g}" for part in (value.low, value.expected, value.high)
    )
    return expected if low == high else f"{expected} ({low}–{high})"


MACHINE_COLUMNS = ("\ncount", "each\ncores", "memory\nGiB", "system\nGiB", "data\nGiB", "fast\nGiB", "disks\nIOPS",
                   "network\nGbit/s", "spare\n%")  # fmt: skip


SPARE = "fast: for etcd; spare: cores and memory still free when as many machines are lost as may be"


def _print(console: Console, table: Table) -> None:
    """A table at its own width: where a terminal is too narrow its lines wrap, and no figure is cut."""
    wanted = console.measure(table, options=console.options.update(max_width=1000)).maximum
    width, console.width = console.width, max(console.width, wanted)
    console.print(table)
    console.width = width


def machines(console: Console, name: str, sizing: Sizing) -> None:
    """Machines per environment, the totals, and how long they last."""
    needs = sizing.needs
    growth = f"{needs.growth_percent_per_year} %" if needs.growth_percent_per_year != "unknown" else "unknown"
    console.print(f"{plain(name)} · machines that last {needs.horizon_months} months, growth {growth} a year\n")
    _print(console, _machine_table(sizing))
    console.print(Text(SPARE, style="dim"))
    console.print(
        f"\nAltogether   {_counted(sizing.total('count'))} · {band(sizing.total('cpu_cores'))} cores · "
        f"{band(sizing.total('memory_gib'), 'GiB')} memory · {band(sizing.total('disk_to_order_gib'), 'GiB')} disks"
    )
    ending = [entry for entry in exhaustions(sizing) if entry.month is not None]
    if ending:
        first = min(ending, key=lambda entry: entry.month or 0)
        what = RESOURCES[first.resource]
        console.print(
            f"Lasts        until month {first.month}; then {plain(first.environment)}/{first.pool} lacks {what}"
        )
    else:
        console.print("Lasts        longer than anyone plans")
    _range(console, sizing)


def _counted(value: Band) -> str:
    """How many machines, with the range."""
    return words.many(round(value.expected), "machine") if value.low == value.high else f"{band(value)} machines"


def _range(console: Console, sizing: Sizing) -> None:
    """What makes the range wide, and the answer that narrows it most."""
    part, best = widest(sizing), next(iter(narrowings(sizing)), None)
    if part is None or sizing.total("cpu_cores").low == sizing.total("cpu_cores").high:
        return
    told = f"widest for {plain(part.size.title)}"
    if best:
        told += (
            f"; narrowed most by an answer to {best.need}, taken as {band(best.taken)}:\n             "
            f"were that the answer, {_ends(best.cpu_cores)} cores and {_ends(best.memory_gib)} GiB of memory"
        )
    else:
        told += "; no single answer would narrow it"
    console.print(f"Range        {told}")


def _ends(value: Band) -> str:
    return f"{number(value.low)} to {number(value.high)}"


def _machine_table(sizing: Sizing) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    several = len({pool.environment for pool in sizing.pools}) > 1
    table.add_column("", no_wrap=True)
    for title in MACHINE_COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    environment = ""
    for pool in sizing.planned:
        if several and pool.environment != environment:
            environment = pool.environment
            table.add_row(Text(environment, style="bold"))
        name = f"{pool.name}, later" if sizing.later(pool) else pool.name
        table.add_row(f"  {name}" if several else name, *_machine(pool.expected, pool.failures_tolerated))
    return table


def _machine(layout: Layout, failures: int) -> list[str]:
    disks = (layout.system_disk_gib, layout.data_disk_gib, layout.fast_disk_gib)
    spare = f"{100 * layout.cpu_free_after_loss:.0f}, {100 * layout.memory_free_after_loss:.0f}"
    return [
        number(layout.count),
        number(layout.shape.cpu_cores),
        number(layout.shape.memory_gib),
        *(number(disk) if disk else "─" for disk in disks),
        number(layout.iops) if layout.iops else "─",
        number(layout.network_gbit_s),
        spare if failures else "─",
    ]


def parts(console: Console, sizing: Sizing) -> None:
    """What each part of the platform asks for, the largest first, and what comes later; all environments together."""
    sums: dict[tuple[str, bool], list[ComponentSize]] = {}
    for part in sizing.parts:
        sums.setdefault((part.size.title, part.standing == "later"), []).append(part.size)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("what asks for it", no_wrap=True)
    for title in ("copies", "cores", "memory GiB", "disk GiB"):
        table.add_column(title, justify="right", no_wrap=True)
    rows = {key: [_sum(sizes, field) for field in FIELDS] for key, sizes in sums.items()}
    for (title, later), row in sorted(rows.items(), key=lambda entry: (entry[0][1], -entry[1][2].expected)):
        if row[0].expected:
            shown = f"{title}, later" if later else title
            table.add_row(shown, number(row[0].expected), *(rough(value) for value in row[1:]))
    console.print()
    _print(console, table)
    if any(later for _, later in sums):
        console.print(Text(LATER, style="dim"))


LATER = "later: not installed yet; the machines have room for it"

FIELDS = ("replicas", "cpu_cores", "memory_gib", "disk_gib")


def _sum(sizes: Iterable[ComponentSize], field: str) -> Band:
    return Band.total(size.total(field) for size in sizes)


def notes(console: Console, found: Sequence[str]) -> None:
    """Where the rules were stretched."""
    if not found:
        return
    console.print()
    for note in found[:WORTH_A_NOTE]:
        console.print(Text.assemble(("! ", "yellow"), note))
    if len(found) > WORTH_A_NOTE:
        console.print(f"! and {len(found) - WORTH_A_NOTE} more; all of them: --json")


def verdicts(console: Console, shortfalls: Shortfalls) -> None:
    """Whether the offered machines do, kind by kind; each thing that is short with its remedy."""
    console.print("\nOffered machines")
    for verdict in shortfalls.verdicts:
        _verdict(console, verdict)


def _verdict(console: Console, verdict: Verdict) -> None:
    state = "ok" if verdict.suffices else "failed"
    line = Text.assemble((f"{words.SIGNS[state]} ", words.STYLES[state]), f"{verdict.environment}/{verdict.pool}   ")
    if verdict.suffices:
        spare = f"{verdict.cpu_free_after_loss:.0%} of cores and {verdict.memory_free_after_loss:.0%} of memory free"
        line.append(f"{words.many(verdict.offered_machines, 'machine')} do; {spare.replace('%', ' %')}")
    console.print(line)
    for entry in verdict.shortfalls:
        what = entry.resource.replace("_gib", " GiB").replace("_", " ")
        console.print(f"    {what}: {number(entry.offered)} offered, {number(entry.wanted)} wanted")
        console.print(Text.assemble("    ", ("→ ", "bold"), entry.remedy))


def component(console: Console, size: ComponentSize) -> None:
    """One part alone: what was taken for its inputs, its figures, its pods."""
    console.print(Text.assemble((size.title, "bold"), f" · {size.purpose}"))
    console.print(Text(f"after {size.edition}", style="dim"))
    given = [f"{entry.name} {_value(entry)}" for entry in size.inputs.values() if entry.given]
    taken = [f"{entry.name} {_value(entry)}" for entry in size.inputs.values() if not entry.given]
    console.print(f"\ngiven      {', '.join(given) or 'nothing'}\nassumed    {', '.join(taken) or 'nothing'}\n")
    table = _figure_table("figure")
    for figure in size.figures.values():
        table.add_row(figure.key, *_three(figure.band), figure.unit)
    _print(console, table)
    if size.pods:
        console.print()
        table = _figure_table("all pods together")
        for field, unit in zip(FIELDS, ("", "cores", "GiB", "GiB"), strict=True):
            table.add_row(field.rpartition("_")[0] or field, *_three(size.total(field)), unit)
        _print(console, table)
    notes(console, size.notes)


def inputs(console: Console, entries: Sequence[ResolvedInput]) -> None:
    """What one part can be told."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("input", no_wrap=True)
    table.add_column("default", justify="right")
    table.add_column("unit")
    table.add_column("meaning", overflow="fold")
    for entry in entries:
        table.add_row(entry.name, _value(entry), entry.unit, entry.title)
    _print(console, table)


def _figure_table(title: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(title, min_width=28, no_wrap=True)
    for name in ("low", "expected", "high"):
        table.add_column(name, justify="right", min_width=10)
    table.add_column("unit")
    return table


def _three(value: Band) -> tuple[str, str, str]:
    return number(value.low), number(value.expected), number(value.high)


def _value(entry: ResolvedInput) -> str:
    return entry.value if isinstance(entry.value, str) else band(entry.value)
