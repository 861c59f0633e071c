"""Installing once more where everything may be there already: the hosts are looked at before anything else is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from installer import operations
from installer.errors import SitewrightError
from installer.operations import Site
from installer.plan.standing import remaining
from installer.probes import proof
from installer.runs.store import Run


@dataclass(frozen=True)
class Finished:
    """An installation whose steps are all done. `prepared` has, by environment, probes whose pods are there already."""

    run: Run
    prepared: Mapping[str, proof.Prepared] = field(default_factory=dict)


def whole(site: Site, *, probes: bool) -> Finished | None:
    """What stands, where everything is as the plan wants it; None where there may be something to do.

    With `probes`, those of an installation that was proved, and as this very plan, get their pods meanwhile.
    Hosts that cannot be looked at are no reason to fail: a check says of all of them what is wrong.
    """
    finished = site.runs.standing(site.name)
    if not finished or site.runs.unfinished(site.name):
        return None
    run, plan, holds = finished[-1], operations.plan(site.inputs), False
    with _preparing(site, wanted=probes and run.proved and run.planned == plan.digest) as prepared:
        try:
            with suppress(SitewrightError):
                holds = all(operations.preview(site, plan).values())
        finally:
            if not holds:
                proof.clean(site.world, prepared())
        return Finished(run, prepared()) if holds else None


@contextmanager
def _preparing(site: Site, *, wanted: bool) -> Iterator[Callable[[], dict[str, proof.Prepared]]]:
    """Puts the probes' pods there beside what is done in its block; what it gives waits until they are."""
    if not wanted:
        yield dict
        return
    with ThreadPoolExecutor(1, thread_name_prefix="pods") as beside:
        yield beside.submit(proof.prepare, site.world, remaining(site.inputs, site.gone)).result
