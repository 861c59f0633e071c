"""A sizing as the JSON document of `output.schema.json`: units in key names, low, expected and high throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sizing.bands import Band
from sizing.components import ComponentSize, ResolvedInput
from sizing.engine import Pool, Sizing
from sizing.explanations import Explanation, explain
from sizing.growth import disk_forecast, exhaustions, growth
from sizing.narrowing import narrowings, widest
from sizing.needs import as_mapping
from sizing.offered import Shortfalls

VERSION = 1
"""Of the document's format; a reader refuses a newer one."""

SUMS = ("replicas", "cpu_cores", "memory_gib", "disk_gib")


def document(sizing: Sizing, shortfalls: Shortfalls | None = None, explained: tuple[str, ...] = ()) -> dict[str, Any]:
    """All there is to say about a sizing; `explained` names figures whose trees are wanted too.

    Raises:
        SizingError: a figure to explain does not exist.
    """
    return {
        "version": VERSION,
        "needs": as_mapping(sizing.needs),
        "redundant": sizing.redundant,
        "environments": [
            {
                "name": load.environment.name,
                "load_percent": load.environment.load_percent,
                "redundant": load.redundant,
                "components": [
                    {**component_document(part.size), "standing": part.standing}
                    for part in sizing.parts
                    if part.environment == load.environment.name
                ],
                "machines": [pool_document(pool) for pool in sizing.pools if pool.environment == load.environment.name],
                "totals": _totals(sizing, load.environment.name),
            }
            for load in sizing.loads
        ],
        "totals": _totals(sizing, ""),
        "growth": [asdict(use) for use in growth(sizing)],
        "exhaustions": [asdict(entry) for entry in exhaustions(sizing)],
        "disks": [{**asdict(entry), "machines": list(entry.machines)} for entry in disk_forecast(sizing)],
        "shortfalls": [shortfall for verdict in _verdicts(shortfalls) for shortfall in verdict["shortfalls"]],
        "offered": _verdicts(shortfalls),
        "explanations": {figure: explanation_document(explain(sizing, figure)) for figure in explained},
        "notes": list(sizing.notes),
        "range": _range(sizing),
    }


def _range(sizing: Sizing) -> dict[str, Any]:
    """What makes the range wide, and what would narrow it."""
    part = widest(sizing)
    return {
        "widest_part": part.size.name if part else "",
        "narrowings": [
            {
                "need": each.need,
                "share": each.share,
                **{field: band_document(getattr(each, field)) for field in ("taken", "cpu_cores", "memory_gib")},
            }
            for each in narrowings(sizing)
        ],
    }


def component_document(size: ComponentSize) -> dict[str, Any]:
    """A component, alone or in an environment: its sums, its pods, and every figure with formula and source."""
    return {
        "name": size.name,
        "title": size.title,
        "purpose": size.purpose,
        "edition": size.edition,
        **{field: band_document(size.total(field)) for field in SUMS},
        "inputs": {name: input_document(entry) for name, entry in size.inputs.items()},
        "figures": {
            key: {
                **band_document(figure.band),
                "unit": figure.unit,
                "formula": figure.formula,
                "source": figure.source,
                "valid": figure.valid,
            }
            for key, figure in size.figures.items()
        },
        "pods": [
            {
                "name": group.name,
                "pool": group.pool,
                "replicas": band_document(group.replicas),
                "cpu_cores_each": band_document(group.cpu_cores),
                "memory_gib_each": band_document(group.memory_gib),
                "disk_gib_each": band_document(group.disk_gib),
                "apart": group.spread,
                "on_every_machine": group.every_host,
            }
            for group in size.pods
        ],
        "notes": list(size.notes),
    }


def input_document(entry: ResolvedInput) -> dict[str, Any]:
    """An input with what it was taken as."""
    value = entry.value if isinstance(entry.value, str) else band_document(entry.value)
    return {"title": entry.title, "unit": entry.unit, "value": value, "given": entry.given}


def pool_document(pool: Pool) -> dict[str, Any]:
    """Machines of one kind: what to order for the expected need, and how that differs for the low and the high one."""
    layouts = {"low": pool.low, "expected": pool.expected, "high": pool.high}
    per_machine = ("system_disk_gib", "data_disk_gib", "fast_disk_gib", "iops", "network_gbit_s")
    return {
        "pool": pool.name,
        "beside": pool.beside,
        "failures_tolerated": pool.failures_tolerated,
        **{
            scenario: {
                "count": layout.count,
                "cpu_cores": layout.shape.cpu_cores,
                "memory_gib": layout.shape.memory_gib,
                **{field: getattr(layout, field) for field in per_machine},
                "cpu_free_after_loss_percent": 100 * layout.cpu_free_after_loss,
                "memory_free_after_loss_percent": 100 * layout.memory_free_after_loss,
            }
            for scenario, layout in layouts.items()
        },
    }


def explanation_document(tree: Explanation) -> dict[str, Any]:
    """An explanation with everything under it."""
    return {
        "name": tree.name,
        "value": tree.value if isinstance(tree.value, str) else band_document(tree.value),
        "unit": tree.unit,
        "because": tree.because,
        "source": tree.source,
        "valid": tree.valid,
        "parts": [explanation_document(part) for part in tree.parts],
    }


def band_document(band: Band) -> dict[str, float]:
    """Low, expected and high."""
    return {"low": band.low, "expected": band.expected, "high": band.high}


def _totals(sizing: Sizing, environment: str) -> Mapping[str, Any]:
    same = ("cpu_cores", "memory_gib", "disk_gib", "disk_to_order_gib")
    fields = {"machines": "count", **{name: name for name in same}}
    return {name: band_document(sizing.total(field, environment)) for name, field in fields.items()}


def _verdicts(shortfalls: Shortfalls | None) -> list[dict[str, Any]]:
    return [
        {
            "environment": verdict.environment,
            "pool": verdict.pool,
            "machines": verdict.offered_machines,
            "suffices": verdict.suffices,
            "cpu_free_after_loss_percent": 100 * verdict.cpu_free_after_loss,
            "memory_free_after_loss_percent": 100 * verdict.memory_free_after_loss,
            "would_fit": verdict.would_fit,
            "shortfalls": [asdict(entry) for entry in verdict.shortfalls],
        }
        for verdict in (shortfalls.verdicts if shortfalls else ())
    ]
