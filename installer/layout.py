"""Figures of what is installed that more than one part of the program needs: paths, ports, names, lifetimes."""

from __future__ import annotations

from datetime import timedelta

HOME = "/var/lib/sitewright"
"""Everything of ours that lives on a host and is not configuration."""
CONFIG = "/etc/sitewright"
"""Our configuration on a host."""
RUNTIME = "/run/sitewright"
"""What of ours a host holds until it is started anew."""
REGISTRY_CA = f"{CONFIG}/pki/registry-ca.crt"
"""The authority of the site's registry, on every host."""
SITE_CA = f"{CONFIG}/pki/site-ca.crt"
"""The authority of all services of the site, on every host: what every client trusts."""

CHART_REGISTRY = "charts.sitewright.internal"
FILE_REGISTRY = "files.sitewright.internal"
"""The names below which the site's registry holds charts and files; images keep their upstream's name."""

REGISTRY_PORT, PUSH_PORT = 5000, 5001
"""Where the site's registry is read by hosts, and where it is pushed to; answers may say otherwise."""
API_PORT = 6443
"""Of every API server (kubeadm's default)."""
PROXY_PORT = 7443
"""Loopback port on which each node's proxy stands in for all API servers."""
VXLAN_PORT = 8472
"""UDP port of the pod network between nodes (flannel's default on Linux)."""
POD_LINKS = ("cni0", "flannel.1", "kube-ipvs0")
"""Network links that the pod network leaves in a host's kernel. They stand here and in no bundle: preflight looks for
them before there is one, and none may name what root takes out of a kernel."""
FIRST_NODE_PORT, LAST_NODE_PORT = 30000, 32767
"""Services of type NodePort get theirs from these (Kubernetes' default)."""
CONTAINERD_METRICS_PORT, REGISTRY_METRICS_PORT = 1338, 5003
"""On loopback: where they tell of themselves (config.toml and registry.yml of their components in bundles/core)."""
ETCD_PORT, ETCD_PEER_PORT, ETCD_METRICS_PORT = 2379, 2380, 2381
"""Of etcd: for API servers, for its other members, and on loopback for health and metrics (kubeadm's defaults)."""
KUBELET_HEALTH_PORT, KUBELET_PORT = 10248, 10250
PROXY_METRICS_PORT, PROXY_HEALTH_PORT = 10249, 10256
MANAGER_PORT, SCHEDULER_PORT = 10257, 10259
"""Of kubelet, kube-proxy, the controller manager and the scheduler (Kubernetes' "Ports and Protocols" and defaults)."""
CLUSTER_PORTS = frozenset({22, ETCD_PORT, ETCD_PEER_PORT, ETCD_METRICS_PORT, API_PORT, PROXY_PORT, KUBELET_HEALTH_PORT,
                           PROXY_METRICS_PORT, KUBELET_PORT, PROXY_HEALTH_PORT, MANAGER_PORT, SCHEDULER_PORT,
                           CONTAINERD_METRICS_PORT, REGISTRY_METRICS_PORT})  # fmt: skip
"""What SSH, Kubernetes and what it runs on have on hosts: health and metrics on loopback too."""

CA_LIFE = timedelta(days=3650)
"""Of the registry's authority, the site's and those of clusters (kubeadm's default, and ours)."""
INTERMEDIATE_LIFE = timedelta(days=1825)
"""Of what each environment signs with: half of the authority's, and never longer than the authority itself."""
SERVICE_LIFE = timedelta(days=90)
"""Of services' certificates (cert-manager's default `duration`); they bear the intermediate that was then."""
REGISTRY_LIFE = timedelta(days=825)
"""Of the registry's certificate: the longest that all TLS clients accept from a private CA."""
KUBERNETES_LIFE = timedelta(days=365)
"""Of every certificate that kubeadm and kubelets get (their default)."""
RENEW_BEFORE = timedelta(days=90)
"""A run renews what ends within this time."""
RENEW_INTERMEDIATE_BEFORE = RENEW_BEFORE + SERVICE_LIFE
"""The same of intermediates: what the old one has signed lives out its time and is renewed before the old one ends."""

POOL = "sitewright.internal/pool"
"""Label of a node that is in a pool, and key of the taint where the pool is reserved."""
