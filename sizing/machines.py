"""From pods to machines: the lightest shape on which everything fits and goes on when machines are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from sizing.errors import SizingError
from sizing.hosts import (
    Shape,
    apart_from_gib,
    data_disk_gib,
    data_watermark,
    evenly,
    network_gbit_s,
    room,
    rounded_disk_gib,
    shapes,
    share_of_one,
    system_disk_gib,
    weight,
)
from sizing.packing import MACHINES_AT_MOST, Machine, Share, left, needed, together
from sizing.placement import Alike, Placement, PodSet, fleet, free_after_loss, place, placements, survives

STORE = "store"
"""The kind of machines that stores have to themselves."""
APART: Mapping[str, str] = {STORE: "parts", "build": "parts", "control-plane": "stack"}
"""How pods are counted on machines where nothing small fills the gaps between large ones (`packing.needed`)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Equal machines and what each must have. Disks are those of the fullest machine, so that all can be alike."""

    shape: Shape
    count: int
    system_disk_gib: float
    data_disk_gib: float
    fast_disk_gib: float
    iops: float
    network_gbit_s: float
    placement: Placement
    cpu_free_after_loss: float
    memory_free_after_loss: float

    def held(self, name: str) -> int:
        """How many pods of a set these machines carry."""
        return sum(alike.count * dict(alike.holds).get(name, 0) for alike in self.placement.machines)

    @property
    def cpu_cores(self) -> float:
        """Of all machines together."""
        return self.count * self.shape.cpu_cores

    @property
    def memory_gib(self) -> float:
        """Of all machines together."""
        return self.count * self.shape.memory_gib

    @property
    def disk_gib(self) -> float:
        """What all volumes together need, below the watermark."""
        return sum(alike.count * alike.volumes_gib for alike in self.placement.machines) / data_watermark()

    @property
    def disk_to_order_gib(self) -> float:
        """Of all disks of all machines together, each as large as the fullest needs."""
        return self.count * (self.system_disk_gib + self.data_disk_gib + self.fast_disk_gib)


@lru_cache(maxsize=2048)
def lay_out(pool: str, sets: tuple[PodSet, ...], failures: int) -> Layout:
    """The lightest machines, and of those the fewest, that carry the sets and survive the loss of `failures` of them.

    Raises:
        SizingError: no shape carries them.
    """
    table = _table(pool, sets, failures)
    names = [BASE, *(entry.name for entry in sets if entry.store)]
    best: Layout | None = None
    for found in sorted(_reckoned(pool, table, names, failures)):
        if best and found.weighs >= _weighs(best):
            break
        layout = _laid_out(pool, found, sets, failures)
        if best is None or _weighs(layout) < _weighs(best):
            best = layout
    if best is None:
        raise _none_carries(pool, sets)
    return best


@lru_cache(maxsize=2048)
def share_out(pool: str, sets: tuple[PodSet, ...], failures: int) -> Mapping[str, Layout]:
    """The machines of a pool, and by their name those of stores that have some to themselves, where that is lighter.

    What is lighter as reckoned is placed first, and what cannot be lighter than what has been placed, not at all. A
    store that keeps much always has machines of its own, so that not all others get disks like its own. Which others
    have is tried out: whatever is chosen weighs more with more need, and so does the lightest choice.

    Raises:
        SizingError: no shapes carry them.
    """
    table = _table(pool, sets, failures)
    stores = sorted(entry.name for entry in sets if entry.store)
    apart_table = _table(STORE, [entry for entry in sets if entry.store or entry.every_host], failures)
    own = {
        name: found for name in stores if (found := min(_reckoned(STORE, apart_table, [name], failures), default=None))
    }
    large = {entry.name for entry in sets if entry.name in own and entry.count * entry.disk_gib > apart_from_gib()}
    candidates = []
    for number in range(len(large), len(own) + 1):
        for apart in (each for each in combinations(own, number) if large <= set(each)):
            names = [BASE, *(name for name in stores if name not in apart)]
            beside = sum(own[name].weighs for name in apart), sum(own[name].count for name in apart)
            for found in _reckoned(pool, table, names, failures):
                weighs = round(found.weighs + beside[0], 6)
                candidates.append((weighs, found.count + beside[1], apart, found, beside[0]))
    best: tuple[float, Layout, tuple[str, ...]] | None = None
    for weighs, _, apart, found, others in sorted(candidates):
        if best and weighs >= best[0]:
            break
        layout = _laid_out(pool, found, tuple(entry for entry in sets if entry.name not in apart), failures)
        if best is None or _weighs(layout) + others < best[0]:
            best = _weighs(layout) + others, layout, apart
    if best is None:
        raise _none_carries(pool, sets)
    laid = {"": best[1]}
    for name in best[2]:
        mine = tuple(entry for entry in sets if entry.name == name or entry.every_host)
        laid[name] = _laid_out(STORE, own[name], mine, failures)
    return laid


@dataclass(frozen=True, slots=True, order=True)
class _Reckoned:
    """Machines of one shape as they are reckoned before anything is placed: the lightest, then the fewest, first."""

    weighs: float
    count: int
    shape: Shape


BASE = ""
"""In a table, what all sets take together that are no stores."""
Table = Mapping[Shape, Mapping[str, Share]]


def _table(pool: str, sets: Sequence[PodSet], failures: int) -> Table:
    """What each store takes of machines of each shape, and all else together, without what is too large for a shape."""
    agents = [entry for entry in sets if entry.every_host]
    stores = [entry for entry in sets if entry.store]
    others = [entry for entry in sets if not entry.every_host and not entry.store]
    found: dict[Shape, dict[str, Share]] = {}
    for shape in shapes(pool):
        machine = Machine.with_agents(room(shape, pool), evenly(pool), agents)
        if machine is None:
            continue
        taken = {entry.name: machine.share(entry, failures) for entry in stores}
        found[shape] = {name: share for name, share in taken.items() if share}
        base = [machine.share(entry, failures) for entry in others]
        if all(base):
            found[shape][BASE] = together(share for share in base if share)
    return found


def _reckoned(pool: str, table: Table, names: Iterable[str], failures: int) -> Iterator[_Reckoned]:
    """The machines that it takes of each shape that carries the sets."""
    wanted = list(names)
    for shape in shapes(pool):
        shares = table.get(shape, {})
        if all(name in shares for name in wanted):
            taken = together(shares[name] for name in wanted)
            count = needed(taken, failures, share_of_one(pool), APART.get(pool, ""))
            if count:
                yield _Reckoned(round(count * weight(shape), 6), count, shape)


def _weighs(layout: Layout) -> float:
    return round(layout.count * weight(layout.shape), 6)


def _none_carries(pool: str, sets: Sequence[PodSet]) -> SizingError:
    largest = max(sets, key=lambda entry: max(entry.cpu_cores, entry.memory_gib / 4))
    return SizingError(
        [
            f"no machine carries the pods of {pool}, of which {largest.name} asks most: {largest.count} x "
            f"{largest.cpu_cores:.4g} cores, {largest.memory_gib:.4g} GiB"
        ]
    )


def _laid_out(pool: str, found: _Reckoned, sets: tuple[PodSet, ...], failures: int) -> Layout:
    count, placement = _fewest(pool, found.shape, sets, failures, found.count)
    return layout_of(pool, found.shape, count, placement, sets, failures)


def _fewest(pool: str, shape: Shape, sets: Sequence[PodSet], failures: int, least: int) -> tuple[int, Placement]:
    """As many machines as were reckoned, and more where placing one pod after the other finds no place for some."""
    step, low, high = 1, least, least
    found = _try(pool, shape, sets, failures, high)
    while found is None:
        if high >= MACHINES_AT_MOST * 2:
            raise SizingError([f"no {MACHINES_AT_MOST} machines carry the pods of {pool}"])
        low, high, step = high + 1, high + step, step * 2
        found = _try(pool, shape, sets, failures, high)
    while low < high:
        middle = (low + high) // 2
        fewer = _try(pool, shape, sets, failures, middle)
        if fewer is None:
            low = middle + 1
        else:
            high, found = middle, fewer
    return high, found


def _try(pool: str, shape: Shape, sets: Sequence[PodSet], failures: int, count: int) -> Placement | None:
    """The first placement that carries the sets and goes on when machines are lost."""
    space = room(shape, pool)
    for placement in _ways(sets, lambda number: fleet(_name(shape), number, space), failures, count):
        if placement.fits and (not failures or survives(placement, sets, failures)):
            return placement
    return None


def _ways(sets: Sequence[PodSet], machines: Callable[[int], Alike], failures: int, count: int) -> Iterator[Placement]:
    """Ways to place the sets on so many machines: on all of them, or with as many to spare as may be lost."""
    yield from placements(sets, [machines(count)])
    if 0 < failures < count:
        running = [replace(entry, count=left(entry, failures)) for entry in sets if not entry.every_host]
        agents = [entry for entry in sets if entry.every_host]
        more = [replace(entry, count=entry.count - left(entry, failures)) for entry in sets if not entry.every_host]
        for placement in placements([*agents, *running], [machines(count - failures)]):
            if placement.fits:
                spare = place(agents, [machines(failures)]).machines
                yield place([entry for entry in more if entry.count], [*placement.machines, *spare])


def _name(shape: Shape) -> str:
    return f"{shape.cpu_cores:g} cores, {shape.memory_gib:g} GiB"


NO_MACHINES = Layout(Shape(0.0, 0.0), 0, 0.0, 0.0, 0.0, 0.0, 0.0, Placement((), ()), 0.0, 0.0)
"""Where a need takes none of a kind."""


def layout_of(
    pool: str, shape: Shape, count: int, placement: Placement, sets: Sequence[PodSet], failures: int
) -> Layout:
    """A placement as machines to order, with the disks, IOPS and link that the fullest machine needs."""
    each = [per_machine(alike, sets) for alike in placement.machines]
    pods = max(sum(number for _, number in alike.holds) for alike in placement.machines)
    free = free_after_loss(placement, sets, failures)
    return Layout(
        shape=shape,
        count=count,
        system_disk_gib=system_disk_gib(pool, pods),
        data_disk_gib=data_disk_gib(max(volumes for volumes, _, _, _ in each)),
        fast_disk_gib=rounded_disk_gib(max(fast for _, fast, _, _ in each)),
        iops=max(iops for _, _, iops, _ in each),
        network_gbit_s=network_gbit_s(max(traffic for _, _, _, traffic in each)),
        placement=placement,
        cpu_free_after_loss=free[0],
        memory_free_after_loss=free[1],
    )


def per_machine(alike: Alike, sets: Sequence[PodSet]) -> tuple[float, float, float, float]:
    """Volumes, fast volumes, IOPS and traffic of one of these machines."""
    by_name = {entry.name: entry for entry in sets}
    volumes = fast = iops = traffic = 0.0
    for name, number in alike.holds:
        entry = by_name[name]
        if entry.fast:
            fast += number * entry.disk_gib
        else:
            volumes += number * entry.disk_gib
        iops += number * entry.iops
        traffic += number * entry.network_mb_s
    return volumes, fast, iops, traffic
