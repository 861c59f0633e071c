"""The whole: needs in, machines per environment out, with every part's figures behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sizing.bands import SCENARIOS, Band
from sizing.components import ComponentSize, Fixed, PodGroup, component_pods, size_component
from sizing.errors import SizingError
from sizing.hosts import of_cluster
from sizing.machines import NO_MACHINES, STORE, Layout, lay_out, share_out
from sizing.needs import Environment, Needs, check
from sizing.placement import PodSet
from sizing.rules import load_rules
from sizing.scenarios import Given
from sizing.standing import Standing, chosen, inputs, standing
from sizing.workload import Extent, Load, answers, loads, redundant_site

MAIN_POOLS = ("worker", "node")
"""Where the product runs; what is on every node is counted there."""

ROUNDS = 30
"""Pods need watching and watching is done by pods; sizes only grow on the way, and settle within a few rounds."""


@dataclass(frozen=True, slots=True)
class Part:
    """A component in an environment, with the load that it bears there; `standing` None: only considered."""

    environment: str
    size: ComponentSize
    load: Load
    standing: Standing | None = "installed"


@dataclass(frozen=True, slots=True)
class Pool:
    """Machines of one kind in an environment, for the low, the expected and the high need.

    `beside` is "" or the pool of which a store has these machines to itself; `apart` is then that store.
    Of the pool itself, `apart` are all its stores that the expected need puts on machines of their own, so that other
    months do the same.
    """

    environment: str
    name: str
    failures_tolerated: int
    low: Layout
    expected: Layout
    high: Layout
    beside: str = ""
    apart: frozenset[str] = frozenset()

    @property
    def home(self) -> str:
        """The pool that its pods belong to: its own, or the one that it stands beside."""
        return self.beside or self.name

    def carries(self, entry: PodSet) -> bool:
        """Whether a set of pods of its home goes on these machines."""
        return entry.every_host or (entry.name in self.apart) == bool(self.beside)

    def band(self, field: str) -> Band:
        """A number of the layouts (`count`, `cpu_cores`, `disk_gib` ...) as a band.

        More need may mean fewer, larger machines; so the least of the three is low and the most is high.
        """
        values = [float(getattr(layout, field)) for layout in (self.low, self.expected, self.high)]
        return Band(min(values), values[1], max(values))


@dataclass(frozen=True, slots=True)
class Sizing:
    """The answer: machines to provide so that the needs are met up to the horizon."""

    needs: Needs
    redundant: bool
    loads: tuple[Load, ...]
    parts: tuple[Part, ...]
    pools: tuple[Pool, ...]
    notes: tuple[str, ...]

    def total(self, field: str, environment: str = "") -> Band:
        """The sum over the pools, of one environment or all, of `count`, `cpu_cores`, `memory_gib`, `disk_gib` ..."""
        chosen = [pool for pool in self.pools if not environment or pool.environment == environment]
        values = [sum(float(getattr(getattr(pool, scenario), field)) for pool in chosen) for scenario in SCENARIOS]
        return Band(min(values), values[1], max(values))

    @property
    def planned(self) -> tuple[Pool, ...]:
        """The pools of which the expected need takes machines."""
        return tuple(pool for pool in self.pools if pool.expected.count)

    def later(self, pool: Pool) -> bool:
        """Whether all that the machines of a pool carry comes later, so that nobody misses them before."""
        coming = {each.size.name for each in self.parts
                  if each.environment == pool.environment and each.standing == "later"}  # fmt: skip
        carried = {name.partition("/")[0] for alike in pool.expected.placement.machines for name, _ in alike.holds}
        return bool(carried) and carried <= coming


def considered(sizing: Sizing, name: str, environment: str = "") -> tuple[Part, ...]:
    """What a component takes in each environment or in one, or would take there; nothing where no need asks for it."""
    needs, found = sizing.needs, []
    for load in sizing.loads:
        here = load.environment
        asked = inputs(needs, load, name, environment) if environment in ("", here.name) else None
        if asked is not None:
            size = size_component(name, asked[1], _fixed(here, name))
            found.append(Part(here.name, size, asked[0], standing(needs, here, name)))
    return tuple(found)


Demand = Mapping[tuple[str, str], tuple[tuple[str, PodGroup], ...]]
"""Pods by environment and pool: the component's name with each group."""


@lru_cache(maxsize=64)
def size(needs: Needs) -> Sizing:
    """The machines for the needs at the end of the planning horizon.

    Raises:
        SizingError: the needs contradict each other, or nothing can carry them.
    """
    check(needs)
    extent = settle(needs, needs.horizon_months)
    wanted = loads(needs, needs.horizon_months, extent)
    parts = tuple(
        Part(load.environment.name, size_component(name, given, fixed), borne, standing(needs, load.environment, name))
        for load in wanted
        for name, borne, given, fixed in _wanted(needs, load)
    )
    notes = [f"{part.environment}: {part.size.name}: {note}" for part in parts for note in part.size.notes]
    return Sizing(
        needs,
        redundant_site(needs),
        wanted,
        parts,
        pools_for(needs, pods_at(needs, needs.horizon_months, extent)),
        tuple(notes),
    )


@lru_cache(maxsize=64)
def settle(needs: Needs, month: float) -> Extent:
    """How many nodes and pods the environments end up with; agents on every node make this feed on itself.

    Raises:
        SizingError: it does not settle.
    """
    names = [environment.name for environment in needs.environments]
    one = dict.fromkeys(
        names, Band.exactly(1)
    )  # of agents it is asked what each machine's take, not how many there are
    extent = Extent(one, dict.fromkeys(names, Band.exactly(0)))
    for _ in range(ROUNDS):
        pods = pods_at(needs, month, extent)
        running = _running(names, pods)
        if running == extent.pods:
            nodes = [pool for pool in pools_for(needs, pods) if of_cluster(pool.name)]
            return Extent(
                {name: Band.total(pool.band("count") for pool in nodes if pool.environment == name) for name in names},
                running,
            )
        extent = Extent(one, running)
    raise SizingError(["the number of machines does not settle; the needs are beyond what these rules describe"])


def _running(names: Sequence[str], pods: Demand) -> dict[str, Band]:
    """How many pods run in each environment's cluster; agents go with the machines and are not counted."""
    found: dict[str, list[Band]] = defaultdict(list)
    for (environment, name), groups in pods.items():
        if of_cluster(name):
            found[environment] += [group.replicas for _, group in groups if not group.every_host]
    return {name: Band.total(found[name]) for name in names}


def _wanted(needs: Needs, load: Load) -> Iterator[tuple[str, Load, dict[str, Given], Fixed]]:
    """What stands in an environment or comes later: its name, the load it bears, its inputs, what of it is fixed."""
    for name in load_rules().components:
        if standing(needs, load.environment, name) is None:
            continue
        found = inputs(needs, load, name)
        if found is not None:
            yield name, *found, _fixed(load.environment, name)


def _fixed(environment: Environment, name: str) -> Fixed:
    said = chosen(environment, name)
    return said.fixed if said else ()


def pods_at(needs: Needs, month: float, extent: Extent) -> Demand:
    """All pods of a month, by the machines that are to carry them.

    An environment without redundancy has one kind of node. Agents are on every node of the cluster.
    """
    found = _pods(needs, loads(needs, month, extent))
    for (environment, pool), groups in found.items():
        if of_cluster(pool) and pool not in MAIN_POOLS:
            mains = [entry for main in MAIN_POOLS for entry in found.get((environment, main), ())]
            groups += [(name, group) for name, group in mains if group.every_host]
    return {key: tuple(groups) for key, groups in found.items()}


def _pods(needs: Needs, wanted: tuple[Load, ...]) -> dict[tuple[str, str], list[tuple[str, PodGroup]]]:
    found: dict[tuple[str, str], list[tuple[str, PodGroup]]] = defaultdict(list)
    for load in wanted:
        for name, _, given, fixed in _wanted(needs, load):
            for group in component_pods(name, tuple(given.items()), fixed):
                pool = group.pool
                if not load.redundant and pool in {"control-plane", "worker"}:
                    pool = "node"
                found[load.environment.name, pool].append((name, group))
    return dict(found)


def pools_for(needs: Needs, pods: Demand) -> tuple[Pool, ...]:
    """The machines for the pods.

    Raises:
        SizingError: no shape carries them.
    """
    failures = round(answers(needs)["host_failures_tolerated"].expected)
    redundant = {entry.name for entry in needs.environments if entry.redundant and redundant_site(needs)}
    pools = []
    for (environment, name), groups in pods.items():
        tolerated = failures if environment in redundant and name in {"control-plane", "worker"} else 0
        sets = [sets_of(groups, scenario) for scenario in SCENARIOS]
        if name not in MAIN_POOLS:
            layouts = [lay_out(name, each, tolerated) for each in sets]
            pools.append(Pool(environment, name, tolerated, layouts[0], layouts[1], layouts[2]))
            continue
        shared = [share_out(name, each, tolerated) for each in sets]
        for store in sorted({store for each in shared for store in each}):
            low, expected, high = (each.get(store, NO_MACHINES) for each in shared)
            kind = store_pool(store) if store else name
            apart = frozenset({store} if store else shared[1]) - {""}
            pools.append(Pool(environment, kind, tolerated, low, expected, high, name if store else "", apart))
    return tuple(pools)


def store_pool(store: str) -> str:
    """What the machines of a store are called: those of "elasticsearch/data" are "elasticsearch-store"."""
    return f"{store.partition('/')[0]}-{STORE}"


def sets_of(groups: tuple[tuple[str, PodGroup], ...], scenario: str) -> tuple[PodSet, ...]:
    """The pods of one scenario, as they are placed."""
    return tuple(
        PodSet(
            name=f"{component}/{group.name}",
            count=1 if group.every_host else round(group.replicas.at(scenario)),
            cpu_cores=group.cpu_cores.at(scenario),
            memory_gib=group.memory_gib.at(scenario),
            disk_gib=group.disk_gib.at(scenario),
            iops=group.iops.at(scenario),
            network_mb_s=group.network_mb_s.at(scenario),
            spread=group.spread,
            every_host=group.every_host,
            fast=group.fast,
            store=group.store,
            grain=group.grain.at(scenario),
        )
        for component, group in groups
        if group.replicas.at(scenario) > 0
    )
