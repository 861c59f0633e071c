"""What an upgrade asks of a simulated host: kubeadm's upgrade, what control planes say they are, nodes emptied."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from installer.bundle.manifest import Manifest
from installer.formats import libyaml
from installer.layout import API_PORT, KUBELET_PORT
from installer.plan.steps import static_pods
from installer.ports import Output
from installer.simulated.controllers import serving, settle
from installer.simulated.kubernetes import Cluster
from installer.simulated.state import Call, failed, said

SPACE = "/api/v1/namespaces/kube-system/configmaps"
CONFIGURATION = f"{SPACE}/kubeadm-config"
PROGRAMS = {"kube-apiserver": "apiServer", "kube-controller-manager": "controllerManager",
            "kube-scheduler": "scheduler"}  # fmt: skip
WORKLOADS = {"coredns": ("deployments", "registry.k8s.io/coredns/coredns"),
             "kube-proxy": ("daemonsets", "registry.k8s.io/kube-proxy")}  # fmt: skip
HEALTH = {"https://127.0.0.1:10257/healthz", "https://127.0.0.1:10259/healthz"}
VERSION = f"https://127.0.0.1:{API_PORT}/version"
_IMAGE = re.compile(r"image: registry\.k8s\.io/kube-apiserver:(v1\.([0-9]+)\S*)")
_ACTING = re.compile(r"- --emulated-version=1\.([0-9]+)")


def kubeadm(call: Call) -> Output:
    """`kubeadm upgrade ...`, with exactly the words that steps give it."""
    if "--config" not in call.argv:
        raise call.unscripted()
    cluster = call.site.cluster_of(call.host.name)
    if cluster is None or not serving(call.site, cluster):
        return failed("[upgrade] FATAL: the API server does not answer")
    match call.argv[2:]:
        case ("apply", version, "--yes", "--config", path, "--skip-phases=addon,kubelet-config"):
            if _told(call, path)["apply"]["kubernetesVersion"] != version:
                return failed(f"[upgrade] {path} is for another version than {version}")
            configuration = configured(cluster)
            _configure(cluster, {**configuration, "kubernetesVersion": version})
            write_manifests(call, configured(cluster))
        case ("node", "--config", path, "--skip-phases=addon,kubelet-config"):
            _told(call, path)
            write_manifests(call, configured(cluster))
        case ("node", "phase", "kubelet-config", "--config", path):
            _told(call, path)
            call.tree.put("/var/lib/kubelet/config.yaml", b"kind: KubeletConfiguration\n")
            call.tree.put("/var/lib/kubelet/instance-config.yaml", b"kind: KubeletConfiguration\n")
            call.tree.put("/etc/kubernetes/tmp/kubeadm-kubelet-config/config.yaml", b"")
        case ("node", "phase", "addon", "all", "--config", path):
            _told(call, path)
            add_workloads(cluster, call.site.manifest)
        case _:
            raise call.unscripted()
    settle(call.site, cluster)
    return said("[upgrade] SUCCESS!")


def found_configuration(cluster: Cluster, said_in: Mapping[str, Any], version: str) -> None:
    """What kubeadm keeps in the cluster when it founds one."""
    cluster.put(CONFIGURATION, {"metadata": {"name": "kubeadm-config", "namespace": "kube-system"}})
    _configure(cluster, {**said_in, "kubernetesVersion": version})
    kubelets = {"metadata": {"name": "kubelet-config", "namespace": "kube-system"}, "data": {"kubelet": version}}
    cluster.put(f"{SPACE}/kubelet-config", kubelets)


def configured(cluster: Cluster) -> dict[str, Any]:
    """The configuration that kubeadm keeps of a cluster."""
    found: dict[str, Any] = libyaml.load(cluster.objects[CONFIGURATION]["data"]["ClusterConfiguration"])
    return found


def _configure(cluster: Cluster, wanted: Mapping[str, Any]) -> None:
    cluster.objects[CONFIGURATION]["data"] = {"ClusterConfiguration": yaml.safe_dump(dict(wanted))}


def write_manifests(call: Call, configuration: Mapping[str, Any]) -> None:
    """The manifests of a control plane's programs, by the cluster's configuration."""
    for program, key in PROGRAMS.items():
        arguments = (configuration.get(key) or {}).get("extraArgs") or []
        lines = [f"    - --{each['name']}={each['value']}\n" for each in arguments]
        image = f"    image: registry.k8s.io/{program}:{configuration['kubernetesVersion']}\n"
        call.tree.put(f"/etc/kubernetes/manifests/{program}.yaml", "".join([*lines, image]).encode(), 0o600)


def add_workloads(cluster: Cluster, manifest: Manifest) -> None:
    """The images of what kubeadm itself runs in a cluster, in the bundle's versions."""
    images = {each.repository: each for each in manifest.artifacts("image")}
    for name, (plural, repository) in WORKLOADS.items():
        path = f"/apis/apps/v1/namespaces/kube-system/{plural}/{name}"
        if path in cluster.objects:
            container = {"name": name, "image": f"{repository}:{images[repository].tag}"}
            cluster.objects[path]["spec"]["template"]["spec"]["containers"] = [container]
        cluster.objects.setdefault(f"{SPACE}/{name}", {"metadata": {"name": name, "namespace": "kube-system"}})


def _told(call: Call, path: str) -> dict[str, Any]:
    found: dict[str, Any] = libyaml.load(call.tree.read(path))
    return found


def curl(call: Call) -> Output | None:
    """What a control plane says of itself; None where something else is asked."""
    manifest = call.tree.text("/etc/kubernetes/manifests/kube-apiserver.yaml")
    if call.argv[-1] == f"https://{call.host.name}:{KUBELET_PORT}/pods":
        return _own_pods(call) if manifest and call.host.runs("kubelet.service") else failed("curl: (7)", 7)
    if call.argv[-1] in HEALTH:
        return said("ok") if manifest else failed("curl: (7) Failed to connect", 7)
    if call.argv[-1] != VERSION:
        return None
    version, acting = _IMAGE.search(manifest), _ACTING.search(manifest)
    if version is None:
        return failed("curl: (7) Failed to connect", 7)
    emulated = acting[1] if acting else version[2]
    return said(json.dumps({"gitVersion": version[1], "minor": version[2], "emulationMinor": emulated}))


def _own_pods(call: Call) -> Output:
    """What a control plane's kubelet says of the pods that it starts from files: they are ready."""
    status = {"conditions": [{"type": "Ready", "status": "True"}]}
    own = [{"metadata": {"name": f"{program}-{call.host.name}", "annotations": {static_pods.SOURCE: "file"}},
            "status": status} for program in static_pods.PROGRAMS]  # fmt: skip
    return said(json.dumps({"items": own}))


def kubectl(call: Call, cluster: Cluster) -> Output:
    """`cordon`, `drain`, `uncordon` and `replace`, as steps ask for them."""
    match call.argv[3:]:
        case ("drain", host, "--ignore-daemonsets", "--delete-emptydir-data", _):
            return _drained(call, cluster, host)
        case ("cordon", host):
            cluster.objects[f"/api/v1/nodes/{host}"].setdefault("spec", {})["unschedulable"] = True
        case ("uncordon", host):
            cluster.objects[f"/api/v1/nodes/{host}"].setdefault("spec", {}).pop("unschedulable", None)
        case ("replace", "--filename", path):
            for thing in json.loads(call.tree.read(path))["items"]:
                at = cluster.path(thing) or ""
                if at not in cluster.objects:
                    return failed(f'Error from server (NotFound): "{thing["metadata"]["name"]}" not found')
                kept = {"status": cluster.objects[at]["status"]} if "status" in cluster.objects[at] else {}
                cluster.objects[at] = {**copy.deepcopy(thing), **kept}
        case _:
            raise call.unscripted()
    settle(call.site, cluster)
    return said()


def _drained(call: Call, cluster: Cluster, host: str) -> Output:
    cluster.objects[f"/api/v1/nodes/{host}"].setdefault("spec", {})["unschedulable"] = True
    there = [path for path, thing in cluster.objects.items()
             if "/pods/" in path and thing.get("spec", {}).get("nodeName") == host]  # fmt: skip
    for path in there:
        owner = cluster.objects[path]["metadata"].get("owner", "")
        if not owner:
            return failed(f"cannot delete Pods that declare no controller: {path.rpartition('/')[2]}")
        if "/daemonsets/" not in owner:
            cluster.delete(path)
    settle(call.site, cluster)
    return said(f"node/{host} drained")


def take(call: Call) -> Output:
    """A restore point: the member's data, proved."""
    place, server = call.argv
    for program in ("etcdctl", "etcdutl", server):
        if not call.host.find(program):
            return failed(f"{program}: not found", 127)
    if "/var/lib/etcd/member/snap/db" not in call.tree:
        return failed("etcdctl: context deadline exceeded")
    call.tree.put(f"{place}/etcd.db", b"", 0o600)
    call.tree.put(f"{place}/proved.json", b'{"keys": 1, "revision": 1, "sha256": ""}\n')
    return said("1 keys at revision 1")
