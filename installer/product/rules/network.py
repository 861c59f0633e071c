"""Ports, Services, peers and probes: who calls finds somebody who listens."""

from __future__ import annotations

from collections.abc import Iterator

from installer.formats.spots import Spot
from installer.messages import Message
from installer.product.deployed import Case, Deployed
from installer.product.objects import Thing, selects
from installer.product.rules.rule import Found, OfCase, OfDeployed

PROBES = {"startup": "startupProbe", "readiness": "readinessProbe", "liveness": "livenessProbe"}


def _own_ports(case: Case) -> dict[tuple[int | None, str], Spot]:
    return {(each.at("containerPort").number, each.at("protocol").text or "TCP"): each
            for each in case.container.at("ports").items()}  # fmt: skip


def _stated_ports(case: Case) -> dict[tuple[int | None, str], Spot]:
    ports = case.said.at("ports").items()
    return {(each.at("port").number, each.at("protocol").text or "TCP"): each for each in ports}


def _unopened(case: Case) -> Found:
    opened = _own_ports(case)
    for (port, protocol), said in _stated_ports(case).items():
        if (port, protocol) not in opened:
            yield Message("nobody opens port {port}", port=f"{port}/{protocol}"), said, case.container


def _unstated(case: Case) -> Found:
    stated = _stated_ports(case)
    for (port, protocol), opened in _own_ports(case).items():
        if (port, protocol) not in stated:
            number = f"{port}/{protocol}"
            what = Message("port {port} is opened, and the service states none of that number", port=number)
            yield what, opened, case.said


def _no_target(deployed: Deployed) -> Found:
    for service in _serving(deployed):
        behind = deployed.behind(service)
        for port in service.spot.at("spec", "ports").items() if behind else ():
            target = port.at("targetPort") or port.at("port")
            if not any(each.opens(target) for each in behind):
                yield Message("{service} leads to port {port}, which no container opens", service=str(service),
                              port=target.text or "''"), target, behind[0].pod.at("containers")  # fmt: skip


def _serving(deployed: Deployed) -> Iterator[Thing]:
    """Services that select pods."""
    for each in deployed.kind("Service"):
        if each.group == "" and each.spot.at("spec", "selector").entries():
            yield each


def _no_pods(deployed: Deployed) -> Found:
    for service in _serving(deployed):
        if not deployed.behind(service):
            yield Message("{thing} selects no pods", thing=str(service)), service.spot.at("spec", "selector")
    for thing in deployed.kind("PodDisruptionBudget", "NetworkPolicy"):
        selector = thing.spot.at("spec", "selector" if thing.kind == "PodDisruptionBudget" else "podSelector")
        if not deployed.selected(selector, thing):
            yield Message("{thing} selects no pods", thing=str(thing)), selector


def _not_its_own(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        selector = workload.spot.at("spec", "selector")
        if workload.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") and not (
            selector and selects(selector, workload.labels)
        ):
            yield (Message("{workload} does not select its own pods", workload=str(workload)),
                   selector, workload.template.at("metadata", "labels"))  # fmt: skip


def _peers(case: Case) -> Iterator[tuple[Spot, Spot]]:
    for each in (*case.said.at("peers").items(), *case.said.at("databases").items()):
        if service := each.at("service"):
            yield each, service


def _no_peer(case: Case) -> Found:
    for peer, name in _peers(case):
        if case.deployed.thing("Service", case.workload, name.text, peer.at("namespace").text) is None:
            yield Message("calls Service {name}, which there is not", name=name.text), name


def _no_peer_port(case: Case) -> Found:
    for peer, name in _peers(case):
        service = case.deployed.thing("Service", case.workload, name.text, peer.at("namespace").text)
        if service is None or service.spot.at("spec", "type").text == "ExternalName":
            continue
        port, ports = peer.at("port"), service.spot.at("spec", "ports")
        if port.number not in [each.at("port").number for each in ports.items()]:
            yield (
                Message("calls Service {name} on port {port}, which it has not", name=name.text, port=port.text),
                port,
                ports,
            )


def _backends(deployed: Deployed) -> Iterator[tuple[Thing, Spot, Spot]]:
    """Names and ports of Services that entrances lead to; no port where just the name counts."""
    for thing in deployed.kind("Ingress"):
        spec = thing.spot.at("spec")
        paths = (path for rule in spec.at("rules").items() for path in rule.at("http", "paths").items())
        for backend in (spec.at("defaultBackend"), *(path.at("backend") for path in paths)):
            if service := backend.at("service"):
                yield thing, service.at("name"), service.at("port", "number") or service.at("port", "name")
    for thing in deployed.kind("StatefulSet"):
        if name := thing.spot.at("spec", "serviceName"):
            yield thing, name, name.at("none")
    for thing in deployed.kind("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"):
        for rule in thing.spot.at("spec", "rules").items():
            for each in rule.at("backendRefs").items():
                if each.at("kind").text in ("", "Service") and not each.at("namespace"):
                    yield thing, each.at("name"), each.at("port")


def _no_backend(deployed: Deployed) -> Found:
    for thing, name, port in _backends(deployed):
        service = deployed.thing("Service", thing, name.text)
        if service is None:
            yield Message("{thing} leads to Service {name}, which there is not", thing=str(thing), name=name.text), name
            continue
        ports = service.spot.at("spec", "ports")
        known = {text for each in ports.items() for text in (each.at("port").text, each.at("name").text)}
        if port and port.text not in known:
            yield Message("{thing} leads to port {port} of Service {name}, which it has not", thing=str(thing),
                          port=port.text, name=name.text), port, ports  # fmt: skip


def _other_probe(case: Case) -> Found:
    for key, field in PROBES.items():
        stated, probe = case.said.at("health", key), case.container.at(field)
        path = probe.at("httpGet", "path")
        if stated and not probe.at("httpGet"):
            yield Message("{path} is stated for {probe}, and the container has none that asks it", path=stated.text,
                          probe=field), stated, probe if probe else case.container  # fmt: skip
        elif stated and (path.text or "/") != stated.text:
            yield Message("{probe} asks {found}, stated is {wanted}", probe=field, found=path.text or "/",
                          wanted=stated.text), path, stated  # fmt: skip
        elif not stated and probe.at("httpGet"):
            yield Message("{probe} asks {found}, and the service states no such path", probe=field,
                          found=path.text or "/"), path, case.said  # fmt: skip


def _no_probe_port(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for container in workload.containers:
            opened = {text for each in container.at("ports").items()
                      for text in (each.at("name").text, each.at("containerPort").text)}  # fmt: skip
            for field in PROBES.values():
                for way in ("httpGet", "tcpSocket", "grpc"):
                    port = container.at(field, way, "port")
                    if port and port.text not in opened:
                        yield (Message("{probe} asks port {port}, which the container does not open", probe=field,
                                       port=port.text), port, container.at("ports"))  # fmt: skip


RULES = (
    OfCase("port-unopened", Message("add it to the container's ports, or take it out"), _unopened),
    OfCase("port-unstated", Message("state it under `ports`, or take it out"), _unstated),
    OfDeployed("target-port-missing", Message("name a port that a container opens, by its name or number"), _no_target),
    OfDeployed("selector-empty", Message("select labels that pods of this namespace have"), _no_pods),
    OfDeployed("selector-foreign", Message("give its pods the labels that it selects"), _not_its_own),
    OfCase(
        "peer-missing", Message("name a Service that the manifests have (`namespace` where it is another)"), _no_peer
    ),
    OfCase("peer-port", Message("name a port of that Service"), _no_peer_port),
    OfDeployed("backend-missing", Message("lead to a Service and a port that there are"), _no_backend),
    OfCase("probe-other", Message("ask the path that is stated, or state the one that is asked"), _other_probe),
    OfDeployed("probe-port", Message("name a port that the container opens"), _no_probe_port),
)
