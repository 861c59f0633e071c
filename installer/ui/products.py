"""What a product contradicts, as people read it: what is wrong, where on both sides, what to do."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from installer.plain import first, plain
from installer.product.checking import Contradiction, Verdict
from installer.ui import words
from installer.ui.console import left_out
from installer.ui.text import Text


def verdict(console: Console, found: Verdict, report: Path | None) -> None:
    """Contradictions by service; then what was looked at, and what could not be judged."""
    shown, left = first(found.contradictions)
    for service in dict.fromkeys(each.service for each in shown):
        console.print(Text(plain(service) if service else "the whole product", style="bold"))
        for each in shown:
            if each.service == service:
                _one(console, each, found.environments)
        console.print()
    left_out(console, left)
    looked = f"{words.many(found.services, 'service')}, {words.many(found.objects, 'object')}"
    where = f" in {', '.join(found.environments)}" if found.environments else ""
    if not found.contradictions:
        console.print(Text.assemble(("✔ ", "green"), plain(f"{found.product}: {looked}{where}: no contradiction")))
    else:
        console.print(plain(f"looked at {looked}{where}"))
    for missing in found.unjudged:
        console.print(Text.assemble(("! ", "yellow"), "not judged: ", plain(missing)))
    if report:
        console.print(plain(f"✔ report {report}"))


def _one(console: Console, each: Contradiction, environments: tuple[str, ...]) -> None:
    """What is wrong, its lines, what to do; the environments where it is not so in all."""
    some = each.environments if set(each.environments) != set(environments) else ()
    where = f" ({', '.join(some)})" if some else ""
    console.print(
        Text.assemble(("  ✖ ", "red"), plain(f"{each.found}{where}"), (f"  {each.rule}", "dim")), soft_wrap=True
    )
    for place in each.places:
        console.print(Text(f"      {plain(place)}"), soft_wrap=True)
    console.print(Text.assemble(("    → ", "bold"), plain(each.cure)), soft_wrap=True)
