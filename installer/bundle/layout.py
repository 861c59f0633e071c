"""The shape of a bundle file, format 1: which entries in which order, and the exact bytes of each header.

Writing and reading share these rules. Everything a tar could say beside name and size is fixed, so a reader
compares a whole header with the one it would have written itself, and a bundle has exactly one form.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterable

from installer.bundle.manifest import Manifest

OCI_LAYOUT = "oci-layout"
INDEX = "index.json"
BUNDLE_JSON = "bundle.json"
SIGNATURE = "bundle.json.sig"
SBOM = "sbom.cdx.json"
FIRST = (OCI_LAYOUT, INDEX, BUNDLE_JSON, SIGNATURE, SBOM)
"""The small files, in the order in which they open the file."""

BLOCK = 512
END = bytes(2 * BLOCK)
"""What closes a tar."""

OCI_LAYOUT_BYTES = b'{"imageLayoutVersion":"1.0.0"}\n'
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"

_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_USTAR_LIMIT = 8 << 30


def blob_name(digest: str) -> str:
    """The entry that holds the blob "sha256:<hex>"."""
    return "blobs/sha256/" + digest.removeprefix("sha256:")


def digest_of(name: str) -> str | None:
    """The digest of the blob an entry holds, None for an entry that is no blob."""
    match = _BLOB.fullmatch(name)
    return f"sha256:{match[1]}" if match else None


def ordered(digests: Iterable[str]) -> tuple[str, ...]:
    """All entry names of a bundle with these blobs, in order."""
    return (*FIRST, *(blob_name(digest) for digest in sorted(digests)))


def header(name: str, size: int) -> bytes:
    """The one header an entry of that name and size can have.

    Plain ustar; from 8 GiB on the size needs the binary form that GNU tar, Go and Python read alike.
    """
    entry = tarfile.TarInfo(name)
    entry.size = size
    if size < _USTAR_LIMIT:
        return entry.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    return entry.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def padded(size: int) -> int:
    """Bytes that content of that size takes up in a tar."""
    return -(-size // BLOCK) * BLOCK


def index_json(manifest: Manifest) -> bytes:
    """The OCI index: every artifact's manifest under its full reference."""
    named = {artifact.reference: artifact.manifest for artifact in manifest.artifacts()}
    document = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": OCI_MANIFEST,
                "digest": blob.digest,
                "size": blob.size,
                "annotations": {"org.opencontainers.image.ref.name": reference},
            }
            for reference, blob in sorted(named.items())
        ],
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
