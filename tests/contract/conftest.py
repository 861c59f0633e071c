"""The worlds that the port's contract is tried on, simulated and real; an adapter joins by a parameter of `stage`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from apiserver import CLUSTER, HOST, start_api, stop_api
from core_manifest import core_manifest
from practice import Practice
from registries import Shelf, binary, set_up, take_down
from simulation import machines_of, with_cluster
from stages import Stage, Wares, open_site

from installer.ports import Output
from installer.remote.world import Site
from installer.simulated.state import Ended
from installer.simulated.world import SimulatedWorld

OTHER = "node-1"
ENDED = """systemd-run --quiet --remain-after-exit --unit="$1" sh -c "exit $2"
until systemctl show --property=SubState --value "$1" | grep -qE 'exited|failed'; do sleep 0.1; done"""


def wares_of(shelf: Shelf, program: bytes | None) -> Wares:
    """`program` is the registry's, None for the real one."""
    noise = random.Random(1)
    shared, own, third, fourth = (shelf.put(noise.randbytes(size << 10)) for size in (300, 70, 40, 40))
    wares = Wares(
        shelf.artifact("files.internal/registry", "v1", shelf.put(program or binary())),
        shelf.artifact("registry.k8s.io/a", "v1", shared, own),
        shelf.artifact("example.org/b/c", "v2", shared),
        shelf.artifact("example.org/never", "v1", own),
        shelf.artifact("example.org/altered-layer", "v1", third),
        shelf.artifact("example.org/altered-manifest", "v1", fourth),
    )
    shelf.alter(third)
    shelf.alter(wares.altered_manifest.manifest)
    return wares


def simulated() -> Stage:
    shelf = Shelf()
    wares = wares_of(shelf, b"\x7fELF")
    core = core_manifest()
    manifest = replace(core, components=(*core.components, shelf.component))
    world = SimulatedWorld(machines_of("rehearsal"), manifest)
    world.site.altered = {wares.altered_layer.file.digest, wares.altered_manifest.manifest.digest}
    # Scripts of the suite's own: the simulated world knows none that it was not taught.
    world.site.scripts |= {
        "cat; echo trouble >&2; exit 7": lambda call: Output(7, call.stdin.decode(), "trouble\n"),
        "echo out; echo err >&2; exit 3": lambda _: Output(3, "out\n", "err\n"),
    }

    def end_unseen(unit: str, code: int) -> None:
        world.site.hosts[HOST].ended[f"{unit}.service"] = Ended(Output(code, "", ""))

    address = world.site.hosts[HOST].machine.address
    start = partial(with_cluster, world, HOST, CLUSTER)
    return Stage(world, wares, HOST, address, OTHER, "", end_unseen, world.site.sent.total, start, lambda: None)


def real(site: Site, practice: Practice, shelf: Shelf, wares: Wares) -> Stage:
    def end_unseen(unit: str, code: int) -> None:
        assert site.run(HOST, "sh", "-c", ENDED, "end", unit, str(code)).ok

    start, stop = partial(start_api, site, shelf), partial(stop_api, site)
    return Stage(site, wares, HOST, practice.address(HOST), OTHER, "", end_unseen, shelf.opened.total, start, stop)


@pytest.fixture(scope="module", params=["simulated", pytest.param("site", marks=pytest.mark.lab)])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = f"/var/lib/contract/{request.module.__name__}"
    if request.param == "simulated":
        made = replace(simulated(), folder=folder)
        made.world.make_directory(HOST, folder)
        yield made
        return
    practice: Practice = request.getfixturevalue("practice")
    shelf = Shelf()
    wares = wares_of(shelf, None)
    with open_site(practice, tmp_path_factory.mktemp("state"), archive=shelf) as site:
        site.make_directory(HOST, folder)
        yield replace(real(site, practice, shelf, wares), folder=folder)
        site.remove(HOST, "/var/lib/contract")


@pytest.fixture(scope="module")
def registry(stage: Stage) -> Iterator[Stage]:
    """The stage with a site registry on its host, open for writing."""
    set_up(stage.world, stage.host, stage.wares.registry.file)
    yield stage
    take_down(stage.world, stage.host)


@pytest.fixture(scope="module")
def cluster(stage: Stage) -> Iterator[Stage]:
    """The stage with an API server on its host, for the environment "production"."""
    stage.start_cluster()
    yield stage
    stage.stop_cluster()
