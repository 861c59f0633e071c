"""How many equal machines pods need: a number that only grows with need, whatever order they are placed in.

Placing pods one after the other does not have that property: a larger pod may leave a gap that others fill better. So
machines are counted by sums. Each pod counts as the part that it takes of a machine; in four further sums it counts as
its part rounded to halves, thirds, quarters and fifths (dual feasible functions: no machine holds more than one of
each sum), which tells of pods too large to share a machine. Each sum grows with every pod, so their largest does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sizing.hosts import Room, evenly
from sizing.placement import Alike, Placement, PodSet, lost, place, survives

MACHINES_AT_MOST = 20_000
"""More in one pool is beyond what one cluster, or these rules, can carry."""
PARTS = (1, 2, 3, 4)
"""Into how many parts besides itself a machine is divided: halves, thirds, quarters, fifths."""
SLACK = 1e-9


class Share(NamedTuple):
    """What sets of pods take: sums, in machines; the same once machines are lost; the most copies that are apart.

    `alone` is their sum where no small pods fill what large ones leave: each counts as one of a machine's equal parts.
    `cores` (and `left_cores`) are what they take of full machines, `grain` the largest part that one of those takes
    whose size goes with their number: where a machine cannot take it, less than that is free.
    """

    sums: tuple[float, ...]
    left: tuple[float, ...]
    apart: int
    left_apart: int
    alone: float
    stack: tuple[float, float]
    largest: float
    cores: float
    left_cores: float
    grain: float


NOTHING = Share((0.0,) * (3 + 2 * len(PARTS)), (0.0,) * (3 + 2 * len(PARTS)), 1, 1, 0.0, (0.0, 0.0), 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Machine:
    """What agents leave of a machine: for pods on the whole (cores, GiB, pods), and where it is full (cores, GiB)."""

    calm: tuple[float, float, float]
    full: tuple[float, float]

    @classmethod
    def with_agents(cls, space: Room, part: float, agents: Sequence[PodSet]) -> Machine | None:
        """A machine of which pods take a `part` of the room on the whole; None where its agents leave nothing."""
        cpu, memory = (sum(getattr(entry, name) for entry in agents) for name in ("cpu_cores", "memory_gib"))
        calm = (space.cpu_cores * part - cpu, space.memory_gib * part - memory, space.pods * part - len(agents))
        full = (space.cpu_cores - cpu, space.memory_gib - memory)
        return cls(calm, full) if min(calm) > 0 else None

    def share(self, entry: PodSet, failures: int) -> Share | None:
        """What a set takes of such machines; None where one of its pods is too large for one.

        Copies that share a load become smaller where there are more of them, so that each counts by their sum, and as
        far as it must fit on one machine by the largest that one of them can be.
        """
        cores = max(entry.cpu_cores, entry.grain)
        if cores > self.calm[0] or entry.memory_gib > self.calm[1]:
            return None
        each = [entry.cpu_cores / self.calm[0], entry.memory_gib / self.calm[1], 1 / self.calm[2]]
        for part, whole in ((0.0 if entry.grain else entry.cpu_cores, self.full[0]), (entry.memory_gib, self.full[1])):
            each += [_rounded(part / whole, parts) for parts in PARTS]
        rest = left(entry, failures)
        size = (cores / self.full[0], entry.memory_gib / self.full[1])
        largest = max(*size, each[2])
        taken = entry.cpu_cores / self.full[0]
        return Share(
            sums=tuple(entry.count * one for one in each),
            left=tuple(rest * one for one in each),
            apart=entry.count if entry.spread else 1,
            left_apart=rest if entry.spread else 1,
            alone=entry.count / math.floor(1 / largest),
            stack=size,
            largest=largest,
            cores=entry.count * taken,
            left_cores=rest * taken,
            grain=entry.grain / self.full[0],
        )


def together(shares: Iterable[Share]) -> Share:
    """What several sets take."""
    sums, fewer, apart, left_apart, alone, stack, largest, cores, left_cores, grain = zip(NOTHING, *shares, strict=True)
    first, later = (tuple(map(sum, zip(*each, strict=True))) for each in (sums, fewer))
    stacked = sum(size[0] for size in stack), sum(size[1] for size in stack)
    return Share(first, later, max(apart), max(left_apart), sum(alone), stacked, max(largest),
                 sum(cores), sum(left_cores), max(grain))  # fmt: skip


def needed(share: Share, failures: int, most: float = 1.0, alone: str = "") -> int:
    """The fewest machines that carry that much and go on without `failures` of them; 0: more than there can be.

    `most` is the part of a machine that one pod takes at most. `alone` says how pods are counted that nothing small
    surrounds: in equal "parts" of a machine, or as one "stack" of which each machine has one of every kind.
    """
    if share.largest > most or (alone == "stack" and max(share.stack) > 1):
        return 0
    gaps = 1 - share.grain if share.grain else math.inf
    count = max(share.apart, *(math.ceil(total - SLACK) for total in (*share.sums, share.cores / gaps)))
    if alone == "stack" and count > share.apart:
        return 0
    if alone == "parts":
        count = max(count, math.ceil(share.alone - SLACK))
    if failures:
        rest = (*share.left, share.left_cores / gaps)
        count = max(count, failures + max(share.left_apart, *(math.ceil(total - SLACK) for total in rest)))
    return count if count <= MACHINES_AT_MOST else 0


def left(entry: PodSet, failures: int) -> int:
    """How many pods of a set have to run when machines are lost.

    Of copies that are apart, each lost machine costs one and the others carry on; where all were lost, they start anew.
    """
    return max(entry.count - failures, min(entry.count, failures)) if entry.spread else entry.count


def _rounded(share: float, parts: int) -> float:
    """A pod's part of a machine, rounded down to one of `parts` that are a little larger than they are.

    With one part: over half a machine is a whole, half is a half, less is nothing. `share` is at most 1.
    """
    times = share * (parts + 1)
    whole = math.floor(times)
    return share if times == whole else whole / parts


@dataclass(frozen=True, slots=True)
class Carried:
    """Pods on given machines: where each goes, whether all go on when machines are lost, and room for peaks."""

    placement: Placement
    survives: bool
    calm: bool

    @property
    def good(self) -> bool:
        """Whether the machines do."""
        return self.placement.fits and self.survives and self.calm


def carried(pool: str, sets: Sequence[PodSet], machines: Sequence[Alike], failures: int) -> Carried:
    """Whether machines, as they are, carry the sets and go on without the `failures` fullest of them."""
    placement = place(sets, machines)
    alive = not failures or survives(placement, sets, failures)
    parts = evenly(pool)
    calm = _calm(sets, placement.machines, parts, lambda entry: entry.count)
    if failures:
        rest = lost(placement.machines, failures)[1]
        calm = calm and _calm(sets, rest, parts, lambda entry: left(entry, failures))
    return Carried(placement, alive, calm)


def _calm(sets: Sequence[PodSet], machines: Sequence[Alike], parts: float, count: Callable[[PodSet], int]) -> bool:
    number = sum(alike.count for alike in machines)
    for name in ("cpu_cores", "memory_gib"):
        wanted = sum((number if entry.every_host else count(entry)) * getattr(entry, name) for entry in sets)
        if wanted > parts * sum(alike.count * getattr(alike.room, name) for alike in machines) * (1 + SLACK) + SLACK:
            return False
    return True
