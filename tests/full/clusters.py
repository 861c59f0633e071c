"""The clusters of a platform from outside: objects, what a program in a pod says, hosts, and patience."""

from __future__ import annotations

import base64
import ssl
import time
import urllib.request
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from sites import SiteUnderTest

from installer.rehearsal import hosts

Found = TypeVar("Found")

LONGEST = 1800
"""Seconds after which what is waited for does not come: states are waited for, and noise only makes them later."""


def awaited(what: str, look: Callable[[], Found | None], longest: float = LONGEST, pause: float = 2) -> Found:
    """Look again and again until something is there; what cannot be asked meanwhile is asked again."""
    end, last = time.monotonic() + longest, ""
    while True:
        try:
            if found := look():
                return found
        except (OSError, ApiException) as error:
            last = f"; last: {error}"
        assert time.monotonic() < end, f"{what}: not within {longest:.0f} s{last}"
        time.sleep(pause)


class Cluster:
    """One of the clusters, with its only host."""

    def __init__(self, site: SiteUnderTest, kubeconfig: Path, host: str) -> None:
        self._site, self.host = site, host
        self._api = config.new_client_from_config(config_file=str(kubeconfig))
        self.core = client.CoreV1Api(self._api)
        self.apps = client.AppsV1Api(self._api)

    @cached_property
    def address(self) -> str:
        return self._site.practice.address(self.host)

    def console(self, *argv: str) -> str:
        """A command on the host, as at its keyboard."""
        return hosts.console(self._site.practice.site, self.host, *argv)

    def cut_power(self) -> None:
        hosts.kill(self._site.practice.site, self.host)

    def switch_on(self) -> None:
        hosts.start(self._site.practice.site, self.host)

    def secret(self, namespace: str, name: str) -> dict[str, str]:
        data = self.core.read_namespaced_secret(name, namespace).data or {}
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def pod(self, namespace: str, app: str) -> Any:
        """The running pod of an app."""

        def look() -> Any:
            found = self.core.list_namespaced_pod(namespace, label_selector=f"app={app}").items
            return next(
                (pod for pod in found if pod.status.phase == "Running" and not pod.metadata.deletion_timestamp), None
            )

        return awaited(f"pod of {app}", look)

    def image(self, namespace: str, app: str) -> str:
        return str(self.pod(namespace, app).spec.containers[0].image)

    def run(self, namespace: str, app: str, *argv: str) -> str:
        """What a program in a pod says."""
        pod = self.pod(namespace, app)
        said: str = stream(
            self.core.connect_get_namespaced_pod_exec, pod.metadata.name, namespace, command=list(argv),
            container=pod.spec.containers[0].name, stderr=True, stdin=False, stdout=True, tty=False,
        )  # fmt: skip
        return said

    def ask(self, part: str, port: int, path: str, who: tuple[str, str], body: str = "") -> str:
        """What a part answers at a port of the host, over TLS that the site's authority vouches for."""
        authority = self.secret(part, f"{part}-tls")["ca.crt"]
        request = urllib.request.Request(f"https://{self.address}:{port}{path}", body.encode() or None)
        kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
        request.add_header("Content-Type", kind)
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(who).encode()).decode())
        tls = ssl.create_default_context(cadata=authority)
        with urllib.request.urlopen(request, timeout=120, context=tls) as answer:
            return str(answer.read().decode())

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Set how many pods a StatefulSet has, and wait until it is so."""
        self.apps.patch_namespaced_stateful_set_scale(name, namespace, {"spec": {"replicas": replicas}})

        def settled() -> bool:
            status = self.apps.read_namespaced_stateful_set(name, namespace).status
            return (status.replicas or 0) == replicas and (status.ready_replicas or 0) == replicas

        awaited(f"{namespace}/{name} with {replicas} pods", settled)

    def unready(self) -> list[str]:
        """Pods that are not Ready, but for those that have done their work."""
        return [
            f"{pod.metadata.namespace}/{pod.metadata.name}"
            for pod in self.core.list_pod_for_all_namespaces().items
            if pod.status.phase != "Succeeded"
            and not any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())
        ]


def clusters_of(site: SiteUnderTest) -> dict[str, Cluster]:
    """The clusters by the names of their environments; each has one host."""
    import yaml

    folder = site.operator.state / "sites" / site.name
    environments = yaml.safe_load(site.profile.read_text())["environments"]
    return {
        each["name"]: Cluster(site, folder / f"{each['name']}.kubeconfig", each["control_planes"][0])
        for each in environments
    }
