"""The worlds that the port's contract is tried on; an adapter joins by a parameter of `stage`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from practice import Practice
from simulation import world_of
from stages import Stage, open_site

from installer.world.ports import Output


@pytest.fixture(scope="module", params=["simulated", pytest.param("site", marks=pytest.mark.lab)])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if request.param == "simulated":
        world = world_of("rehearsal")
        # A script of the suite's own: the simulated world knows none that it was not taught.
        world.site.scripts["cat; echo trouble >&2; exit 7"] = lambda call: Output(7, call.stdin.decode(), "trouble\n")
        folder = f"/var/lib/contract/{request.module.__name__}"
        world.make_directory("cp-1", folder)
        yield Stage(world, "cp-1", folder)
        return
    practice: Practice = request.getfixturevalue("practice")
    with open_site(practice, tmp_path_factory.mktemp("state")) as site:
        folder = f"/var/lib/contract/{request.module.__name__}"
        site.make_directory("cp-1", folder)
        yield Stage(site, "cp-1", folder)
        site.remove("cp-1", "/var/lib/contract")
