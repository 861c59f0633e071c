"""What has to be there before we come, who sees to it and by when; what is undecided; what could go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from installer.answers.model import Answers, Contact
from installer.layout import FIRST_NODE_PORT, LAST_NODE_PORT
from installer.report import promised
from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.timeline import Timeline
from sizing.needs import UNKNOWN, questions
from sizing.units import unit_of
from sizing.workload import answers as estimates

WIDE = 1.5
"""A high need this many times the expected one is worth a word about what is not known."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be there: its group, what it is exactly, who sees to it, by when."""

    group: str
    what: str
    owner: str
    due: date


@dataclass(frozen=True, slots=True)
class Connection:
    """Who connects to whom at which port, and what for."""

    source: str
    target: str
    port: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A question nobody could answer, and what was taken instead."""

    question: str
    low: float
    expected: float
    high: float
    unit: str


def contact(answers: Answers, side: str, *duties: str) -> Contact | None:
    """The person of a side whose duty speaks of one of these words; else the first of that side."""
    people = [person for person in answers.plan.contacts if person.side == side]
    for person in people:
        if any(word in person.duty.lower() for word in duties):
            return person
    return people[0] if people else None


def items(subject: Subject, line: Timeline, _: Words) -> tuple[Item, ...]:
    """The prerequisites, in the order in which they are usually seen to."""
    due = line.task("prepare").end
    return tuple(Item(group, what, owner, due) for group, what, owner in _wanted(subject.answers, subject, _))


def _wanted(answers: Answers, subject: Subject, _: Words) -> Iterator[tuple[str, str, str]]:
    ours = _owner(answers, "vendor", _)
    it = _owner(answers, "customer", _)
    network = _owner(answers, "customer", _, "network", "firewall", "网络", "防火墙")
    count = round(subject.sizing.total("count").expected)
    yield _("Machines"), _("the machines of the table ({count}), with 64-bit Linux and systemd", count=count), it
    yield _("Machines"), _("the data disk mounted on /var/lib, the fast disk on /var/lib/etcd"), it
    yield _("Network"), _("a fixed address and a name of its own for each machine, and a default route"), network
    yield _("Network"), _("the connections of the table below, open in every firewall between"), network
    yield from _names_and_certificates(answers, _, network, it)
    access = answers.hosts[0].access
    account = _("the account {user} on each machine, by key, that may act as administrator (sudo)", user=access.user)
    yield _("Accounts"), account, it
    if access.bastion:
        yield _("Accounts"), _("a way over {host} for the delivery engineer", host=access.bastion.address), it
    servers = ", ".join(answers.ntp) or _("a time server of your network")
    yield _("Time"), _("all clocks kept by {servers}", servers=servers), network
    if mail := _mail(subject, _):
        yield _("Mail"), mail, it
    yield _("Delivery"), _("the delivery on a disk, its digest told by another way"), ours


def _mail(subject: Subject, _: Words) -> str:
    """What alarms need, as far as something sends them."""
    server, sends = subject.answers.plan.mail, promised.standing(subject, promised.ALERTS)
    if not server or not sends:
        return _("no alarms by mail") if sends else ""
    if sends == "later":
        return _("alarms will go out by {server} once the part for them is installed", server=server)
    return _("alarms go out by {server}: an account for them", server=server)


def _names_and_certificates(answers: Answers, _: Words, network: str, it: str) -> Iterator[tuple[str, str, str]]:
    for environment in answers.environments:
        first = (environment.workers or environment.control_planes)[0]
        where = answers.host(first).address
        names = _("*.{domain} leads to {address} ({environment})", domain=environment.domain, address=where,
                  environment=_.text(environment.name))  # fmt: skip
        yield _("Names (DNS)"), names, network
        if environment.endpoint:
            yield _("Names (DNS)"), _("{name} leads to the control planes", name=environment.endpoint), network
    issued = _("the platform's own authority is trusted by your people's browsers, or you sign the public names")
    yield _("Certificates"), issued, it


def _owner(answers: Answers, side: str, _: Words, *duties: str) -> str:
    person = contact(answers, side, *duties)
    return person.name if person else {"customer": _("customer"), "vendor": _("vendor")}[side]


NODE_PORTS = f"{FIRST_NODE_PORT}-{LAST_NODE_PORT}/tcp"
"""Where Kubernetes offers services outside the cluster."""


def connections(subject: Subject, _: Words) -> tuple[Connection, ...]:
    """Every connection that a firewall has to let pass, with machines in groups wherever they form one."""
    answers = subject.answers
    found = [
        Connection(
            _("the engineer's laptop"), _("all machines"), f"{port}/tcp", _("SSH, the only way the engineer uses")
        )
        for port in sorted({host.access.port for host in answers.hosts})
    ]
    for wire in subject.wires:
        if set(wire.sources) != set(wire.targets) or len(wire.targets) > 1:
            source, target = _group(answers, wire.sources, _), _group(answers, wire.targets, _)
            found.append(Connection(source, target, wire.port, wire.purpose))
    for environment in answers.environments:
        target = _group(answers, environment.hosts, _)
        found.append(Connection(_("your people"), target, NODE_PORTS, _("the product")))
    for port in subject.delivered.opened if subject.delivered else ():
        if port.targets and port.source == "clients":
            target = _group(answers, port.targets, _)
            found.append(Connection(_("your people"), target, f"{port.port}/{port.protocol}", port.purpose))
    return tuple(found)


def _group(answers: Answers, hosts: tuple[str, ...], _: Words) -> str:
    """Machines by what they have in common; by name where that is nothing, or fewer words."""
    wanted = set(hosts)
    if len(wanted) == 1:
        return hosts[0]
    if wanted == {host.name for host in answers.hosts}:
        return _("all machines")
    for environment in answers.environments:
        if wanted == set(environment.hosts):
            return _("all machines of {environment}", environment=_.text(environment.name))
        if wanted == set(environment.control_planes):
            return _("control planes of {environment}", environment=_.text(environment.name))
    return _(", ").join(hosts)


def guesses(subject: Subject, _: Words) -> tuple[Guess, ...]:
    """What was unknown, and what was taken for it; not what the other answers leave no room for."""
    taken = estimates(subject.sizing.needs)
    return tuple(
        Guess(
            question.title,
            taken[question.name].low,
            taken[question.name].expected,
            taken[question.name].high,
            _unit(question.name, _),
        )
        for question in questions()
        if getattr(subject.sizing.needs, question.name, None) == UNKNOWN and taken[question.name].high
    )


def _unit(name: str, _: Words) -> str:
    """The unit of a question, as people say it."""
    unit = unit_of(name)
    known = {"cores": _("cores"), "1/second": _("a second"), "1/day": _("a day"), "GiB/month": _("GiB a month"),
             "GB/day": _("GB a day"), "hours": _("hours"), "days": _("days"), "%": "%"}  # fmt: skip
    return known.get(unit, unit)


def risks(subject: Subject, _: Words) -> Iterator[tuple[str, str]]:
    """What could delay or disturb, and what is done about it."""
    answers, sizing = subject.answers, subject.sizing
    if answers.plan.delivery_days:
        yield (
            _("The machines come late: everything after them moves by as many days."),
            _("Order on the day of the signature; tell us of a delay at once."),
        )
    yield (
        _("A firewall lets something through less than agreed: the installation stops before it begins."),
        _("We check every connection beforehand; nothing is changed while a check fails."),
    )
    memory = sizing.total("memory_gib")
    if memory.high > WIDE * memory.expected:
        yield (
            _("Some answers are guesses: in the worst case {factor} times the memory is needed.",
              factor=_.number(round(memory.high / memory.expected, 1))),
            _("Replace the guesses listed above by figures before you order."),
        )  # fmt: skip
    for load in sizing.loads:
        if not load.redundant:
            yield (
                _(
                    "The environment {environment} stands still while a machine of it is broken.",
                    environment=_.text(load.environment.name),
                ),
                _("Accepted by the answers; a second machine would prevent it."),
            )
    if len(answers.registry.hosts) == 1:
        yield (
            _("The store of programs is on one machine only: while it is away nothing new starts."),
            _("What runs goes on running; the store is filled again from the delivery in minutes."),
        )
