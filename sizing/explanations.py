"""From a figure back to its inputs, its formula and its source, down to what the customer answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sizing.bands import Band
from sizing.components import ComponentSize, PodGroup, component_rules
from sizing.engine import Pool, Sizing, pods_at, settle
from sizing.errors import SizingError
from sizing.expressions import names_in
from sizing.machines import Layout
from sizing.needs import NUMERIC, known, questions
from sizing.rules import load_rules
from sizing.units import unit_of
from sizing.workload import GROWING, SHARED, SITE, Load, answers

TOTALS = ("count", "cpu_cores", "memory_gib", "disk_gib", "disk_to_order_gib")

POOL_FIGURES = {name for name in Layout.__dataclass_fields__ if name not in {"shape", "placement"}} | set(TOTALS)
"""What can be explained of machines of one kind."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure with what it comes from: `because` is a formula or the reason in words; `source` where that is from."""

    name: str
    value: Band | str
    unit: str
    because: str
    source: str = ""
    valid: str = ""
    parts: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Equal pods of a component on machines of one kind; `copies` counts them."""

    component: str
    group: PodGroup
    copies: Band

    def total(self, field: str) -> Band:
        """A figure of one pod (`cpu_cores`, `memory_gib` ...) over all copies; their count where a pod has none."""
        return getattr(self.group, field).times(self.copies) if hasattr(self.group, field) else self.copies


def shares(sizing: Sizing, pool: Pool) -> tuple[Share, ...]:
    """What runs on machines of one kind."""
    months = sizing.needs.horizon_months
    groups = pods_at(sizing.needs, months, settle(sizing.needs, months))[pool.environment, pool.home]
    layouts = (pool.low, pool.expected, pool.high)
    found = (Share(name, group, Band(*(layout.held(f"{name}/{group.name}") for layout in layouts)))
             for name, group in groups)  # fmt: skip
    # A store can be apart from the others for the high need alone, and then the high need has none of it here.
    return tuple(share for share in found if share.copies != Band.exactly(0))


def explain(sizing: Sizing, figure: str) -> Explanation:
    """The tree behind a figure of a sizing.

    A figure is `component.key`, `pool.key` or `total.key`, in one environment with `environment/` before it:
    "elasticsearch.disk_gb", "pre-release/worker.count", "total.memory_gib".

    Raises:
        SizingError: there is no such figure.
    """
    environment, _, rest = figure.rpartition("/")
    subject, dot, key = rest.partition(".")
    if not dot:
        raise SizingError([f"{figure!r} is no figure; wanted component.key, pool.key or total.key"])
    if subject == "total" and key in TOTALS:
        return _total(sizing, environment, key)
    pools = [pool for pool in sizing.pools if pool.name == subject and environment in {"", pool.environment}]
    if pools and key in POOL_FIGURES:
        return _pool(sizing, pools[0], key)
    parts = [part for part in sizing.parts if part.size.name == subject and environment in {"", part.environment}]
    if parts:
        return _figure(parts[0].size, key, sizing, parts[0].load)
    if pools:
        raise SizingError([f"{subject} has no {key!r}; it has: {', '.join(sorted(POOL_FIGURES))}"])
    subjects = sorted({part.size.name for part in sizing.parts} | {pool.name for pool in sizing.pools})
    raise SizingError([f"nothing named {subject!r} is sized here; there are: total, {', '.join(subjects)}"])


def explain_component(size: ComponentSize, key: str) -> Explanation:
    """The tree behind a figure of a component alone.

    Raises:
        SizingError: it has no such figure.
    """
    return _figure(size, key, None, None)


def _figure(size: ComponentSize, key: str, sizing: Sizing | None, load: Load | None) -> Explanation:
    if key in {"replicas", "cpu_cores", "memory_gib", "disk_gib"} and key not in size.figures and size.pods:
        return _pods(size, key, sizing, load)
    name, factor = size.named(key)
    inner = _rule(size, name, sizing, load)
    if factor == 1:
        return inner
    return Explanation(key, size.value(key), unit_of(key), f"{name} in other units", parts=(inner,))


def _rule(size: ComponentSize, name: str, sizing: Sizing | None, load: Load | None) -> Explanation:
    """A figure, input or constant of the component, by its own name."""
    rules = component_rules(size.name)
    if name in size.figures:
        figure = size.figures[name]
        parts = tuple(_rule(size, used, sizing, load) for used in figure.uses)
        return Explanation(name, figure.band, figure.unit, figure.formula, figure.source, figure.valid, parts)
    if name in size.inputs:
        given = size.inputs[name]
        if given.given and sizing and load and rules.use and name in rules.use.inputs:
            formula = rules.use.inputs[name]
            parts = tuple(_quantity(used, sizing, load) for used in names_in(formula))
            return Explanation(name, given.value, given.unit, formula, parts=parts)
        default = rules.inputs[name].scenarios[1]
        because = "given" if given.given else f"default: {default}"
        derived = isinstance(default, str) and not given.given and default not in rules.inputs[name].choices
        parts = tuple(_rule(size, used, sizing, load) for used in names_in(str(default))) if derived else ()
        return Explanation(name, given.value, given.unit, because, given.source, parts=parts)
    low, expected, high = rules.constants[name]
    if isinstance(expected, str):
        parts = tuple(_rule(size, used, sizing, load) for used in names_in(expected))
        return Explanation(name, "", unit_of(name), expected, parts=parts)
    return Explanation(name, Band(float(low), float(expected), float(high)), unit_of(name), "constant of the rules")


def _pods(size: ComponentSize, key: str, sizing: Sizing | None, load: Load | None) -> Explanation:
    """The sum over a component's pods, each with the figures its size comes from."""
    rules = {pod.name: pod for pod in component_rules(size.name).pods}
    parts = []
    for group in size.pods:
        total = group.replicas if key == "replicas" else getattr(group, key).times(group.replicas)
        formula = rules[group.name].replicas
        used = names_in(formula)
        if key != "replicas":
            used = tuple(dict.fromkeys((*used, *names_in(getattr(rules[group.name], key)))))
            formula = f"({formula}) x ({getattr(rules[group.name], key)})"
        inner = tuple(_rule(size, name, sizing, load) for name in used)
        parts.append(Explanation(f"{group.name} {key}", total, unit_of(key), formula, parts=inner))
    return Explanation(f"{size.name} {key}", size.total(key), unit_of(key), "sum of its pods", parts=tuple(parts))


def _quantity(name: str, sizing: Sizing, load: Load) -> Explanation:
    """Something the workload says: an answer, an estimate for an unknown one, or what follows from them."""
    rules = load_rules()
    if name == "redundant":
        return Explanation(name, "yes" if load.redundant else "no", "", "outage_hours, data_loss_hours and environment")
    band = load.quantities[name]
    if name in rules.quantities:
        formula = rules.quantities[name]
        parts = tuple(_quantity(used, sizing, load) for used in names_in(formula))
        return Explanation(name, band, unit_of(name), formula, parts=parts)
    if name in NUMERIC:
        return _answer(name, sizing, load)
    if name in rules.constants:
        return Explanation(name, band, unit_of(name), "constant of the rules", rules.sources["assumed"])
    sums = [(other, entry) for other in sizing.loads for entry in SITE.get(name, ())]
    parts = tuple(
        replace(_quantity(entry, sizing, other), name=f"{entry} of {other.environment.name}") for other, entry in sums
    )
    meaning = "sum over all environments" if name.startswith("site_") else "from the machines and pods of this sizing"
    return Explanation(name, band, unit_of(name), meaning, parts=parts)


def _answer(name: str, sizing: Sizing, load: Load) -> Explanation:
    """An answer of the customer, grown to the horizon and shared out to the environment."""
    title = next(question.title for question in questions() if question.name == name)
    first = answers(sizing.needs)[name]
    because = f"answered: {title}"
    source = ""
    if known(getattr(sizing.needs, name)) is None:
        formulas = load_rules().unknown.get(name)
        because = f"unknown ({title}); estimated as {formulas[1] if formulas else first.expected}"
        source = load_rules().sources["assumed"]
    if name in GROWING:
        because += f"; {first.expected:.4g} today, grown over {sizing.needs.horizon_months} months"
    if name in SHARED and load.environment.load_percent != 100:
        because += f"; {load.environment.load_percent:g} % of it here"
    return Explanation(name, load.quantities[name], unit_of(name), because, source)


def _pool(sizing: Sizing, pool: Pool, key: str) -> Explanation:
    field = "cpu_cores" if key == "count" else key
    parts = []
    for share in shares(sizing, pool):
        group, copies, value = share.group, share.copies, share.total(field)
        apart = ", no two on one machine" if group.spread and copies.expected > 1 else ""
        meaning = "on every machine" if group.every_host else f"{copies.expected:g} of them{apart}"
        parts.append((value.expected, Explanation(f"{share.component}: {group.name}", value, unit_of(field), meaning)))
    parts.sort(key=lambda entry: -entry[0])
    shape = pool.expected.shape
    loss = f" and go on after the loss of {pool.failures_tolerated}" if pool.failures_tolerated else ""
    because = f"the least machine that these fit on{loss}: {shape.cpu_cores:g} cores and {shape.memory_gib:g} GiB each"
    name = f"{pool.environment}/{pool.name}.{key}"
    return Explanation(name, pool.band(key), unit_of(key), because, parts=tuple(part for _, part in parts))


def _total(sizing: Sizing, environment: str, key: str) -> Explanation:
    pools = [pool for pool in sizing.pools if environment in {"", pool.environment}]
    parts = tuple(
        Explanation(f"{pool.environment}/{pool.name}.{key}", pool.band(key), unit_of(key), "machines of this kind")
        for pool in pools
    )
    return Explanation(f"total.{key}", sizing.total(key, environment), unit_of(key), "sum of all machines", parts=parts)


def as_text(tree: Explanation) -> tuple[str, ...]:
    """The tree as indented lines for a terminal; what was shown or said just above is not repeated."""
    return tuple(_lines(tree, 0, set(), ""))


def _lines(tree: Explanation, depth: int, shown: set[Explanation], above: str) -> Iterator[str]:
    value = tree.value if isinstance(tree.value, str) else _band_text(tree.value)
    head = f"{'  ' * depth}{tree.name} = {value} {tree.unit}".rstrip(" =")
    if tree.parts and tree in shown:
        yield f"{head}  (as above)"
        return
    shown.add(tree)
    yield f"{head}  <- {tree.because}" + (f"  [{tree.source}]" if tree.source not in {"", above} else "")
    for part in tree.parts:
        yield from _lines(part, depth + 1, shown, tree.source)


def _band_text(band: Band) -> str:
    if band.low == band.high:
        return _number(band.expected)
    return f"{_number(band.expected)} ({_number(band.low)} to {_number(band.high)})"


def _number(value: float) -> str:
    """Four digits, and no powers of ten: 0.25, 12.5, 44 440."""
    return f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}") if abs(value) >= 1000 else f"{value:.4g}"
