"""Which part of a site needs which other: solved from the answers and the bundle, before anything is rendered.

A component needs others by name or by role. What it requires stands in its own environment. A role that it consumes is
filled there too or, where nothing of its environment fills it, by the one part of the site that does; one that it wants
likewise, but it does without where nothing does. A part may fill its role for its own environment alone (`serves`).
So needs may cross environments; they never go in a circle.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from installer.answers.model import Answers, Environment
from installer.bundle import sized
from installer.bundle.manifest import Component, Manifest
from installer.errors import AnswersInvalid, Problem
from installer.formats.values import shown
from installer.messages import Message
from installer.plan import opened_ports, stages
from installer.plan.connections import OpenPort
from installer.plan.stages import Edge, Place, Stage
from installer.render import context


@dataclass(frozen=True)
class Wiring:
    """A solved site. `parts` has each environment's components, each after what it requires, `edges` what is consumed.

    `chosen` says for each environment which component is meant by a role that others there require. In `order` every
    stage comes after all that it waits for.
    """

    parts: Mapping[str, tuple[Component, ...]]
    edges: tuple[Edge, ...]
    chosen: Mapping[str, Mapping[str, str]]
    order: tuple[Stage, ...]
    opened: tuple[OpenPort, ...] = ()
    """The ports that parts open on hosts."""

    def consumed(self, environment: str, component: str) -> tuple[Edge, ...]:
        """What a part consumes, in the order in which it says so."""
        return tuple(edge for edge in self.edges if edge.consumer == (environment, component))

    def required(self, environment: str, component: Component) -> tuple[str, ...]:
        """Names of the components that must stand first in the same environment."""
        return tuple(self.chosen[environment].get(need, need) for need in component.requires)

    def hosted(self, environment: str) -> tuple[Component, ...]:
        """The parts that are put on hosts, in an order that no need of the site contradicts."""
        named = {part.name: part for part in self.parts[environment]}
        there = (stage for stage in self.order if stage.environment == environment)
        return tuple(named[stage.component] for stage in there if stage.half == "host")


def solve(answers: Answers, manifest: Manifest) -> Wiring:
    """Who needs whom in a site.

    Raises:
        AnswersInvalid: a chosen component is not in the bundle; a role is filled by nobody, or by several where one is
            needed; a part stands where it may not, publishes what another does, opens a port that is taken, or
            waits for itself.
    """
    solving = _Solving(answers, manifest)
    for environment in answers.environments:
        solving.choose(environment)
    solving.look_at_places()
    solving.look_at_pools()
    solving.look_at_sizes()
    for environment in answers.environments:
        for component in solving.parts[environment.name]:
            solving.connect(environment, component)
    order = solving.ordered()
    opened = opened_ports.opened(answers, solving.parts)
    for clash in opened_ports.clashes(answers, solving.parts, opened):
        solving.problem(*clash)
    if solving.problems:
        problems = tuple(sorted(solving.problems, key=lambda each: each.line))
        raise AnswersInvalid(file=answers.file, count=len(problems), problems=problems)
    return Wiring(solving.parts, tuple(solving.edges), solving.chosen, order, opened)


@dataclass
class _Solving:
    """What has been found so far, and every problem."""

    answers: Answers
    manifest: Manifest
    parts: dict[str, tuple[Component, ...]] = field(default_factory=dict)
    chosen: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def choose(self, environment: Environment) -> None:
        """The components of an environment, and which of them fill the roles that others there require."""
        there = {each.name for each in self.manifest.components}
        named = [name for name in environment.components if name in there]
        for name in environment.components:
            if name not in there:
                self._not_there(Place(environment.name, name), there)
        first = [each.name for each in self.manifest.components if each.spec.get("always") or each.name in named]
        wanted = [*first, *named]
        standing = self.manifest.required(wanted)
        filling = self.manifest.filling
        chosen: dict[str, str] = {}
        for component in standing:
            for role in (need for need in component.requires if need in filling and need not in chosen):
                found = [Place(environment.name, each.name) for each in standing if each.role == role]
                if len(found) == 1:
                    chosen[role] = found[0].component
                else:
                    self._not_one(Place(environment.name, component.name), role, found)
        self.chosen[environment.name] = chosen
        self.parts[environment.name] = self.manifest.required(wanted, chosen)

    def look_at_pools(self) -> None:
        """Parts that are to stand in a pool, and cannot be told so."""
        for at, environment in enumerate(self.answers.environments):
            for pool, each in environment.pools.items():
                for position, name in enumerate(each.components):
                    part = next((part for part in self.parts[environment.name] if part.name == name), None)
                    if part is not None and not context.knows_pools(part):
                        path = f"environments.{at}.pools.{pool}.components.{position}"
                        found = Message(
                            "{part}, whose pods cannot be kept to a pool", part=Place(environment.name, name)
                        )
                        wanted = Message("a part whose chart takes `placement`")
                        line = self.answers.lines.get(path, 1)
                        self.problems.append(Problem(self.answers.file, line, path, found, wanted))

    def look_at_places(self) -> None:
        """Parts that stand where they may not, and names that are published twice in one environment."""
        first: dict[str, str] = {}
        for environment, parts in self.parts.items():
            published: dict[tuple[str, str], str] = {}
            for part in parts:
                place = Place(environment, part.name)
                if part.once and (other := first.setdefault(part.name, environment)) != environment:
                    found = Message("{part}, which {other} has already", part=place, other=other)
                    self.problem(place, found, Message("it in one environment of the site"))
                for name in part.spec.get("publishes", ()):
                    if (other := published.setdefault((part.role, name), part.name)) != part.name:
                        found = Message(
                            "{part} publishes {name} of role {role}, which {other} does already",
                            part=place, name=name, role=part.role, other=Place(environment, other),
                        )  # fmt: skip
                        self.problem(place, found, Message("one part for this role in an environment"))

    def look_at_sizes(self) -> None:
        """Sizes that the answers say of a part instead of having them reckoned, and that are none."""
        for environment in self.answers.environments:
            for part in self.parts[environment.name]:
                values = environment.components.get(part.name, {})
                for name, unit in sized.wrong(part.spec, values):
                    found = Message("{part} with {name} {value}", part=Place(environment.name, part.name), name=name,
                                    value=shown(values[name]))  # fmt: skip
                    self.problem(Place(environment.name, part.name), found, unit.said)

    def connect(self, environment: Environment, component: Component) -> None:
        """Find who fills the roles that a part consumes or wants: in its own environment, else in the whole site."""
        place = Place(environment.name, component.name)
        for role in component.roles_seen:
            filling = [Place(name, each.name) for name, parts in self.parts.items() for each in parts
                       if each.role == role and (name == environment.name or not each.near_only)]  # fmt: skip
            near = [each for each in filling if each.environment == environment.name] or filling
            if len(near) == 1:
                self.edges.append(Edge(place, role, near[0]))
            elif near or role not in component.wants:
                self._not_one(place, role, near)

    def ordered(self) -> tuple[Stage, ...]:
        """Every stage after what it waits for, else in the order of answers and bundle; nothing if that cannot be."""
        waits = stages.waits(self.parts, self.chosen, self.edges)
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            circle: list[Stage] = error.args[1]
            told = tuple(dict.fromkeys(str(stage) for stage in reversed(circle) if stage.environment))
            first = next(stage for stage in reversed(circle) if stage.component)
            self.problem(
                Place(first.environment, first.component),
                Message("a circle, in which each waits for the next: {parts}", parts=told),
                Message("parts that do not wait for themselves"),
            )
            return ()
        return stages.stable(stages.every(self.parts), waits)

    def _not_there(self, place: Place, there: Iterable[str]) -> None:
        """A component is chosen that the bundle does not have."""
        near = difflib.get_close_matches(place.component, sorted(there), n=1)
        found = Message("{part}, which is not in the bundle", part=place)
        like = Message("a component of the bundle (sitewright bundle show FILE)")
        self.problem(place, found, Message("{value}, perhaps", value=f"`{near[0]}`") if near else like)

    def _not_one(self, place: Place, role: str, filling: Iterable[Place]) -> None:
        """A role is filled by nobody, or by several parts."""
        if told := tuple(map(str, filling)):
            found = Message("{part} needs one {role}, but there are {parts}", part=place, role=role, parts=told)
            self.problem(place, found, Message("one of them alone"))
        else:
            able = tuple(each.name for each in self.manifest.filling[role])
            found = Message("{part} needs {role}, which nothing fills", part=place, role=role)
            self.problem(place, found, Message("one of: {values}", values=able))

    def problem(self, place: Place, found: Message, wanted: Message) -> None:
        """Add one, at the nearest line of the answers that has to do with a part."""
        at = [environment.name for environment in self.answers.environments].index(place.environment)
        path = f"environments.{at}.components.{place.component}"
        near = (path, f"environments.{at}.components", f"environments.{at}", "environments")
        line = next((self.answers.lines[each] for each in near if each in self.answers.lines), 1)
        self.problems.append(Problem(self.answers.file, line, path, found, wanted))
