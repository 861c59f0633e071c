"""Which host does what: proposed by what people say of their hosts, what these are, and what is needed; pure.

Words win over figures: a host's group, then its name; then what the host itself says; then the order of the list.
The same hosts, facts and needs always give the same proposal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from installer.hosts.facts import GIB, Facts
from installer.hosts.inventory import Row
from installer.hosts.inventory.groups import hint
from installer.hosts.role_candidates import Machine, Wanted
from installer.messages import Message
from sizing.engine import Sizing
from sizing.hosts import Shape, of_cluster, weight

Role = Literal["control_plane", "worker"]

LEAST = Shape(2.0, 2.0)
"""The smallest machine that carries a control plane, where sizing asks for none of its own."""
MAJORITY = 3
"""Control planes that go on when one of them is lost."""
MOST = 7
"""Control planes of a cluster; answers name no more."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A host's place, and in one line why."""

    host: str
    environment: str
    role: Role
    reason: Message


@dataclass(frozen=True, slots=True)
class Roles:
    """A place for every host in the order of the list; none, and the problems, where there is no way to give one.

    `notes` tell what is worth knowing of a proposal that can be used.
    """

    proposals: tuple[Proposal, ...] = ()
    problems: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()

    def hosts(self, environment: str, role: Role) -> tuple[str, ...]:
        """The hosts of one role, as `control_planes` and `workers` of the answers want them."""
        return tuple(each.host for each in self.proposals if (each.environment, each.role) == (environment, role))


def propose(rows: Sequence[Row], facts: Mapping[str, Facts], sizing: Sizing) -> Roles:
    """Places for all hosts; `facts` by name of the host, `sizing` of the needs whose environments are to be filled."""
    wanted = _wanted(sizing)
    names = [each.name for each in wanted]
    if len(rows) < len(wanted):
        few = Message(
            "{hosts} host(s) for {count} environments ({names}); each is a cluster of its own: {more} host(s) more, or "
            "fewer environments",
            hosts=len(rows), count=len(wanted), names=tuple(names), more=len(wanted) - len(rows),
        )  # fmt: skip
        return Roles(problems=(few,))
    machines = _machines(rows, facts, names)
    _share_out(machines, wanted)
    empty = [each.name for each in wanted if not each.machines]
    if empty:
        problems = tuple(
            Message("no host for environment {name}: every host is marked for another by its group or name", name=each)
            for each in empty
        )
        return Roles(problems=problems)
    notes: list[Message] = []
    roles: dict[int, tuple[Role, Message]] = {}
    for each in wanted:
        roles |= _roles(each)
        notes += _notes(each, sum(roles[machine.order][0] == "control_plane" for machine in each.machines))
    return Roles(tuple(_proposals(machines, wanted, roles)), notes=tuple(notes))


def _wanted(sizing: Sizing) -> list[Wanted]:
    found = []
    for environment in sizing.needs.environments:
        pools = {pool.name: pool.expected for pool in sizing.planned if pool.environment == environment.name}
        demand = sum(weight(each.shape) * each.count for name, each in pools.items() if of_cluster(name))
        control = pools["control-plane"].shape if "control-plane" in pools else LEAST
        redundant = environment.redundant and sizing.redundant
        found.append(Wanted(environment.name, redundant, demand or 1.0, control))
    return found


def _machines(rows: Sequence[Row], facts: Mapping[str, Facts], environments: Sequence[str]) -> list[Machine]:
    """The hosts; one of which nothing is known counts as an average one."""
    machines = [
        Machine(row, order, facts.get(row.name), hint(row.group, environments), hint(row.name, environments))
        for order, row in enumerate(rows)
    ]
    for machine in machines:
        if machine.facts is not None:
            machine.capacity = weight(Shape(machine.facts.cpus, machine.facts.memory / GIB))
    known = [machine.capacity for machine in machines if machine.facts is not None]
    for machine in machines:
        if machine.facts is None and known:
            machine.capacity = sum(known) / len(known)
    return machines


def _share_out(machines: Sequence[Machine], wanted: Sequence[Wanted]) -> None:
    """Give every machine to an environment: where its words say, otherwise where most is lacking, large ones first."""
    by_name = {each.name: each for each in wanted}
    free = []
    for machine in machines:
        if machine.environment:
            by_name[machine.environment].machines.append(machine)
        else:
            free.append(machine)
    chosen: dict[float, list[int]] = {}
    for machine in sorted(free, key=lambda each: (-each.capacity, each.order)):
        position = min(range(len(wanted)), key=lambda at: _urgency(wanted[at], at))
        wanted[position].machines.append(machine)
        chosen.setdefault(machine.capacity, []).append(position)
    # Among machines alike it does not matter which goes where: the list's order is what people expect.
    for each in wanted:
        each.machines = [machine for machine in each.machines if machine.environment]
    rest = {capacity: iter(sorted(positions)) for capacity, positions in chosen.items()}
    for machine in free:
        wanted[next(rest[machine.capacity])].machines.append(machine)
    for each in wanted:
        each.machines.sort(key=lambda machine: machine.order)


def _urgency(wanted: Wanted, position: int) -> tuple[float, ...]:
    """Who gets the next machine: one without any, a redundant one without a majority, the one that lacks most."""
    if not wanted.machines:
        return 0, -wanted.demand, position
    if wanted.redundant and len(wanted.machines) < MAJORITY:
        return 1, position
    return 2, math.fsum(machine.capacity for machine in wanted.machines) / wanted.demand, position


def _roles(wanted: Wanted) -> dict[int, tuple[Role, Message]]:
    """The role of each machine of an environment, by its place in the list, with the reason."""
    chosen = _control_planes(wanted)
    places = {machine.order for machine in chosen}
    alike = len({(machine.capacity, machine.disk) for machine in wanted.machines}) == 1
    alone = len(chosen) == len(wanted.machines)
    found: dict[int, tuple[Role, Message]] = {}
    for machine in wanted.machines:
        if machine.order in places:
            reason = _why_control(wanted, machine, alike)
            found[machine.order] = (
                "control_plane",
                Message("{reason}; carries the services too", reason=reason) if alone else reason,
            )
        else:
            found[machine.order] = "worker", _why_worker(machine, len(chosen))
    return found


def _control_planes(wanted: Wanted) -> list[Machine]:
    """The control planes: those said to be, filled up with those best for it, and always an odd number."""
    said = [machine for machine in wanted.machines if machine.control]
    target = MAJORITY if wanted.redundant and len(wanted.machines) >= MAJORITY else 1
    unsaid = [machine for machine in wanted.machines if machine.control is None]
    if said:  # where some are called control planes, those called nodes are meant as the others
        unsaid = [machine for machine in unsaid if machine.by_name.control is None]
    spare = sorted(unsaid, key=lambda machine: _fitness(wanted, machine))
    chosen = said[:MOST] + spare[: max(0, target - len(said))]
    if not chosen:
        chosen = sorted(wanted.machines, key=lambda machine: _fitness(wanted, machine))[:target]
    more = [machine for machine in spare if machine not in chosen]
    if len(chosen) % 2 == 0:
        chosen = [*chosen, more[0]] if said and more and len(chosen) < MOST else chosen[:-1]
    return chosen


def _fitness(wanted: Wanted, machine: Machine) -> tuple[float, ...]:
    """What sorts first makes the best control plane: the smallest that suffices, an unknown one, the largest."""
    if machine.facts is None:
        return 1, machine.order
    if wanted.suffices(machine):
        return 0, machine.capacity, machine.disk, machine.order
    return 2, -machine.capacity, machine.order


def _why_control(wanted: Wanted, machine: Machine, alike: bool) -> Message:
    if machine.control:
        return Message("control plane by {words}", words=machine.of_role())
    if machine.control is False:
        return Message("control plane though {words} says worker: a cluster cannot do without", words=machine.of_role())
    if machine.facts is None:
        return Message("control plane by its place in the list: nothing is known of it yet")
    if not wanted.suffices(machine):
        return Message(
            "control plane, though short of {cores} cores, {memory} GiB: {figures}",
            cores=f"{wanted.control.cpu_cores:g}", memory=f"{wanted.control.memory_gib:g}", figures=machine.figures(),
        )  # fmt: skip
    if alike:
        return Message("control plane by its place in the list: all are alike ({figures})", figures=machine.figures())
    return Message("control plane: small, and enough for it ({figures})", figures=machine.figures())


def _why_worker(machine: Machine, control_planes: int) -> Message:
    if machine.control:
        return Message(
            "worker though {words} says control plane: {count} is odd, and enough",
            words=machine.of_role(),
            count=control_planes,
        )
    if machine.control is False:
        return Message("worker by {words}", words=machine.of_role())
    return Message("worker: {figures}", figures=machine.figures())


def _notes(wanted: Wanted, control_planes: int) -> Iterator[Message]:
    count = len(wanted.machines)
    if not wanted.redundant:
        return
    if control_planes < MAJORITY:
        yield Message(
            "{environment} is to survive the loss of a host, which takes {wanted} control planes; it gets {count} of "
            "{hosts} host(s)",
            environment=wanted.name, wanted=MAJORITY, count=control_planes, hosts=count,
        )  # fmt: skip
    elif count - control_planes == 1:
        yield Message(
            "{environment} has one worker alone: one more, and it survives the loss of it", environment=wanted.name
        )


def _proposals(
    machines: Sequence[Machine], wanted: Sequence[Wanted], roles: Mapping[int, tuple[Role, Message]]
) -> Iterator[Proposal]:
    home = {machine.order: each.name for each in wanted for machine in each.machines}
    for machine in machines:
        role, reason = roles[machine.order]
        name = home[machine.order]
        if len(wanted) > 1:
            words = machine.of_environment()
            reason = (
                Message("{environment} by {words}; {reason}", environment=name, words=words, reason=reason)
                if machine.environment
                else Message("{environment} for what it needs; {reason}", environment=name, reason=reason)
            )
        yield Proposal(machine.row.name, name, role, reason)
