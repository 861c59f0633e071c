"""The step that writes the site record: what a host says of itself to the next run, to preflight and to `status`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from installer.answers.model import Environment
from installer.errors import HostRecordRefused
from installer.hosts.facts_parsing import RECORD
from installer.messages import Message
from installer.plan import site_record
from installer.plan.inputs import Planned
from installer.plan.model import Step
from installer.plan.steps.before_images import captures, keeps, take_back
from installer.plan.steps.files import Placed, files_differ, place
from installer.plan.steps.hosts import NO_PULL, step_id
from installer.ports import ReadOnly, World


def content(inputs: Planned, environment: Environment, host: str, world: ReadOnly) -> dict[str, Any]:
    """The record of one host, of what is seen to stand: no times in it, so that the same site gives the same bytes.

    It is written after all other steps of its environment, which have looked at what they name: components in their
    versions. What an earlier run brought and this plan no longer names stands on: nothing has taken it away.
    """
    node = world.get(environment.name, f"/api/v1/nodes/{host}") or {}
    earlier = read(world, host) or {}
    present = {part.name: part.version for part in inputs.components(environment)}
    return {
        "format": site_record.FORMAT,
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
        return site_record.told(host, raw)
    except ValueError as error:
        hint = Message("find out who has changed it there; an installation writes it anew")
        raise HostRecordRefused(host=host, path=RECORD, reason=str(error), hint=hint) from error


def write(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The last step on a host: what stands there now."""

    def wanted(world: ReadOnly) -> tuple[Placed, ...]:
        body = json.dumps(content(inputs, environment, host, world), indent=2, sort_keys=True)
        return (Placed(RECORD, 0o644, text=body.encode() + b"\n"),)

    def apply(world: World) -> None:
        place(world, host, NO_PULL, wanted(world))

    return Step(
        id=step_id(environment, "site.record", host),
        title=Message("record what stands here"),
        phase="charts",
        host=host,
        environment=environment.name,
        after=after,
        differs=lambda world: files_differ(world, host, wanted(world)),
        apply=apply,
        capture=captures(host, [RECORD]),
        keep=keeps(host),
        undo=lambda world, image: take_back(world, host, image),
        weight=0.2,
    )
