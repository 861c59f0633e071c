"""What was packed for a recipe, kept in the cache under a seal of the key that signed it.

A bundle.json names every byte of a bundle, so one that somebody changed in the cache must never be signed. Only who has
the key can make the seal; without a key nothing that is kept is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from installer.bundle import sshsig
from installer.bundle.manifest import Blob
from installer.workshop import text_digest

NAMESPACE = "sitewright-cache"
BODY, BILL, SEAL = "bundle.json", "sbom.cdx.json", "seal"


@dataclass(frozen=True)
class Sealer:
    """Seals what belongs to `identity`, the digest of all that a packed bundle depends on; without a key, nothing."""

    identity: str
    key: Path | None
    passphrase: str = ""

    def write(self, folder: Path, body: bytes, bill: bytes) -> None:
        """Write bundle.json and the bill of materials into a folder, sealed."""
        (folder / BODY).write_bytes(body)
        (folder / BILL).write_bytes(bill)
        (folder / SEAL).write_bytes(self._seal(body, bill))

    def read(self, folder: Path) -> tuple[bytes, bytes] | None:
        """bundle.json and the bill of materials; None where they are not there as this key has sealed them."""
        try:
            body, bill, seal = ((folder / name).read_bytes() for name in (BODY, BILL, SEAL))
        except OSError:
            return None
        return (body, bill) if self.key is not None and seal == self._seal(body, bill) else None

    def _seal(self, body: bytes, bill: bytes) -> bytes:
        """ed25519 signs deterministically: the same content has the same seal."""
        content = text_digest([self.identity, Blob.of(body).digest, Blob.of(bill).digest]).encode()
        return b"" if self.key is None else sshsig.sign(content, self.key, self.passphrase, NAMESPACE)
