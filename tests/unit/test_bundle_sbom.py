"""The bill of materials: valid CycloneDX, the same every time, with everything the bundle holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundle_sample import Blobs, sample_manifest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from installer.builder.sbom import Ingredient, make_sbom, with_sbom
from installer.bundle.manifest import Blob, Manifest
from installer.errors import BuildFailed

GO = Ingredient("kubernetes", "pkg:golang/k8s.io/kubernetes@v1.36.3", "a" * 64)
DEB = Ingredient("kubernetes", "pkg:deb/debian/iptables@1.8.9-2?arch=amd64&distro=bookworm")


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return sample_manifest(Blobs(tmp_path))


def parts(sbom: bytes) -> dict[str, dict[str, Any]]:
    return {part["bom-ref"]: part for part in json.loads(sbom)["components"]}


def depends(sbom: bytes) -> dict[str, list[str]]:
    return {entry["ref"]: entry.get("dependsOn", []) for entry in json.loads(sbom)["dependencies"]}


def test_is_valid(manifest: Manifest) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(make_sbom(manifest, [GO, DEB]).decode()) is None


def test_is_the_same_every_time(manifest: Manifest) -> None:
    once = make_sbom(manifest, [GO, DEB])
    assert make_sbom(manifest, [DEB, GO, GO]) == once
    assert "timestamp" not in json.loads(once)["metadata"]


def test_another_content_has_another_serial_number(manifest: Manifest) -> None:
    one, other = (json.loads(make_sbom(replace(manifest, version=version))) for version in ("1", "2"))
    assert one["serialNumber"] != other["serialNumber"]


def test_the_manifest_vouches_for_it_and_it_stays_the_same(manifest: Manifest) -> None:
    sbom = make_sbom(manifest)
    vouching = with_sbom(manifest, sbom)
    assert vouching.sbom == Blob.of(sbom) and make_sbom(vouching) == sbom


def test_names_every_component_and_artifact_by_digest(manifest: Manifest) -> None:
    found = parts(make_sbom(manifest))
    assert {"component/kubernetes", "component/shop"} <= found.keys()
    for artifact in manifest.artifacts():
        part = found[f"{artifact.kind}/{artifact.reference}"]
        named = artifact.file if artifact.kind == "file" else artifact.manifest
        assert part["hashes"] == [{"alg": "SHA-256", "content": named.digest.removeprefix("sha256:")}]
    image = found["image/registry.k8s.io/pause:3.10.2"]
    assert image["type"] == "container"
    assert image["purl"].startswith("pkg:oci/pause@sha256")
    assert "tag=3.10.2" in image["purl"]


def test_says_what_things_are_made_of_and_what_needs_what(manifest: Manifest) -> None:
    sbom = make_sbom(manifest, [GO, DEB, replace(DEB, component="shop")])
    edges = depends(sbom)
    assert edges["bundle/core"] == ["component/kubernetes", "component/shop"]
    assert set(edges["component/kubernetes"]) == {
        "file/files.sitewright.internal/kubelet:v1.36.3",
        "image/registry.k8s.io/pause:3.10.2",
        f"{GO.purl}#{GO.sha256}",
        DEB.purl,
    }
    assert set(edges["component/shop"]) == {
        "component/kubernetes",
        "chart/charts.sitewright.internal/shop:1.2.0",
        DEB.purl,
    }
    made = parts(sbom)
    assert made[f"{GO.purl}#{GO.sha256}"]["name"] == "k8s.io/kubernetes"
    assert made[DEB.purl]["version"] == "1.8.9-2"


@pytest.mark.parametrize(
    ("ingredient", "says"),
    [
        (Ingredient("kubernetes", "k8s.io/kubernetes"), "not a package URL"),
        (Ingredient("nowhere", GO.purl), "no component 'nowhere'"),
    ],
    ids=["no package URL", "no such component"],
)
def test_a_wrong_ingredient_fails_the_build(manifest: Manifest, ingredient: Ingredient, says: str) -> None:
    with pytest.raises(BuildFailed, match=says):
        make_sbom(manifest, [ingredient])
