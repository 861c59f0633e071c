"""One component: inputs in, figures out, each with low, expected and high, its formula and its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from sizing.bands import SCENARIOS, Band
from sizing.errors import SizingError
from sizing.expressions import names_in
from sizing.inputs import recognised
from sizing.rules import ComponentRules, FigureRule, Input, PodRule, load_rules
from sizing.scenarios import Given, Run
from sizing.units import same_quantity, unit_of

Fixed = tuple[tuple[str, float], ...]
"""Figures and inputs that somebody has said, by name, instead of having them reckoned."""
SAID = "said, not reckoned"
"""The formula of a figure that is fixed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed figure and where it comes from. `uses` names the inputs and figures its formula starts from."""

    key: str
    band: Band
    unit: str
    formula: str
    source: str
    valid: str
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResolvedInput:
    """An input as it went into the formulas; `given` tells an answer from a default. `value` is text for a word."""

    name: str
    title: str
    unit: str
    value: Band | str
    given: bool
    source: str


NONE = Band.exactly(0)


@dataclass(frozen=True, slots=True)
class PodGroup:
    """Equal pods of a component, ready to be placed; figures of one pod."""

    name: str
    pool: str
    replicas: Band
    cpu_cores: Band
    memory_gib: Band
    disk_gib: Band
    iops: Band
    network_mb_s: Band
    spread: bool
    every_host: bool
    fast: bool
    store: bool
    grain: Band = NONE


@dataclass(frozen=True, slots=True)
class ComponentSize:
    """A component sized: every figure its rules know, the pods it consists of, and their sums."""

    name: str
    title: str
    purpose: str
    edition: str
    inputs: Mapping[str, ResolvedInput]
    figures: Mapping[str, Figure]
    pods: tuple[PodGroup, ...]
    notes: tuple[str, ...]

    def value(self, key: str) -> Band:
        """A figure by its key, in any unit of the same kind: `disk_gb` where the rule says `disk_gib`.

        Raises:
            SizingError: the component has no such figure.
        """
        name, factor = self.named(key)
        return self.figures[name].band.scaled(factor)

    def named(self, key: str) -> tuple[str, float]:
        """The figure that a key stands for, and what to multiply it by for the key's unit.

        Raises:
            SizingError: the component has no such figure.
        """
        also = {alias: rule.key for rule in load_rules().components[self.name].figures.values() for alias in rule.also}
        found = same_quantity(key, (*self.figures, *also))
        if found is None:
            raise SizingError([f"{self.name} has no figure {key!r}; it has: {', '.join(self.figures)}"])
        name, factor = found
        return also.get(name, name), 1 / factor

    def total(self, field: str) -> Band:
        """The sum over all pods of `replicas`, or of a field times the replicas (`cpu_cores`, `memory_gib` ...)."""
        if field == "replicas":
            return Band.total(group.replicas for group in self.pods)
        return Band.total(getattr(group, field).times(group.replicas) for group in self.pods)


def component_rules(name: str) -> ComponentRules:
    """The rules of a component, by its name or another it is known by.

    Raises:
        SizingError: nobody has written rules for it.
    """
    components = load_rules().components
    wanted = name.strip().lower().replace("_", "-")
    for rules in components.values():
        if wanted == rules.name or wanted in rules.also:
            return rules
    raise SizingError([f"no sizing rules for component {name!r}; known: {', '.join(sorted(components))}"])


def component_inputs(name: str) -> tuple[ResolvedInput, ...]:
    """What a component can be told, with titles, units and defaults (`size --component NAME --inputs`).

    Raises:
        SizingError: nobody has written rules for it.
    """
    return tuple(size_component(name, {}).inputs.values())


def size_component(name: str, inputs: Mapping[str, Given], fixed: Fixed = ()) -> ComponentSize:
    """A component alone. Inputs not given, or "unknown", take their defaults, which widen the range.

    What is `fixed` is taken as it is, by the rules' own names and units; what follows from it follows.

    Raises:
        SizingError: unknown component or inputs, or values that make no sense; all problems at once.
    """
    rules = component_rules(name)
    given = {**recognised(rules, inputs), **dict(fixed)}
    runs = _runs(rules, given)
    figures = {key: _figure(rule, runs, key in given) for key, rule in rules.figures.items()}
    resolved = {key: _resolved(rule, runs, key in given) for key, rule in rules.inputs.items()}
    pods = tuple(_pods(rules, pod, runs) for pod in rules.pods)
    notes = _notes(rules, resolved)
    return ComponentSize(rules.name, rules.title, rules.purpose, rules.edition, resolved, figures, pods, notes)


@lru_cache(maxsize=8192)
def component_pods(name: str, inputs: tuple[tuple[str, Given], ...], fixed: Fixed = ()) -> tuple[PodGroup, ...]:
    """The pods of a component alone, for those who ask over and over while machines are sought.

    Raises:
        SizingError: as `size_component`.
    """
    rules = component_rules(name)
    given = {**recognised(rules, dict(inputs)), **dict(fixed)}
    runs = _runs(rules, given)
    return tuple(_pods(rules, pod, runs) for pod in rules.pods)


def _runs(rules: ComponentRules, given: Mapping[str, Given]) -> tuple[Run, ...]:
    """The low, the expected and the high run; refused where inputs contradict each other in any of them."""
    runs = tuple(Run(rules, given, scenario) for scenario in range(len(SCENARIOS)))
    wrong = [why for when, why in rules.refuse if any(run.evaluate(when) for run in runs)]
    if wrong:
        raise SizingError([f"{rules.name}: {why}" for why in wrong])
    return runs


def _band(formula: str, runs: tuple[Run, ...]) -> Band:
    return Band(*(float(run.evaluate(formula)) for run in runs))


def _pods(rules: ComponentRules, pod: PodRule, runs: tuple[Run, ...]) -> PodGroup:
    replicas = _band(pod.replicas, runs).map(math.ceil)
    grain = _band(pod.grain, runs)
    widened = partial(_widened_together, replicas=replicas) if grain.high else _widened
    return PodGroup(
        name=pod.name,
        pool=pod.pool,
        replicas=replicas,
        cpu_cores=widened(_band(pod.cpu_cores, runs), rules.firmness),
        memory_gib=widened(_band(pod.memory_gib, runs), rules.firmness),
        disk_gib=_band(pod.disk_gib, runs),
        iops=_band(pod.iops, runs),
        network_mb_s=_band(pod.network_mb_s, runs),
        spread=pod.spread,
        every_host=pod.every_host,
        fast=pod.fast,
        store=pod.store,
        grain=grain,
    )


def _widened(band: Band, spread: str) -> Band:
    """A range at least as wide as that of its sort: nobody knows a program's need to the digit.

    Narrower ones are widened as well as lone numbers, so that a need never jumps where its formula begins to vary.
    """
    low, _, high = load_rules().spreads[spread]
    return Band(min(band.low, band.expected * low), band.expected, max(band.high, band.expected * high))


def _widened_together(band: Band, spread: str, replicas: Band) -> Band:
    """The same of pods that share a load: what they take together is widened, for each is smaller where there are more.

    Widened one by one, the few pods of the low need would be as small as the many of the expected one, and a need that
    adds pods would take less than before.
    """
    if not replicas.low:
        return _widened(band, spread)
    whole = _widened(band.times(replicas), spread)
    return Band(whole.low / replicas.low, band.expected, whole.high / replicas.high)


def _figure(rule: FigureRule, runs: tuple[Run, ...], said: bool) -> Figure:
    band = Band(*(float(run[rule.key]) for run in runs))
    if said:
        return Figure(rule.key, band, unit_of(rule.key), SAID, SAID, "", ())
    source = load_rules().sources.get(rule.source, rule.source)
    return Figure(rule.key, band, unit_of(rule.key), rule.formula, source, rule.valid, names_in(rule.formula))


def _resolved(entry: Input, runs: tuple[Run, ...], given: bool) -> ResolvedInput:
    values = [run[entry.name] for run in runs]
    value = values[1] if isinstance(values[1], str) else Band(*(float(item) for item in values))
    source = load_rules().sources.get(entry.source, entry.source)
    return ResolvedInput(entry.name, entry.title, unit_of(entry.name), value, given, source)


def _notes(rules: ComponentRules, resolved: Mapping[str, ResolvedInput]) -> tuple[str, ...]:
    notes: list[str] = []
    for entry in rules.inputs.values():
        value = resolved[entry.name].value
        if entry.valid and isinstance(value, Band) and not entry.valid[0] <= value.expected <= entry.valid[1]:
            low, high = entry.valid
            notes.append(f"{entry.name} is {value.expected:g}; the source covers {low:g} to {high:g}")
    return tuple(notes)
