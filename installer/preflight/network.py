"""Rules about clocks, names, routes and ports."""

from __future__ import annotations

from collections.abc import Iterator

from installer.hosts.facts import Facts
from installer.plan.connections import own_ports, wires
from installer.preflight.finding import Case, Check, Violation

SKEW = 5.0
"""Seconds: certificates made a moment ago must be valid on every host."""
SKEW_BETWEEN = 1.0
"""Seconds: etcd warns of a peer whose clock differs by more."""
SLOW_LINK = 1e6
OUR_PROGRAMS = ("kubelet", "kube-", "etcd", "haproxy", "containerd", "sitewright", "registry", "flanneld")
FIREWALLS = ("firewalld", "ufw")


def _skew(case: Case, facts: Facts) -> Iterator[Violation]:
    line = case.answers.lines.get("network.ntp") or case.answers.lines.get("network")
    servers = f"chrony with {', '.join(case.answers.ntp)}" if case.answers.ntp else "chrony"
    remedy = f"start {servers} there" + (f" (network.ntp, {case.answers.file}:{line})" if line else "")
    ahead, doubt = facts.clock_ahead, facts.clock_doubt
    if not abs(ahead) - doubt <= SKEW:  # also where the host told no time at all
        where = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine"
        yield Violation(where, f"{SKEW:.0f} s at most; certificates would not be valid yet", remedy)
        return
    for name, other in case.facts.items():
        apart = abs(ahead - other.clock_ahead) - doubt - other.clock_doubt
        if name != facts.host and apart > SKEW_BETWEEN:
            yield Violation(f"{apart:.1f} s or more apart from {name}", f"{SKEW_BETWEEN:.0f} s at most", remedy)


def _synchronised(_: Case, facts: Facts) -> Iterator[Violation]:
    if not facts.clock_synchronised:
        yield Violation("no time service keeps the clock", "chrony or systemd-timesyncd, synchronised",
                      "start chrony there with the customer's time servers", warning=True)  # fmt: skip


def _names(case: Case, facts: Facts) -> Iterator[Violation]:
    for name in sorted(facts.unresolved):
        environment = case.answers.environment_of(facts.host)
        line = case.answers.lines.get(f"environments.{case.answers.environments.index(environment)}.endpoint")
        where = f"endpoint in {case.answers.file}:{line}" if line else "endpoint in the answers"
        yield Violation(f"the host does not find {name}, by which nodes reach the API", "its address on every host",
                      f"put it into the hosts' name service or /etc/hosts, or correct {where}")  # fmt: skip
    if not facts.resolves_itself:
        yield Violation(f"the host does not find its own name {facts.hostname} within seconds", "an address for it",
                      f"add it to /etc/hosts there: 127.0.1.1 {facts.hostname}", warning=True)  # fmt: skip


def _route(_: Case, facts: Facts) -> Iterator[Violation]:
    if not facts.default_route:
        yield Violation("no default route; addresses of services cannot be reached without one", "one, even to nowhere",
                      "ip route add default dev <interface>, and keep it in the network's configuration")  # fmt: skip


def _firewall(_: Case, facts: Facts) -> Iterator[Violation]:
    for name in FIREWALLS:
        if name in facts.units and facts.units[name].active:
            wanted = "every port of sitewright check --ports, and the pod network, let pass"
            yield Violation(f"{name} is running", wanted, f"systemctl disable --now {name}, or allow them in it",
                            warning=True)  # fmt: skip


def _free(case: Case, facts: Facts) -> Iterator[Violation]:
    wanted = own_ports(case.answers, facts.host)
    told = set()
    for listener in facts.listeners:
        port = (listener.protocol, listener.port)
        ours = case.begun(facts) and (not listener.program or listener.program.startswith(OUR_PROGRAMS))
        if port in wanted and not ours and port not in told:
            told.add(port)
            user = listener.program or "the kernel"
            yield Violation(f"{listener.port}/{listener.protocol} is in use by {user}",
                          f"it free, for {wanted[port]}", f"stop {user} there, or take another host")  # fmt: skip


def _reach(case: Case, facts: Facts) -> Iterator[Violation]:
    if facts.host in case.tried.mute:
        yield Violation("nothing could listen here, so a refusal counted as reached and UDP was not tried",
                      "systemd-socket-activate, and the ports free",
                      "test the ports to this host by hand: sitewright check --ports", warning=True)  # fmt: skip
    for wire in wires(case.answers):
        for target in wire.targets:
            came = case.tried.reached.get((facts.host, target, wire.protocol, wire.port), "open")
            # Where nobody could listen, a refusal proves the way as well as an answer does.
            if came == "open" or (came == "refused" and target in case.tried.mute):
                continue
            here, there = case.answers.host(facts.host).address, case.answers.host(target).address
            what = {"refused": "refused", "silent": "no answer, so a firewall is likely", "unreachable": "no route"}
            yield Violation(f"{here} cannot reach {there}:{wire.port}/{wire.protocol} ({what[came]})", wire.purpose,
                          f"allow {wire.protocol.upper()} {wire.port} from {here} to {there};"
                          " all ports needed: sitewright check --ports")  # fmt: skip


def _link(case: Case, facts: Facts) -> Iterator[Violation]:
    speed = case.tried.link.get(facts.host)
    if speed is not None and speed < SLOW_LINK:
        yield Violation(f"{speed / 1e6:.1f} MB/s from this machine", f"{SLOW_LINK / 1e6:.0f} MB/s or more",
                      "run the installer nearer to the hosts", warning=True)  # fmt: skip


CHECKS = (
    Check("clock.skew", "clocks agree", _skew),
    Check("clock.sync", "clock is kept", _synchronised),
    Check("names.resolve", "names resolve", _names),
    Check("network.route", "default route", _route),
    Check("network.firewall", "no firewall of its own", _firewall),
    Check("ports.free", "ports free", _free),
    Check("ports.reach", "ports reachable from other hosts", _reach, tries=True),
    Check("link.speed", "link speed", _link, tries=True),
)
