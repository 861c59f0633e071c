"""A small real bundle for tests: an image, a chart and a host file, signed by a key made on the spot."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from installer.bundle.archive import Archive
from installer.bundle.layout import OCI_MANIFEST
from installer.bundle.manifest import Artifact, ArtifactKind, Blob, Component, Manifest
from installer.bundle.manifest_json import encode
from installer.bundle.sshsig import generate_key, sign
from installer.bundle.writing import place_archive, write_archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SBOM = b'{"bomFormat":"CycloneDX"}\n'


class Blobs:
    """A folder of blobs, as a build leaves one behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes) -> Blob:
        blob = Blob.of(content)
        self.path(blob.digest).write_bytes(content)
        return blob

    def path(self, digest: str) -> Path:
        return self._folder / digest.removeprefix("sha256:")

    def artifact(
        self, kind: ArtifactKind, repository: str, tag: str, config: bytes, layers: Iterable[Blob]
    ) -> Artifact:
        blobs = (self.add(config), *layers)
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(blobs[0], "application/vnd.oci.image.config.v1+json"),
            "layers": [descriptor(blob, "application/vnd.oci.image.layer.v1.tar") for blob in blobs[1:]],
        }
        return Artifact(kind, repository, tag, self.add(json.dumps(document).encode()), blobs)


def descriptor(blob: Blob, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def layer(name: str, content: bytes) -> bytes:
    """A tar with one file, as an image's layer is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def image_config(*layers: bytes) -> bytes:
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/pause"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in layers]},
    }
    return json.dumps(document).encode()


def sample_manifest(blobs: Blobs) -> Manifest:
    """Three components; the chart's and the file's config are one shared blob."""
    content = layer("pause", b"\x7fELF pause")
    image = blobs.artifact("image", "registry.k8s.io/pause", "3.10.2", image_config(content), [blobs.add(content)])
    chart = blobs.artifact("chart", "charts.sitewright.internal/shop", "1.2.0", b"{}", [blobs.add(b"chart" * 99)])
    file = blobs.artifact("file", "files.sitewright.internal/kubelet", "v1.36.3", b"{}", [blobs.add(b"k" * 70000)])
    return Manifest(
        name="core",
        version="1.0.0",
        architecture="amd64",
        kubernetes="v1.36.3",
        components=(
            Component("kubernetes", "v1.36.3", (image, file), {"requires": []}, {"kubelet.service": "[Unit]\n"}),
            Component("shop", "1.2.0", (chart,), {"requires": ["kubernetes"], "title": "商店"}, {}),
        ),
        sbom=Blob.of(SBOM),
    )


@dataclass(frozen=True)
class Sample:
    """A written bundle and all it was made from."""

    path: Path
    manifest: Manifest
    blobs: Blobs
    key: Path
    signers: str

    def write(self, manifest: Manifest, *, split: int = 0, path: Path | None = None) -> tuple[Path, ...]:
        """Write the same or a changed manifest, signed by the sample's key; in parts where `split` says how large."""
        return self.put(manifest, sign(encode(manifest), self.key), split=split, path=path)

    def put(
        self, manifest: Manifest, signature: bytes, *, split: int = 0, path: Path | None = None
    ) -> tuple[Path, ...]:
        """Write a manifest with any signature."""
        target = path or self.path
        write_archive(target, manifest, self.blobs.path, signature, SBOM)
        return place_archive(target, target, split) if split else (target,)

    def open(self) -> Archive:
        return Archive.open(self.path)


def make_sample(folder: Path) -> Sample:
    blobs = Blobs(folder / "blobs")
    manifest = sample_manifest(blobs)
    key = folder / "vendor"
    signers = generate_key(key)
    sample = Sample(folder / "core-1.0.0-amd64.sitewright", manifest, blobs, key, signers)
    sample.write(manifest)
    return replace(sample, manifest=replace(manifest, digest=Blob.of(encode(manifest)).digest))
