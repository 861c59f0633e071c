"""Who listens on which port of a simulated host: its own programs, ours, and its part of a cluster."""

from __future__ import annotations

from installer.layout import API_PORT, PROXY_PORT, VXLAN_PORT
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
        found += [PortUser(10248, "kubelet"), PortUser(10250, "kubelet"), PortUser(10256, "kube-proxy")]
        found += [PortUser(VXLAN_PORT, "", "udp")] if "/sys/class/net/flannel.1" in host.tree else []
        if host.name in cluster.planes:
            found += [PortUser(port, "etcd") for port in (2379, 2380, 2381)]
            found += [PortUser(API_PORT, "kube-apiserver"), PortUser(10257, "kube-controller")]
            found += [PortUser(10259, "kube-scheduler")]
    return found
