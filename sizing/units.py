"""Units live in key names (`disk_gib`, `ingest_gb_per_day`); here they are read out of a name and converted.

GB is 10^9 bytes and GiB 2^30 bytes, everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

_UNITS: dict[str, tuple[str, float]] = {
    "bytes": ("bytes", 1.0),
    **{
        f"{prefix}{suffix}": ("bytes", float(base**power))
        for suffix, base in (("b", 1000), ("ib", 1024))
        for power, prefix in enumerate("kmgtp", start=1)
    },
    "gbit": ("bits", 1e9),
    "cores": ("cores", 1.0),
    "millicores": ("cores", 0.001),
    "ms": ("seconds", 0.001),
    "s": ("seconds", 1.0),
    "second": ("seconds", 1.0),
    "seconds": ("seconds", 1.0),
    "minute": ("seconds", 60.0),
    "minutes": ("seconds", 60.0),
    "hour": ("seconds", 3600.0),
    "hours": ("seconds", 3600.0),
    "day": ("seconds", 86400.0),
    "days": ("seconds", 86400.0),
}
_WRITTEN = {
    "gb": "GB",
    "gbit": "Gbit",
    "mb": "MB",
    "kb": "kB",
    "tb": "TB",
    "gib": "GiB",
    "mib": "MiB",
    "kib": "KiB",
    "tib": "TiB",
}


@cache
def _measured(key: str) -> tuple[str, float]:
    """The name with dimensions in place of its units, and the factor from those units to the base ones."""
    shape: list[str] = []
    scale = 1.0
    words = key.split("_")
    for position, word in enumerate(words):
        unit = _UNITS.get(word)
        if unit is None:
            shape.append(word)
            continue
        before = words[position - 1] if position else ""
        divides = before == "per" or (word == "s" and before in _UNITS)
        if divides and before != "per":
            shape.append("per")
        shape.append(unit[0])
        scale *= 1 / unit[1] if divides else unit[1]
    return "_".join(shape), scale


def unit_of(key: str) -> str:
    """The unit a key names, as people write it: "GB/day" of `ingest_gb_per_day`; "" where it names none."""
    words = key.split("_")
    for position, word in enumerate(words):
        if word not in _UNITS or (position and words[position - 1] == "per"):
            continue
        unit = _WRITTEN.get(word, word)
        rest = words[position + 1 :]
        if rest[:1] == ["per"] and len(rest) > 1:
            return f"{unit}/{rest[1]}"
        return f"{unit}/s" if rest[:1] == ["s"] else unit
    if "percent" in words:
        return "%"
    if "per" in words[:-1]:
        return f"1/{words[words.index('per') + 1]}"
    return "IOPS" if "iops" in words else ""


def amount(key: str) -> tuple[str, float]:
    """What a key counts, and in which unit of it: ("bytes", 2^30) of `memory_gib_per_node`, ("", 1) of a bare number.

    What is no plain amount (a rate, a share of a hundred) is ("other", 1).
    """
    words = key.split("_")
    units = [_UNITS[word] for word in words if word in _UNITS]
    if not units:
        return ("other" if "percent" in words or "iops" in words else ""), 1.0
    return units[0] if len(units) == 1 else ("other", 1.0)


def same_quantity(key: str, candidates: Iterable[str]) -> tuple[str, float] | None:
    """The candidate that names the same quantity, and the factor that turns a value of `key` into a value of it."""
    shape, scale = _measured(key)
    for candidate in candidates:
        other_shape, other_scale = _measured(candidate)
        if candidate == key:
            return key, 1.0
        if other_shape == shape:
            return candidate, scale / other_scale
    return None
