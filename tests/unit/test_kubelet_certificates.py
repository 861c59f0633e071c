"""Serving certificates: a node gets one for exactly its own name and address, however often it has to ask."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from simulation import inputs_of, install, site_of, world_of

from installer.errors import CommandFailed, StepFailed
from installer.plan.steps import kubelet_certificates
from installer.ports import FileState, Output
from installer.simulated import kubelets

HOST, ADDRESS = "node-1", "10.20.0.21"


def asked(
    names: tuple[str, ...] = (HOST,), addresses: tuple[str, ...] = (ADDRESS,), body: bytes = b"", **spec: Any
) -> dict[str, Any]:
    """A request as the API shows it."""
    text = base64.b64encode(body or kubelets.request(HOST, names, addresses)).decode()
    usual = {
        "signerName": "kubernetes.io/kubelet-serving", "username": f"system:node:{HOST}", "groups": ["system:nodes"],
        "usages": ["digital signature", "server auth"], "request": text,
    }  # fmt: skip
    return {"metadata": {"name": "csr-x7k2p"}, "spec": {**usual, **spec}}


def forged(body: bytes) -> bytes:
    """The same request with one letter of the node's name changed after it was signed."""
    lines = body.decode().splitlines()
    der = base64.b64decode("".join(lines[1:-1])).replace(b"system:node:", b"system:nodf:")
    return b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE REQUEST-----\n"


GOOD = kubelets.request(HOST, (HOST,), (ADDRESS,))
MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "the API server's name": (asked((HOST, "kubernetes")), "kubernetes"),
    "another node's name": (asked(("cp-1",)), "cp-1"),
    "another address": (asked(addresses=("10.20.0.11",)), "10.20.0.11"),
    "one address more": (asked(addresses=(ADDRESS, "10.96.0.1")), "10.96.0.1"),
    "no address": (asked(addresses=()), HOST),
    "an address as a name": (asked((HOST, ADDRESS), ()), ADDRESS),
    "no names at all": (asked((), ()), "more than names"),
    "in a stranger's name": (asked(body=kubelets.request("cp-1", (HOST,), (ADDRESS,))), "system:node:cp-1"),
    "altered after signing": (asked(body=forged(GOOD)), "not signed by its own key"),
    "for clients": (asked(usages=["client auth", "digital signature"]), "client auth"),
    "for clients too": (asked(usages=["client auth", "digital signature", "server auth"]), "client auth"),
    "for nothing": (asked(usages=[]), "no use"),
    "usages of another form": (asked(usages="server auth"), "no usages"),
    "from no node": (asked(groups=["system:authenticated"]), "system:nodes"),
    "groups of another form": (asked(groups={"system:nodes": True}), "system:nodes"),
    "no base64": (asked(request="***"), "cannot be read"),
    "no request": (asked(request=base64.b64encode(b"hello").decode()), "cannot be read"),
    "a number": (asked(request=7), "cannot be read"),
    "too long": (asked(request="A" * 100_000), "too long"),
    "a name that is an option": ({**asked(), "metadata": {"name": "--all"}}, "not one that a kubelet gives"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_is_not_exactly_the_nodes_own_is_not_approved(case: str) -> None:
    request, words = MISFITS[case]
    (found,) = kubelet_certificates.pending({"items": [request]}, HOST, ADDRESS)
    assert words in found.wrong


@pytest.mark.parametrize("usages", [["digital signature", "server auth"],
                                    ["key encipherment", "digital signature", "server auth"]])  # fmt: skip
def test_its_own_name_and_address_are(usages: list[str]) -> None:
    assert kubelet_certificates.pending({"items": [asked(usages=usages)]}, HOST, ADDRESS) == (
        kubelet_certificates.Asked("csr-x7k2p", ""),
    )


@pytest.mark.parametrize(
    "listing",
    [None, {}, {"items": None}, {"items": {"a": 1}}, {"items": [None, 7, "x", []]}, {"items": [{"spec": []}]},
     {"items": [asked(username="system:node:node-10")]}, {"items": [asked(signerName="kubernetes.io/legacy-unknown")]},
     {"items": [{**asked(), "status": {"conditions": [{"type": "Denied", "status": "True"}]}}]}],
)  # fmt: skip
def test_what_is_no_open_request_of_this_node_is_none(listing: Any) -> None:
    assert kubelet_certificates.pending(listing, HOST, ADDRESS) == ()


class Cluster:
    """A control plane and a node whose kubelet forgets its first requests; anything else asked of it fails."""

    def __init__(self, forgotten: int, request: dict[str, Any]) -> None:
        self.left, self.request = forgotten, request
        self.approved: list[str] = []

    def stat(self, host: str, *paths: str) -> tuple[FileState | None, ...]:
        return (None,) * len(paths)

    def get(self, cluster: str, path: str) -> dict[str, Any] | None:
        assert path == kubelet_certificates.REQUESTS
        return {"items": [self.request]}

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        if argv[0] == "kubectl":
            assert argv[1:6] == ("--kubeconfig", "/etc/kubernetes/admin.conf", "certificate", "approve", "--")
            self.approved += argv[6:]
            return Output(0, "", "")
        assert argv[2] == kubelet_certificates.AWAIT_FILE
        self.left -= 1
        return Output(0 if self.left < 0 else 1, "", "")


def certify(cluster: Cluster) -> None:
    inputs = inputs_of("minimal")
    environment = inputs.answers.environments[0]
    kubelet_certificates.certify(inputs, environment, environment.control_planes[0], ()).apply(cluster)  # type: ignore[arg-type]


def of_minimal(*names: str) -> dict[str, Any]:
    (host,) = inputs_of("minimal").answers.hosts
    body = kubelets.request(host.name, (host.name, *names), (host.address,))
    return asked(body=body, username=f"system:node:{host.name}")


@pytest.mark.parametrize("forgotten", [0, 1, 3])
def test_it_is_approved_as_often_as_it_asks(forgotten: int) -> None:
    cluster = Cluster(forgotten, of_minimal())
    certify(cluster)
    assert cluster.approved == ["csr-x7k2p"] * (forgotten + 1)


def test_one_that_never_gets_it_is_told() -> None:
    with pytest.raises(CommandFailed, match="kubelet-server-current"):
        certify(Cluster(kubelet_certificates.ROUNDS, of_minimal()))


def test_one_that_asks_for_more_is_told_what_and_gets_nothing() -> None:
    cluster = Cluster(kubelet_certificates.ROUNDS, of_minimal("kubernetes.default"))
    with pytest.raises(CommandFailed, match=r"csr-x7k2p.*kubernetes\.default"):
        certify(cluster)
    assert cluster.approved == []


def test_an_installation_ends_where_a_node_asks_for_the_api_servers_name(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(kubelet_certificates, "ROUNDS", 2)
    world = world_of("rehearsal")
    plain = kubelets.request

    def greedy(host: str, names: tuple[str, ...], addresses: tuple[str, ...]) -> bytes:
        return plain(host, (*names, "kubernetes") if host == "node-1" else names, addresses)

    monkeypatch.setattr(kubelets, "request", greedy)
    with pytest.raises(StepFailed, match=r"kubernetes\.certify@node-1.*kubernetes"):
        install(site_of(world, tmp_path))
    assert world.stat("node-1", kubelet_certificates.SERVING) == (None,)
