"""kubeadm on a simulated host: the preconditions it really checks, and what it leaves in files, units and the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from installer import certificates
from installer.bundle import known
from installer.formats import kubeconfig, libyaml
from installer.layout import POD_LINKS, PROXY_PORT
from installer.ports import Output
from installer.simulated import upgrading
from installer.simulated.controllers import serving, settle
from installer.simulated.kubernetes import Cluster, condition
from installer.simulated.state import Call, Program, SimulatedHost, failed, said
from installer.simulated.systemd import needs

PLANE_FILES = (
    "admin.conf", "controller-manager.conf", "scheduler.conf", "super-admin.conf", "manifests/etcd.yaml",
    "manifests/kube-apiserver.yaml", "manifests/kube-controller-manager.yaml", "manifests/kube-scheduler.yaml",
    "pki/apiserver.crt", "pki/apiserver.key", "pki/ca.key", "pki/sa.key", "pki/etcd/ca.crt", "pki/etcd/ca.key",
)  # fmt: skip
KUBELET_FILES = ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env",
                 "/var/lib/kubelet/pki/kubelet-client-current.pem")  # fmt: skip
CHANGED_SETTINGS = {
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "net/ipv4/conf/all/route_localnet": "1",
    "net/netfilter/nf_conntrack_max": "131072",
    "net/netfilter/nf_conntrack_tcp_timeout_close_wait": "3600",
    "net/netfilter/nf_conntrack_tcp_timeout_established": "86400",
    "vm/overcommit_memory": "1",
}
"""What the kubelet and kube-proxy set by themselves, below /proc/sys."""
NEEDED = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables")


def kubeadm(call: Call) -> Output:
    """init, join, reset, upgrade, token create, kubeconfig user, and the phase that uploads certificates."""
    match call.argv[1:]:
        case ("init", "phase", "upload-certs", "--upload-certs", "--config", path):
            return _upload(call, path)
        case ("init", "--config", path, "--skip-token-print"):
            return _init(call, _documents(call, path))
        case ("join", "--config", path):
            return _join(call, _documents(call, path)["JoinConfiguration"])
        case ("kubeconfig", "user", "--client-name", user, "--validity-period", seconds, "--config", "/dev/stdin"):
            return _person(call, user, seconds)
        case ("token", "create", "--ttl", _, "--print-join-command", "--kubeconfig", _):
            return _token(call)
        case ("reset", "--force", "--cri-socket", _):
            return reset(call)
        case ("upgrade", *_):
            return upgrading.kubeadm(call)
    raise call.unscripted()


def reset(call: Call) -> Output:
    """Take a host out of its cluster; the folders themselves stay, as kubeadm leaves them."""
    host, cluster = call.host, call.site.cluster_of(call.host.name)
    host.active.discard("kubelet.service")
    for folder in ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd"):
        for name in host.tree.names(folder):
            host.tree.remove(f"{folder}/{name}")
    if cluster is not None:
        cluster.members.discard(host.name)
        cluster.planes.discard(host.name)
        if not cluster.planes:
            del call.site.clusters[cluster.name]
    return said()


def _init(call: Call, documents: Mapping[str, Any]) -> Output:
    config = documents["ClusterConfiguration"]
    troubles = list(_troubles(call, plane=True))
    if troubles:
        return failed("\n".join(["[preflight] Some fatal errors occurred:", *troubles]))
    networks = config["networking"]
    cluster = Cluster(config["clusterName"], networks["dnsDomain"], networks["podSubnet"])
    cluster.admin = _admin(call, config)
    call.site.clusters[cluster.name] = cluster
    for namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
        cluster.put(f"/api/v1/namespaces/{namespace}", {"metadata": {"name": namespace}})
    _add_names(call, cluster)
    upgrading.found_configuration(cluster, config, call.site.manifest.kubernetes)
    _enter(call, cluster, documents["InitConfiguration"], config["controlPlaneEndpoint"])
    return said("Your Kubernetes control-plane has initialized successfully!")


def _add_names(call: Call, cluster: Cluster) -> None:
    """The cluster's DNS as kubeadm makes it, as far as anybody here looks at it."""
    image = call.site.manifest.component(known.KUBERNETES).artifact("image", "registry.k8s.io/coredns/coredns")
    pod = {
        "containers": [{"name": "coredns", "image": f"{image.repository}:{image.tag}"}],
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"},
                        {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
    }  # fmt: skip
    template = {"metadata": {"labels": {"k8s-app": "kube-dns"}}, "spec": pod}
    cluster.put("/apis/apps/v1/namespaces/kube-system/deployments/coredns", {
        "metadata": {"name": "coredns", "namespace": "kube-system"}, "spec": {"replicas": 2, "template": template},
    })  # fmt: skip
    proxy = call.site.manifest.component(known.KUBERNETES).artifact("image", "registry.k8s.io/kube-proxy")
    runs = {"containers": [{"name": "kube-proxy", "image": f"{proxy.repository}:{proxy.tag}"}], "hostNetwork": True}
    cluster.put("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy", {
        "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
        "spec": {"template": {"metadata": {"labels": {"k8s-app": "kube-proxy"}}, "spec": runs}},
    })  # fmt: skip
    cluster.put("/api/v1/namespaces/kube-system/services/kube-dns", {
        "metadata": {"name": "kube-dns", "namespace": "kube-system"}, "spec": {"selector": {"k8s-app": "kube-dns"}},
    })  # fmt: skip


def _join(call: Call, config: Mapping[str, Any]) -> Output:
    discovery = config["discovery"]["bootstrapToken"]
    plane = config.get("controlPlane")
    troubles = list(_troubles(call, plane=plane is not None))
    if troubles:
        return failed("\n".join(["[preflight] Some fatal errors occurred:", *troubles]))
    cluster = next((c for c in call.site.clusters.values() if discovery["token"] in c.tokens), None)
    if cluster is None or not serving(call.site, cluster) or discovery["caCertHashes"] != [_ca_hash(cluster)]:
        return failed("couldn't validate the identity of the API Server")
    if plane and plane["certificateKey"] != cluster.certificate_key:
        return failed("error downloading certs: cipher: message authentication failed")
    _enter(call, cluster, {**config, **(plane or {})}, discovery["apiServerEndpoint"])
    return said("This node has joined the cluster")


def _enter(call: Call, cluster: Cluster, config: Mapping[str, Any], endpoint: str) -> None:
    """Make the host a member: its files, its kubelet and its Node object."""
    tree, name, plane = call.tree, config["nodeRegistration"]["name"], "localAPIEndpoint" in config
    config_file = f"clusters: [{{cluster: {{server: 'https://{endpoint}'}}, name: {cluster.name}}}]\n".encode()
    for file in (*(f"/etc/kubernetes/{each}" for each in (PLANE_FILES if plane else ())), *KUBELET_FILES):
        tree.put(file, config_file if file.endswith(".conf") else b"", 0o600)
    if plane:
        tree.put("/etc/kubernetes/admin.conf", cluster.admin.encode(), 0o600)
        upgrading.write_manifests(call, upgrading.configured(cluster))
    tree.put("/etc/kubernetes/kubelet.conf", config_file, 0o600)
    tree.put("/etc/kubernetes/pki/ca.crt", cluster.name.encode())
    if plane:
        tree.put("/var/lib/etcd/member/snap/db", b"", 0o600)
        cluster.planes.add(name)
    cluster.members.add(name)
    call.host.active.add("kubelet.service")
    tree.make_directory("/usr/libexec/kubernetes/kubelet-plugins/volume/exec")
    for setting, value in CHANGED_SETTINGS.items():
        tree.put(f"/proc/sys/{setting}", f"{value}\n".encode())
    addresses = [{"type": "InternalIP", "address": call.host.machine.address}, {"type": "Hostname", "address": name}]
    told = {"addresses": addresses, "nodeInfo": {"kubeletVersion": call.site.manifest.kubernetes}}
    node = {"metadata": {"name": name}, "status": {**told, **condition("Ready", False)}}
    cluster.put(f"/api/v1/nodes/{name}", node)
    settle(call.site, cluster)


def _admin(call: Call, config: Mapping[str, Any]) -> str:
    authority = certificates.make_ca("kubernetes", call.site.now())
    admin = certificates.issue(authority, "kubernetes-admin", ("kubernetes-admin",), call.site.now())
    credentials = kubeconfig.Credentials(authority.certificate, admin.certificate, admin.key)
    return _config(config["clusterName"], credentials, config["controlPlaneEndpoint"])


def _config(name: str, credentials: kubeconfig.Credentials, endpoint: str) -> str:
    return kubeconfig.written([kubeconfig.Cluster(name, credentials, {"": endpoint}, "", "admin")]).decode()


def _person(call: Call, user: str, seconds: str) -> Output:
    """A kubeconfig for another user, as kubeadm signs it on a control plane; only who has the authority's key can."""
    cluster = call.site.cluster_of(call.host.name)
    config = {each["kind"]: each for each in libyaml.load_all(call.stdin)}["ClusterConfiguration"]
    if cluster is None or call.host.name not in cluster.planes:
        return failed("failure loading ca certificate: open /etc/kubernetes/pki/ca.crt: no such file or directory")
    if config["kubernetesVersion"] != call.site.manifest.kubernetes:
        return failed(f"this version of kubeadm does not create clusters of version {config['kubernetesVersion']}")
    life = timedelta(seconds=int(seconds.removesuffix("s")))
    authority = certificates.make_ca("kubernetes", call.site.now())
    pair = certificates.issue(authority, user, (user,), call.site.now(), life)
    credentials = kubeconfig.Credentials(authority.certificate, pair.certificate, pair.key)
    return said(_config(cluster.name, credentials, config["controlPlaneEndpoint"]))


def _troubles(call: Call, *, plane: bool) -> Iterator[str]:
    """What kubeadm's own preflight refuses a host for."""
    host = call.host
    for name in NEEDED:
        path = f"/proc/sys/{name.replace('.', '/')}"
        if host.tree.text(path).strip() != "1":
            yield f"\t[ERROR FileContent-{path.replace('/', '-')}]: {path} contents are not set to 1"
    if not host.runs("containerd.service"):
        yield "\t[ERROR CRI]: container runtime is not running"
    if not host.runs("api-proxy.service"):
        yield "\t[ERROR]: the control plane endpoint does not answer"
    if not host.installed("kubelet.service") or needs(call, "kubelet.service"):
        yield "\t[ERROR FileExisting-kubelet]: kubelet not found"
    if not host.find("conntrack"):
        yield "\t[ERROR FileExisting-conntrack]: conntrack not found in system path"
    for path in ("/etc/kubernetes/kubelet.conf", *(("/etc/kubernetes/manifests/etcd.yaml",) if plane else ())):
        if path in host.tree:
            yield f"\t[ERROR FileAvailable-{path.replace('/', '-')}]: {path} already exists"
    if plane and host.tree.names("/var/lib/etcd"):
        yield "\t[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty"


def _token(call: Call) -> Output:
    cluster = _own(call)
    if cluster is None:
        return failed("failed to load admin kubeconfig")
    # Of all that kubeadm may draw, a number: what takes it for one where it stands without quotes gets no further.
    token = f"{secrets.randbelow(10**6):06}.{secrets.randbelow(10**16):016}"
    cluster.tokens.add(token)
    by = f"--token {token} --discovery-token-ca-cert-hash {_ca_hash(cluster)}"
    return said(f"kubeadm join 127.0.0.1:{PROXY_PORT} {by}")


def _upload(call: Call, path: str) -> Output:
    cluster = _own(call)
    if cluster is None:
        return failed("failed to load admin kubeconfig")
    cluster.certificate_key = _documents(call, path)["InitConfiguration"]["certificateKey"]
    return said("[upload-certs] Storing the certificates in Secret")


def _own(call: Call) -> Cluster | None:
    """The cluster that the host's administrator file is for, if its API answers."""
    cluster = call.site.cluster_of(call.host.name)
    there = cluster is not None and "/etc/kubernetes/admin.conf" in call.tree and serving(call.site, cluster)
    return cluster if there else None


def _ca_hash(cluster: Cluster) -> str:
    return f"sha256:{hashlib.sha256(cluster.name.encode()).hexdigest()}"


def _documents(call: Call, path: str) -> dict[str, Any]:
    return {document["kind"]: document for document in libyaml.load_all(call.tree.read(path))}


def unplug(host: SimulatedHost) -> None:
    """Delete the network interfaces that a cluster made."""
    for link in POD_LINKS:
        host.tree.remove(f"/sys/class/net/{link}")


PROGRAMS: Mapping[str, Program] = {"kubeadm": kubeadm}
