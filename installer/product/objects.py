"""Kubernetes objects as manifests have them: what they are called, what runs in them, and what they refer to; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import yaml

from installer.formats.spots import Spot, repeated, spots
from installer.messages import Message
from installer.product.files import Text
from installer.product.statements import Refuse

MOST = 5_000
"""Objects of one environment; a thousand services come to some four thousand."""
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Pod": (), "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"),
                    ("spec", "template")),
}  # fmt: skip
"""Where each kind of workload has the template of its pods."""
UNNAMESPACED = frozenset({"Namespace", "PersistentVolume", "StorageClass", "ClusterRole", "ClusterRoleBinding",
                          "CustomResourceDefinition", "PriorityClass", "IngressClass", "ClusterIssuer"})  # fmt: skip
_PLACES = re.compile(r"\{\{.*\}\}")
"""A place that helm fills in."""


@dataclass(frozen=True)
class Thing:
    """An object. `namespace` is empty where the manifest leaves it to whoever applies it."""

    spot: Spot
    kind: str
    group: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of a ConfigMap or Secret."""
        return frozenset(key for part in ("data", "stringData", "binaryData") for key in self.spot.at(part).entries())


@dataclass(frozen=True)
class Workload(Thing):
    """An object that runs pods."""

    @cached_property
    def template(self) -> Spot:
        """What its pods are made from."""
        return self.spot.at(*TEMPLATES[self.kind])

    @cached_property
    def pod(self) -> Spot:
        """The specification of its pods."""
        return self.template.at("spec")

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The labels of its pods."""
        return {key: spot.text for key, spot in self.template.at("metadata", "labels").entries().items()}

    @cached_property
    def containers(self) -> tuple[Spot, ...]:
        """The containers that run as long as the pod does."""
        beside = (each for each in self.pod.at("initContainers").items() if each.at("restartPolicy").text == "Always")
        return (*self.pod.at("containers").items(), *beside)

    @cached_property
    def all_containers(self) -> tuple[Spot, ...]:
        """The same with those that run before them."""
        return (*self.pod.at("containers").items(), *self.pod.at("initContainers").items())

    @cached_property
    def ports(self) -> Sequence[tuple[str, int | None, Spot]]:
        """The ports that containers open: name, number and spot."""
        return [(port.at("name").text, port.at("containerPort").number, port)
                for container in self.containers for port in container.at("ports").items()]  # fmt: skip

    def opens(self, port: Spot) -> bool:
        """Whether a container opens a port that is given by name or number."""
        return any(port.text and port.text in (name, str(number)) for name, number, _ in self.ports)


def things(texts: Sequence[Text], refuse: Refuse) -> tuple[Thing, ...]:
    """Every object of the texts; what is no object is refused."""
    found: list[Thing] = []
    for text in texts:
        try:
            documents = spots(text.text, text.name)
        except yaml.YAMLError as error:
            refuse(text.name, *_unreadable(text.text, error))
            continue
        for document in documents:
            for name, first, again in repeated(document):
                what = Message("the key {name} a second time (first in line {first})", name=name, first=first)
                refuse(text.name, what, Message("each key once"), again, "")
            found += _objects(document, refuse)
        if len(found) > MOST:
            bounded = Message("the product's own objects alone")
            refuse(text.name, Message("more than {count} objects", count=MOST), bounded, 1, "")
            return ()
    return tuple(found)


def _objects(spot: Spot, refuse: Refuse) -> Iterator[Thing]:
    kind, version = spot.at("kind").text, spot.at("apiVersion").text
    if kind == "List" or (kind.endswith("List") and spot.at("items").items()):
        for each in spot.at("items").items():
            yield from _objects(each, refuse)
    elif kind == "Kustomization" or (not kind and spot.at("resources") and not version):
        refuse(
            spot.file, Message("a kustomization"), Message("its objects: kustomize build FOLDER > FILE"), spot.line, ""
        )
    elif not kind or not version:
        refuse(spot.file, Message("no Kubernetes object"), Message("apiVersion, kind and metadata"), spot.line, "")
    elif not (name := spot.at("metadata", "name").text) and not spot.at("metadata", "generateName"):
        refuse(spot.file, Message("{kind} without a name", kind=kind), Message("metadata.name"), spot.line, "")
    else:
        group = version.rpartition("/")[0]
        namespace = "" if kind in UNNAMESPACED else spot.at("metadata", "namespace").text
        made = Workload if kind in TEMPLATES and group in ("", "apps", "batch") else Thing
        yield made(spot, kind, group, namespace, name or spot.at("metadata", "generateName").text)


def _unreadable(text: str, error: yaml.YAMLError) -> tuple[Message, Message, int, str]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    if _PLACES.search(text):
        return Message("a template of helm"), Message("its objects: helm template FOLDER > FILE"), line, ""
    said = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Message.verbatim(said), Message("well-formed YAML, indented by spaces"), line, ""


def selects(selector: Spot, labels: Mapping[str, str]) -> bool:
    """Whether a selector with `matchLabels` and `matchExpressions` takes something with these labels."""
    wanted = selector.at("matchLabels").entries()
    if any(labels.get(key) != spot.text for key, spot in wanted.items()):
        return False
    return all(_expression(each, labels) for each in selector.at("matchExpressions").items())


def _expression(said: Spot, labels: Mapping[str, str]) -> bool:
    key, operator = said.at("key").text, said.at("operator").text
    values = {each.text for each in said.at("values").items()}
    return {"In": labels.get(key) in values, "NotIn": labels.get(key) not in values, "Exists": key in labels,
            "DoesNotExist": key not in labels}.get(operator, False)  # fmt: skip


def takes(selector: Spot, labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector, which has labels alone, takes something with these labels."""
    return all(labels.get(key) == spot.text for key, spot in selector.entries().items())


@dataclass(frozen=True)
class Reference:
    """That a workload names a Secret, ConfigMap, claim or account; `keys` are those that it wants in it."""

    kind: str
    name: str
    spot: Spot
    keys: tuple[Spot, ...] = ()
    optional: bool = False


def references(workload: Workload) -> Iterator[Reference]:
    """Everything that pods need to find before they start."""
    for container in workload.all_containers:
        for each in container.at("env").items():
            for kind, source in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                if ref := each.at("valueFrom", source):
                    yield _reference(kind, ref, "name", [ref.at("key")])
        for each in container.at("envFrom").items():
            for kind, source in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if ref := each.at(source):
                    yield _reference(kind, ref, "name")
    for volume in workload.pod.at("volumes").items():
        yield from _of_volume(volume)
        for projected in volume.at("projected", "sources").items():
            yield from _of_volume(projected, name="name")
    for each in workload.pod.at("imagePullSecrets").items():
        yield _reference("Secret", each, "name")
    if account := workload.pod.at("serviceAccountName"):
        yield Reference("ServiceAccount", account.text, account)


def _of_volume(volume: Spot, name: str = "secretName") -> Iterator[Reference]:
    for kind, source, key in (("ConfigMap", "configMap", "name"), ("Secret", "secret", name),
                              ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName")):  # fmt: skip
        if ref := volume.at(source):
            yield _reference(kind, ref, key, [item.at("key") for item in ref.at("items").items()])


def _reference(kind: str, ref: Spot, name: str, keys: Sequence[Spot] = ()) -> Reference:
    return Reference(kind, ref.at(name).text, ref.at(name), tuple(keys), ref.at("optional").truth)
