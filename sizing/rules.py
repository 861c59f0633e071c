"""The rules as read from `rules.yaml`: the only module that opens a file, and only ones inside this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

Scalar = float | str | bool
"""A default or constant: a number, a formula or word, or a switch."""


@dataclass(frozen=True, slots=True)
class Input:
    """A quantity formulas start from. `scenarios` are its defaults: formulas where they are text and no choice.

    Outside `valid` no source says anything, which is noted; outside `possible` there is no sense, which is refused.
    """

    name: str
    title: str
    scenarios: tuple[Scalar, Scalar, Scalar]
    valid: tuple[float, float] | None = None
    possible: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class FigureRule:
    """How one figure comes about. `spread` names the row of `spreads` that widens it; unit: see the key."""

    key: str
    formula: str
    source: str
    valid: str = ""
    spread: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PodRule:
    """Pods to place; each number is a formula of the component's figures.

    `spread`: no two on one host. `every_host`: one on each host of the pool. `fast`: volumes on a fast disk.
    `store`: it keeps much, and may have machines of its own where these are lighter than equal ones for all.
    `pool`: which machines carry them. `grain`: they share a load, so that with more copies each is smaller; the cores
    that one of them takes at most, however few they are.
    """

    name: str
    replicas: str
    cpu_cores: str
    memory_gib: str
    disk_gib: str = "0"
    iops: str = "0"
    network_mb_s: str = "0"
    grain: str = "0"
    spread: bool = True
    every_host: bool = False
    fast: bool = False
    store: bool = False
    pool: str = "worker"


@dataclass(frozen=True, slots=True)
class Use:
    """The part a component plays in the full stack: when it is needed, where, and its inputs from the workload."""

    when: str
    once: bool
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ComponentRules:
    """Everything known about sizing one component. `firmness` names the row of `spreads` for pods without a range."""

    name: str
    title: str
    purpose: str
    edition: str
    firmness: str
    inputs: Mapping[str, Input]
    figures: Mapping[str, FigureRule]
    constants: Mapping[str, tuple[Scalar, Scalar, Scalar]]
    tables: Mapping[str, tuple[Mapping[str, float], ...]]
    pods: tuple[PodRule, ...]
    use: Use | None
    also: tuple[str, ...] = ()
    role: str = ""
    """What it does for others; a part of this role that has no rules of its own is sized by these."""
    refuse: tuple[tuple[str, str], ...] = ()
    """Formulas of inputs that contradict each other where they hold, each with the reason."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`rules.yaml` as values. `unknown` and `quantities` are the workload's formulas, by what they stand for."""

    components: Mapping[str, ComponentRules]
    sources: Mapping[str, str]
    spreads: Mapping[str, tuple[float, float, float]]
    unknown: Mapping[str, tuple[str, str, str]]
    quantities: Mapping[str, str]
    constants: Mapping[str, tuple[float, float, float]]
    hosts: Mapping[str, Any]


def _triple(value: Any) -> tuple[Any, Any, Any]:
    """Low, expected, high of a value given once or three times."""
    if isinstance(value, list):
        low, expected, high = value
        return low, expected, high
    return value, value, value


def _interval(given: Any) -> tuple[float, float] | None:
    return (float(given[0]), float(given[1])) if given else None


def _input(name: str, given: Any) -> Input:
    body = given if isinstance(given, dict) else {"default": given}
    return Input(
        name=name,
        title=body.get("title", name.replace("_", " ")),
        scenarios=_triple(body["default"]),
        valid=_interval(body.get("valid")),
        possible=_interval(body.get("possible")),
        choices=tuple(body.get("choices", ())),
        also=tuple(body.get("also", ())),
        source=body.get("source", ""),
    )


def _figures(body: Mapping[str, Any], source: str, valid: str) -> dict[str, FigureRule]:
    """The figures of a component; an entry under `repeat` stands for one figure per word of its `over`."""
    written = dict(body.get("figures", {}))
    for repeat in body.get("repeat", ()):
        for word in repeat["over"]:
            for key, rule in repeat["figures"].items():
                text = rule if isinstance(rule, dict) else {"formula": rule}
                written[key.replace("IT", word)] = {
                    **text,
                    "formula": str(text["formula"]).replace("IT", word),
                }
    return {key: _figure(key, rule, source, valid) for key, rule in written.items()}


def _figure(key: str, rule: Any, source: str, valid: str = "") -> FigureRule:
    text = rule if isinstance(rule, dict) else {"formula": rule}
    return FigureRule(
        key=key,
        formula=str(text["formula"]),
        source=text.get("source", source),
        valid=text.get("valid", valid),
        spread=text.get("spread", ""),
        also=tuple(text.get("also", ())),
    )


def _table(table: Mapping[str, Any]) -> tuple[Mapping[str, float], ...]:
    columns = ["upto", *table["columns"]]
    return tuple(dict(zip(columns, row, strict=True)) for row in table["rows"])


def _component(name: str, body: Mapping[str, Any]) -> ComponentRules:
    use = body.get("use")
    return ComponentRules(
        name=name,
        title=body["title"],
        purpose=body["purpose"],
        edition=body["edition"],
        firmness=body.get("firmness", "table"),
        inputs={key: _input(key, value) for key, value in body.get("inputs", {}).items()},
        figures=_figures(body, body["source"], body.get("valid", "")),
        constants={key: _triple(value) for key, value in body.get("constants", {}).items()},
        tables={key: _table(value) for key, value in body.get("tables", {}).items()},
        pods=tuple(PodRule(**{key: _text(value) for key, value in pod.items()}) for pod in body.get("pods", ())),
        use=Use(str(use["when"]), use.get("once", False), {k: str(v) for k, v in use.get("inputs", {}).items()})
        if use
        else None,
        also=tuple(body.get("also", ())),
        role=body.get("role", ""),
        refuse=tuple((str(each["when"]), each["why"]) for each in body.get("refuse", ())),
    )


def _text(value: Any) -> Any:
    return value if isinstance(value, bool) else str(value)


@cache
def load_rules() -> Rules:
    """The rules of this package, read once."""
    text = (resources.files("sizing") / "rules.yaml").read_text(encoding="utf-8")
    body = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    workload = body["workload"]
    return Rules(
        components={name: _component(name, entry) for name, entry in body["components"].items()},
        sources=body["sources"],
        spreads={name: _triple(value) for name, value in body["spreads"].items()},
        unknown={key: _triple(formulas) for key, formulas in workload["unknown"].items()},
        quantities=workload["quantities"],
        constants={key: _triple(value) for key, value in workload["constants"].items()},
        hosts=body["hosts"],
    )


def load_schema(name: str) -> dict[str, Any]:
    """A JSON schema of this package: "needs" or "output"."""
    text = (resources.files("sizing") / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def load_yaml(name: str) -> Any:
    """A data file of this package: "references" or "deviations"."""
    text = (resources.files("sizing") / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
