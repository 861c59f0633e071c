"""Re-hash a blob after a host or registry refused its digest: a damaged bundle, or a damaged transfer?"""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from installer.errors import BundleNotTrusted
from installer.messages import Message


class Source(Protocol):
    """Where blobs come from."""

    def blob(self, digest: str) -> Any:
        """A blob as a seekable raw stream and context manager."""
        ...


def altered(digest: str) -> BundleNotTrusted:
    """The error for a blob whose bytes are not those that bundle.json, and so the signature, names."""
    return BundleNotTrusted(
        bundle=Message("the bundle's blob {digest}", digest=digest),
        reason=Message("its content is not what bundle.json names"),
    )


def demand_intact(source: Source, digest: str) -> None:
    """Read a blob to its end and compare.

    Raises:
        BundleNotTrusted: it is not what its digest says.
    """
    with source.blob(digest) as stream:
        if f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}" != digest:
            raise altered(digest)
