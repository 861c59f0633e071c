"""Processes that die in an upgrade of several control planes or in its way back: at an effect or at a journal record.

Each way draws a sample of the moments; SITEWRIGHT_UPGRADE_DEATHS says how many, and 0 takes them all (`make soak`).
"""

from __future__ import annotations

import copy
import os
import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from shelf import Crash, Fuse, Heard, StoppedClock, TearingJournal
from simulation import next_inputs_of
from test_simulated_crashes import WRITES, Dying
from test_upgrade import alike, nodes, shape, standing, versions

from installer import engine
from installer.engine.journal import Journal
from installer.plan import upgrade
from installer.plan.model import Plan
from installer.simulated.faults import Faults
from installer.simulated.world import SimulatedWorld

DEATHS = int(os.environ.get("SITEWRIGHT_UPGRADE_DEATHS", "4"))
SEED = 17
PROFILE = "ha"


class Moment(NamedTuple):
    """The n-th effect on the world, or record of the journal, and whether the process dies before it or after it.

    Of a record before which it dies, a part of `torn` is on disk.
    """

    what: str
    at: int
    when: str
    torn: float = 0.0


class Ways(NamedTuple):
    """An unbroken upgrade: the site before and after it, its plan and journal, and the moments of both ways."""

    before: SimulatedWorld
    after: SimulatedWorld
    forth: Plan
    journal: Path
    there: list[Moment]
    back: list[Moment]


def life(plan: Plan, path: Path, world: SimulatedWorld, dies: Moment | None = None) -> tuple[bool, int, int]:
    """One process: whether it reached the end, and how many effects it had and records it wrote."""
    fuses = {what: Fuse(*((dies.at, dies.when) if dies and dies.what == what else ())) for what in ("effect", "record")}
    path.parent.mkdir(parents=True, exist_ok=True)
    world.fate = Dying(fuses["effect"], WRITES)
    journal = TearingJournal(path, fuses["record"], dies.torn if dies else 0.0)
    try:
        engine.run(plan, journal, world, Heard(), clock=StoppedClock())
        ended = True
    except Crash:
        ended = False
    finally:
        journal.close()
        world.fate = Faults({})
    return ended, fuses["effect"].ticks, fuses["record"].ticks


def fork(world: SimulatedWorld) -> SimulatedWorld:
    """The same site once more; what happens to one does not happen to the other."""
    other = copy.copy(world)
    other.site = copy.deepcopy(world.site, {id(world.site.bundle): world.site.bundle})
    return other


def sample(effects: int, records: int) -> list[Moment]:
    """Moments of a way with so many effects and records, in order; the same ones in each session."""
    found = [Moment("effect", at, when) for at in range(1, effects + 1) for when in ("before", "after")]
    found += [Moment("record", at, "before", torn) for at in range(1, records + 1) for torn in (0.0, 0.5)]
    found += [Moment("record", at, "after") for at in range(1, records + 1)]
    return sorted(random.Random(SEED).sample(found, DEATHS)) if DEATHS else found


def taking_back(forth: Plan, journal: Path) -> Plan:
    return engine.inverse(forth, Journal(journal))


def closed(world: SimulatedWorld) -> list[Any]:
    """The nodes that are out of service."""
    return [node for node in nodes(world) if node.get("spec", {}).get("unschedulable")]


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    folder = tmp_path_factory.mktemp("unbroken")
    before = standing(PROFILE, folder)
    forth, journal = upgrade.plan(next_inputs_of(PROFILE), "v1.36.3"), folder / "upgrade" / "journal.jsonl"
    after = fork(before)
    ended, *there = life(forth, journal, after)
    assert ended
    back = fork(after)
    ended, *ticks = life(taking_back(forth, journal), folder / "back" / "journal.jsonl", back)
    assert (ended, alike(shape(before), shape(back))) == (True, [])
    return Ways(before, after, forth, journal, sample(*there), sample(*ticks))


def test_an_upgrade_that_dies_goes_on_and_ends_as_an_unbroken_one_and_comes_back(ways: Ways, tmp_path: Path) -> None:
    for number, dies in enumerate(ways.there):
        world, folder = fork(ways.before), tmp_path / str(number)
        journal = folder / "upgrade" / "journal.jsonl"
        assert (dies, life(ways.forth, journal, world, dies)[0]) == (dies, False)
        assert life(ways.forth, journal, world)[0]
        assert (dies, alike(shape(ways.after), shape(world)), closed(world)) == (dies, [], [])
        assert life(taking_back(ways.forth, journal), folder / "back" / "journal.jsonl", world)[0]
        assert (dies, alike(shape(ways.before), shape(world)), closed(world)) == (dies, [], [])


def test_an_upgrade_that_dies_is_taken_back_from_where_it_stopped(ways: Ways, tmp_path: Path) -> None:
    for number, dies in enumerate(ways.there):
        world, folder = fork(ways.before), tmp_path / str(number)
        journal = folder / "upgrade" / "journal.jsonl"
        assert not life(ways.forth, journal, world, dies)[0]
        assert life(taking_back(ways.forth, journal), folder / "back" / "journal.jsonl", world)[0]
        assert (dies, alike(shape(ways.before), shape(world)), closed(world)) == (dies, [], [])


def test_a_way_back_that_dies_goes_on_to_where_the_upgrade_began(ways: Ways, tmp_path: Path) -> None:
    for number, dies in enumerate(ways.back):
        world, journal = fork(ways.after), tmp_path / str(number) / "back" / "journal.jsonl"
        assert (dies, life(taking_back(ways.forth, ways.journal), journal, world, dies)[0]) == (dies, False)
        assert life(taking_back(ways.forth, ways.journal), journal, world)[0]
        assert (dies, alike(shape(ways.before), shape(world)), closed(world)) == (dies, [], [])
        assert (dies, versions(world)) == (dies, {"v1.36.3"})
