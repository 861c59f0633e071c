"""From needs to each component's inputs: the unknown is estimated, growth applied, load shared by environments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from sizing.bands import SCENARIOS, Band
from sizing.expressions import evaluator
from sizing.needs import (
    LOSS_OF_ONE_COPY_HOURS,
    NUMERIC,
    OUTAGE_OF_ONE_COPY_HOURS,
    Environment,
    Needs,
    known,
)
from sizing.rules import ComponentRules, load_rules
from sizing.scenarios import Given

GROWING = ("users", "users_at_once", "requests_per_second", "log_gb_per_day")
"""What grows by `growth_percent_per_year`; data grows by `data_growth_gib_per_month`."""

SHARED = (*GROWING, "data_gib")
"""What an environment bears `load_percent` of."""

PODS_OF_A_NODE = 36
"""On the nodes that published rules by node have in mind (OKD's Prometheus table: 3600 pods on 100)."""

SITE = {
    "site_usual_nodes": ("usual_nodes",),
    "site_data_gib": ("data_gib",),
    "site_trace_gb_per_day": ("trace_gb_per_day",),
    "site_log_gb_per_day": ("log_gb_per_day", "platform_log_gb_per_day"),
    "site_nodes": ("nodes",),
    "site_pods": ("pods",),
    "site_spans_per_second": ("spans_per_second",),
}
"""Totals over all environments, and what they are the sums of."""

WHOLE = {
    "nodes": "site_nodes",
    "usual_nodes": "site_usual_nodes",
    "pods": "site_pods",
    "spans_per_second": "site_spans_per_second",
}
"""What watchers of an environment go by, and the totals for those that watch all environments."""


@dataclass(frozen=True)
class Load:
    """What one environment must bear in some month: quantities by name, each low, expected and high."""

    environment: Environment
    quantities: Mapping[str, Band]
    redundant: bool

    @cached_property
    def runs(self) -> tuple[Callable[[str], Any], ...]:
        """What evaluates formulas of the quantities: the low, the expected and the high run."""
        return tuple(
            evaluator(
                {**{name: band.at(scenario) for name, band in self.quantities.items()}, "redundant": self.redundant}, {}
            )
            for scenario in SCENARIOS
        )


@cache
def redundant_site(needs: Needs) -> bool:
    """Whether the product must survive a broken machine. Who does not know is taken for what most answer."""
    failures = known(needs.host_failures_tolerated)
    if failures is not None:
        return failures > 0
    outage, loss = (
        _default(name) if known(getattr(needs, name)) is None else float(getattr(needs, name))
        for name in ("outage_hours", "data_loss_hours")
    )
    return outage <= OUTAGE_OF_ONE_COPY_HOURS or loss < LOSS_OF_ONE_COPY_HOURS


class _Answers(Mapping[str, Any]):
    """The answers of one scenario; what is unknown follows from the rules' `unknown` formulas."""

    def __init__(self, needs: Needs, scenario: int) -> None:
        self._needs, self._scenario = needs, scenario
        self._evaluate = evaluator(self, {})
        self._known: dict[str, Any] = {"redundant_site": redundant_site(needs)}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Any:
        if name in NUMERIC:
            number = known(getattr(self._needs, name))
            if number is not None:
                return number
        rules = load_rules()
        if name in rules.constants:
            return rules.constants[name][self._scenario]
        return self._evaluate(rules.unknown[name][self._scenario]) if name in rules.unknown else _default(name)

    def __iter__(self) -> Iterator[str]:
        return iter(NUMERIC)

    def __len__(self) -> int:
        return len(NUMERIC)


def _default(name: str) -> float:
    """Unknown to a question without an estimate of its own: the default of the question."""
    if name not in NUMERIC:
        raise KeyError(name)
    return float(getattr(Needs(), name))


@cache
def answers(needs: Needs) -> Mapping[str, Band]:
    """Every numeric need, the unknown ones estimated."""
    runs = [_Answers(needs, scenario) for scenario in range(len(SCENARIOS))]
    return {name: Band(*(float(run[name]) for run in runs)) for name in NUMERIC}


@dataclass(frozen=True, slots=True)
class Extent:
    """How large the environments turned out so far: machines, and pods without agents.

    Rules by node go by the pods, as nodes of 36: a few large machines carry as much as many small ones.
    """

    nodes: Mapping[str, Band]
    pods: Mapping[str, Band]


def loads(needs: Needs, month: float, extent: Extent) -> tuple[Load, ...]:
    """What each environment bears in a month, counted from the first day, with the site's totals in each."""
    here = [_load(needs, environment, month, extent) for environment in needs.environments]
    site = {
        total: Band.total(load.quantities[name] for load in here for name in names) for total, names in SITE.items()
    }
    site["site_environments"] = Band.exactly(len(here))
    return tuple(Load(load.environment, {**load.quantities, **site}, load.redundant) for load in here)


def _load(needs: Needs, environment: Environment, month: float, extent: Extent) -> Load:
    base = dict(answers(needs))
    growth = (1 + base["growth_percent_per_year"].expected / 100) ** (month / 12)
    for name in GROWING:
        base[name] = base[name].scaled(growth)
    base["data_gib"] = Band.total((base["data_gib"], base["data_growth_gib_per_month"].scaled(month)))
    for name in SHARED:
        base[name] = base[name].scaled(environment.load_percent / 100)
    redundant = environment.redundant and redundant_site(needs)
    base["service_replicas_here"] = base["service_replicas"] if redundant else Band.exactly(1)
    base["nodes"] = extent.nodes[environment.name]
    base["usual_nodes"] = extent.pods[environment.name].scaled(1 / PODS_OF_A_NODE).map(lambda nodes: max(1.0, nodes))
    base["pods"] = extent.pods[environment.name]
    rules = load_rules()
    base.update({name: Band(*values) for name, values in rules.constants.items()})
    names = [
        {**{key: band.at(scenario) for key, band in base.items()}, "redundant": redundant} for scenario in SCENARIOS
    ]
    runs = [evaluator(run, {}) for run in names]
    for name, formula in rules.quantities.items():
        values = [float(run(formula)) for run in runs]
        for run, value in zip(names, values, strict=True):
            run[name] = value
        base[name] = Band(*values)
    return Load(environment, base, redundant)


def inputs_for(rules: ComponentRules, load: Load, *, asked: bool = False) -> dict[str, Given] | None:
    """The inputs of a component in an environment; None where it is not needed there, and not `asked` for either."""
    if rules.use is None:
        return None
    if not asked and not load.runs[1](rules.use.when):
        return None
    inputs: dict[str, Given] = {}
    for name, formula in rules.use.inputs.items():
        values = [run(formula) for run in load.runs]
        inputs[name] = values[1] if isinstance(values[1], bool | str) else Band(*(float(value) for value in values))
    return inputs
