"""The site record: what a host says of itself to the next run, to preflight and to `status`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from installer.answers.model import Environment
from installer.errors import HostRecordRefused
from installer.formats import strict_json
from installer.hosts.facts_parsing import RECORD
from installer.plan import succession
from installer.plan.inputs import Planned
from installer.plan.model import Step
from installer.plan.steps.before_images import captures, keeps, take_back
from installer.plan.steps.files import Placed, files_differ, place
from installer.plan.steps.hosts import NO_PULL, step_id
from installer.ports import ReadOnly, World

FORMAT = succession.RECORD_FORMAT
LARGEST = 1 << 20
"""Bytes of a record that are read; one of 100 components has 5,000."""
LONGEST = 200
"""Letters of a name, a version or a digest in it."""


def content(inputs: Planned, environment: Environment, host: str, world: ReadOnly) -> dict[str, Any]:
    """The record of one host, of what is seen to stand: no times in it, so that the same site gives the same bytes.

    It is written after all other steps of its environment, which have looked at what they name: components in their
    versions. What an earlier run brought and this plan no longer names stands on: nothing has taken it away.
    """
    node = world.get(environment.name, f"/api/v1/nodes/{host}") or {}
    earlier = read(world, host) or {}
    present = {part.name: part.version for part in inputs.components(environment)}
    return {
        "format": FORMAT,
        "site": inputs.answers.site,
        "environment": environment.name,
        "host": host,
        "control_plane": host in environment.control_planes,
        "kubernetes": str(node.get("status", {}).get("nodeInfo", {}).get("kubeletVersion", "")),
        "bundle": {
            "name": inputs.manifest.name,
            "version": inputs.manifest.version,
            "digest": inputs.manifest.digest,
        },
        "components": {**earlier.get("components", {}), **present},
    }


def read(world: ReadOnly, host: str) -> dict[str, Any] | None:
    """A host's record, None where it has none that can be believed: a step writes it anew."""
    with suppress(HostRecordRefused):
        return stated(world, host)
    return None


def stated(world: ReadOnly, host: str) -> dict[str, Any] | None:
    """A host's record, None where it has none.

    Raises:
        HostRecordRefused: it is none that this program writes, or about another host.
    """
    raw = world.read(host, RECORD)
    if raw is None:
        return None
    try:
        return told(host, raw)
    except ValueError as error:
        hint = "find out who has changed it there; an installation writes it anew"
        raise HostRecordRefused(host=host, path=RECORD, reason=str(error), hint=hint) from error


def told(host: str, raw: bytes) -> dict[str, Any]:
    """What a host's record says, of the form that `content` has; anything beyond that is left out.

    Raises:
        ValueError: it is of another form; says why, with nothing of the record in it.
    """
    found = strict_json.loads(raw) if len(raw) <= LARGEST else None
    if not isinstance(found, dict):
        raise ValueError(f"it is no record, or larger than {LARGEST} bytes")
    if type(found.get("format")) is int and found["format"] > FORMAT:
        raise ValueError("it is of a newer sitewright")
    bundle, components = found.get("bundle"), found.get("components")
    if found.get("format") != FORMAT or not isinstance(bundle, dict) or not isinstance(components, dict):
        raise ValueError("it is not of the form it should have")
    texts = {name: found.get(name) for name in ("site", "environment", "host", "kubernetes")}
    carried = {name: bundle.get(name) for name in ("name", "version", "digest")}
    said = [*texts.values(), *carried.values(), *components, *components.values()]
    good = all(isinstance(each, str) and len(each) <= LONGEST for each in said)
    if not good or not isinstance(found.get("control_plane"), bool):
        raise ValueError("it is not of the form it should have")
    if texts["host"] != host:
        raise ValueError("it is about another host")
    return {"format": FORMAT, **texts, "control_plane": found["control_plane"], "bundle": carried,
            "components": components}  # fmt: skip


def write(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The last step on a host: what stands there now."""

    def wanted(world: ReadOnly) -> tuple[Placed, ...]:
        body = json.dumps(content(inputs, environment, host, world), indent=2, sort_keys=True)
        return (Placed(RECORD, 0o644, text=body.encode() + b"\n"),)

    def apply(world: World) -> None:
        place(world, host, NO_PULL, wanted(world))

    return Step(
        id=step_id(environment, "site.record", host), title="record what stands here", phase="charts", host=host,
        environment=environment.name, after=after, differs=lambda world: files_differ(world, host, wanted(world)),
        apply=apply, capture=captures(host, [RECORD]), keep=keeps(host),
        undo=lambda world, image: take_back(world, host, image), weight=0.2,
    )  # fmt: skip
