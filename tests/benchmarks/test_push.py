"""How fast a push is, as a ratio to what a careful engineer does by hand in the same run: scp, then sha256sum there.

Both begin with a connection that stands; logging in is no part of either.
"""

from __future__ import annotations

import random
import statistics
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from core_manifest import core_manifest
from measured import MB, Measured, Row, timed
from practice import Practice
from registries import CREDENTIAL, PUSH_PORT, Shelf, binary, set_up, take_down
from stages import answers_for, open_site

from installer.bundle.manifest import Artifact
from installer.ports import discarded
from installer.remote.registry.carrier import Carrier, Carriers, Channels, Processes
from installer.remote.registry.push import Push
from installer.remote.world import Site

pytestmark = [pytest.mark.bench, pytest.mark.lab]
HOST, ROUNDS = "cp-1", 3
LARGE = (109, 98, 87, 78, 77, 73, 46, 28, 16, 8, 4, 2, 1)
"""MB of the largest blobs of the core bundle."""
SMALL = len(list(core_manifest().artifacts())) - len(LARGE)
"""As many artifacts more as core has, of 4 kB each."""
SIZES = (*(size * MB for size in LARGE), *(4096,) * SMALL)


@dataclass(frozen=True)
class Bench:
    """Files to carry, as a bundle of one's own has them, to a host with a registry."""

    site: Site
    shelf: Shelf
    practice: Practice
    folder: Path

    def files(self, number: int) -> list[Path]:
        """Fresh bytes for one run, since a registry takes none that it has; already in the page cache."""
        noise, files = random.Random(number), []
        for at, size in enumerate(SIZES):
            path = self.folder / f"{at}"
            path.write_bytes(noise.randbytes(size))
            files.append(path)
        return files

    def artifacts(self, number: int) -> list[Artifact]:
        files = self.files(number)
        return [
            self.shelf.artifact(f"bench.internal/p{at}", f"v{number}", self.shelf.put(f)) for at, f in enumerate(files)
        ]

    def push(self, number: int, carrier: Carrier) -> float:
        artifacts = self.artifacts(number)
        push = Push(HOST, lambda _: carrier, CREDENTIAL, self.shelf, self.folder / "uploads", discarded)
        return timed(lambda: push.run(artifacts))

    def by_hand(self, number: int) -> float:
        """scp of all files, then their sums there, over one connection."""
        files = self.files(number)
        self.site.run(HOST, "install", "-d", "-o", self.practice.access.user, "/var/tmp/bench")
        target = f"{self.practice.access.user}@{self.practice.address(HOST)}"
        shared = ["-o", f"ControlPath={self.folder}/by-hand"]

        def carry() -> None:
            scp = ["scp", "-q", *self.practice.ssh_options(), *shared, *map(str, files), f"{target}:/var/tmp/bench/"]
            subprocess.run(scp, check=True)
            assert self.practice.ssh(HOST, "cd /var/tmp/bench && sha256sum *", *shared).returncode == 0

        self.practice.ssh(HOST, "true", *shared, "-o", "ControlMaster=yes", "-o", "ControlPersist=yes")
        try:
            return timed(carry)
        finally:
            self.practice.ssh(HOST, "true", *shared, "-O", "exit")


@pytest.fixture(scope="module")
def bench(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    shelf, folder = Shelf(), tmp_path_factory.mktemp("bench")
    with open_site(practice, folder / "state", archive=shelf) as site:
        set_up(site, HOST, shelf.put(binary()))
        yield Bench(site, shelf, practice, folder)
        take_down(site, HOST)
        site.remove(HOST, "/var/tmp/bench")


def test_push_against_scp_and_sha256sum(bench: Bench, measured: Measured) -> None:
    """Ratios within a round, whose order turns from round to round: else a load that falls flatters who comes last."""

    def by_system_ssh(number: int) -> float:
        carriers = Carriers(answers_for(bench.practice.answers_hosts()).host, bench.site.link, bench.folder)
        with carriers.to(HOST, PUSH_PORT, 1 << 30) as carrier:
            assert isinstance(carrier, Processes)
            return bench.push(number, carrier)

    ways: list[tuple[str, Callable[[int], float]]] = [
        ("by hand", bench.by_hand),
        ("channels", lambda number: bench.push(number, Channels(bench.site.link(HOST), PUSH_PORT))),
        ("system ssh", by_system_ssh),
    ]
    rounds: list[dict[str, float]] = []
    for turn in range(ROUNDS):
        order = ways[turn % len(ways) :] + ways[: turn % len(ways)]
        seconds = {name: way(10 * turn + at) for at, (name, way) in enumerate(order)}
        pushed = next(10 * turn + at for at, (name, _) in enumerate(order) if name == "channels")
        artifacts = bench.artifacts(pushed)
        push = partial(bench.site.push, HOST, PUSH_PORT, CREDENTIAL, artifacts)
        rounds.append(seconds | {"unchanged": timed(push)})
    carried = f"{sum(SIZES) / MB:.0f} MB in {len(SIZES)} artifacts"
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    speeds = {name: statistics.median(one["by hand"] / one[name] for one in rounds) for name in rounds[0]}
    measured.demand(
        Row(f"{carried} by scp and sha256sum", middle["by hand"], "s"),
        Row("  speed of a push through channels, of that", speeds["channels"], "", least=0.6),
        Row("  speed of a push through the system's ssh, of that", speeds["system ssh"], "", least=0.7),
        Row("  time of a push that has nothing to send, of that", 1 / speeds["unchanged"], "", most=0.02),
    )
