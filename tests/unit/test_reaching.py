"""The probe of the outside judges what pods and our own programs reach for, and nothing that is the customer's own."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from simulation import inputs_of

from installer.errors import ProbeFailed
from installer.plan.inputs import Inputs
from installer.ports import QUERIES, Output, ReadOnly
from installer.probes import egress

HOST, POD, NODE_2 = "10.89.10.11", "10.244.1.9", "10.89.10.13"
SSHD = 'tcp ESTAB 0 0 10.89.10.11:22 192.0.2.10:50022 users:(("sshd",pid=60,fd=4))'
KUBELET = f'tcp ESTAB 0 0 {HOST}:41000 10.89.10.11:6443 users:(("kubelet",pid=62,fd=9))'
GROUPS = {
    "60": "0::/system.slice/ssh.service\n",
    "61": "0::/system.slice/rsyslog.service\n",
    "62": "0::/system.slice/kubelet.service\n",
    "63": "12:pids:/kubepods/burstable/pod1/abc\n1:name=systemd:/kubepods/burstable/pod1/abc\n",
    "64": "0::/system.slice/containerd.service\n",
    "65": "12:pids:/sitewright/api-proxy\n",
    "66": "0::/system.slice/chronyd.service\n",
}


def flow(source: str, peer: str, state: str = "117 SYN_SENT", protocol: str = "tcp      6") -> str:
    """A line as conntrack prints it."""
    (here, port), (there, service) = source.split(":"), peer.split(":")
    return (f"{protocol} {state} src={here} dst={there} sport={port} dport={service} [UNREPLIED] "
            f"src={there} dst={here} sport={service} dport={port} mark=0 use=1")  # fmt: skip


def dns(source: str, peer: str) -> str:
    return flow(source, peer, "29", "udp      17")


class Seen:
    """A world whose first host has these flows and sockets; the others have nothing."""

    def __init__(self, flows: tuple[str, ...], sockets: tuple[str, ...], told: bool = True) -> None:
        self.flows, self.sockets, self.told = flows, sockets, told

    def read(self, host: str, path: str) -> bytes | None:
        return b"search acme.internal\nnameserver 10.1.0.53\n" if path == "/etc/resolv.conf" else None

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        assert any(argv[: len(allowed)] == allowed for allowed in QUERIES), argv
        lines: tuple[str, ...] = ()
        match argv:
            case ("conntrack", "--dump"):
                if not self.told:
                    return Output(1, "", "conntrack v1.4.7: Operation failed: no netlink")
                lines = self.flows
            case ("ss", "--no-header", *_):
                lines = self.sockets
            case ("ss", "-H", "-ltunp"):
                lines = ('tcp LISTEN 0 128 *:6443 *:* users:(("kube-apiserver",pid=63,fd=3))',)
            case ("getent", "ahostsv4", "time.acme.internal"):
                lines = ("10.1.0.123 STREAM time.acme.internal", "10.1.0.124 STREAM")
            case ("getent", "ahostsv4", "api.acme.internal"):
                lines = ("10.1.0.6 STREAM api.acme.internal",)
            case ("head", "-v", "-c", _, *paths):
                lines = tuple(f"==> {path} <==\n{GROUPS[path.split('/')[2]]}" for path in paths)
            case _:
                raise AssertionError(f"nobody answers {argv}")
        return Output(0, "".join(f"{line}\n" for line in lines) if host == "cp-1" else "", "")


def probed(*flows: str, sockets: tuple[str, ...] = (), told: bool = True) -> str:
    """What the probe says of these flows, on a site with a time server and an API endpoint of the customer's."""
    inputs: Inputs = inputs_of("rehearsal")
    environment = replace(inputs.answers.environments[0], endpoint="api.acme.internal:6443")
    inputs = replace(inputs, answers=replace(inputs.answers, ntp=("time.acme.internal",), environments=(environment,)))
    world = cast(ReadOnly, Seen(flows, (SSHD, KUBELET, *sockets), told))
    return egress.probe(world, inputs, environment)


def socket(program: str, pid: int, peer: str, local: str = f"{HOST}:42000", state: str = "SYN-SENT") -> str:
    return f'tcp {state} 0 1 {local} {peer} users:(("{program}",pid={pid},fd=3))'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (flow(f"{POD}:43000", "8.8.8.8:443"), f"on cp-1 pod {POD} reaches for 8.8.8.8:443"),
        (dns(f"{POD}:43000", "8.8.8.8:53"), f"on cp-1 pod {POD} reaches for 8.8.8.8:53"),
        (flow(f"{POD}:43000", "10.2.3.4:5432", "431999 ESTABLISHED"), "10.2.3.4:5432"),
    ],
    ids=["a connection", "a name server of its own", "one long established"],
)
def test_a_pod_that_reaches_for_the_outside_fails(line: str, told: str) -> None:
    with pytest.raises(ProbeFailed, match=told):
        probed(line)


@pytest.mark.parametrize(
    ("program", "pid"), [("kubelet", 62), ("flanneld", 63), ("containerd", 64), ("haproxy", 65)],
    ids=["a unit", "a pod on the host's network", "the runtime", "the API proxy"],
)  # fmt: skip
def test_a_program_of_ours_that_reaches_for_the_outside_fails(program: str, pid: int) -> None:
    with pytest.raises(ProbeFailed, match=rf"on cp-1 {program} reaches for 8\.8\.8\.8:443"):
        probed(sockets=(socket(program, pid, "8.8.8.8:443"),))


@pytest.mark.parametrize(
    ("flows", "sockets"),
    [
        ((flow("192.0.2.77:50000", f"{HOST}:30443"),), ()),
        ((flow(f"{HOST}:50000", "192.0.2.20:514"),), (socket("rsyslogd", 61, "192.0.2.20:514", state="ESTAB"),)),
        ((), ("tcp ESTAB 0 0 10.89.10.11:700 192.0.2.30:2049",)),
        ((), (socket("kube-apiserver", 63, "192.0.2.77:50001", f"[::ffff:{HOST}]:6443", "ESTAB"),)),
        ((flow(f"{POD}:43000", "10.1.0.124:123"),), (socket("chronyd", 66, "10.1.0.123:123"),)),
        ((dns(f"{POD}:43000", "10.1.0.53:53"),), ()),
        ((), (socket("kubelet", 62, "10.1.0.6:6443", state="ESTAB"),)),
        ((flow(f"{POD}:43000", "10.96.0.1:443"), flow(f"{POD}:43001", "10.244.2.7:80")), ()),
        ((flow(f"{POD}:43000", f"{NODE_2}:10250"),), (socket("kubelet", 62, "[::1]:10248"),)),
        ((), ('udp ESTAB 0 0 [fe80::1]%eth0:546 [fe80::2]%eth0:547 users:(("dhclient",pid=61,fd=4))',)),
    ],
    ids=["a browser at a node port", "a log forwarder", "a mount of the kernel's own", "somebody at the API",
         "time", "names", "the customer's API endpoint", "services and pods", "hosts and loopback", "a link's own"],
)  # fmt: skip
def test_what_is_the_customers_own_or_the_sites_passes(flows: tuple[str, ...], sockets: tuple[str, ...]) -> None:
    assert "none of ours leaves the site" in probed(*flows, sockets=sockets)


def test_a_host_that_cannot_tell_its_flows_proves_nothing() -> None:
    with pytest.raises(ProbeFailed, match=r"cp-1: `conntrack --dump`: .*no netlink"):
        probed(told=False)
