"""Serving certificates of a simulated cluster: each kubelet asks for one, and gets it once somebody has approved it."""

from __future__ import annotations

import base64
from ipaddress import ip_address
from pathlib import PurePosixPath

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from installer import certificates
from installer.layout import KUBERNETES_LIFE, REGISTRY_LIFE
from installer.simulated.kubernetes import Cluster
from installer.simulated.state import SimulatedHost, SimulatedSite

SERVING = "/var/lib/kubelet/pki/kubelet-server-current.pem"
REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


def ask(site: SimulatedSite, cluster: Cluster, host: SimulatedHost) -> None:
    """A kubelet without a serving certificate asks for one in its own name; it asks once."""
    path = f"{REQUESTS}/csr-{host.name}"
    if SERVING in host.tree or path in cluster.objects:
        return
    body = request(host.name, (host.name,), (host.machine.address,))
    cluster.put(path, {
        "metadata": {"name": f"csr-{host.name}"},
        "spec": {
            "signerName": "kubernetes.io/kubelet-serving", "username": f"system:node:{host.name}",
            "groups": ["system:nodes", "system:authenticated"], "usages": ["digital signature", "server auth"],
            "request": base64.b64encode(body).decode(),
        },
    })  # fmt: skip


def approve(site: SimulatedSite, cluster: Cluster, name: str) -> bool:
    """Sign what was asked for and hand it to the kubelet; False where nobody asked under that name."""
    found = cluster.objects.pop(f"{REQUESTS}/{name}", None)
    if found is None:
        return False
    host = found["spec"]["username"].removeprefix("system:node:")
    asked = x509.load_pem_x509_csr(base64.b64decode(found["spec"]["request"]))
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    tree, now = site.hosts[host].tree, site.now()
    wanted = tuple(str(each.value) for each in names)
    pair = certificates.issue(
        certificates.make_ca("kubernetes", now), host, wanted, now + KUBERNETES_LIFE - REGISTRY_LIFE
    )
    file = f"kubelet-server-{now:%Y-%m-%d-%H-%M-%S}.pem"
    tree.put(f"{PurePosixPath(SERVING).parent}/{file}", pair.certificate + pair.key, 0o600)
    tree.link(SERVING, file)
    return True


def request(host: str, names: tuple[str, ...], addresses: tuple[str, ...]) -> bytes:
    """What a kubelet sends: a PEM request for DNS names and addresses, signed by a key of its own."""
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:nodes"),
                         x509.NameAttribute(NameOID.COMMON_NAME, f"system:node:{host}")])  # fmt: skip
    listed = [*(x509.DNSName(each) for each in names), *(x509.IPAddress(ip_address(each)) for each in addresses)]
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if listed:
        builder = builder.add_extension(x509.SubjectAlternativeName(listed), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM
    )
