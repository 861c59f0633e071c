"""The site record: what a host says of itself to the next run, to preflight and to `status`."""

from __future__ import annotations

import json
from typing import Any

from installer.answers import Environment
from installer.facts_reading import RECORD
from installer.plan import succession
from installer.plan.inputs import Inputs
from installer.plan.model import Step
from installer.plan.steps.hosts import NO_PULL, step_id
from installer.plan.steps.placed import Placed, all_hold, captures, place, take_back
from installer.world.ports import ReadOnly, World

FORMAT = succession.RECORD_FORMAT


def content(inputs: Inputs, environment: Environment, host: str) -> dict[str, Any]:
    """The record of one host: no times in it, so that the same installation gives the same bytes."""
    return {
        "format": FORMAT,
        "site": inputs.answers.site,
        "environment": environment.name,
        "host": host,
        "control_plane": host in environment.control_planes,
        "kubernetes": inputs.manifest.kubernetes,
        "bundle": {
            "name": inputs.manifest.name,
            "version": inputs.manifest.version,
            "digest": inputs.manifest.digest,
        },
        "components": {part.name: part.version for part in inputs.components(environment)},
    }


def read(world: ReadOnly, host: str) -> dict[str, Any] | None:
    """A host's record, None where it has none that this program can read."""
    raw = world.read(host, RECORD)
    if raw is None:
        return None
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("format", FORMAT + 1) <= FORMAT else None


def write(inputs: Inputs, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The last step on a host: what stands there now."""
    text = json.dumps(content(inputs, environment, host), indent=2, sort_keys=True).encode() + b"\n"
    wanted = (Placed(RECORD, 0o644, text=text),)

    def apply(world: World) -> None:
        place(world, host, NO_PULL, wanted)

    return Step(
        id=step_id(environment, "site.record", host), title="record what stands here", phase="charts", host=host,
        environment=environment.name, after=after, check=lambda world: all_hold(world, host, wanted),
        apply=apply, capture=captures(host, [RECORD]),
        undo=lambda world, before: take_back(world, host, before), weight=0.2,
    )  # fmt: skip
