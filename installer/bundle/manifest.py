"""`bundle.json` as values: what a bundle holds, each part named by its sha256.

The same types serve the build, `verify`, the plan and the report. Nothing here reads or writes files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from installer.messages import Message

FORMAT = 1
"""Version of `bundle.json`; a reader refuses a newer one by name."""

ArtifactKind = Literal["image", "chart", "file"]


@dataclass(frozen=True, slots=True, order=True)
class Blob:
    """A stored blob: `digest` is "sha256:<hex>", `size` in bytes."""

    digest: str
    size: int

    @classmethod
    def of(cls, data: bytes) -> Blob:
        """The blob that holds these bytes."""
        return cls(f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))


@dataclass(frozen=True, slots=True)
class Artifact:
    """One image, chart or host file, stored as an OCI artifact.

    `repository` is its upstream name with the registry's host name ("registry.k8s.io/kube-apiserver",
    "charts.sitewright.internal/cert-manager", "files.sitewright.internal/kubelet"); the site registry serves it
    under exactly that path: `<registry>:5000/v2/registry.k8s.io/kube-apiserver/...`. `manifest` is the OCI
    manifest; `blobs` its config and layers, in its order. A host file has one layer: the file itself,
    uncompressed, so that the layer's digest is the file's sha256.
    """

    kind: ArtifactKind
    repository: str
    tag: str
    manifest: Blob
    blobs: tuple[Blob, ...]

    @property
    def reference(self) -> str:
        """Name and tag as a chart or pod writes it."""
        return f"{self.repository}:{self.tag}"

    @property
    def name(self) -> str:
        """Last part of the repository."""
        return self.repository.rsplit("/", 1)[-1]

    @property
    def file(self) -> Blob:
        """The layer of a host file or a chart's archive."""
        return self.blobs[-1]

    @property
    def size(self) -> int:
        """Bytes of manifest and blobs together."""
        return self.manifest.size + sum(blob.size for blob in self.blobs)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the stack.

    `spec` is its `component.yaml` (see docs/components.md), `texts` its template files by name.
    """

    name: str
    version: str
    artifacts: tuple[Artifact, ...] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> Message:
        """What people call it."""
        return Message.verbatim(str(self.spec.get("title", self.name)))

    @property
    def purpose(self) -> Message:
        """What it is for; empty where its vendor does not say."""
        return Message.verbatim(str(self.spec.get("purpose", "")))

    @property
    def requires(self) -> tuple[str, ...]:
        """Names of the components that must stand first, or of roles that such components fill."""
        return tuple(self.spec.get("requires", ()))

    @property
    def role(self) -> str:
        """What it does for others, whichever component does it; empty where it has no role."""
        return str(self.spec.get("role", ""))

    @property
    def consumes(self) -> tuple[str, ...]:
        """The roles whose published texts its templates see, wherever in the site they are filled."""
        return tuple(self.spec.get("consumes", ()))

    @property
    def wants(self) -> tuple[str, ...]:
        """Likewise the roles that it can do without: its templates see those that are filled somewhere in the site."""
        return tuple(self.spec.get("wants", ()))

    @property
    def roles_seen(self) -> tuple[str, ...]:
        """The roles that it consumes or wants."""
        return (*self.consumes, *self.wants)

    @property
    def secrets(self) -> Mapping[str, Mapping[str, Any]]:
        """The Secrets that are made for it at the site: by name, what each key is made of (docs/components.md)."""
        return dict(self.spec.get("secrets", {}))

    @property
    def published_secret(self) -> str:
        """The name of that one of its Secrets of which those who consume its role get a copy; empty where none."""
        return str(self.spec.get("publishes", {}).get("secret", ""))

    @property
    def near_only(self) -> bool:
        """Whether it fills its role for parts of its own environment alone."""
        return bool(self.spec.get("serves") == "environment")

    @property
    def once(self) -> bool:
        """Whether a site has it in one environment alone."""
        return bool(self.spec.get("placed") == "once")

    def artifact(self, kind: ArtifactKind, name: str) -> Artifact:
        """The artifact of that kind and name: an image's whole repository, of a chart or a file the last part.

        Raises:
            KeyError: there is none.
        """
        for artifact in self.artifacts:
            if artifact.kind == kind and name == (artifact.repository if kind == "image" else artifact.name):
                return artifact
        raise KeyError(f"component {self.name} has no {kind} {name!r}")


@dataclass(frozen=True, slots=True)
class Exemption:
    """A path on hosts outside a component's own places that the vendor gives it by name, and why."""

    component: str
    path: str
    reason: str

    @property
    def told(self) -> Message:
        """It in words."""
        return Message(
            "{component} writes {place}: {reason}", component=self.component, place=self.path, reason=self.reason
        )

    def __str__(self) -> str:
        return str(self.told)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole bundle. `digest` is the sha256 of the exact bytes of bundle.json ("sha256:<hex>").

    `sbom` names the bytes of sbom.cdx.json, so that the signature covers them too; None until they are made.
    `exemptions` are shown to whoever verifies the bundle or looks at its plan.
    """

    name: str
    version: str
    architecture: str
    kubernetes: str
    components: tuple[Component, ...]
    digest: str = ""
    sbom: Blob | None = None
    exemptions: tuple[Exemption, ...] = ()

    def component(self, name: str) -> Component:
        """The component of that name.

        Raises:
            KeyError: there is none.
        """
        for component in self.components:
            if component.name == name:
                return component
        raise KeyError(f"bundle {self.name} has no component {name!r}")

    def required(self, names: Iterable[str], chosen: Mapping[str, str] = MappingProxyType({})) -> tuple[Component, ...]:
        """The components of these names with all they require, each once and after its requirements.

        A required role is the component that is `chosen` for it, or the only one in the bundle; of several none is
        taken along. Where requirements go in a circle, no order is right.

        Raises:
            KeyError: there is no component of such a name.
        """
        ordered: list[Component] = []
        taken: set[str] = set()
        sole = {role: parts[0].name for role, parts in self.filling.items() if len(parts) == 1}
        several = self.filling.keys() - sole.keys() - chosen.keys()

        def take(name: str) -> None:
            if name in taken:
                return
            taken.add(name)
            component = self.component(name)
            for need in component.requires:
                if need not in several:
                    take(chosen.get(need, sole.get(need, need)))
            ordered.append(component)

        for name in names:
            take(name)
        return tuple(ordered)

    @property
    def filling(self) -> dict[str, tuple[Component, ...]]:
        """The components of each role, in the bundle's order."""
        found: dict[str, tuple[Component, ...]] = {}
        for component in self.components:
            if role := component.role:
                found[role] = (*found.get(role, ()), component)
        return found

    def artifacts(self, kind: ArtifactKind | None = None) -> Iterator[Artifact]:
        """All artifacts in order, of one kind or of all."""
        for component in self.components:
            for artifact in component.artifacts:
                if kind is None or artifact.kind == kind:
                    yield artifact

    def blobs(self) -> dict[str, Blob]:
        """Every distinct blob by digest, manifests included."""
        found: dict[str, Blob] = {}
        for artifact in self.artifacts():
            for blob in (artifact.manifest, *artifact.blobs):
                found[blob.digest] = blob
        return found
