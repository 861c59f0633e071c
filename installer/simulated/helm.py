"""helm on a simulated host: a component's chart brings what the component's own `ready` and `probes` promise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from installer.bundle.manifest import Blob, Component
from installer.plan.steps.helm import REMEMBERED
from installer.ports import Output
from installer.simulated.controllers import serving, settle
from installer.simulated.kubernetes import Cluster, Release, condition
from installer.simulated.state import Call, Program, failed, said


def helm(call: Call) -> Output:
    """history, upgrade --install, uninstall and rollback."""
    cluster = call.site.cluster_of(call.host.name)
    if cluster is None or call.option("--kubeconfig") not in call.tree or not serving(call.site, cluster):
        return failed("Error: Kubernetes cluster unreachable")
    match call.argv[1:4]:
        case ("history", name, _):
            return _history(call, cluster, name)
        case ("upgrade", "--install", name):
            return _upgrade(call, cluster, name)
        case ("uninstall", name, _):
            return _uninstall(call, cluster, name)
        case ("rollback", name, _):
            return _rollback(call, cluster, name)
    raise call.unscripted()


def deployed(cluster: Cluster, name: str) -> bool:
    """Whether a release of that name is deployed."""
    return any(own == name and kept[-1].status == "deployed" for (_, own), kept in cluster.releases.items())


def _history(call: Call, cluster: Cluster, name: str) -> Output:
    kept = cluster.releases.get((call.option("--namespace"), name))
    if kept is None:
        return failed("Error: release: not found")
    most = int(call.option("--max"))
    return said(json.dumps([{"revision": each.revision, "status": each.status, "description": each.description}
                            for each in kept[-most:]]))  # fmt: skip


def _upgrade(call: Call, cluster: Cluster, name: str) -> Output:
    key = (call.option("--namespace"), name)
    component = call.site.manifest.component(name)
    archive, kept = call.tree.entry(call.argv[4]), cluster.releases.get(key, ())
    if archive is None or not isinstance(archive.content, Blob) or archive.content != _chart(component):
        return failed(f"Error: {call.argv[4]} is not the chart of {name}")
    if call.option("--values") not in call.tree:
        return failed(f"Error: open {call.option('--values')}: no such file or directory")
    if kept and kept[-1].status.startswith("pending"):
        return failed("Error: another operation (install/upgrade/rollback) is in progress")
    description = call.option("--description")
    reason = _hindered(call, cluster, component)
    if reason:
        _revise(cluster, key, Release("failed", description))
        return failed(f"Error: {reason}: context deadline exceeded")
    if f"/api/v1/namespaces/{key[0]}" not in cluster.objects:
        cluster.put(f"/api/v1/namespaces/{key[0]}", {"metadata": {"name": key[0]}})
    asked = _asked_pods(component)
    for path, pod in asked.items():
        cluster.put(path, pod)
    brought = (*asked, *(entry["path"] for entry in component.spec.get("ready", ())))
    for entry in component.spec.get("ready", ()):
        *_, name_of = entry["path"].split("/")
        status = condition(entry["condition"]) if "condition" in entry else {}
        cluster.put(entry["path"], {"metadata": {"name": name_of}, "spec": {}, "status": status})
    values = call.tree.text(call.option("--values"))
    _revise(cluster, key, Release("deployed", description, brought, content=(archive.content.digest, values)))
    settle(call.site, cluster)
    return said(f'Release "{name}" has been upgraded. Happy Helming!')


def _asked_pods(component: Component) -> dict[str, dict[str, Any]]:
    """The pods that a component's probes of kind exec ask, with what each program in them says.

    That is what the probes expect, each a template still: `pods.execute` fills it in with the nodes that there are.
    """
    pods: dict[str, dict[str, Any]] = {}
    for probe in component.spec.get("probes", ()):
        if probe.get("kind") == "exec":
            name = f"{probe['app']}-0"
            metadata = {"name": name, "namespace": probe["namespace"], "labels": {"app": probe["app"]},
                        "ownerReferences": [{"kind": "ReplicaSet"}]}  # fmt: skip
            pod = {"metadata": metadata, "spec": {"says": {}}, "status": condition("Ready")}
            says = pods.setdefault(f"/api/v1/namespaces/{probe['namespace']}/pods/{name}", pod)["spec"]["says"]
            program = probe["command"][0]
            says[program] = says.get(program, "") + f"{probe['expect']}\n"
    return pods


def _hindered(call: Call, cluster: Cluster, component: Component) -> str:
    """Why a release would not become ready in time; empty where nothing hinders it."""
    manifest = call.site.manifest
    for required in component.requires:
        filling = manifest.filling.get(required) or (manifest.component(required),)
        if not any(all(map(cluster.holds, part.spec.get("ready", ()))) for part in filling):
            return f"{component.name} waits for {required}"
    if component.spec.get("network"):
        return ""
    ready = [name for name in cluster.members
             if cluster.holds({"path": f"/api/v1/nodes/{name}", "condition": "Ready"})]  # fmt: skip
    return "" if ready else "no node is Ready"


def _chart(component: Component) -> Blob:
    return component.artifact("chart", component.spec["chart"]["name"]).file


def _revise(cluster: Cluster, key: tuple[str, str], wanted: Release) -> None:
    """Add a revision to a release; the ones before it are superseded, and the oldest are forgotten."""
    kept = cluster.releases.get(key, ())
    former = tuple(replace(each, status="superseded") if each.status == "deployed" else each for each in kept)
    revision = kept[-1].revision + 1 if kept else 1
    cluster.releases[key] = (*former, replace(wanted, revision=revision))[-REMEMBERED:]


def _uninstall(call: Call, cluster: Cluster, name: str) -> Output:
    kept = cluster.releases.pop((call.option("--namespace"), name), None)
    if kept is None:
        return said() if "--ignore-not-found" in call.argv else failed("Error: release: not found")
    for path in kept[-1].brought:
        cluster.delete(path)
    settle(call.site, cluster)
    return said(f'release "{name}" uninstalled')


def _rollback(call: Call, cluster: Cluster, name: str) -> Output:
    key = (call.option("--namespace"), name)
    kept = cluster.releases.get(key)
    if kept is None:
        return failed("Error: release: not found")
    wanted = call.argv[3] if call.argv[3].isdecimal() else ""
    former = next((each for each in kept if str(each.revision) == wanted), kept[-2] if len(kept) > 1 else kept[-1])
    for path in set(kept[-1].brought) - set(former.brought):
        cluster.delete(path)
    for path in former.brought:
        if path not in cluster.objects:
            cluster.put(path, {"metadata": {"name": path.rpartition("/")[2]}, "spec": {}, "status": {}})
    description = call.option("--description") or f"Rollback to {former.revision}"
    _revise(cluster, key, replace(former, status="deployed", description=description))
    settle(call.site, cluster)
    return said("Rollback was a success! Happy Helming!")


PROGRAMS: Mapping[str, Program] = {"helm": helm}
