"""Ports that components open: in the tables, in preflight, in templates; and those that are taken already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from wired_bundle import SITE, answers, beside_core, bundle, part

from installer import preflight
from installer.answers import file as answers_file
from installer.bundle import claims
from installer.bundle.manifest import Component
from installer.errors import AnswersInvalid
from installer.plan import wiring
from installer.plan.connections import own_ports, ports_table, wires
from installer.plan.inputs import Planned
from installer.simulated.machine import Machine
from installer.simulated.world import SimulatedWorld

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def opening(name: str, port: int, origin: str = "every environment", **more: Any) -> Component:
    protocol = more.pop("protocol", "tcp")
    ports = {"clients": {"port": port, "protocol": protocol, "from": origin, "why": "those who ask"}}
    return part(name, "{{ ports.clients }}", ports=ports, **more)


def test_a_port_is_for_hosts_of_all_environments_of_one_or_for_people() -> None:
    parts = (opening("all", 30001), opening("near", 30002, "this environment"), opening("people", 30003, "clients"))
    site = answers(a=["all", "near", "people"], b=[])
    opened = wiring.solve(site, bundle(*parts)).opened
    added = [wire for wire in wires(site, opened) if wire not in list(wires(site))]
    assert [(wire.sources, wire.targets, wire.port) for wire in added] == [
        (("a-1", "b-1"), ("a-1",), 30001),
        (("a-1",), ("a-1",), 30002),
    ]
    rows = {row[2]: row for row in ports_table(site, opened)}
    assert rows["30001/tcp"] == ("a-1 (10.0.0.1), b-1 (10.0.1.1)", "a-1 (10.0.0.1)", "30001/tcp", "all: those who ask")
    assert rows["30003/tcp"][0] == "users"
    assert {30001, 30002, 30003} <= {port for _, port in own_ports(site, "a-1", opened)}
    assert not {30001, 30002, 30003} & {port for _, port in own_ports(site, "b-1", opened)}


def test_what_is_put_on_some_hosts_opens_its_port_there_alone() -> None:
    agent = opening("agent", 9100, on="worker")
    assert wiring.solve(answers(a=["agent"]), bundle(agent)).opened[0].targets == ()
    everywhere = opening("agent", 9100, on="all")
    assert wiring.solve(answers(a=["agent"]), bundle(everywhere)).opened[0].targets == ("a-1",)


@pytest.mark.parametrize(
    ("pools", "wanted"),
    [
        ("{}", ("w-1", "w-2", "w-3")),
        ("{doors: {components: [gate]}}", ("w-2",)),
        ("{doors: {components: [], reserved: true}}", ("w-1", "w-3")),
    ],
)
def test_a_port_may_be_open_on_those_hosts_alone_on_which_the_pods_stand(pools: str, wanted: tuple[str, ...]) -> None:
    ports = {"https": {"port": 443, "from": "clients", "on": "its hosts", "why": "people"}}
    spec: dict[str, Any] = {"chart": {"name": "gate", "values": "values.yaml"}, "ports": ports}
    gate = Component("gate", "1", (), spec, {"values.yaml": "{{ placement }}"})
    hosts = "".join(
        f"  - {{name: {name}, address: 10.0.0.{at}{', pool: doors' if name == 'w-2' else ''}}}\n"
        for at, name in enumerate(("p-1", "w-1", "w-2", "w-3"), 1)
    )
    environment = f"""environments:
  - name: a
    domain: a.internal
    control_planes: [p-1]
    workers: [w-1, w-2, w-3]
    pools: {pools}
    components: {{gate: {{}}}}
"""
    (opened,) = wiring.solve(answers_file.parse(SITE + hosts + environment, "site.yaml"), bundle(gate)).opened
    assert opened.targets == wanted


def test_templates_see_a_parts_own_ports_and_others_what_it_publishes_of_them() -> None:
    queue = opening("kafka", 30092, role="queue", publishes={"at": "{{ entrance }}:{{ ports.clients }}"})
    user = part("user", "x", consumes=["queue"])
    given = Planned(answers(a=["kafka", "user"]), bundle(queue, user))
    assert given.seen(given.answers.environments[0], user)["consumes"] == {"queue": {"at": "10.0.0.1:30092"}}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([opening("page", 6443)], "a/page opens 6443/tcp on a-1, which is taken there: Kubernetes API"),
        ([opening("page", 5000)], "a/page opens 5000/tcp on a-1, which is taken there: site registry (TLS)"),
        ([opening("page", 22)], "a/page opens 22/tcp on a-1, which is taken there: SSH login"),
        ([opening("page", 10256)], "a/page opens 10256/tcp on a-1, which is taken there: loopback"),
        ([opening("page", 30080, on="all")], "a/page opens 30080/tcp on a-1, which is taken there: node ports"),
        ([opening("one", 30080), opening("page", 30080)], "a/page opens 30080/tcp on a-1, which is taken there: a/one"),
    ],
)
def test_a_port_that_is_taken_is_refused_with_both_and_the_line(parts: list[Component], said: str) -> None:
    site = answers(a=[each.name for each in parts])
    with pytest.raises(AnswersInvalid) as caught:
        wiring.solve(site, bundle(*parts))
    (problem,) = caught.value.problems
    assert said in problem.found
    assert problem.line == site.lines["environments.0.components.page"]


def test_the_same_port_in_two_environments_or_of_two_protocols_is_no_trouble() -> None:
    wiring.solve(answers(a=["one"], b=["page"]), bundle(opening("one", 30080), opening("page", 30080)))
    wiring.solve(answers(a=["one", "page"]), bundle(opening("one", 9000), opening("page", 9000, protocol="udp")))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([opening("a", 6443)], "ports.clients.port: 6443/tcp is taken by SSH or Kubernetes"),
        ([opening("a", 30001, on="all")], "ports.clients.port: 30001/tcp is one that Kubernetes gives to services"),
        ([opening("a", 9000), opening("b", 9000)], "ports.clients.port: 9000/tcp is opened by component a already"),
        ([opening("a", 9000, role="x"), opening("b", 9000, role="x")], ""),
    ],
)
def test_the_build_refuses_what_two_components_open(parts: list[Component], said: str) -> None:
    found = [str(flaw) for _, flaw in claims.flaws({each.name: each.spec for each in parts})]
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_preflight_tries_the_ports_of_components() -> None:
    site = answers(a=["kafka"], b=[])
    manifest = beside_core(opening("kafka", 30092), opening("sink", 9514, protocol="udp"))
    machines = [Machine(host.name, host.address) for host in site.hosts]
    world = SimulatedWorld(machines, manifest, now=lambda: NOW)
    case = preflight.look(world, site, manifest, NOW)
    assert case.tried.reached["b-1", "a-1", "tcp", 30092] == "open"
    assert not [each for each in preflight.judge(case) if each.check.startswith("ports.") and each.status == "failed"]
    udp = answers(a=["sink"], b=[])
    assert preflight.look(world, udp, manifest, NOW).tried.reached["b-1", "a-1", "udp", 9514] == "open"
