"""One environment as rules look at it: the product's objects, what the site has, and each service with its pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from installer.formats.spots import Spot
from installer.product.objects import Thing, Workload, selects, takes
from installer.product.statements import Product, Service

CERTIFICATE_KEYS = frozenset({"tls.crt", "tls.key", "ca.crt"})
"""What cert-manager puts into the Secret of a Certificate."""


@dataclass(frozen=True)
class Site:
    """What answers, and a bundle where there is one, say of an environment; None is what they do not tell.

    `roles` are filled somewhere in the site, `classes` are its storage classes; with `prefix` the names of new
    namespaces begin, but for those in `exempt` (a * at the end for any end). `said` is the environment's spot.
    """

    said: Spot
    roles: frozenset[str] | None = None
    classes: frozenset[str] | None = None
    prefix: str | None = None
    exempt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deployed:
    """An environment's objects; `environment` is empty where nothing says which it is."""

    environment: str
    product: Product
    things: tuple[Thing, ...]
    site: Site | None = None

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Whatever runs pods."""
        return tuple(each for each in self.things if isinstance(each, Workload))

    @cached_property
    def _named(self) -> Mapping[tuple[str, str, str], Thing]:
        return {(each.kind, each.namespace, each.name): each for each in self.things}

    def thing(self, kind: str, beside: Thing, name: str, namespace: str = "") -> Thing | None:
        """The object of that kind and name in the namespace of another, unless one is named."""
        return self._named.get((kind, namespace or beside.namespace, name))

    def kind(self, *kinds: str) -> Iterator[Thing]:
        """All objects of these kinds."""
        return (each for each in self.things if each.kind in kinds)

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Each service that has a workload, with it."""
        return tuple(case for service in self.product.services for case in self._cases(service))

    def _cases(self, service: Service) -> Iterator[Case]:
        for workload in self.workloads_of(service):
            if (container := _container(service, workload)) is not None:
                yield Case(self, service, workload, container)

    def workloads_of(self, service: Service) -> list[Workload]:
        """The workloads that run a service: one in each namespace that has it."""
        kind, _, name = service.said.at("workload").text.rpartition("/")
        return [each for each in self.workloads if each.name == (name or service.name) and kind in ("", each.kind)]

    @cached_property
    def stated(self) -> frozenset[str]:
        """Every workload that some service is run by, as text."""
        return frozenset(str(each) for service in self.product.services for each in self.workloads_of(service))

    def behind(self, service: Thing) -> list[Workload]:
        """The workloads whose pods a Kubernetes Service selects."""
        selector = service.spot.at("spec", "selector")
        return [each for each in self.workloads
                if each.namespace == service.namespace and takes(selector, each.labels)]  # fmt: skip

    def selected(self, selector: Spot, beside: Thing) -> bool:
        """Whether a selector takes any workload in the namespace of an object."""
        return any(each.namespace == beside.namespace and selects(selector, each.labels) for each in self.workloads)

    def secret_keys(self, beside: Thing, name: str) -> frozenset[str] | None:
        """The keys of a Secret, empty where only its maker knows them; None where nothing makes it."""
        return self._secrets.get((beside.namespace, name), self._elsewhere.get(name))

    @cached_property
    def _secrets(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The Secrets that objects are, or make."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for each in self.things:
            spec = each.spot.at("spec")
            if each.kind == "Secret":
                made, keys = each.name, each.keys
            elif each.kind == "Certificate":
                made, keys = spec.at("secretName").text, CERTIFICATE_KEYS
            elif each.kind == "SealedSecret":
                made, keys = each.name, frozenset(spec.at("encryptedData").entries())
            elif each.kind == "ExternalSecret":
                made = spec.at("target", "name").text or each.name
                keys = frozenset(data.at("secretKey").text for data in spec.at("data").items())
            else:
                continue
            found[each.namespace, made] = keys
        return found

    @cached_property
    def _elsewhere(self) -> Mapping[str, frozenset[str]]:
        """The Secrets that services say are made by others."""
        return {name: frozenset(key.text for key in said.at("keys").items())
                for service in self.product.services for name, said in service.secrets.items()
                if said.at("made").text in ("by-hand", "platform")}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A service, the workload that runs it and the container that is it."""

    deployed: Deployed
    service: Service
    workload: Workload
    container: Spot

    @property
    def said(self) -> Spot:
        """The service's statement."""
        return self.service.said

    @cached_property
    def variables(self) -> Mapping[str, Spot]:
        """What sets each variable of the container; those of whole ConfigMaps and Secrets stand under these."""
        found: dict[str, Spot] = {}
        for source in self.container.at("envFrom").items():
            prefix = source.at("prefix").text
            keys = self._keys(source) or frozenset()
            found.update({f"{prefix}{key}": source for key in keys})
        found.update({each.at("name").text: each for each in self.container.at("env").items()})
        return found

    def value(self, name: str) -> Spot:
        """Where a variable's value stands in clear: in the container, or in the ConfigMap that it comes out of."""
        source = self.variables.get(name, Spot(self.container.file, self.container.line, None))
        if value := source.at("value"):
            return value
        ref, key = source.at("valueFrom", "configMapKeyRef"), source.at("valueFrom", "configMapKeyRef", "key").text
        if whole := source.at("configMapRef"):
            ref, key = whole, name.removeprefix(source.at("prefix").text)
        config = self.deployed.thing("ConfigMap", self.workload, ref.at("name").text)
        return config.spot.at("data", key) if config else source.at("value")

    @cached_property
    def knows_variables(self) -> bool:
        """Whether all keys of whole ConfigMaps and Secrets are known."""
        return all(self._keys(source) for source in self.container.at("envFrom").items())

    def _keys(self, source: Spot) -> frozenset[str] | None:
        if secret := source.at("secretRef", "name").text:
            return self.deployed.secret_keys(self.workload, secret)
        config = self.deployed.thing("ConfigMap", self.workload, source.at("configMapRef", "name").text)
        return config.keys if config else None

    @cached_property
    def mounts(self) -> Mapping[str, tuple[Spot, Spot]]:
        """The mounts of the container by their paths, each with the pod's volume of that name."""
        volumes = {each.at("name").text: each for each in self.workload.pod.at("volumes").items()}
        claims = {each.at("metadata", "name").text: each
                  for each in self.workload.spot.at("spec", "volumeClaimTemplates").items()}  # fmt: skip
        nothing = Spot(self.container.file, self.container.line, None)
        return {_folder(each.at("mountPath").text): (each, {**volumes, **claims}.get(each.at("name").text, nothing))
                for each in self.container.at("volumeMounts").items()}  # fmt: skip


def _folder(path: str) -> str:
    return path.rstrip("/") or "/"


def _container(service: Service, workload: Workload) -> Spot | None:
    wanted = service.said.at("container").text
    named = [each for each in workload.all_containers if each.at("name").text == (wanted or service.name)]
    if named or wanted:
        return named[0] if named else None
    own = workload.pod.at("containers").items()
    return own[0] if len(own) == 1 else None
