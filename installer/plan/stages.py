"""What comes before what in the course of an installation, as far as the needs of a site's parts say so."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from installer.answers.model import Answers, Environment
from installer.bundle import known
from installer.bundle.manifest import Component

T = TypeVar("T")


class Place(NamedTuple):
    """A component where it stands."""

    environment: str
    component: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.component}"


def hosts_of(spec: Mapping[str, Any], answers: Answers, environment: Environment) -> tuple[str, ...]:
    """The hosts that a host component is put on (its `host.on`)."""
    where = spec.get("on", "all")
    if where in ("control-plane", "worker"):
        return environment.control_planes if where == "control-plane" else environment.workers
    return tuple(host for host in environment.hosts if where == "all" or host in answers.registry.hosts)


class Edge(NamedTuple):
    """A part that consumes a role, and the part that fills it there."""

    consumer: Place
    role: str
    provider: Place


class Stage(NamedTuple):
    """A point in the course: one half of a part, or what an environment has come to.

    `half` is "host" for what is put on hosts before the cluster stands, "release" for what is released into it, and
    empty for a part without steps. Without a component it is "joined", when all hosts are members, or "ready", when
    they have a network; without an environment, "filled", when the site's registry is.
    """

    environment: str
    component: str
    half: str

    def __str__(self) -> str:
        return str(Place(self.environment, self.component or known.KUBERNETES))


FILLED = Stage("", "", "filled")
Parts = Mapping[str, tuple[Component, ...]]
"""Each environment's components."""


def stages(environment: str, part: Component) -> tuple[Stage, ...]:
    """The halves of a part, in their order."""
    halves = ["host"] * ("host" in part.spec) + ["release"] * ("chart" in part.spec or "objects" in part.spec)
    return tuple(Stage(environment, part.name, half) for half in halves or [""])


def every(parts: Parts) -> Iterator[Stage]:
    """Every stage, as an installation goes through them where nothing is consumed."""
    yield FILLED
    for environment, there in parts.items():
        halves = [stage for part in there for stage in stages(environment, part)]
        yield from (stage for stage in halves if stage.half != "release")
        yield Stage(environment, "", "joined")
        yield Stage(environment, "", "ready")
        yield from (stage for stage in halves if stage.half == "release")


def waits(parts: Parts, chosen: Mapping[str, Mapping[str, str]], edges: Iterable[Edge]) -> dict[Stage, set[Stage]]:
    """Each stage with those that it waits for; `chosen` has each environment's component for a role."""
    found: dict[Stage, set[Stage]] = {stage: set() for stage in every(parts)}
    for environment, there in parts.items():
        joined, ready = Stage(environment, "", "joined"), Stage(environment, "", "ready")
        found[joined].add(FILLED)
        found[ready].add(joined)
        named = {part.name: part for part in there}
        for part in there:
            needs = [chosen[environment].get(need, need) for need in part.requires]
            needed = [stage for need in needs if need in named for stage in stages(environment, named[need])]
            for stage in stages(environment, part):
                for first, second in _of_half(part, stage, joined, ready):
                    found[second].add(first)
                found[stage].update(each for each in needed if {each.half, stage.half} != {"host", "release"})
    components = {part.name: part for there in parts.values() for part in there}
    for edge in edges:
        for stage in stages(edge.consumer.environment, components[edge.consumer.component]):
            found[stage].update(stages(edge.provider.environment, components[edge.provider.component]))
    return found


def _of_half(part: Component, stage: Stage, joined: Stage, ready: Stage) -> Iterator[tuple[Stage, Stage]]:
    """Pairs of what comes first and second, whatever the part needs: the site's course itself."""
    if stage.half == "host" and part.name == known.REGISTRY:
        yield stage, FILLED
    elif stage.half == "host":
        yield FILLED, stage
        yield stage, joined
    elif stage.half == "release" and part.spec.get("network"):
        yield joined, stage
        yield stage, ready
    elif stage.half == "release":
        yield ready, stage


def stable(wanted: Iterable[T], waiting: Mapping[T, Iterable[T]]) -> tuple[T, ...]:
    """All that is wanted, in its order as far as each comes after what it waits for.

    What is in a circle is left out, and so is what waits for it.
    """
    every_one = list(wanted)
    ranks = {each: at for at, each in enumerate(every_one)}
    left = {each: len(set(waiting.get(each, ()))) for each in every_one}
    followers: dict[T, list[T]] = {}
    for each in every_one:
        for needed in set(waiting.get(each, ())):
            followers.setdefault(needed, []).append(each)
    free = [ranks[each] for each in every_one if not left[each]]
    found = []
    while free:
        each = every_one[heapq.heappop(free)]
        found.append(each)
        for other in followers.get(each, ()):
            left[other] -= 1
            if not left[other]:
                heapq.heappush(free, ranks[other])
    return tuple(found)
