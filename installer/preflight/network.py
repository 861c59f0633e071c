"""Rules about clocks, names, routes and ports."""

from __future__ import annotations

from collections.abc import Iterator

from installer.hosts.facts import Facts
from installer.messages import Message
from installer.plan.connections import own_ports, wires
from installer.preflight.finding import Case, Check, Violation

SLOW_LINK = 1e6
OUR_PROGRAMS = ("kubelet", "kube-", "etcd", "haproxy", "containerd", "sitewright", "registry", "flanneld")
FIREWALLS = ("firewalld", "ufw")


def _names(case: Case, facts: Facts) -> Iterator[Violation]:
    for name in sorted(facts.unresolved):
        environment = case.answers.environment_of(facts.host)
        line = case.answers.lines.get(f"environments.{case.answers.environments.index(environment)}.endpoint")
        where = f"{case.answers.file}:{line}" if line else Message("the answers")
        yield Violation(
            Message("the host does not find {name}, by which nodes reach the API", name=name),
            Message("its address on every host"),
            Message("put it into the hosts' name service or /etc/hosts, or correct endpoint in {place}", place=where),
        )
    if not facts.resolves_itself:
        yield Violation(
            Message("the host does not find its own name {name} within seconds", name=facts.hostname),
            Message("an address for it"),
            Message("add it to /etc/hosts there: {line}", line=f"127.0.1.1 {facts.hostname}"),
            warning=True,
        )


def _route(_: Case, facts: Facts) -> Iterator[Violation]:
    if not facts.default_route:
        yield Violation(
            Message("no default route; addresses of services cannot be reached without one"),
            Message("one, even to nowhere"),
            Message("ip route add default dev <interface>, and keep it in the network's configuration"),
        )


def _firewall(_: Case, facts: Facts) -> Iterator[Violation]:
    for name in FIREWALLS:
        if name in facts.units and facts.units[name].active:
            wanted = Message("every port of sitewright check --ports, and the pod network, let pass")
            yield Violation(
                Message("{name} is running", name=name),
                wanted,
                Message("systemctl disable --now {name}, or allow them in it", name=name),
                warning=True,
            )


def _free(case: Case, facts: Facts) -> Iterator[Violation]:
    wanted = own_ports(case.answers, facts.host, case.opened)
    components = {(each.protocol, each.port) for each in case.opened}
    told = set()
    for listener in facts.listeners:
        port = (listener.protocol, listener.port)
        known = not listener.program or listener.program.startswith(OUR_PROGRAMS) or port in components
        ours = case.begun(facts) and known
        if port in wanted and not ours and port not in told:
            told.add(port)
            user = listener.program or Message("the kernel")
            yield Violation(
                Message("{port} is in use by {program}", port=f"{listener.port}/{listener.protocol}", program=user),
                Message("it free, for {purpose}", purpose=wanted[port]),
                Message("stop {program} there, or take another host", program=user),
            )


def _reach(case: Case, facts: Facts) -> Iterator[Violation]:
    if facts.host in case.tried.mute:
        yield Violation(
            Message("nothing could listen here, so a refusal counted as reached and UDP was not tried"),
            Message("systemd-socket-activate, and the ports free"),
            Message("test the ports to this host by hand: sitewright check --ports"),
            warning=True,
        )
    for wire in wires(case.answers, case.opened):
        for target in wire.targets:
            came = case.tried.reached.get((facts.host, target, wire.protocol, wire.port), "open")
            # Where nobody could listen, a refusal proves the way as well as an answer does.
            if came == "open" or (came == "refused" and target in case.tried.mute):
                continue
            here, there = case.answers.host(facts.host).address, case.answers.host(target).address
            what = {
                "refused": Message("refused"),
                "silent": Message("no answer, so a firewall is likely"),
                "unreachable": Message("no route"),
            }
            way = f"{there}:{wire.port}/{wire.protocol}"
            yield Violation(
                Message("{host} cannot reach {target} ({reason})", host=here, target=way, reason=what[came]),
                wire.purpose,
                Message(
                    "allow {port} from {host} to {target}; all ports needed: sitewright check --ports",
                    port=f"{wire.protocol.upper()} {wire.port}",
                    host=here,
                    target=there,
                ),
            )


def _link(case: Case, facts: Facts) -> Iterator[Violation]:
    speed = case.tried.link.get(facts.host)
    if speed is not None and speed < SLOW_LINK:
        yield Violation(
            Message("{speed} MB/s from this machine", speed=f"{speed / 1e6:.1f}"),
            Message("{value} or more", value=f"{SLOW_LINK / 1e6:.0f} MB/s"),
            Message("run the installer nearer to the hosts"),
            warning=True,
        )


CHECKS = (
    Check("names.resolve", Message("names resolve"), _names),
    Check("network.route", Message("default route"), _route),
    Check("network.firewall", Message("no firewall of its own"), _firewall),
    Check("ports.free", Message("ports free"), _free),
    Check("ports.reach", Message("ports reachable from other hosts"), _reach, tries=True),
    Check("link.speed", Message("link speed"), _link, tries=True),
)
