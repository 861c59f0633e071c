"""What runs inside the pods of a simulated cluster, and the services that answer from outside."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from installer.bundle.manifest import Component
from installer.errors import CommandFailed
from installer.layout import API_PORT
from installer.messages import Message
from installer.ports import Output
from installer.probes.builtin import REACH
from installer.render import interpreter
from installer.simulated import upgrading
from installer.simulated.controllers import serving
from installer.simulated.helm import deployed
from installer.simulated.kubernetes import Cluster
from installer.simulated.state import Call, Program, Unscripted, failed, said

WRITE = re.compile(r"echo (\S+) > (\S+) && sync")
READY = f"https://127.0.0.1:{API_PORT}/readyz"
REFUSED, UNTRUSTED = 7, 60
"""Exit codes of curl."""


def execute(cluster: Cluster, namespace: str, pod: str, argv: tuple[str, ...]) -> Output:
    """Run a command in a pod.

    Raises:
        CommandFailed: there is no such pod.
    """
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}"
    if path not in cluster.objects:
        raise CommandFailed(host=cluster.name, command=f"exec {pod}", code=404, reason=Message("there is no such pod"))
    volume = cluster.volumes.setdefault(f"{namespace}/{pod}", {})
    match argv:
        case ("sh", "-c", text, _, _, *addresses) if text == REACH:
            silent = [address for address in addresses if not _answers(cluster, address)]
            return failed(f"wget: can't connect to remote host ({silent[0]}): No route to host") if silent else said()
        case ("nslookup", name):
            known = f"kubernetes.default.svc.{cluster.dns_domain}"
            return said(f"Name: {name}") if name == known else failed(f"** server can't find {name}: NXDOMAIN")
        case ("cat", file):
            return said(volume[file]) if file in volume else failed(f"cat: can't open '{file}'")
        case ("sh", "-c", text) if written := WRITE.fullmatch(text):
            volume[written[2]] = written[1]
            return said()
    if argv[0] in (says := cluster.objects[path].get("spec", {}).get("says", {})):
        return Output(0, interpreter.rendered(says[argv[0]], {"hosts": _nodes(cluster)}), "")
    raise Unscripted(f"no simulated program in a pod knows: {' '.join(argv)}")


def curl(call: Call) -> Output:
    """A component's own probe, asked from a host with `--resolve`, and a control plane's own API server."""
    if call.argv[-1] == READY:
        cluster = call.site.cluster_of(call.host.name)
        ready = cluster is not None and call.host.name in cluster.planes and serving(call.site, cluster)
        return said("ok") if ready else failed("curl: (7) Failed to connect to 127.0.0.1", REFUSED)
    if (told := upgrading.curl(call)) is not None:
        return told
    if "--resolve" not in call.argv or "--cacert" not in call.argv:
        raise call.unscripted()
    url, address = urlsplit(call.argv[-1]), call.option("--resolve").split(":", 2)[2]
    answering = call.site.at(address)
    cluster = call.site.cluster_of(answering.name) if answering else None
    if cluster is None:
        return failed(f"curl: (7) Failed to connect to {address}", REFUSED)
    for component in call.site.manifest.components:
        for probe in (each for each in component.spec.get("probes", ()) if "url" in each):
            known = urlsplit(_with_ports(component, probe["url"]))
            named = (url.hostname or "").startswith(known.netloc.partition("{{")[0])
            if named and (known.port, known.path) == (url.port, url.path) and deployed(cluster, component.name):
                trusted = call.tree.read(call.option("--cacert")) in _authorities(cluster, probe.get("ca", ""))
                answer = Output(0, f"{probe.get('expect', '')}\n{probe.get('status', '')}", "")
                return answer if trusted else failed("curl: (60) SSL certificate problem", UNTRUSTED)
    return failed(f"curl: (7) Failed to connect to {url.netloc}", REFUSED)


def _with_ports(component: Component, url: str) -> str:
    """An address in which the component's own ports are filled in."""
    for name, entry in component.spec.get("ports", {}).items():
        url = url.replace(f"{{{{ ports.{name} }}}}", str(entry["port"]))
    return url


def _authorities(cluster: Cluster, secret: str) -> list[bytes]:
    """At whose certificates the ways up of services end: of the Secret, or of those that the cluster's issuers use."""
    named = [f"/api/v1/namespaces/cert-manager/secrets/{issuer['spec'].get('ca', {}).get('secretName')}"
             for path, issuer in cluster.objects.items() if "/clusterissuers/" in path]  # fmt: skip
    entries = [cluster.objects.get(path, {}).get("data", {}) for path in ([secret] if secret else named)]
    ways = [base64.b64decode(each["tls.crt"]) for each in entries if "tls.crt" in each]
    return [x509.load_pem_x509_certificates(way)[-1].public_bytes(Encoding.PEM) for way in ways]


def _nodes(cluster: Cluster) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in cluster.objects if path.startswith("/api/v1/nodes/"))


def _answers(cluster: Cluster, address: str) -> bool:
    return any(thing.get("status", {}).get("podIP") == address for thing in cluster.objects.values())


PROGRAMS: Mapping[str, Program] = {"curl": curl}
