"""What a simulated cluster does by itself: nodes become ready, pods start, certificates are issued."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from installer import certificates
from installer.certificates import KeyPair
from installer.formats.objects import at
from installer.simulated import kubelets, registry
from installer.simulated.kubelets import SERVING
from installer.simulated.kubernetes import Cluster, condition
from installer.simulated.state import SimulatedHost, SimulatedSite

OF_KUBEADM = frozenset(f"/apis/apps/v1/namespaces/kube-system/{each}"
                       for each in ("deployments/coredns", "daemonsets/kube-proxy"))  # fmt: skip
"""Workloads whose status is asked for."""
OWNERS = {"daemonsets": "DaemonSet", "deployments": "ReplicaSet", "statefulsets": "StatefulSet"}
"""The kind of what owns the pods of a workload, by the plural of its own."""
LEFT_BY_NETWORK = {
    "/etc/cni/net.d/10-flannel.conflist": b"{}\n",
    "/run/flannel/subnet.env": b"FLANNEL_MTU=1450\n",
    "/sys/class/net/cni0/mtu": b"1450\n",
    "/sys/class/net/flannel.1/mtu": b"1450\n",
    "/var/lib/cni/networks/cbr0/lock": b"",
}
"""What the network add-on puts on each node."""


def serving(site: SimulatedSite, cluster: Cluster) -> bool:
    """Whether an API server answers: more than half of the control planes have to be there, or etcd decides nothing."""
    return 2 * sum(_lives(site.hosts[name]) for name in cluster.planes) > len(cluster.planes)


def settle(site: SimulatedSite, cluster: Cluster) -> None:
    """Let every controller do what is due."""
    nodes = [site.hosts[name] for name in sorted(cluster.members) if _lives(site.hosts[name])]
    connected = network_stands(site, cluster)
    for host in nodes:
        kubelets.ask(site, cluster, host)
    _collect_orphans(cluster)
    for path, node in cluster.objects.items():
        if path.startswith("/api/v1/nodes/"):
            alive = node["metadata"]["name"] in {host.name for host in nodes}
            node["status"].update(condition("Ready", connected and alive))
            if alive:
                host = site.hosts[node["metadata"]["name"]]
                node["status"]["nodeInfo"]["kubeletVersion"] = site.version_of(host)
    if connected:
        for host in nodes:
            for path, content in LEFT_BY_NETWORK.items():
                if path not in host.tree:
                    host.tree.put(path, content)
        _pods(site, cluster, [host for host in nodes if cluster.knows(host.name)])
    _volumes(site, cluster)
    if any("cert-manager" in path for path in cluster.objects):
        _certificates(site, cluster)


def network_stands(site: SimulatedSite, cluster: Cluster) -> bool:
    """Whether the network add-on is deployed."""
    add_ons = {part.name for part in site.manifest.components if part.spec.get("network")}
    return any(name in add_ons and kept[-1].status == "deployed" for (_, name), kept in cluster.releases.items())


def metrics(site: SimulatedSite, cluster: Cluster) -> dict[str, Any] | None:
    """What the metrics API answers: nodes with the cluster's certificate; None where there is no such API."""
    if not cluster.holds({"path": "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"}):
        return None
    names = [name for name in sorted(cluster.members)
             if _lives(site.hosts[name]) and SERVING in site.hosts[name].tree]  # fmt: skip
    return {"items": [{"metadata": {"name": name}} for name in names]}


def _lives(host: SimulatedHost) -> bool:
    return (
        host.machine.reachable
        and host.runs("kubelet.service")
        and host.runs("containerd.service")
        and "/etc/kubernetes/kubelet.conf" in host.tree
    )


def _collect_orphans(cluster: Cluster) -> None:
    """Delete the pods of nodes that the cluster no longer knows, as its controllers do."""
    placed = {path: thing.get("spec", {}).get("nodeName", "")
              for path, thing in cluster.objects.items() if "/pods/" in path}  # fmt: skip
    for path, node in placed.items():
        if node and not cluster.knows(node):
            cluster.delete(path)


def _pods(site: SimulatedSite, cluster: Cluster, nodes: list[SimulatedHost]) -> None:
    alive = {node.name for node in nodes}
    open_ones = [node for node in nodes
                 if not at(cluster.objects.get(f"/api/v1/nodes/{node.name}"), "spec", "unschedulable")]  # fmt: skip
    for pod in cluster.objects.values():
        if pod.get("spec", {}).get("nodeName", "") not in {"", *alive}:
            pod["status"].update(condition("Ready", False))
    for path, owner in list(cluster.objects.items()):
        if "/daemonsets/" in path:
            for node in nodes:
                _pod(site, cluster, path, owner, node, f"{owner['metadata']['name']}-{node.name}")
        elif "/deployments/" in path and "template" in owner.get("spec", {}):
            _replicas(site, cluster, path, owner, open_ones)
        elif "/statefulsets/" in path and open_ones and _storage_stands(cluster, owner):
            _pod(site, cluster, path, owner, open_ones[0], f"{owner['metadata']['name']}-0")
        if path in OF_KUBEADM:
            _count(cluster, path, owner, len(nodes))


def _count(cluster: Cluster, path: str, owner: dict[str, Any], nodes: int) -> None:
    """What a workload's status says of its pods."""
    pods = [pod for pod in cluster.objects.values() if pod["metadata"].get("owner") == path]
    ready = sum(each["status"]["conditions"][0]["status"] == "True" for each in pods)
    if "/daemonsets/" in path:
        owner["status"] = {"desiredNumberScheduled": nodes, "updatedNumberScheduled": len(pods), "numberReady": ready}
    else:
        owner["status"] = {"replicas": len(pods), "updatedReplicas": len(pods), "readyReplicas": ready}


def _replicas(
    site: SimulatedSite, cluster: Cluster, path: str, owner: Mapping[str, Any], nodes: list[SimulatedHost]
) -> None:
    """A deployment's pods: all on the first node, unless they must stand apart; others that are too many go.

    So do those of before, and those of nodes that are lost.
    """
    spec = owner["spec"]
    wanted = spec["template"]["spec"]
    for each in [each for each, pod in cluster.objects.items() if pod["metadata"].get("owner") == path]:
        former = {**cluster.objects[each]["spec"], "nodeName": ""} != {**wanted, "nodeName": ""}
        lost = not _lives(site.hosts[cluster.objects[each]["spec"]["nodeName"]])
        if former or lost or int(each.rpartition("-")[2]) >= spec["replicas"]:
            cluster.delete(each)
    apart = at(wanted, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is not None
    for number in range(min(spec["replicas"], len(nodes))):
        taken = {pod["spec"]["nodeName"] for pod in cluster.objects.values() if pod["metadata"].get("owner") == path}
        free = [node for node in nodes if not apart or node.name not in taken]
        if free:
            _pod(site, cluster, path, owner, free[0], f"{owner['metadata']['name']}-{number}")


def _pod(
    site: SimulatedSite, cluster: Cluster, owner_path: str, owner: Mapping[str, Any], node: SimulatedHost, name: str
) -> None:
    namespace, template = owner["metadata"]["namespace"], owner["spec"].get("template")
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    if path in cluster.objects or template is None:
        return
    image = template["spec"]["containers"][0]["image"]
    pulled = registry.pulls(site, image)
    taken = {thing.get("status", {}).get("podIP") for thing in cluster.objects.values()}
    address = next(str(each) for each in ipaddress.ip_network(cluster.pods_network).hosts() if str(each) not in taken)
    cluster.put(path, {
        "metadata": {"name": name, "namespace": namespace, "owner": owner_path, **template["metadata"],
                     "ownerReferences": [{"kind": OWNERS[owner_path.split("/")[-2]]}]},
        "spec": {**template["spec"], "nodeName": node.name},
        "status": {"podIP": address, "containerStatuses": [{"imageID": image if pulled else ""}],
                   **condition("Ready", pulled)},
    })  # fmt: skip


def _volumes(site: SimulatedSite, cluster: Cluster) -> None:
    """What the storage component does once a claim is gone: its volume goes too, unless that is to be retained."""
    for path, volume in list(cluster.objects.items()):
        if not path.startswith("/api/v1/persistentvolumes/") or "claimRef" not in volume["spec"]:
            continue
        claim, spec = volume["spec"]["claimRef"], volume["spec"]
        there = f"/api/v1/namespaces/{claim['namespace']}/persistentvolumeclaims/{claim['name']}" in cluster.objects
        if not there and spec.get("persistentVolumeReclaimPolicy") == "Delete":
            site.hosts[spec["nodeName"]].tree.remove(spec["local"]["path"])
            cluster.delete(path)


def _storage_stands(cluster: Cluster, owner: Mapping[str, Any]) -> bool:
    claims = owner["spec"].get("volumeClaimTemplates")
    return not claims or any("/storageclasses/" in path for path in cluster.objects)


def _certificates(site: SimulatedSite, cluster: Cluster) -> None:
    """Issuers become ready once they can sign, then the certificates that name them are issued."""
    for path, issuer in cluster.objects.items():
        if "/issuers/" in path or "/clusterissuers/" in path:
            signs = "selfSigned" in issuer["spec"] or _authority(cluster, path, issuer) is not None
            issuer["status"].update(condition("Ready", signs))
    for path, certificate in list(cluster.objects.items()):
        if "/cert-manager.io/v1/" in path and "/certificates/" in path and "secretName" in certificate.get("spec", {}):
            namespace = certificate["metadata"]["namespace"]
            secret = f"/api/v1/namespaces/{namespace}/secrets/{certificate['spec']['secretName']}"
            if secret not in cluster.objects:
                for pair, root in _issued(site, cluster, certificate):
                    cluster.put(secret, _tls_secret(certificate, pair, root))
                    certificate["status"].update(condition("Ready"))
                    _certificates(site, cluster)


def _issued(
    site: SimulatedSite, cluster: Cluster, certificate: Mapping[str, Any]
) -> Iterator[tuple[certificates.KeyPair, certificates.KeyPair]]:
    """The certificate and its root, if its issuer is there and ready."""
    spec, namespace = certificate["spec"], certificate["metadata"]["namespace"]
    reference = spec["issuerRef"]
    of = "clusterissuers" if reference["kind"] == "ClusterIssuer" else f"namespaces/{namespace}/issuers"
    path = f"/apis/cert-manager.io/v1/{of}/{reference['name']}"
    issuer = cluster.objects.get(path)
    if issuer is None or not cluster.holds({"path": path, "condition": "Ready"}):
        return
    if "selfSigned" in issuer["spec"]:
        root = certificates.make_ca(spec["commonName"], site.now())
        yield root, root
    elif (root_pair := _authority(cluster, path, issuer)) is not None:
        names = tuple(spec["dnsNames"])
        yield certificates.issue(root_pair, names[0], names, site.now()), root_pair


def _authority(cluster: Cluster, path: str, issuer: Mapping[str, Any]) -> certificates.KeyPair | None:
    """The CA an issuer signs with, if it is one; a cluster's own issuers keep it beside cert-manager."""
    namespace = "cert-manager" if "/clusterissuers/" in path else issuer["metadata"]["namespace"]
    name = issuer["spec"].get("ca", {}).get("secretName")
    secret = cluster.objects.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    if secret is None:
        return None
    pair = certificates.KeyPair(*(base64.b64decode(secret["data"][key]) for key in ("tls.crt", "tls.key")))
    return pair if certificates.is_authority(pair) else None


def _tls_secret(certificate: Mapping[str, Any], pair: KeyPair, root: KeyPair) -> dict[str, Any]:
    # As cert-manager does: all on the way up goes along but the authority at its end, which is the ca.crt.
    *between, top = x509.load_pem_x509_certificates(root.certificate)
    way = b"".join(each.public_bytes(Encoding.PEM) for each in between)
    parts = {"tls.crt": pair.certificate + way, "tls.key": pair.key, "ca.crt": top.public_bytes(Encoding.PEM)}
    name, namespace = certificate["spec"]["secretName"], certificate["metadata"]["namespace"]
    return {
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: base64.b64encode(content).decode() for key, content in parts.items()},
    }
