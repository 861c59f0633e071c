"""Probes that look from the hosts: a product's URL over TLS, and whether anything reaches for the outside."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from installer.answers import Environment
from installer.errors import ProbeFailed
from installer.plan.inputs import Inputs
from installer.plan.steps.placed import HOME
from installer.world.ports import ReadOnly, World

Until = Callable[[str, Callable[[], Any]], Any]


def secret_bytes(secret: Mapping[str, Any], key: str) -> bytes:
    """One decoded entry of a Kubernetes Secret.

    Raises:
        ProbeFailed: the secret has no such entry.
    """
    try:
        return base64.b64decode(secret["data"][key], validate=True)
    except (KeyError, binascii.Error) as error:
        raise ProbeFailed(reason=f"the secret has no {key}") from error


def valid_chain(secret: Mapping[str, Any], issuer: Mapping[str, Any], name: str, now: datetime) -> str:
    """Validate a TLS secret's certificate for a DNS name against the issuing CA's own secret.

    Raises:
        ProbeFailed: the chain, the name or the dates are not valid.
    """
    chain = x509.load_pem_x509_certificates(secret_bytes(secret, "tls.crt"))
    roots = x509.load_pem_x509_certificates(secret_bytes(issuer, "tls.crt"))
    verifier = PolicyBuilder().store(Store(roots)).time(now).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(chain[0], chain[1:])
    except VerificationError as error:
        raise ProbeFailed(reason=f"the chain is not valid: {error}") from error
    return f"valid until {chain[0].not_valid_after_utc:%Y-%m-%d}"


def ask(world: World, environment: Environment, spec: Mapping[str, str], until: Until) -> str:
    """Ask `url` at the last host's own address, from the first; `ca` is the API path of the CA's secret."""
    asking, answering = environment.hosts[0], environment.hosts[-1]
    url = urlsplit(spec["url"])
    issuer = world.get(environment.name, spec["ca"])
    ca = f"{HOME}/probe-ca.crt"
    world.write(asking, ca, secret_bytes(issuer or {}, "tls.crt"))
    addresses = {asking: "", answering: ""}

    def attempt() -> str:
        node = world.get(environment.name, f"/api/v1/nodes/{answering}") or {}
        internal = [a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP"]
        addresses[answering] = internal[0]
        output = world.query(
            asking, "curl", "--silent", "--show-error", "--fail", "--max-time", "10", "--cacert", ca, "--resolve",
            f"{url.hostname}:{url.port or 443}:{internal[0]}", spec["url"],
        )  # fmt: skip
        return output.out if output.ok and spec["expect"] in output.out else ""

    try:
        until(f"{spec['url']} with {spec['expect']!r} in its answer", attempt)
    finally:
        world.remove(asking, ca)
    return f"{spec['url']} answers at {addresses[answering]}"


def probe(world: ReadOnly, inputs: Inputs, environment: Environment) -> str:
    """Look at every host's open and half-open connections: each peer must belong to the site.

    A snapshot: it sees what is trying now (a pull that hangs, a DNS forward), not what has been tried before.
    """
    own = [ipaddress.ip_network(f"{host.address}/32") for host in inputs.answers.hosts]
    own += [ipaddress.ip_network(e.networks.pods) for e in inputs.answers.environments]
    own += [ipaddress.ip_network(e.networks.services) for e in inputs.answers.environments]
    seen = 0
    for host in environment.hosts:
        # Established by somebody else to our sshd is the operator (or the bastion); we look at what goes out.
        output = world.query(host, "ss", "--no-header", "--tcp", "--udp", "--numeric", "state", "syn-sent",
                             "state", "established")  # fmt: skip
        for line in output.out.splitlines():
            local, peer = line.split()[-2:]
            address = ipaddress.ip_address(peer.rsplit(":", 1)[0].strip("[]").split("%")[0])
            if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
                address = address.ipv4_mapped
            seen += 1
            inside = address.is_loopback or address.is_link_local or any(address in network for network in own)
            if not inside and not local.endswith(f":{inputs.answers.host(host).access.port}"):
                raise ProbeFailed(reason=f"{host} talks to {peer} from {local}")
    return f"{seen} connections, all within the site"
