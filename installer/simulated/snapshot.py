"""A simulated site between two commands: what `install` left is what `status`, `resume` and `uninstall` find."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from installer import state_files
from installer.bundle.manifest import Blob
from installer.errors import StateUnreadable, UsageError
from installer.formats import strict_json
from installer.messages import Message
from installer.ports import Output
from installer.simulated.kubernetes import Cluster, Release
from installer.simulated.state import Ended, SimulatedHost
from installer.simulated.tree import Entry
from installer.simulated.world import SimulatedWorld

FORMAT = 3
LARGEST = 1 << 30
"""Bytes of the largest site that is read: with 400 hosts it takes some 100 MB."""
SETS = frozenset({"members", "planes", "tokens"})


def dump(world: SimulatedWorld) -> bytes:
    """Everything that may have changed since the site began, and what it began with."""
    site = world.site
    body = {
        "format": FORMAT,
        "machines": _machines(world),
        "hosts": {name: _host(host) for name, host in site.hosts.items()},
        "versions": site.versions,
        "clusters": [_cluster(cluster) for cluster in site.clusters.values()],
    }
    return json.dumps(body).encode()


def restore(world: SimulatedWorld, kept: Path) -> None:
    """Bring back what was kept in a file.

    Raises:
        UsageError: the site's own file describes other hosts by now.
        StateUnreadable: the file is damaged, or of another version.
    """
    try:
        body = strict_json.loads(state_files.read(kept, LARGEST) or b"", halves=True)
        if body["format"] != FORMAT:
            raise StateUnreadable(
                path=kept,
                reason=Message(
                    "simulated site of format {format}, wanted {wanted}", format=body["format"], wanted=FORMAT
                ),
            )
        if body["machines"] != _machines(world):
            raise UsageError(
                reason=Message("the simulated hosts are not those that the runs kept here worked on"),
                hint=Message(
                    "describe them as before, name another --state DIR, or remove {parent}", parent=kept.parent
                ),
            )
        for name, told in body["hosts"].items():
            host = world.site.hosts[name]
            host.tree.replace({path: _entry(*entry) for path, entry in told["files"].items()})
            host.active = set(told["active"])
            host.ended = {unit: Ended(Output(**output)) for unit, output in told["ended"].items()}
        world.site.versions.update(body["versions"])
        world.site.clusters = {told["name"]: _restored(told) for told in body["clusters"]}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        hint = "remove it: what was simulated begins anew, and the runs kept beside it know nothing of that"
        raise StateUnreadable(path=kept, reason=Message("it is damaged"), hint=hint) from error


def _machines(world: SimulatedWorld) -> Any:
    machines = [asdict(host.machine) for host in world.site.hosts.values()]
    return json.loads(json.dumps(machines, default=sorted))


def _host(host: SimulatedHost) -> dict[str, Any]:
    return {
        "files": {path: _told(entry) for path, entry in host.tree.snapshot().items()},
        "active": sorted(host.active),
        "ended": {unit: asdict(ended.output) for unit, ended in host.ended.items()},
    }


def _told(entry: Entry) -> list[Any]:
    if isinstance(entry.content, Blob):
        return [entry.kind, entry.mode, asdict(entry.content), entry.target]
    return [entry.kind, entry.mode, base64.b64encode(entry.content).decode(), entry.target]


def _entry(kind: Any, mode: int, content: str | Mapping[str, Any], target: str) -> Entry:
    held = base64.b64decode(content) if isinstance(content, str) else Blob(**content)
    return Entry(kind, mode, held, target)


def _cluster(cluster: Cluster) -> dict[str, Any]:
    plain = {name: sorted(value) if name in SETS else value for name, value in vars(cluster).items()}
    releases = [[*key, [asdict(each) for each in kept]] for key, kept in cluster.releases.items()]
    return {**plain, "releases": releases}


def _restored(told: Mapping[str, Any]) -> Cluster:
    fields: dict[str, Any] = {name: set(value) if name in SETS else value for name, value in told.items()}
    releases = {
        (space, name): tuple(
            Release(**{**each, "brought": tuple(each["brought"]), "content": tuple(each["content"])}) for each in kept
        )
        for space, name, kept in told["releases"]
    }
    return Cluster(**{**fields, "releases": releases})
