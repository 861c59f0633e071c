"""Who listens on which port of a simulated host: its own programs, ours, and its part of a cluster."""

from __future__ import annotations

from installer.layout import (
    API_PORT,
    ETCD_METRICS_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    KUBELET_HEALTH_PORT,
    KUBELET_PORT,
    MANAGER_PORT,
    PROXY_HEALTH_PORT,
    PROXY_PORT,
    SCHEDULER_PORT,
    VXLAN_PORT,
)
from installer.simulated import registry
from installer.simulated.machine import PortUser
from installer.simulated.state import SimulatedHost, SimulatedSite


def listeners(site: SimulatedSite, host: SimulatedHost) -> list[PortUser]:
    """Every port in use on a host."""
    found = [*host.machine.port_users, PortUser(22, "sshd")]
    found += [PortUser(side.port, "sitewright-regi") for side in registry.sides(host)]
    found += [PortUser(PROXY_PORT, "haproxy")] if host.runs("api-proxy.service") else []
    cluster = site.cluster_of(host.name)
    if cluster is not None and host.runs("kubelet.service"):
        found += [PortUser(port, "kubelet") for port in (KUBELET_HEALTH_PORT, KUBELET_PORT)]
        found += [PortUser(PROXY_HEALTH_PORT, "kube-proxy")]
        found += [PortUser(VXLAN_PORT, "", "udp")] if "/sys/class/net/flannel.1" in host.tree else []
        if host.name in cluster.planes:
            found += [PortUser(port, "etcd") for port in (ETCD_PORT, ETCD_PEER_PORT, ETCD_METRICS_PORT)]
            found += [PortUser(API_PORT, "kube-apiserver"), PortUser(MANAGER_PORT, "kube-controller")]
            found += [PortUser(SCHEDULER_PORT, "kube-scheduler")]
    return found
