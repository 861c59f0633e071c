"""Components that the installer works with itself, and so calls by name: every bundle has to have them."""

from __future__ import annotations

REGISTRY = "registry"
"""Started by steps of its own, before anything can be pulled from it."""
KUBERNETES = "kubernetes"
"""Whose `init.yaml` and `join.yaml` kubeadm is given."""
HELM = "helm"
"""Whose program installs every chart."""
PROBE = "probe"
"""Whose pods the probes try a cluster with."""
STORE_TOOLS = "etcd-tools"
"""By whose programs restore points are taken: a bundle without it is one that nothing is upgraded to."""
