"""Whether a bundle is what its signer signed: first who, then every byte.

`trust` is the quick answer (who signed, and is everything there); `verify` also hashes every blob. Memory is constant:
each of a few threads reads through one buffer, wherever in the file its blob lies.
"""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from datetime import datetime

from installer.bundle import layout, oci_manifest
from installer.bundle.archive import Archive, Progress
from installer.bundle.manifest import Artifact, Blob, Manifest
from installer.bundle.signers import Signer, verify_signature
from installer.bundle.sshsig import UNSIGNED, SignatureInvalid
from installer.errors import BundleNotTrusted
from installer.messages import Message

_BUFFER = 1 << 20
_THREADS = 4
_REPORT_SECONDS = 0.1
_MANIFEST_LIMIT = 4 << 20
"""What registries accept as a manifest."""


def signer(
    archive: Archive, allowed_signers: str, now: datetime, identity: str = "vendor", revoked: str = ""
) -> Signer:
    """Who signed a bundle, if `allowed_signers` lets them and `revoked` does not list their key.

    Raises:
        BundleNotTrusted: nobody did, or somebody else.
    """
    if archive.signature == UNSIGNED:
        raise _refused(archive, Message("is not signed"))
    try:
        return verify_signature(archive.bundle_json, archive.signature, allowed_signers, now, identity, revoked)
    except SignatureInvalid as error:
        raise BundleNotTrusted(bundle=archive.path, reason=str(error)) from error


def trust(
    archive: Archive, allowed_signers: str, now: datetime, identity: str = "vendor", revoked: str = ""
) -> Manifest:
    """The manifest, if an allowed signer signed it and the file holds exactly what it names.

    Reads the small files and the offsets, no blob.

    Raises:
        BundleNotTrusted: anything else.
    """
    signer(archive, allowed_signers, now, identity, revoked)
    return _agreeing(archive)


def intact(archive: Archive, report: Progress | None = None) -> Manifest:
    """The manifest, if the whole file is what it says, byte for byte; whoever signed it.

    `report` is called by the calling thread, some ten times a second and at the end.

    Raises:
        BundleNotTrusted: something is altered, missing or too much.
    """
    manifest = _agreeing(archive)
    _Hashing(archive, manifest).run(report)
    for artifact in manifest.artifacts():
        _check_descriptors(archive, artifact)
    return manifest


def _agreeing(archive: Archive) -> Manifest:
    """The manifest, if the small files agree with it and exactly the blobs it names are there, by name and size."""
    manifest = archive.manifest
    if archive.small(layout.OCI_LAYOUT) != layout.OCI_LAYOUT_BYTES:
        raise _refused(archive, Message("{oci_layout} is altered", oci_layout=layout.OCI_LAYOUT))
    if archive.small(layout.INDEX) != layout.index_json(manifest):
        raise _refused(
            archive,
            Message("{index} does not agree with {bundle_json}", index=layout.INDEX, bundle_json=layout.BUNDLE_JSON),
        )
    if Blob.of(archive.sbom) != manifest.sbom:
        raise _refused(archive, Message("{sbom} is altered", sbom=layout.SBOM))
    blobs = manifest.blobs()
    for digest in sorted(blobs.keys() - archive.digests):
        raise _refused(
            archive, Message("blob {digest} of {manifest} is missing", digest=digest, manifest=_owner(manifest, digest))
        )
    for digest in sorted(archive.digests - blobs.keys()):
        raise _refused(
            archive,
            Message(
                "blob {digest} is one that {bundle_json} does not name", digest=digest, bundle_json=layout.BUNDLE_JSON
            ),
        )
    for digest, blob in blobs.items():
        if archive.size(digest) != blob.size:
            found = Message("{found} bytes, signed are {size}", found=archive.size(digest), size=blob.size)
            raise _refused(
                archive,
                Message(
                    "blob {digest} of {manifest} has {found}",
                    digest=digest,
                    manifest=_owner(manifest, digest),
                    found=found,
                ),
            )
    return manifest


def verify(
    archive: Archive,
    allowed_signers: str,
    now: datetime,
    report: Progress | None = None,
    identity: str = "vendor",
    revoked: str = "",
) -> Manifest:
    """The manifest, if the whole file is what an allowed signer signed, byte for byte.

    Raises:
        BundleNotTrusted: anything else.
    """
    trust(archive, allowed_signers, now, identity, revoked)
    return intact(archive, report)


class _Hashing:
    """Every blob hashed once, several at a time, in the order in which they lie on the disk."""

    def __init__(self, archive: Archive, manifest: Manifest) -> None:
        self._archive = archive
        self._manifest = manifest
        self._blobs = sorted(manifest.blobs().values())
        self._done = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._buffers = threading.local()

    def run(self, report: Progress | None) -> None:
        total = sum(blob.size for blob in self._blobs)
        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1), "verify") as pool:
            pending = {pool.submit(self._hash, blob) for blob in self._blobs}
            try:
                while pending:
                    done, pending = wait(pending, _REPORT_SECONDS, FIRST_EXCEPTION)
                    for future in done:
                        future.result()
                    if report is not None:
                        report(self._done, total)
            finally:
                self._stop.set()

    def _hash(self, blob: Blob) -> None:
        if not hasattr(self._buffers, "view"):
            self._buffers.view = memoryview(bytearray(_BUFFER))
        view: memoryview = self._buffers.view
        hashed = hashlib.sha256()
        with self._archive.blob(blob.digest) as stream:
            while not self._stop.is_set() and (got := stream.readinto(view)):
                hashed.update(view[:got])
                with self._lock:
                    self._done += got
        if not self._stop.is_set() and f"sha256:{hashed.hexdigest()}" != blob.digest:
            owner = _owner(self._manifest, blob.digest)
            raise _refused(
                self._archive, Message("blob {digest} of {owner} is altered", digest=blob.digest, owner=owner)
            )


def _check_descriptors(archive: Archive, artifact: Artifact) -> None:
    """An artifact's OCI manifest names the very blobs that bundle.json gives it.

    Raises:
        BundleNotTrusted: it names others, or is no OCI manifest.
    """
    subject = Message("the OCI manifest of {reference}", reference=artifact.reference)
    if artifact.manifest.size > _MANIFEST_LIMIT:
        raise _refused(
            archive, Message("{subject} is too large ({size} bytes)", subject=subject, size=artifact.manifest.size)
        )
    with archive.blob(artifact.manifest.digest) as stream:
        content = stream.read(artifact.manifest.size)
    try:
        named = oci_manifest.descriptors(content)
    except oci_manifest.Malformed as error:
        raise _refused(archive, Message("{subject} is malformed: {reason}", subject=subject, reason=error)) from error
    if named != artifact.blobs:
        raise _refused(
            archive,
            Message("{subject} names other blobs than {bundle_json}", subject=subject, bundle_json=layout.BUNDLE_JSON),
        )


def _owner(manifest: Manifest, digest: str) -> str:
    """The first artifact that uses a blob, for messages."""
    for artifact in manifest.artifacts():
        if digest == artifact.manifest.digest or digest in (blob.digest for blob in artifact.blobs):
            return artifact.reference
    return Message("no artifact")


def _refused(archive: Archive, reason: str) -> BundleNotTrusted:
    return BundleNotTrusted(bundle=archive.path, reason=reason)
