"""Connections that firewalls have to let pass: from whom to whom by address, at which port, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from installer.answers.model import Answers
from installer.layout import FIRST_NODE_PORT, LAST_NODE_PORT
from installer.report.catalogue import Words
from installer.report.subject import Subject

NODE_PORTS = f"{FIRST_NODE_PORT}-{LAST_NODE_PORT}/tcp"
"""Where Kubernetes offers services outside the cluster."""
DNS_PORTS, TIME_PORT, MAIL_PORT = "53/udp, 53/tcp", "123/udp", "25"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: what the machines are called, and their addresses where the answers know them."""

    name: str
    addresses: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """Who connects to whom at which port, and what for."""

    source: End
    target: End
    port: str
    purpose: str


def connections(subject: Subject, _: Words) -> tuple[Connection, ...]:
    """Every connection that a firewall has to let pass, with machines in groups wherever they form one."""
    return (
        *_engineers(subject.answers, _),
        *_between_machines(subject, _),
        *_people(subject, _),
        *_surroundings(subject.answers, _),
    )


def _engineers(answers: Answers, _: Words) -> Iterator[Connection]:
    """From the laptop to every machine, through the bastion where there is one."""
    laptop, purpose = End(_("the engineer's laptop")), _("SSH, the only way the engineer uses")
    ways: dict[tuple[str, int, int], list[str]] = {}
    for host in answers.hosts:
        bastion = host.access.bastion
        way = (bastion.address, bastion.port, host.access.port) if bastion else ("", 0, host.access.port)
        ways.setdefault(way, []).append(host.name)
    for address, port in dict.fromkeys((way[0], way[1]) for way in ways if way[0]):
        yield Connection(laptop, End(_("your bastion"), address), f"{port}/tcp", purpose)
    for (address, __, port), hosts in ways.items():
        source = End(_("your bastion"), address) if address else laptop
        yield Connection(source, _group(answers, hosts, _), f"{port}/tcp", purpose)


def _between_machines(subject: Subject, _: Words) -> Iterator[Connection]:
    for wire in subject.wires:
        if set(wire.sources) != set(wire.targets) or len(wire.targets) > 1:
            source, target = (_group(subject.answers, hosts, _) for hosts in (wire.sources, wire.targets))
            yield Connection(source, target, wire.port, _(wire.purpose))


def _people(subject: Subject, _: Words) -> Iterator[Connection]:
    """From the people who use it, or from what shares them out over the machines."""
    answers = subject.answers
    for environment in answers.environments:
        entrances = environment.workers or environment.control_planes
        several = len(entrances) > 1
        source = End(_("your load balancer, or your people")) if several else End(_("your people"))
        yield Connection(source, _group(answers, entrances, _), NODE_PORTS, _("the product"))
    for port in subject.delivered.opened if subject.delivered else ():
        if port.targets and port.source == "clients":
            target = _group(answers, port.targets, _)
            yield Connection(End(_("your people")), target, f"{port.port}/{port.protocol}", _(port.purpose))


def _surroundings(answers: Answers, _: Words) -> Iterator[Connection]:
    """From all machines to what they ask of the network around them."""
    everybody = _group(answers, [host.name for host in answers.hosts], _)
    times = End(_("your time servers"), _(", ").join(answers.ntp))
    yield Connection(everybody, times, TIME_PORT, _("the time"))
    yield Connection(everybody, End(_("your name servers")), DNS_PORTS, _("names of your network"))
    if answers.plan.mail:
        server, __, port = answers.plan.mail.rpartition(":")
        target, number = (server, port) if server and port.isdigit() else (answers.plan.mail, MAIL_PORT)
        yield Connection(everybody, End(_("your mail server"), target), f"{number}/tcp", _("alarms by mail"))


def _group(answers: Answers, hosts: Iterable[str], _: Words) -> End:
    """Machines by what they have in common; by name where that is nothing, or fewer words."""
    named = list(dict.fromkeys(hosts))
    return End(_called(answers, named, _), _(", ").join(ranges(answers.host(name).address for name in named)))


def _called(answers: Answers, named: list[str], _: Words) -> str:
    wanted = set(named)
    if len(wanted) == 1:
        return named[0]
    if wanted == {host.name for host in answers.hosts}:
        return _("all machines")
    for environment in answers.environments:
        name = _.text(environment.name)
        if wanted == set(environment.hosts):
            return _("all machines of {environment}", environment=name)
        if wanted == set(environment.control_planes):
            return _("control planes of {environment}", environment=name)
        if wanted == set(environment.workers):
            return _("workers of {environment}", environment=name)
    return _(", ").join(named)


def ranges(addresses: Iterable[str]) -> Iterator[str]:
    """Addresses with those that follow one another as a range; names of hosts as they are.

    >>> list(ranges(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.9"]))
    ['10.0.0.1–10.0.0.3', '10.0.1.9']
    """
    known = []
    for address in addresses:
        try:
            known.append(ip_address(address))
        except ValueError:
            yield address
    runs: list[list[int]] = []
    for version in (4, 6):
        numbers = sorted({int(address) for address in known if address.version == version})
        for number in numbers:
            if runs and runs[-1][0] == version and runs[-1][2] == number - 1:
                runs[-1][2] = number
            else:
                runs.append([version, number, number])
    spelled: dict[tuple[int, int], str] = {(address.version, int(address)): str(address) for address in known}
    for version, first, last in runs:
        low, high = spelled[version, first], spelled[version, last]
        yield low if first == last else f"{low}–{high}"
