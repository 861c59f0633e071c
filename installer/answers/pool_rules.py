"""What answers must satisfy about pools: hosts that are put aside for some parts of an environment.

A host says which pool it is in, an environment which parts stand in which pool. There is always room for the others.
"""

from __future__ import annotations

from typing import Any

from installer.answers.entries import Found, items
from installer.answers.model import BUILD_POOL
from installer.formats.strict_yaml import Path
from installer.formats.values import shown
from installer.messages import Message


def pools(data: dict[str, Any]) -> Found:
    """Everything that is wrong with the pools of a document."""
    at = {host["name"]: path for path, host in items(data, "hosts") if host.get("name")}
    of = {host["name"]: host["pool"] for _, host in items(data, "hosts") if host.get("name") and host.get("pool")}
    for path, environment in items(data, "environments"):
        yield from _environment(path, environment, of, at)
    builders = [name for name, pool in of.items() if pool == BUILD_POOL]
    for name in builders[1:]:
        found = Message("{name}, but {other} builds images already", name=shown(name), other=builders[0])
        yield (*at[name], "pool"), found, Message("one host of the site in the pool build")


def _environment(path: Path, environment: dict[str, Any], of: dict[str, str], at: dict[str, Path]) -> Found:
    planes, workers = environment.get("control_planes") or (), environment.get("workers") or ()
    taking = [name for name in (workers or planes) if name]
    for name in planes if workers else ():
        if name in of:
            found = Message("{name} in a pool, a control plane that takes no pods beside workers", name=shown(name))
            yield (*at.get(name, path), "pool"), found, Message("a pool for workers alone")
    there = {of[name] for name in taking if name in of}
    named = environment.get("pools") or {}
    yield from _parts(path, environment, named, there)
    reserved = {name for name, pool in named.items() if (pool or {}).get("reserved")} | {BUILD_POOL}
    if taking and all(of.get(name) in reserved for name in taking):
        where = next((each for each in ((*path, "pools"), path) if each[-1] in environment), path)
        yield (
            where,
            Message("every host that takes pods is reserved: {hosts}", hosts=tuple(taking)),
            Message("a host for the parts that are in no pool"),
        )


def _parts(path: Path, environment: dict[str, Any], named: dict[str, Any], there: set[str]) -> Found:
    chosen, placed = environment.get("components") or {}, dict[str, str]()
    for pool, wanted in named.items():
        place = (*path, "pools", pool)
        if pool not in there:
            name = environment.get("name") or "?"
            found = Message("{pool}, in which no host of {name} is that takes pods", pool=shown(pool), name=name)
            yield place, found, Message("a pool that a host says it is in (hosts: pool)")
        for position, part in enumerate((wanted or {}).get("components") or ()):
            where = (*place, "components", position)
            if part is None:
                continue
            if part not in chosen:
                found = Message("{part}, which is not chosen here", part=shown(part))
                yield where, found, Message("one of the environment's components")
            if (other := placed.setdefault(part, pool)) != pool:
                found = Message("{part}, which is in the pool {other} already", part=shown(part), other=other)
                yield where, found, Message("one pool for each part")
