"""The certificates under which kubelets serve logs, exec and metrics: asked for by a node, approved by a run.

A node asks in its own name, and whoever has taken it over may ask for any name, the API server's own for one. So what
is asked for is read here, on the operator's machine, and approved only where it is exactly the node's name and address
from the answers. Kubernetes itself checks no names; see docs/adr/0011.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID, NameOID

from installer import certificates
from installer.answers.model import Environment
from installer.errors import CommandFailed
from installer.formats.objects import at, items, listed, name, text
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Difference, Differences, Step
from installer.plan.steps.commands import demand, demand_work
from installer.plan.steps.hosts import step_id
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly, World

REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
SIGNER = "kubernetes.io/kubelet-serving"
SERVING = "/var/lib/kubelet/pki/kubelet-server-current.pem"
NODES = "system:nodes"
NEEDED, ALLOWED = frozenset({"digital signature", "server auth"}), frozenset({"key encipherment"})
"""Usages that a serving certificate must and may have: those that Kubernetes documents for this signer."""
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")
"""How kubelets name their requests. The API takes any name; one that looks like an option is not handed to kubectl."""
LONGEST = 64 << 10
"""Bytes of a request's text; a kubelet's own has some 500."""

RENEW = """rm -f "$1" && systemctl restart kubelet"""
"""Run on a host: without a serving certificate a kubelet asks for one as soon as it starts. Pods run on meanwhile."""

AWAIT_FILE = """for _ in $(seq 10); do [ -e "$1" ] && exit 0; sleep 0.2; done; exit 1"""
ROUNDS = 60
"""Looks for a serving certificate, 2 s apart. A kubelet that kubeadm starts anew forgets what it had asked for and asks
again, so that approving once is not enough."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for approval: its name, and why it is not what its node may have (empty where it is)."""

    name: str
    wrong: str


def pending(listing: Any, host: str, address: str) -> tuple[Asked, ...]:
    """The requests in a list answer of the API by which a node asks for a serving certificate, nobody having decided.

    `address` is the node's own, from the answers.
    """
    user = f"system:node:{host}"
    mine = [each for each in items(listing)
            if text(each, "spec", "signerName") == SIGNER and text(each, "spec", "username") == user]  # fmt: skip
    return tuple(
        Asked(name(each), misfit(each, host, address)) for each in mine if not listed(each, "status", "conditions")
    )


def misfit(request: Mapping[str, Any], host: str, address: str) -> str:
    """Why a request is not exactly what a node may have, in a few words; empty where it is."""
    if not PLAIN_NAME.fullmatch(name(request)):
        return Message("its name is not one that a kubelet gives")
    groups, usages = at(request, "spec", "groups"), at(request, "spec", "usages")
    if not isinstance(groups, list) or NODES not in groups:
        return Message("whoever asks is not in {nodes}", nodes=NODES)
    if not isinstance(usages, list) or not all(isinstance(each, str) for each in usages):
        return Message("it names no usages")
    if not NEEDED <= set(usages) <= NEEDED | ALLOWED:
        return Message("it is for {names}", names=tuple(sorted(usages)) or Message("no use"))
    try:
        encoded = text(request, "spec", "request")
        if len(encoded) > LONGEST:
            return Message("it is too long")
        asked = x509.load_pem_x509_csr(base64.b64decode(encoded, validate=True))
        return _wrong_names(asked, host, address)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        return Message("it cannot be read: {reason}", reason=error)


def _wrong_names(asked: x509.CertificateSigningRequest, host: str, address: str) -> str:
    if not asked.is_signature_valid:
        return Message("it is not signed by its own key")
    subject = sorted((each.oid.dotted_string, each.value) for each in asked.subject)
    wanted = [
        (NameOID.COMMON_NAME.dotted_string, f"system:node:{host}"),
        (NameOID.ORGANIZATION_NAME.dotted_string, NODES),
    ]
    if subject != sorted(wanted):
        return Message("its subject is {subject}", subject=asked.subject.rfc4514_string())
    if [each.oid for each in asked.extensions] != [ExtensionOID.SUBJECT_ALTERNATIVE_NAME]:
        return Message("it asks for more than names")
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = {_shown(each) for each in names}
    expected: set[str | IPv4Address | IPv6Address] = {host, ip_address(address)}
    return (
        ""
        if found == expected
        else Message("it is for {names}", names=tuple(sorted(map(str, found))) or Message("no name"))
    )


def _shown(asked: x509.GeneralName) -> str | IPv4Address | IPv6Address:
    """A DNS name as text and an address as one; anything else as what equals neither."""
    if isinstance(asked, x509.DNSName):
        return asked.value
    if isinstance(asked, x509.IPAddress) and isinstance(asked.value, IPv4Address | IPv6Address):
        return asked.value
    return f"{type(asked).__name__} {asked.value}"


def certify(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that lets a node serve its logs and metrics under a certificate of the cluster's CA.

    Such a certificate lasts a year, and nobody approves the next one by himself: whoever asks may name other hosts in
    it. So one that ends within `layout.RENEW_BEFORE` does not hold any longer, and the next run renews it.
    """
    desk, address = environment.desk, inputs.answers.host(host).address

    def approve(world: World) -> tuple[Asked, ...]:
        """Approve what fits; what does not is given back, for it is why there may be no certificate in the end."""
        asked = pending(world.get(environment.name, REQUESTS), host, address)
        fitting = [each.name for each in asked if not each.wrong]
        if fitting:
            # A request's content cannot be changed, and nodes can delete none: what was read is what is approved.
            argv = ("kubectl", "--kubeconfig", ADMIN, "certificate", "approve", "--", *fitting)
            demand(world, desk, *argv, timeout=90)
        return tuple(each for each in asked if each.wrong)

    def apply(world: World) -> None:
        if world.stat(host, SERVING) != (None,):
            # As a unit: a kubelet whose certificate was taken, and that was not started anew, would never ask again.
            demand_work(world, host, "sitewright-kubernetes-certify", "/bin/sh", "-c", RENEW, "renew", SERVING)
        refused: tuple[Asked, ...] = ()
        for _ in range(ROUNDS):
            refused = approve(world)
            if world.run(host, "sh", "-c", AWAIT_FILE, "await", SERVING).ok:
                return
        reason = Message("{serving} did not appear within {rounds} s", serving=SERVING, rounds=ROUNDS * 2)
        if refused:
            reason = Message(
                "it asks for a certificate that it may not have ({name}): {wrong}",
                name=refused[0].name,
                wrong=refused[0].wrong,
            )
        raise CommandFailed(host=host, command="kubectl certificate approve", code=1, reason=reason)

    def differs(world: ReadOnly) -> Differences:
        lasts = certificates.lasts(world.read(host, SERVING), world.now())
        return (
            ()
            if lasts
            else (Difference(SERVING, Message("a certificate that lasts"), Message("none, or one that ends soon")),)
        )

    return Step(
        id=step_id(environment, "kubernetes.certify", host), title=Message("approve the node's serving certificate"),
        phase="kubernetes", host=host, environment=environment.name, after=after, differs=differs, apply=apply,
        undo=lambda world, _: None, weight=3,
    )  # fmt: skip
