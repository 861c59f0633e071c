"""Workloads and images: each service runs, each workload is some service's, each image is the one that was meant."""

from __future__ import annotations

from installer.messages import Message
from installer.product.deployed import Case, Deployed
from installer.product.objects import TEMPLATES
from installer.product.rules.rule import Found, OfCase, OfDeployed
from installer.product.rules.units import amount


def _missing(deployed: Deployed) -> Found:
    for service in deployed.product.services:
        if not deployed.workloads_of(service):
            wanted = service.said.at("workload").text or service.name
            yield (
                Message("nothing runs {service}: no workload {wanted}", service=service.name, wanted=wanted),
                service.said,
            )


def _unstated(deployed: Deployed) -> Found:
    for each in deployed.workloads:
        if str(each) not in deployed.stated:
            yield Message("no service is run by {workload}", workload=str(each)), each.spot


def _no_container(deployed: Deployed) -> Found:
    cases = {(case.service.name, str(case.workload)) for case in deployed.cases}
    for service in deployed.product.services:
        for each in deployed.workloads_of(service):
            if (service.name, str(each)) not in cases:
                wanted = service.said.at("container").text or service.name
                yield (Message("{workload} has no container {name}", workload=str(each), name=wanted),
                       each.pod.at("containers"), service.said)  # fmt: skip


def _no_digest(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for container in workload.all_containers:
            image = container.at("image")
            if "@sha256:" not in image.text:
                yield Message("image {image} without a digest", image=image.text or "''"), image


def _other_image(case: Case) -> Found:
    stated, image = case.said.at("image"), case.container.at("image")
    wanted, found = _parts(stated.text), _parts(image.text)
    if any(one and other and one != other for one, other in zip(wanted, found, strict=True)):
        yield Message("image {found}, stated is {wanted}", found=image.text, wanted=stated.text), image, stated


def _parts(image: str) -> tuple[str, str, str]:
    """Name, tag and digest of an image; empty what is not said."""
    name, _, digest = image.partition("@")
    folder, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{folder}{slash}{last}", tag, digest


def _no_requests(deployed: Deployed) -> Found:
    for workload in deployed.workloads:
        for container in workload.containers:
            requests = container.at("resources", "requests")
            lacking = tuple(each for each in ("cpu", "memory") if not requests.at(each))
            if lacking:
                name = container.at("name").text
                what = Message("container {name} asks for no {lacking}", name=name, lacking=lacking)
                yield what, requests if requests else container


def _other_requests(case: Case) -> Found:
    for name, stated in case.said.at("resources").entries().items():
        asked = case.container.at("resources", "requests", name)
        if asked and amount(asked.text) != amount(stated.text):
            yield Message("asks for {found} of {name}, stated is {wanted}", found=asked.text, name=name,
                          wanted=stated.text), asked, stated  # fmt: skip


def _no_target(deployed: Deployed) -> Found:
    for thing in deployed.kind("HorizontalPodAutoscaler"):
        target = thing.spot.at("spec", "scaleTargetRef")
        kind, name = target.at("kind").text, target.at("name").text
        if kind in TEMPLATES and deployed.thing(kind, thing, name) is None:
            yield (Message("{thing} scales {kind} {name}, which there is not", thing=str(thing), kind=kind, name=name),
                   target)  # fmt: skip


RULES = (
    OfDeployed("workload-missing", Message("add its manifest, name it as `workload`, or take the service out"),
               _missing),
    OfDeployed("workload-unstated", Message("state what it needs under `services`, or take it out"), _unstated),
    OfDeployed("container-missing", Message("name the service's `container`"), _no_container),
    OfDeployed("target-missing", Message("scale a workload that the manifests have"), _no_target),
    OfDeployed("image-no-digest", Message("write name@sha256:...: a tag may be another image tomorrow"), _no_digest),
    OfCase("image-other", Message("deploy what is stated, or state what is deployed"), _other_image),
    OfDeployed("requests-missing",
               Message("give resources.requests: by them the scheduler finds room, and machines are sized"),
               _no_requests),
    OfCase("requests-other", Message("say the same in both: machines are sized by it"), _other_requests),
)  # fmt: skip
