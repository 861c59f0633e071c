"""Machines: the shapes on offer, what each keeps for itself, and the disks they need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sizing.components import size_component
from sizing.rules import load_rules

OTHER_POOLS = frozenset({"bastion", "git", "backup"})
"""Machines that belong to their one program; all others are nodes of a cluster."""


def of_cluster(pool: str) -> bool:
    """Whether machines of a kind are nodes of a cluster."""
    return pool not in OTHER_POOLS


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """A machine as one buys it."""

    cpu_cores: float
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a machine for pods; a disk of None is bought as large as it must be."""

    cpu_cores: float
    memory_gib: float
    disk_gib: float | None
    pods: int


@cache
def _settings() -> Mapping[str, Any]:
    return load_rules().hosts


@cache
def shapes(pool: str) -> tuple[Shape, ...]:
    """The shapes to choose from for a kind of machine, smallest first."""
    settings = _settings()
    ratios = settings["ratios"].get(pool, settings["ratios"]["other"])
    least = settings["cores_at_least"].get(pool, 0)
    most = settings["cores_at_most"].get(pool, settings["cores_at_most"]["other"])
    sizes = (cores for cores in settings["cores"] if least <= cores <= most)
    return tuple(Shape(float(cores), float(cores * ratio)) for cores in sizes for ratio in ratios)


def weight(shape: Shape) -> float:
    """What a machine of that shape weighs against others; only ratios mean anything."""
    weights = _settings()["weights"]
    return float(weights["core"] * shape.cpu_cores + weights["memory_gib"] * shape.memory_gib)


@cache
def room(shape: Shape, pool: str) -> Room:
    """What pods may ask for on one such machine: not the node's reserve, the eviction threshold and room for peaks.

    Of all machines together they ask for less: `evenly` tells how much.
    """
    if not of_cluster(pool):
        return Room(shape.cpu_cores, shape.memory_gib, None, 1000)
    settings = _settings()
    asked = {"node_cpu_cores": shape.cpu_cores, "max_pods": settings["max_pods"]}
    reserve = size_component("kubelet-reserved", asked)
    cores = shape.cpu_cores - reserve.value("reserved_cpu_cores").expected
    kept = reserve.value("reserved_memory_gib").expected + reserve.value("eviction_memory_gib").expected
    fill = settings["fill_limit_of_one"]
    return Room(max(0.0, cores * fill), max(0.0, (shape.memory_gib - kept) * fill), None, settings["max_pods"])


def share_of_one(pool: str) -> float:
    """The part of a machine's room that one pod takes at most; stores on machines of their own may fill them."""
    return float(_settings()["share_of_one"]) if pool in {"worker", "node"} else 1.0


def apart_from_gib() -> float:
    """The size of all volumes of a store, together, above which it shares no machines with the rest."""
    return float(_settings()["apart_from_gib"])


def evenly(pool: str) -> float:
    """The part of the rooms of all machines that pods may ask for together; the rest lets single ones be fuller."""
    settings = _settings()
    return float(settings["fill_limit"] / settings["fill_limit_of_one"]) if of_cluster(pool) else 1.0


def system_disk_used_gib(pool: str, pods: float) -> float:
    """What the system, its logs and the images of that many pods take."""
    disk = _settings()["system_disk_gib"]
    used = float(disk["os"] + disk["logs"])
    return used + disk["images"] + disk["per_pod"] * pods if of_cluster(pool) else used


def system_disk_gib(pool: str, pods: float) -> float:
    """The disk for that, below the watermark at which the kubelet removes images."""
    return rounded_disk_gib(system_disk_used_gib(pool, pods) / _settings()["image_watermark"])


def data_disk_gib(volumes_gib: float) -> float:
    """The disk that volumes of that size need, below the watermark at which stores stop writing."""
    return rounded_disk_gib(volumes_gib / _settings()["data_watermark"]) if volumes_gib else 0.0


def data_watermark() -> float:
    """The part of a data disk that may be filled."""
    return float(_settings()["data_watermark"])


def network_gbit_s(traffic_mb_s: float) -> float:
    """The link to order for that traffic at half its capacity."""
    for link in (1.0, 10.0, 25.0, 40.0, 100.0):
        if traffic_mb_s * 8 / 1000 <= link / 2:
            return link
    return math.ceil(traffic_mb_s * 8 / 1000 / 50) * 100.0


def rounded_disk_gib(size_gib: float) -> float:
    """A size as one orders it."""
    step = float(_settings()["disk_steps_gib"])
    return math.ceil(size_gib / step - 1e-9) * step
