"""The bill of materials (CycloneDX 1.6, JSON): the bundle, its components, their artifacts, what those are made of.

The same manifest and ingredients always give the same bytes: no clock and no chance goes in.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as Part
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from installer import __version__
from installer.bundle.manifest import Artifact, Blob, Component, Manifest
from installer.bundle.manifest_json import encode
from installer.errors import BuildFailed
from installer.messages import Message

LICENCES = LicenseFactory()
_TYPES = {
    "image": ComponentType.CONTAINER,
    "chart": ComponentType.APPLICATION,
    "file": ComponentType.FILE,
}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something a component was made of, by its package URL ("pkg:golang/k8s.io/kubernetes@v1.36.3").

    `component` names the component; `sha256` (hex) is the digest of what was fetched, where it is known.
    """

    component: str
    purl: str
    sha256: str = ""


def make_sbom(manifest: Manifest, ingredients: Iterable[Ingredient] = ()) -> bytes:
    """The bytes of sbom.cdx.json.

    Raises:
        BuildFailed: an ingredient's package URL is none, or its component is not in the bundle.
    """
    bom = Bom(serial_number=_serial(manifest))
    bundle = Part(
        name=manifest.name,
        version=manifest.version,
        type=ComponentType.PLATFORM,
        bom_ref=f"bundle/{manifest.name}",
    )
    bom.metadata.component = bundle
    bom.metadata.tools.components.add(Part(name="sitewright", version=__version__, type=ComponentType.APPLICATION))
    parts = {component.name: _component(component) for component in manifest.components}
    artifacts = {artifact.reference: _artifact(artifact, manifest) for artifact in manifest.artifacts()}
    made_of = _made_of(parts, ingredients)
    distinct = {str(part.bom_ref): part for found in made_of.values() for part in found}
    for part in (*parts.values(), *artifacts.values(), *distinct.values()):
        bom.components.add(part)
    bom.register_dependency(bundle, parts.values())
    for component in manifest.components:
        needs = [parts[name] for name in component.requires if name in parts]
        holds = [artifacts[artifact.reference] for artifact in component.artifacts]
        bom.register_dependency(parts[component.name], [*needs, *holds, *made_of[component.name]])
    return _written(bom)


def with_sbom(manifest: Manifest, sbom: bytes) -> Manifest:
    """The same manifest, vouching for these bytes."""
    return replace(manifest, sbom=Blob.of(sbom))


def _serial(manifest: Manifest) -> uuid.UUID:
    """One for each content; the same content has the same."""
    return uuid.uuid5(uuid.NAMESPACE_OID, Blob.of(encode(replace(manifest, sbom=None))).digest)


def _component(component: Component) -> Part:
    return Part(
        name=component.name,
        version=component.version,
        type=ComponentType.APPLICATION,
        description=component.spec.get("purpose"),
        licenses=[LICENCES.make_from_string(component.spec["licence"])] if "licence" in component.spec else (),
        bom_ref=f"component/{component.name}",
    )


def _artifact(artifact: Artifact, manifest: Manifest) -> Part:
    """An image or chart is identified by its OCI manifest, a host file by its content."""
    blob = artifact.file if artifact.kind == "file" else artifact.manifest
    qualifiers = {"repository_url": artifact.repository, "tag": artifact.tag, "arch": manifest.architecture}
    purl = PackageURL("oci", None, artifact.name, artifact.manifest.digest, qualifiers)
    return Part(
        name=artifact.repository,
        version=artifact.tag,
        type=_TYPES[artifact.kind],
        hashes=[_sha256(blob.digest.removeprefix("sha256:"))],
        purl=purl,
        bom_ref=f"{artifact.kind}/{artifact.reference}",
    )


def _made_of(parts: dict[str, Part], ingredients: Iterable[Ingredient]) -> dict[str, list[Part]]:
    """The ingredients of each component; the same thing used twice is one part."""
    found: dict[str, list[Part]] = {name: [] for name in parts}
    known: dict[tuple[str, str], Part] = {}
    for ingredient in sorted(set(ingredients), key=lambda one: (one.component, one.purl, one.sha256)):
        if ingredient.component not in found:
            raise BuildFailed(
                what=ingredient.purl,
                reason=Message("no component {component} in this bundle", component=repr(ingredient.component)),
            )
        key = (ingredient.purl, ingredient.sha256)
        part = known.setdefault(key, _ingredient(ingredient))
        found[ingredient.component].append(part)
    return found


def _ingredient(ingredient: Ingredient) -> Part:
    try:
        purl = PackageURL.from_string(ingredient.purl)
    except ValueError as error:
        raise BuildFailed(what=ingredient.purl, reason=Message("not a package URL: {reason}", reason=error)) from error
    return Part(
        name=f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name,
        version=purl.version,
        type=ComponentType.LIBRARY,
        hashes=[_sha256(ingredient.sha256)] if ingredient.sha256 else (),
        purl=purl,
        bom_ref=ingredient.purl + (f"#{ingredient.sha256}" if ingredient.sha256 else ""),
    )


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _written(bom: Bom) -> bytes:
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]  # the library always writes the current time
    return json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"
