"""A larger bundle: the same parts and one host file more, which every site has to take up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from installer.builder import sbom
from installer.bundle import sshsig
from installer.bundle.archive import Archive
from installer.bundle.layout import OCI_MANIFEST
from installer.bundle.manifest import Artifact, Blob, Manifest
from installer.bundle.manifest_json import encode
from installer.bundle.writing import write_archive

PIECE = 1 << 24


def padded(bundle: Path, folder: Path, size: int) -> tuple[Path, Path]:
    """Write it with a file of `size` bytes of zeros, signed anew; returns the bundle and its allowed signers."""
    folder.mkdir()
    with Archive.open(bundle) as archive:
        manifest, more = _with_padding(archive.manifest, folder, size)
        for blob in archive.manifest.blobs().values():
            with archive.blob(blob.digest) as content, _path(folder, blob.digest).open("wb") as file:
                while piece := content.read(PIECE):
                    file.write(piece)
    signers = folder / "allowed_signers"
    signers.write_text(sshsig.generate_key(folder / "key"))
    path = folder / "padded.sitewright"
    signature = sshsig.sign(encode(manifest), folder / "key")
    write_archive(path, manifest, lambda digest: _path(folder, digest), signature, more)
    for digest in manifest.blobs():
        _path(folder, digest).unlink()
    return path, signers


def _with_padding(manifest: Manifest, folder: Path, size: int) -> tuple[Manifest, bytes]:
    """The manifest with one artifact more, in the component that has the registry itself, and its bill of materials."""
    padding = Blob(_digest_of_zeros(size), size)
    with _path(folder, padding.digest).open("wb") as file:
        file.truncate(size)  # a hole: no disk is taken
    config = _put(folder, b"{}")
    parts = [{"mediaType": "application/octet-stream", "digest": b.digest, "size": b.size} for b in (config, padding)]
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": parts[0], "layers": parts[1:]}
    described = _put(folder, json.dumps(document).encode())
    artifact = Artifact("file", "files.sitewright.internal/padding", "v1", described, (config, padding))
    first, *rest = manifest.components
    grown = replace(first, artifacts=(*first.artifacts, artifact))
    bare = replace(manifest, components=(grown, *rest), digest="", sbom=None)
    bill = sbom.make_sbom(bare)
    return sbom.with_sbom(bare, bill), bill


def _digest_of_zeros(size: int) -> str:
    hashed, piece = hashlib.sha256(), bytes(PIECE)
    for _ in range(size // PIECE):
        hashed.update(piece)
    hashed.update(bytes(size % PIECE))
    return f"sha256:{hashed.hexdigest()}"


def _put(folder: Path, content: bytes) -> Blob:
    blob = Blob.of(content)
    _path(folder, blob.digest).write_bytes(content)
    return blob


def _path(folder: Path, digest: str) -> Path:
    return folder / digest.removeprefix("sha256:")
