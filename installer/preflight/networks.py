"""Rules about networks: a cluster's own against all that its hosts reach, and the name servers its pods are given."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from installer.answers.network_rules import proposal
from installer.hosts.facts import Facts
from installer.hosts.network_facts import RESOLV, is_loopback, is_six
from installer.layout import POD_LINKS
from installer.messages import Message
from installer.preflight.finding import Case, Check, Violation

WHOLE = frozenset(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""Routes of sites that send all private addresses one way: a narrower one within the host goes before it."""


def _overlap(case: Case, facts: Facts) -> Iterator[Violation]:
    """A host of a cluster must reach nothing else by an address that the cluster gives to pods or services."""
    environment = case.answers.environment_of(facts.host)
    ours = (*POD_LINKS, "veth") if case.begun(facts) else ()
    reached = [taken for taken in facts.networks if not taken.link.startswith(ours)] if ours else list(facts.networks)
    everywhere = [taken.network for other in case.facts.values() for taken in other.networks]
    index = case.answers.environments.index(environment)
    reached.sort(key=lambda taken: taken.network in WHOLE)
    for kind, text in (("pods", environment.networks.pods), ("services", environment.networks.services)):
        network = IPv4Network(text)
        place = f"environments.{index}.networks.{kind}"
        line = case.answers.lines.get(place) or case.answers.lines.get(f"environments.{index}")
        where = f"{place}, {case.answers.file}:{line}" if line else place
        for taken in reached:
            if network.overlaps(taken.network):
                others = [IPv4Network(each) for known in case.answers.environments
                          for each in (known.networks.pods, known.networks.services)]  # fmt: skip
                yield Violation(
                    Message("{how}, in {network} of {place}", how=taken.how, network=network, place=where),
                    Message("a network of the cluster's own, which no host reaches"),
                    Message("take another in the answers: {wanted}", wanted=proposal(others, everywhere)),
                    warning=taken.network in WHOLE and not (taken.closed and kind == "services"),
                )
                break


def _servers(_: Case, facts: Facts) -> Iterator[Violation]:
    """Cluster DNS passes on what it does not know itself to the host's name servers, and ends where it has none."""
    if facts.name_servers is None:
        return
    servers = facts.name_servers
    if servers and all(map(is_six, servers)) and not any(map(is_loopback, servers)):
        yield Violation(
            Message("its name servers are {addresses}, and pods have addresses of IPv4 alone", addresses=servers),
            Message("a name server with an IPv4 address; pods would find no name outside of the cluster"),
            Message("write the IPv4 address of one into {path} there, as a further line", path=RESOLV),
            warning=True,
        )
        return
    loopback = [server for server in facts.name_servers if is_loopback(server)]
    if facts.name_servers and not loopback:
        return
    found = (
        Message("its name server is {address}, which is the asking pod itself", address=", ".join(loopback))
        if loopback
        else Message("{path} names no name server, or is not there", path=RESOLV)
    )
    yield Violation(
        found,
        Message("a name server that is not loopback: cluster DNS does not start without one"),
        Message(
            "write {line} into {path} there; where the site has none, the address of any of its hosts does",
            line="nameserver <address>",
            path=RESOLV,
        ),
    )


CHECKS = (
    Check("names.servers", Message("name servers for pods"), _servers),
    Check("network.overlap", Message("cluster networks are free"), _overlap),
)
