"""How fast a push is, as a ratio to what a careful engineer does by hand in the same run: scp, then sha256sum there."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from practice import Practice

from installer.bundle.manifest import Artifact
from installer.world.carrier import Carrier, Channels, Processes
from installer.world.push import Push
from installer.world.site import Site, silent

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
from registries import CREDENTIAL, PUSH_PORT, Shelf, set_up, take_down
from stages import answers_for, secret

pytestmark = [pytest.mark.bench, pytest.mark.lab]
HOST, MIB, ROUNDS = "cp-1", 1 << 20, 3
SIZES = (104, 94, 83, 74, 73, 70, 44, 27, 15, 8, 4, 2, 1, 1)
"""MiB of blobs like those of the core bundle: 600 MiB together."""


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
            path.write_bytes(noise.randbytes(size * MIB))
            files.append(path)
        return files

    def artifacts(self, number: int) -> list[Artifact]:
        files = self.files(number)
        return [
            self.shelf.artifact(f"bench.internal/p{at}", f"v{number}", self.shelf.put(f)) for at, f in enumerate(files)
        ]

    def push(self, number: int, carrier: Carrier) -> float:
        artifacts = self.artifacts(number)
        push = Push(HOST, lambda _: carrier, CREDENTIAL, self.shelf, self.folder / "uploads", silent)
        return timed(lambda: push.run(artifacts))

    def by_hand(self, number: int) -> float:
        """scp of all files, then their sums there."""
        files = self.files(number)
        self.site.run(HOST, "install", "-d", "-o", self.practice.access.user, "/var/tmp/bench")
        target = f"{self.practice.access.user}@{self.practice.address(HOST)}"

        def carry() -> None:
            scp = ["scp", "-q", *self.practice.ssh_options(), *map(str, files), f"{target}:/var/tmp/bench/"]
            subprocess.run(scp, check=True)
            assert self.practice.ssh(HOST, "cd /var/tmp/bench && sha256sum *").returncode == 0

        return timed(carry)


def timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


@pytest.fixture(scope="module")
def bench(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    shelf, folder = Shelf(), tmp_path_factory.mktemp("bench")
    with Site(answers_for(practice.answers_hosts()), secret, shelf, folder / "state") as site:
        set_up(site, HOST, shelf)
        yield Bench(site, shelf, practice, folder)
        take_down(site, HOST)
        site.remove(HOST, "/var/tmp/bench")


def test_push_against_scp_and_sha256sum(bench: Bench) -> None:
    """Ratios within a round, whose order turns from round to round: else a load that falls flatters who comes last."""

    def by_system_ssh(number: int) -> float:
        with bench.site._carriers.to(HOST, PUSH_PORT, 1 << 30) as carrier:
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
    ratios = {name: [one["by hand"] / one[name] for one in rounds] for name in rounds[0]}
    print(f"\n{sum(SIZES)} MiB, {ROUNDS} rounds; load now {os.getloadavg()[0]:.1f}")
    for name, values in ratios.items():
        shown = " ".join(f"{one[name]:.2f}" for one in rounds)
        print(f"{name:12} seconds {shown}; of by hand: {min(values):.2f} to {max(values):.2f}")
    assert statistics.median(ratios["channels"]) >= 0.6
    assert statistics.median(ratios["system ssh"]) >= 0.7
    assert statistics.median(ratios["unchanged"]) > 50
