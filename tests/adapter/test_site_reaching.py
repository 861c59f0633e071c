"""The probe of the outside on a real host: its connection tracking, its sockets and its control groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from practice import Practice
from simulation import inputs_of
from stages import answers_for, open_site

from installer.errors import ProbeFailed
from installer.ports import World
from installer.probes import egress

pytestmark = pytest.mark.lab

POD, OUTSIDE = "10.244.0.9", "203.0.113.7"
AS_A_POD = f"""set -eu
ip netns add pod
ip link add pod0 type veth peer name eth0 netns pod
ip address add 10.244.0.1/24 dev pod0
ip link set pod0 up
ip -n pod address add {POD}/24 dev eth0
ip -n pod link set eth0 up
ip -n pod route add default via 10.244.0.1
iptables -t nat -A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE
sysctl -qw net.ipv4.ip_forward=1
"""
NO_POD = """iptables -t nat -D POSTROUTING -s 10.244.0.0/16 -j MASQUERADE
ip netns delete pod
conntrack --flush
"""
CALL = f"while :; do curl --silent --max-time 60 http://{OUTSIDE}/; done"
"""Gives up each time after a few seconds, and begins anew: between two calls there is nothing to be seen."""


@pytest.fixture(scope="module")
def world(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_site(practice, tmp_path_factory.mktemp("state")) as site:
        yield site


def said(world: World, practice: Practice) -> str:
    inputs = replace(inputs_of("rehearsal"), answers=answers_for(practice.answers_hosts()))
    return egress.probe(world, inputs, inputs.answers.environments[0])


def test_a_pod_that_asks_for_the_outside_is_found_after_it_gave_up(world: World, practice: Practice) -> None:
    assert world.run("cp-1", "sh", "-c", AS_A_POD).ok
    try:
        assert "none of ours" in said(world, practice)
        world.run("cp-1", "ip", "netns", "exec", "pod", "curl", "--silent", "--max-time", "2", f"http://{OUTSIDE}/")
        with pytest.raises(ProbeFailed, match=rf"on cp-1 pod {POD} reaches for {OUTSIDE}:80"):
            said(world, practice)
    finally:
        world.run("cp-1", "sh", "-c", NO_POD)


@pytest.mark.parametrize(("unit", "ours"), [("log-forwarder", False), ("kubelet", True), ("sitewright-x", True)])
def test_of_the_hosts_own_programs_those_of_our_units_alone_are_judged(
    unit: str, ours: bool, world: World, practice: Practice
) -> None:
    assert world.run("cp-1", "systemd-run", f"--unit={unit}.service", "sh", "-c", CALL).ok
    try:
        for _ in range(50):
            if OUTSIDE in world.query("cp-1", "ss", "--no-header", "--tcp", "--numeric", "state", "syn-sent").out:
                break
        if ours:
            with pytest.raises(ProbeFailed, match=rf"on cp-1 curl reaches for {OUTSIDE}:80"):
                for _ in range(50):
                    said(world, practice)
        else:
            assert "none of ours" in said(world, practice)
    finally:
        world.run("cp-1", "systemctl", "stop", f"{unit}.service")
        world.run("cp-1", "systemctl", "reset-failed", f"{unit}.service")
