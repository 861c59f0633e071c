"""What day-2 commands found, as programs read it: the objects of output.schema.json."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from installer.plan.calendar import Certificate
from installer.plan.overview import Overview, needs


def overview(seen: Overview) -> dict[str, Any]:
    """A site at one look; what needs a hand first comes first."""
    return {
        "at": seen.at.isoformat(),
        "needs": [asdict(each) for each in needs(seen)],
        "nodes": [asdict(each) for each in seen.nodes],
        "parts": [{**asdict(each), "lacking": list(each.lacking), "healthy": each.healthy} for each in seen.parts],
        "certificates": [certificate(each, seen.at) for each in seen.certificates],
        "copies": [{**asdict(each), "made": each.made.isoformat()} for each in seen.copies],
        "checks": [asdict(each) for each in seen.checks],
        "unasked": dict(seen.unasked),
    }


def certificate(each: Certificate, now: datetime) -> dict[str, Any]:
    """One certificate; `days` are those that are left, whole ones, below zero where it has ended."""
    return {**asdict(each), "ends": each.ends.isoformat(), "days": each.left(now).days}
