"""What has to be there before we come, who sees to it and by when; what is undecided; what could go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from installer.answers.model import Answers, Contact
from installer.preflight.kernel import OLDEST
from installer.preflight.machine import SYSTEMD, TRIED
from installer.report import promised
from installer.report.catalogue import Words
from installer.report.firewall import ranges
from installer.report.subject import Subject
from installer.report.timeline import Timeline
from installer.report.told import told

WIDE = 1.5
"""A high need this many times the expected one is worth a word about what is not known."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be there: its group, what it is exactly, who sees to it, by when."""

    group: str
    what: str
    owner: str
    due: date


def contact(answers: Answers, side: str, *duties: str) -> Contact | None:
    """The person of a side whose duty speaks of one of these words; else the first of that side."""
    people = [person for person in answers.plan.contacts if person.side == side]
    for person in people:
        if any(word in person.duty.lower() for word in duties):
            return person
    return people[0] if people else None


def asked(subject: Subject, line: Timeline, _: Words) -> Iterator[tuple[date, str]]:
    """What is asked of the customer before anything is installed, by day."""
    answers = subject.answers
    count = _.number(subject.sizing.total("count").expected)
    found = [(line.task("agree").end, _("sign this report"))]
    if answers.plan.delivery_days:
        found.append((line.task("order").start, _("order the machines ({count})", count=count)))
        found.append((line.task("order").end, _("the machines are delivered")))
    for each in answers.plan.decisions:
        found.append((each.until, _("decide what is open ({person})", person=each.person)))
    found.append((line.task("prepare").end, _("all of the checklist is done")))
    yield from sorted(found, key=lambda entry: entry[0])


def items(subject: Subject, line: Timeline, _: Words) -> tuple[Item, ...]:
    """The prerequisites, in the order in which they are usually seen to."""
    due = line.task("prepare").end
    return tuple(Item(group, what, owner, due) for group, what, owner in _wanted(subject.answers, subject, _))


def _wanted(answers: Answers, subject: Subject, _: Words) -> Iterator[tuple[str, str, str]]:
    ours = _owner(answers, "vendor", _)
    it = _owner(answers, "customer", _)
    network = _owner(answers, "customer", _, "network", "firewall", "网络", "防火墙")
    count = round(subject.sizing.total("count").expected)
    yield _("Machines"), _("the machines of the table ({count})", count=_.number(count)), it
    yield _("Machines"), _system(_), it
    alone = _("no other Kubernetes or container runtime on them, no swap, no firewall of their own (firewalld, ufw)")
    yield _("Machines"), alone, it
    if any(len(environment.control_planes) > 1 for environment in answers.environments):
        apart = _("virtual machines: the control planes of an environment on different hosts, no core promised twice")
        yield _("Machines"), apart, it
    disks = _("the data disk on /var/lib, the fast disk on /var/lib/etcd; mirrored where a machine stands alone")
    yield _("Machines"), disks, it
    yield _("Network"), _("a fixed address and a name of its own for each machine, and a default route"), network
    yield _("Network"), _("the connections of the table below, open in every firewall between"), network
    for environment in answers.environments:
        yield _("Network"), _("networks that nothing else in reach uses: {pods} and {services} ({environment})",
                              pods=environment.networks.pods, services=environment.networks.services,
                              environment=_.text(environment.name)), network  # fmt: skip
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


def _system(_: Words) -> str:
    """What a machine has to be, as the checks have it."""
    tried = _(", ").join(f"{name.capitalize()} {version}" for name, versions in TRIED.items() for version in versions)
    kernel = ".".join(map(str, OLDEST))
    return _(
        "Linux for x86-64 (amd64) with systemd {systemd}, kernel {kernel} or newer and cgroup v2; releases are "
        "tried on {tried}",
        systemd=SYSTEMD,
        kernel=kernel,
        tried=tried,
    )


def _mail(subject: Subject, _: Words) -> str:
    """What alarms need, as far as something sends them."""
    server, sends = subject.answers.plan.mail, promised.standing(subject, promised.ALERTS)
    if not server or not sends:
        return ""
    if sends == "later":
        return _("alarms will go out by {server} once the part for them is installed", server=server)
    return _("alarms go out by {server}: an account for them", server=server)


def _names_and_certificates(answers: Answers, _: Words, network: str, it: str) -> Iterator[tuple[str, str, str]]:
    for environment in answers.environments:
        hosts = environment.workers or environment.control_planes
        where = _(", ").join(ranges(answers.host(host).address for host in hosts))
        values = {"domain": environment.domain, "address": where, "environment": _.text(environment.name)}
        if len(hosts) > 1:
            shared = _(
                "*.{domain} leads to a load balancer of yours, which shares requests out over {address} and leaves out "
                "what does not answer ({environment})",
                **values,
            )
            yield _("Names (DNS)"), shared, network
        else:
            yield _("Names (DNS)"), _("*.{domain} leads to {address} ({environment})", **values), network
        if environment.endpoint:
            yield _("Names (DNS)"), _("{name} leads to the control planes", name=environment.endpoint), network
    issued = _("the platform's own authority is trusted by your people's browsers, or you sign the public names")
    yield _("Certificates"), issued, it


def _owner(answers: Answers, side: str, _: Words, *duties: str) -> str:
    person = contact(answers, side, *duties)
    return person.name if person else {"customer": _("customer"), "vendor": _("vendor")}[side]


def risks(subject: Subject, _: Words) -> Iterator[tuple[str, str]]:
    """What could delay or disturb, and what is done about it."""
    answers, sizing = subject.answers, subject.sizing
    if answers.plan.delivery_days:
        yield (
            _("The machines come late: everything after them moves by as many days."),
            _("Order on the day of the signature; tell us of a delay at once."),
        )
    if len(answers.hosts) > 1:
        yield (
            _("A firewall lets something through less than agreed: the installation stops before it begins."),
            _("We check every connection beforehand; nothing is changed while a check fails."),
        )
    if answers.plan.decisions:
        yield (
            _("Decisions are open ({count}): what waits for them waits as long.", count=len(answers.plan.decisions)),
            _("Each has a person and a day; see the decisions we need."),
        )
    yield from _larger(subject, _)
    for load in sizing.loads:
        if not load.redundant:
            yield (
                _(
                    "The environment {environment} stands still while a machine of it is broken.",
                    environment=_.text(load.environment.name),
                ),
                _(
                    "Accepted by the answers; three control planes, and one worker more than the load takes, would "
                    "prevent it."
                ),
            )
    if len(answers.registry.hosts) == 1:
        yield (
            _("The store of programs is on one machine only: while it is away nothing new starts."),
            _("What runs goes on running; the store is filled again from the delivery in minutes."),
        )


def _larger(subject: Subject, _: Words) -> Iterator[tuple[str, str]]:
    """How much more the worst case takes, by what is not known: an answer, or what the parts will really take."""
    sizing = subject.sizing
    memory, disks = sizing.total("memory_gib"), sizing.total("disk_to_order_gib")
    if max(memory.high / memory.expected, disks.high / disks.expected) <= WIDE:
        return
    factors = {"memory": _.number(round(memory.high / memory.expected, 1)),
               "disks": _.number(round(disks.high / disks.expected, 1))}  # fmt: skip
    if any(each.range for each in told(subject, _)):
        yield (
            _("Some answers are guesses: in the worst case {memory} times the memory and {disks} times the disks are "
              "needed.", **factors),
            _("Replace the guesses by figures before you order: they stand under what you told us."),
        )  # fmt: skip
    else:
        yield (
            _("What the parts really take is known only when they run: in the worst case {memory} times the memory and "
              "{disks} times the disks.", **factors),
            _("Order as planned, keep room in the racks, and look at the use after a month."),
        )  # fmt: skip
