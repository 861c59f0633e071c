"""helm on a simulated host: a component's chart brings what the component's own `ready` and `probes` promise."""

from __future__ import annotations

import json
from collections.abc import Mapping

from installer.bundle.manifest import Blob, Component
from installer.world.ports import Output
from installer.world.simulated.controllers import serving, settle
from installer.world.simulated.kubernetes import Cluster, Release, condition
from installer.world.simulated.state import Call, Program, failed, said


def helm(call: Call) -> Output:
    """history, upgrade --install, uninstall and rollback."""
    cluster = call.site.cluster_of(call.host.name)
    if cluster is None or call.option("--kubeconfig") not in call.tree or not serving(call.site, cluster):
        return failed("Error: Kubernetes cluster unreachable")
    match call.argv[1:4]:
        case ("history", name, _):
            return _history(cluster, (call.option("--namespace"), name))
        case ("upgrade", "--install", name):
            return _upgrade(call, cluster, name)
        case ("uninstall", name, _):
            return _uninstall(call, cluster, name)
        case ("rollback", name, _):
            return _rollback(call, cluster, name)
    raise call.unscripted()


def deployed(cluster: Cluster, name: str) -> bool:
    """Whether a release of that name is deployed."""
    return any(own == name and release.status == "deployed" for (_, own), release in cluster.releases.items())


def _history(cluster: Cluster, key: tuple[str, str]) -> Output:
    release = cluster.releases.get(key)
    if release is None:
        return failed("Error: release: not found")
    return said(json.dumps([{"status": release.status, "description": release.description}]))


def _upgrade(call: Call, cluster: Cluster, name: str) -> Output:
    key = (call.option("--namespace"), name)
    component = call.site.manifest.component(name)
    archive, former = call.tree.entry(call.argv[4]), cluster.releases.get(key)
    if archive is None or archive.content != _chart(component):
        return failed(f"Error: {call.argv[4]} is not the chart of {name}")
    if call.option("--values") not in call.tree:
        return failed(f"Error: open {call.option('--values')}: no such file or directory")
    if former is not None and former.status.startswith("pending"):
        return failed("Error: another operation (install/upgrade/rollback) is in progress")
    description = call.option("--description")
    reason = _hindered(call, cluster, component)
    if reason:
        cluster.releases[key] = Release("failed", description)
        return failed(f"Error: {reason}: context deadline exceeded")
    cluster.put(f"/api/v1/namespaces/{key[0]}", {"metadata": {"name": key[0]}})
    brought = tuple(entry["path"] for entry in component.spec.get("ready", ()))
    for entry in component.spec.get("ready", ()):
        *_, name_of = entry["path"].split("/")
        status = condition(entry["condition"]) if "condition" in entry else {}
        cluster.put(entry["path"], {"metadata": {"name": name_of}, "spec": {}, "status": status})
    cluster.releases[key] = Release("deployed", description, brought)
    settle(call.site, cluster)
    return said(f'Release "{name}" has been upgraded. Happy Helming!')


def _hindered(call: Call, cluster: Cluster, component: Component) -> str:
    """Why a release would not become ready in time; empty where nothing hinders it."""
    for required in component.requires:
        for entry in call.site.manifest.component(required).spec.get("ready", ()):
            if not cluster.holds(entry):
                return f"{component.name} waits for {required}"
    if component.spec.get("network"):
        return ""
    ready = [name for name in cluster.members
             if cluster.holds({"path": f"/api/v1/nodes/{name}", "condition": "Ready"})]  # fmt: skip
    return "" if ready else "no node is Ready"


def _chart(component: Component) -> Blob:
    return component.artifact("chart", component.spec["chart"]["name"]).file


def _uninstall(call: Call, cluster: Cluster, name: str) -> Output:
    release = cluster.releases.pop((call.option("--namespace"), name), None)
    if release is None:
        return said() if "--ignore-not-found" in call.argv else failed("Error: release: not found")
    for path in release.brought:
        cluster.delete(path)
    settle(call.site, cluster)
    return said(f'release "{name}" uninstalled')


def _rollback(call: Call, cluster: Cluster, name: str) -> Output:
    key = (call.option("--namespace"), name)
    release = cluster.releases.get(key)
    if release is None:
        return failed("Error: release: not found")
    cluster.releases[key] = Release("deployed", "Rollback", release.brought)
    return said("Rollback was a success! Happy Helming!")


PROGRAMS: Mapping[str, Program] = {"helm": helm}
