"""The core bundle as a file: every component, text and name of the real one, with a few bytes in place of each part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bundle_sample import SBOM, Blobs
from core_manifest import core_manifest

from installer.bundle.manifest import Artifact, Blob, Component, Manifest
from installer.bundle.manifest_json import encode
from installer.bundle.sshsig import generate_key, sign
from installer.bundle.writing import write_archive


def _small(blobs: Blobs, artifact: Artifact) -> Artifact:
    # The installer runs helm here to see what charts ask for: this one's charts ask for nothing.
    layer = blobs.add(b"#!/bin/sh\n" if artifact.name == "helm" else artifact.reference.encode())
    return blobs.artifact(artifact.kind, artifact.repository, artifact.tag, b"{}", [layer])


def make_core_bundle(folder: Path) -> tuple[Path, Path]:
    """Write and sign it; returns the bundle and the allowed signers."""
    return make_bundle(folder, core_manifest())


def make_bundle(folder: Path, whole: Manifest) -> tuple[Path, Path]:
    """Likewise that of another recipe."""
    blobs = Blobs(folder / "blobs")
    components = tuple(
        Component(part.name, part.version, tuple(_small(blobs, each) for each in part.artifacts), part.spec, part.texts)
        for part in whole.components
    )
    manifest: Manifest = replace(whole, components=components, digest="", sbom=Blob.of(SBOM))
    signers = folder / "allowed_signers"
    signers.write_text(generate_key(folder / "vendor"))
    path = folder / f"{whole.name}.sitewright"
    write_archive(path, manifest, blobs.path, sign(encode(manifest), folder / "vendor"), SBOM)
    return path, signers
