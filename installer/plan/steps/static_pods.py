"""A control plane's own pods, which its kubelet starts from files: whether the kubelet of now has them all ready.

A kubelet of another minor version starts them anew, API server and store included, some seconds after it was started
itself: it fills in more of a pod than the former one did, and so takes it for another pod. What is asked of the API
meanwhile fails, so steps wait until that is over.
"""

from __future__ import annotations

import json
from typing import Any

from installer.answers.model import Environment
from installer.formats import strict_json
from installer.formats.objects import condition, items, name
from installer.layout import KUBELET_PORT
from installer.messages import Message
from installer.plan.model import Difference, Differences
from installer.plan.steps.commands import wait_for
from installer.ports import CURL, ReadOnly

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
CLIENT = "/etc/kubernetes/pki/apiserver-kubelet-client"
"""By what certificate the API server speaks to kubelets."""
PATIENCE = 600
"""Seconds for a control plane's pods to be ready: a busy host is slow, not broken."""
SOURCE, MIRROR = "kubernetes.io/config.source", "kubernetes.io/config.mirror"


def settle(world: ReadOnly, environment: Environment) -> None:
    """Wait until every control plane's own pods are ready; whether they are is for the next step's own look to say."""
    planes = [host for host in environment.control_planes if host not in environment.absent]
    wait_for(PATIENCE, lambda: not any(unready(world, host) for host in planes))


def unready(world: ReadOnly, host: str) -> Differences:
    """Each of a control plane's own pods that its kubelet, asked on the host itself, does not call ready."""
    argv = (*CURL, "--max-time", "5", "--resolve", f"{host}:{KUBELET_PORT}:127.0.0.1",
            "--cacert", "/etc/kubernetes/pki/ca.crt", "--cert", f"{CLIENT}.crt", "--key", f"{CLIENT}.key",
            f"https://{host}:{KUBELET_PORT}/pods")  # fmt: skip
    ready = {name(pod) for pod in _listed(world.query(host, *argv).out) if condition(pod, "Ready") and _own(pod)}
    wanted = [f"{program}-{host}" for program in PROGRAMS]
    return tuple(
        Difference(Message("pod {name} on {host}", name=each, host=host), Message("ready"), Message("not ready"))
        for each in wanted
        if each not in ready
    )


def _listed(said: str) -> Any:
    try:
        return items(strict_json.loads(said.encode()))
    except (ValueError, json.JSONDecodeError):
        return ()


def _own(pod: Any) -> bool:
    told = pod.get("metadata", {}).get("annotations") or {}
    return told.get(SOURCE) == "file" and MIRROR not in told
