"""Steps by which control planes go to a new version, one at a time: kubeadm, its programs, then what they offer."""

from __future__ import annotations

import json
import re
from typing import Any

from installer.answers.model import Environment
from installer.bundle import known
from installer.formats import strict_json
from installer.layout import API_PORT, HOME
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps.before_images import captures, files_before, keeps, take_back
from installer.plan.steps.commands import demand_work, wait_for
from installer.plan.steps.files import Placed, Source, files_differ, place
from installer.plan.steps.hosts import step_id
from installer.ports import CURL, ReadOnly, World
from installer.render import context, templates

KUBEADM = f"{HOME}/upgrade/kubeadm"
"""The new version's, beside the one in use: a control plane needs it long before its node is emptied."""
TOLD = f"{HOME}/upgrade/kubeadm.yaml"
"""What it is told when a host goes to that version."""
LATER = "addon,kubelet-config"
"""Phases of kubeadm's upgrade that are steps of their own here: they follow the nodes."""
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
FOLDER = "/etc/kubernetes"
MANIFESTS = tuple(f"{FOLDER}/manifests/{program}.yaml" for program in PROGRAMS)
CONFIGURATIONS = tuple(f"{FOLDER}/{name}.conf" for name in
                       ("admin", "controller-manager", "kubelet", "scheduler", "super-admin"))  # fmt: skip
CERTIFICATES = tuple(f"{FOLDER}/pki/{name}.{end}" for name in
                     ("apiserver", "apiserver-etcd-client", "apiserver-kubelet-client", "front-proxy-client",
                      "etcd/healthcheck-client", "etcd/peer", "etcd/server") for end in ("crt", "key"))  # fmt: skip
"""Those that kubeadm renews as it goes."""
CHANGED = (*MANIFESTS, *CONFIGURATIONS, *CERTIFICATES, "/var/lib/kubelet/kubeadm-flags.env")
LEFT = f"{FOLDER}/tmp"  # noqa: S108 - kubeadm's own
"""Where kubeadm keeps copies of its own, which nobody clears."""
IMAGE = re.compile(r"^\s*image: \S+:(v[0-9][0-9A-Za-z.-]*)\s*$", re.MULTILINE)
ACTING = re.compile(r"^\s*- --emulated-version=\S+\n", re.MULTILINE)
PATIENCE = 600
"""Seconds for a control plane to serve again after its programs were exchanged: a busy host is slow, not broken."""
HEALTHY = {"kube-controller-manager": 10257, "kube-scheduler": 10259}
"""Loopback ports on which programs say whether they are well."""


def plane_id(environment: Environment, host: str) -> str:
    """The step by which a control plane comes to the new version."""
    return step_id(environment, "kubernetes.plane", host)


def instructions(inputs: Planned, environment: Environment, host: str) -> Placed:
    """The file that tells kubeadm how a host goes to the new version.

    Raises:
        BundleNotTrusted: the bundle has no such template, or it cannot be rendered.
    """
    component = inputs.manifest.component(known.KUBERNETES)
    names = context.for_host(inputs.seen(environment, component), host)
    return Placed(TOLD, 0o600, text=templates.render(component, "upgrade.yaml", names).encode())


def bring(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step that brings the new kubeadm to a host, ahead of all other programs: it has to be of the new version."""
    component = inputs.manifest.component(known.KUBERNETES)
    registry = inputs.names(environment)["registry"]
    source = Source(tuple(registry["endpoints"]), registry["ca"])
    wanted = (Placed(KUBEADM, 0o755, pull=component.artifact("file", "kubeadm")),
              instructions(inputs, environment, host))  # fmt: skip

    def apply(world: World) -> None:
        place(world, host, source, wanted)

    return Step(
        id=step_id(environment, "kubernetes.kubeadm", host),
        title=Message("bring kubeadm {version}", version=inputs.manifest.kubernetes), phase="restore points", host=host,
        environment=environment.name, after=after, differs=lambda world: files_differ(world, host, wanted), apply=apply,
        capture=captures(host, [file.path for file in wanted]), keep=keeps(host),
        undo=lambda world, image: take_back(world, host, image), weight=2,
    )  # fmt: skip


def change(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step by which a control plane's programs become those of the new version; its store stays as it is."""
    version = inputs.manifest.kubernetes
    verb = ("apply", version, "--yes") if host == environment.desk else ("node",)

    def differs(world: ReadOnly) -> Differences:
        found = []
        for path in MANIFESTS:
            seen = IMAGE.search((world.read(host, path) or b"").decode("utf-8", "replace"))
            if seen is None or seen[1] != version:
                found.append(Difference(path, version, seen[1] if seen else Message("no version")))
        return tuple(found) or _unwell(world, host, version)

    def apply(world: World) -> None:
        argv = (KUBEADM, "upgrade", *verb, "--config", TOLD, f"--skip-phases={LATER}")
        demand_work(world, host, "sitewright-kubernetes-upgrade", *argv, timeout=1800)
        wait_for(PATIENCE, lambda: not differs(world))

    def capture(world: ReadOnly) -> Before:
        return {**files_before(world, host, CHANGED, (LEFT,)), "values": {"serving": serving(world, host)}}

    def undo(world: World, image: Image) -> None:
        take_back(world, host, image)
        wait_for(PATIENCE, lambda: not _unwell(world, host, image.seen["values"]["serving"]))

    return Step(
        id=plane_id(environment, host),
        title=Message("change the control plane to {version}", version=version), phase="control planes", host=host,
        environment=environment.name, after=after, differs=differs, apply=apply, capture=capture, keep=keeps(host),
        undo=undo, weight=150,
    )  # fmt: skip


def lift(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step after which a control plane no longer acts as the former minor version."""
    version = inputs.manifest.kubernetes

    def differs(world: ReadOnly) -> Differences:
        acting = [path for path in MANIFESTS if ACTING.search((world.read(host, path) or b"").decode())]
        if acting:
            return tuple(Difference(path, Message("no emulated version"), Message("one")) for path in acting)
        told = _told(world, host)
        emulated = told.get("emulationMinor", told.get("minor"))
        if emulated != told.get("minor"):
            return (Difference(Message("what the API server acts as"), str(told.get("minor")), str(emulated)),)
        return _unwell(world, host, version)

    def apply(world: World) -> None:
        for path in MANIFESTS:
            said = (world.read(host, path) or b"").decode()
            if ACTING.search(said):
                world.write(host, path, ACTING.sub("", said).encode(), mode=0o600)
        wait_for(PATIENCE, lambda: not differs(world))

    return Step(
        id=step_id(environment, "kubernetes.lift", host),
        title=Message("let the control plane act as {version}", version=version), phase="new behaviour", host=host,
        environment=environment.name, after=after, differs=differs, apply=apply, capture=captures(host, MANIFESTS),
        keep=keeps(host), undo=lambda world, image: take_back(world, host, image), weight=60,
        goes_with=(plane_id(environment, host),),
    )  # fmt: skip


def serving(world: ReadOnly, host: str) -> str:
    """The version of the API server on a control plane; empty where none answers."""
    found = _told(world, host).get("gitVersion")
    return found if isinstance(found, str) else ""


def _told(world: ReadOnly, host: str) -> dict[str, Any]:
    """What the API server on a host says it is; nothing where it does not say."""
    said = _asked(world, host, API_PORT, "/version", "--cacert", f"{FOLDER}/pki/ca.crt")
    try:
        found = strict_json.loads(said.encode())
    except (ValueError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _unwell(world: ReadOnly, host: str, version: str) -> Differences:
    """What of a control plane does not serve, or is of another version."""
    found = []
    if (seen := serving(world, host)) != version:
        found.append(Difference(Message("API server on {host}", host=host), version, seen or Message("no answer")))
    elif _asked(world, host, API_PORT, "/readyz", "--cacert", f"{FOLDER}/pki/ca.crt") != "ok":
        found.append(Difference(Message("API server on {host}", host=host), Message("ready"), Message("not ready")))
    for program, port in HEALTHY.items():
        # Its certificate is of its own making; what is asked for is no secret.
        if _asked(world, host, port, "/healthz", "--insecure") != "ok":
            found.append(
                Difference(
                    Message("{program} on {host}", program=program, host=host), Message("well"), Message("not well")
                )
            )
    return tuple(found)


def _asked(world: ReadOnly, host: str, port: int, path: str, *trusting: str) -> str:
    argv = (*CURL, "--max-time", "5", *trusting, f"https://127.0.0.1:{port}{path}")
    return world.query(host, *argv).out.strip()
