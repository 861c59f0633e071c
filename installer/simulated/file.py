"""Reads the file that `--simulate` names: which hosts there are, what they are like, and what goes wrong on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.answers.schema import violations
from installer.bundle.manifest import Manifest
from installer.errors import Problem, UsageError
from installer.formats import schemas, strict_yaml, text_file
from installer.messages import Message
from installer.simulated.faults import Faults
from installer.simulated.machine import GIB, Machine, PortUser, Volume
from installer.simulated.pace import Pace
from installer.simulated.world import SimulatedWorld

SCALES = {
    "disk_mb_per_s": ("disk_speed", 1e6),
    "free_gib": ("free", GIB),
    "fsync_ms": ("fsync", 1e-3),
    "link_mb_per_s": ("link_speed", 1e6),
    "memory_gib": ("memory", GIB),
    "size_gib": ("size", GIB),
    "swap_gib": ("swap", GIB),
}
"""Keys with a unit, the fields they fill, and what one of the unit is in those."""
SETS = frozenset({"modules", "loaded", "firewall", "missing"})
LARGEST = 4 << 20
"""Bytes of the largest file of a simulated site that is read: a thousand hosts take a tenth of it."""
LISTS = frozenset({"running", "talks_to", "options"})


def load(path: Path, manifest: Manifest | None = None) -> SimulatedWorld:
    """The site that a file describes; `manifest` is of the bundle that is installed there, if one is to be.

    Raises:
        UsageError: the file cannot be read or is not valid; names every problem with its line.
    """
    try:
        document = strict_yaml.read(text_file.decoded(text_file.read(path, LARGEST)))
    except (OSError, text_file.Unfit) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(reason=f"{path}: {reason}", hint=Message("docs/simulate.md shows such a file")) from error
    flaws = list(document.flaws)
    if not flaws:
        found = violations(document.data, _validator())
        flaws = [(document.line(at), at, what, wanted) for at, what, wanted, _ in found]
    if flaws:
        problems = [Problem(str(path), line, ".".join(map(str, at)), what, wanted) for line, at, what, wanted in flaws]
        lines = [f"{path}: {len(problems)} problem(s) in the simulated site", *(f"  {problem}" for problem in problems)]
        raise UsageError(reason="\n".join(lines), hint=Message("docs/simulate.md shows such a file"))
    machines = [_machine(host) for host in document.data["hosts"]]
    fate, pace = Faults(document.data.get("faults", {})), Pace(document.data.get("slow", {}))
    return SimulatedWorld(machines, manifest, fate=fate, pace=pace)


def _machine(told: Mapping[str, Any]) -> Machine:
    fields = _fields(told)
    if "os" in fields:
        fields["os_id"], fields["os_version"] = fields.pop("os").split()
    if "volumes" in fields:
        fields["volumes"] = tuple(Volume(**_fields(volume)) for volume in fields["volumes"])
    if "port_users" in fields:
        fields["port_users"] = tuple(PortUser(**user) for user in fields["port_users"])
    return Machine(**fields)


def _fields(told: Mapping[str, Any]) -> dict[str, Any]:
    """What was told, by the names and in the units and types of the dataclasses."""
    fields: dict[str, Any] = {}
    for key, value in told.items():
        if key in SCALES:
            name, unit = SCALES[key]
            fields[name] = type(unit)(value * unit)
        else:
            fields[key] = frozenset(value) if key in SETS else tuple(value) if key in LISTS else value
    return fields


def _validator() -> Any:
    return schemas.validator(schemas.packaged("installer.simulated", "simulation"), ("ipv4",))
