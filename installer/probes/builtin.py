"""Probes: what must work, tried for real, after an installation and whenever `status --probe` asks.

For as long as the probes last, each environment gets a namespace, of this proof alone, with one small pod per node. A
probe returns its evidence in a few words, or raises `ProbeFailed`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from installer.answers.model import Environment
from installer.bundle import known
from installer.bundle.manifest import Component
from installer.errors import ProbeFailed
from installer.formats.objects import condition, items, listed, name, text
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.steps.commands import shown
from installer.ports import ReadOnly, World
from installer.probes import declared, egress, https
from installer.render import charts, templates

T = TypeVar("T")
NAMESPACE = "sitewright-probe"
OURS = re.compile(f"{NAMESPACE}-[0-9a-f]+")
"""How the namespaces of proofs are called."""
NAMESPACES = "/api/v1/namespaces"
ABANDONED = timedelta(minutes=15)
"""Age at which the namespace of a proof is one that was left behind: its installer was killed."""
PREPARED = frozenset({"schedule", "traffic", "dns", "volume", "certificate"})
"""Probes of what `preparing` puts there."""
CALLED_FOR = frozenset({"volume", "certificate", "metrics"})
"""Probes of what not every cluster has: the component that brings it calls for them (`proof` in its specification)."""
PUT_THERE = ("namespace.yaml", "volume.yaml", "certificate.yaml", "pods.yaml")
"""The templates of component `probe`, those first for which a cluster takes longest."""
IMAGE = "registry.sitewright.internal/busybox"
"""Of the probes' pods; an image of component `probe`."""
PORT = 8080
AT_ONCE = 8
"""Nodes from which the same thing is tried at a time."""
REACH = """port=$1; shift
ask() { busybox timeout 5 wget -q -O /dev/null "http://$1:$port/"; }
for address; do
  ask "$address" || { sleep 1; ask "$address"; } || { sleep 2; ask "$address"; } || {
    echo "no answer from $address:$port" >&2
    exit 1
  }
done
"""
"""Run in a pod: ask every address in turn, each up to three times; the first that does not answer ends it. A static
busybox's own `wget -T` crashes."""
PATIENCE = 120.0
"""Seconds that a probe waits for what it has asked for: the slowest, the metrics, take two scrapes of 15 s."""


@dataclass(frozen=True)
class ProbeNamespace:
    """Where probes stand: an environment, and the namespace in it that their proof has for itself.

    What a former proof made may still be going: a cluster takes its time to delete a namespace.
    """

    environment: Environment
    namespace: str

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.environment.name

    @property
    def path(self) -> str:
        """The namespace in the API."""
        return f"{NAMESPACES}/{self.namespace}"

    @classmethod
    def of_now(cls, environment: Environment, now: datetime) -> ProbeNamespace:
        """That of a proof that begins now."""
        return cls(environment, f"{NAMESPACE}-{int(now.timestamp()):x}")


@dataclass(frozen=True)
class Probe:
    """One thing that must work in an environment; `run` returns what was seen, or raises.

    `prepared` says that it needs what `preparing` puts there: it cannot pass where that failed.
    """

    id: str
    title: Message
    environment: str
    run: Callable[[World], str]
    prepared: bool = False


def probes(inputs: Planned, ground: ProbeNamespace) -> tuple[Probe, ...]:
    """The probes of an environment: the built-in ones that its components call for, then the components' own."""
    environment = ground.environment
    chosen = inputs.components(environment)
    called = _called_for(chosen)
    every: list[tuple[str, Message, Callable[[World], str]]] = [
        ("schedule", Message("a pod on every node, pulled by digest"), lambda w: _schedule(w, inputs, ground)),
        ("traffic", Message("traffic between nodes, both ways"), lambda w: _traffic(w, ground)),
        ("dns", Message("cluster DNS on every node"), lambda w: _dns(w, ground)),
        ("volume", Message("a volume survives its pod"), lambda w: _volume(w, ground)),
        ("certificate", Message("a certificate issued, its chain valid"), lambda w: _certificate(w, ground, called)),
        ("metrics", Message("metrics of every node"), lambda w: _metrics(w, environment)),
        ("outside", Message("nothing reaches for the outside"), lambda w: egress.probe(w, inputs, environment)),
    ]
    found = [_probe(environment, name, title, run, name in PREPARED)
             for name, title, run in every if name not in CALLED_FOR or name in called]  # fmt: skip
    for component in chosen:
        names = inputs.seen(environment, component)
        own = declared.declared(component, environment, names, until)
        found += [_probe(environment, each.name, each.title, each.run) for each in own]
    return tuple(found)


def _called_for(chosen: Iterable[Component]) -> dict[str, Mapping[str, str]]:
    """What components say of the probes that they call for, by the probe's name."""
    proofs = (component.spec["proof"] for component in chosen if "proof" in component.spec)
    return {proof["probe"]: proof for proof in proofs}


def preparing(inputs: Planned, ground: ProbeNamespace) -> Probe:
    """Puts the probes' pods there."""
    return _probe(
        ground.environment, "pods", Message("pods for the probes"), partial(_prepare, inputs=inputs, ground=ground)
    )


def cleaning(ground: ProbeNamespace) -> Probe:
    """Takes everything away that preparing and the probes made, and what a proof that was killed has left."""

    def clean(world: World) -> str:
        world.delete(ground.cluster, ground.path)
        for left in _abandoned(world, ground):
            world.delete(ground.cluster, f"{NAMESPACES}/{left}")
        return Message("taken away")

    return _probe(ground.environment, "clean", Message("the probes' pods taken away"), clean)


def _prepare(world: World, inputs: Planned, ground: ProbeNamespace) -> str:
    environment = ground.environment
    component = inputs.manifest.component(known.PROBE)
    image = component.artifact("image", IMAGE)
    names = {**inputs.names(environment), "probe": f"{image.repository}@{image.manifest.digest}", "port": PORT,
             "namespace": ground.namespace}  # fmt: skip
    called = _called_for(inputs.components(environment))
    for file in PUT_THERE:
        probe = file.removesuffix(".yaml")
        if probe not in CALLED_FOR or probe in called:
            world.apply(environment.name, *charts.parse(component, file, templates.render(component, file, names)))
    return Message("put there")


def _abandoned(world: ReadOnly, ground: ProbeNamespace) -> list[str]:
    """Namespaces of proofs that nobody can be at work on any more."""
    listing = world.get(ground.cluster, f"{NAMESPACES}?labelSelector=app.kubernetes.io/part-of%3D{NAMESPACE}")
    return [name(each) for each in items(listing) if OURS.fullmatch(name(each)) and _is_old(each, world.now())]


def _is_old(namespace: Mapping[str, Any], now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(text(namespace, "metadata", "creationTimestamp")) > ABANDONED
    except (ValueError, TypeError):  # no time, or one without its zone
        return False


def until(what: str, attempt: Callable[[], Any]) -> Any:
    """Repeat an attempt until it gives something true.

    Raises:
        ProbeFailed: it did not within `PATIENCE`.
    """
    end = time.monotonic() + PATIENCE
    while True:
        found = attempt()
        if found:
            return found
        if time.monotonic() > end:
            raise ProbeFailed(reason=Message("{what}: not within {patience} s", what=what, patience=f"{PATIENCE:.0f}"))
        time.sleep(0.3)


def _probe(
    environment: Environment, name: str, title: Message, run: Callable[[World], str], prepared: bool = False
) -> Probe:
    return Probe(f"{environment.name}/probe.{name}", title, environment.name, run, prepared)


def _pods(world: ReadOnly, ground: ProbeNamespace) -> dict[str, Mapping[str, Any]]:
    """The Ready probe pod of each node, of those that are tried."""
    listing = world.get(ground.cluster, f"{ground.path}/pods?labelSelector=app%3Dprobe")
    ready = {text(pod, "spec", "nodeName"): pod for pod in items(listing) if condition(pod, "Ready")}
    return {node: pod for node, pod in ready.items() if node in ground.environment.hosts}


def _all_pods(world: ReadOnly, ground: ProbeNamespace) -> dict[str, Mapping[str, Any]]:
    def attempt() -> dict[str, Mapping[str, Any]] | None:
        pods = _pods(world, ground)
        return pods if set(pods) == set(ground.environment.hosts) else None

    found: dict[str, Mapping[str, Any]] = until(Message("a Ready pod on every node"), attempt)
    return found


def _execute(world: World, ground: ProbeNamespace, pod: str, *argv: str) -> str:
    output = world.execute(ground.cluster, ground.namespace, pod, *argv, timeout=PATIENCE)
    if not output.ok:
        raise ProbeFailed(
            reason=Message(
                "`{command}` in pod {pod}: {reason}",
                command=shown(argv),
                pod=pod,
                reason=output.err.strip() or output.out.strip(),
            )
        )
    return output.out


def _from_each(nodes: Iterable[str], ask: Callable[[str], T]) -> list[T]:
    """Ask from every node, some at a time: an API server carries each call into a pod over a connection of its own."""
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="node") as pool:
        return list(pool.map(ask, nodes))


def _schedule(world: World, inputs: Planned, ground: ProbeNamespace) -> str:
    digest = inputs.manifest.component(known.PROBE).artifact("image", IMAGE).manifest.digest
    pods = _all_pods(world, ground)
    for node, pod in pods.items():
        running = " ".join(text(each, "imageID") for each in listed(pod, "status", "containerStatuses"))
        if not running.endswith(digest):
            raise ProbeFailed(
                reason=Message("{node} runs {running}, wanted {digest}", node=node, running=running, digest=digest)
            )
    return Message("{good} of {count} nodes", good=len(pods), count=len(ground.environment.hosts))


def _traffic(world: World, ground: ProbeNamespace) -> str:
    """From every node's pod to that of every other node, each pod asking all the others in one call."""
    pods = _all_pods(world, ground)
    addresses = {node: text(pod, "status", "podIP") for node, pod in pods.items()}

    def ask(node: str) -> int:
        targets = [addresses[other] for other in pods if other != node] or [addresses[node]]
        _execute(world, ground, name(pods[node]), "sh", "-c", REACH, "reach", str(PORT), *targets)
        return len(targets)

    return Message("{count} ways", count=sum(_from_each(pods, ask)))


def _dns(world: World, ground: ProbeNamespace) -> str:
    asked = f"kubernetes.default.svc.{ground.environment.networks.domain}"
    pods = _all_pods(world, ground)
    _from_each(pods, lambda node: _execute(world, ground, name(pods[node]), "nslookup", asked))
    return Message("asked from {count} nodes", count=len(pods))


def _volume(world: World, ground: ProbeNamespace) -> str:
    """Write, delete the pod, read back in its successor (a StatefulSet makes one under the same name)."""
    path = f"{ground.path}/pods/volume-0"

    def pod(not_uid: str = "") -> Any:
        found = world.get(ground.cluster, path)
        return found if text(found, "metadata", "uid") not in {"", not_uid} and condition(found, "Ready") else None

    first = text(until(Message("a pod with a volume"), pod), "metadata", "uid")
    _execute(world, ground, "volume-0", "sh", "-c", f"echo {first} > /data/written && sync")
    world.delete(ground.cluster, path)
    until(Message("the pod's successor"), lambda: pod(first))
    if _execute(world, ground, "volume-0", "cat", "/data/written").strip() != first:
        raise ProbeFailed(reason=Message("what was written is not what is read back"))
    return Message("written, restarted, read back")


def _certificate(world: World, ground: ProbeNamespace, called: Mapping[str, Mapping[str, str]]) -> str:
    path = f"/apis/cert-manager.io/v1/namespaces/{ground.namespace}/certificates/probe"
    until(Message("the certificate"), lambda: condition(world.get(ground.cluster, path) or {}, "Ready"))
    secret = world.get(ground.cluster, f"{ground.path}/secrets/probe")
    authority = https.trusted(world, ground.environment, called["certificate"].get("ca", ""))
    return https.valid_chain(secret or {}, authority, f"probe.{ground.environment.domain}", world.now())


def _metrics(world: World, environment: Environment) -> str:
    def attempt() -> bool:
        listing = world.get(environment.name, "/apis/metrics.k8s.io/v1beta1/nodes")
        return {name(item) for item in items(listing)} >= set(environment.hosts)

    until(Message("metrics of every node"), attempt)
    return Message("{count} nodes", count=len(environment.hosts))
