"""`verify` on good bundles: every byte once, in little memory, saying how far it is."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_sample import NOW, SBOM, Sample, make_sample

from installer.bundle import layout
from installer.bundle.manifest import Blob
from installer.bundle.manifest_json import encode
from installer.bundle.sshsig import sign
from installer.bundle.verify import verify
from installer.errors import BundleNotTrusted

PEAK = 200 << 20

VERIFY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from installer.bundle.archive import Archive
from installer.bundle.verify import verify
from installer.errors import BundleNotTrusted

with Archive.open(Path(sys.argv[1])) as archive:
    try:
        verify(archive, sys.argv[2], datetime(2026, 11, 23, tzinfo=UTC))
    except BundleNotTrusted as error:
        print(error.message)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(peak.split()[1])
"""


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


@pytest.mark.parametrize("split", [0, 10_000])
def test_a_genuine_bundle(sample: Sample, split: int) -> None:
    sample.write(sample.manifest, split=split)
    with sample.open() as archive:
        assert verify(archive, sample.signers, NOW) == sample.manifest


def test_a_flipped_byte_in_a_later_part(sample: Sample) -> None:
    part = sample.write(sample.manifest, split=10_000)[5]
    data = bytearray(part.read_bytes())
    data[5000] ^= 1
    part.write_bytes(data)
    with sample.open() as archive, pytest.raises(BundleNotTrusted):
        verify(archive, sample.signers, NOW)


def test_progress_is_told_to_the_caller_alone(sample: Sample) -> None:
    seen: list[tuple[int, int]] = []
    threads: set[int] = set()

    def report(done: int, total: int) -> None:
        seen.append((done, total))
        threads.add(threading.get_ident())

    with sample.open() as archive:
        verify(archive, sample.signers, NOW, report)
    total = sum(blob.size for blob in sample.manifest.blobs().values())
    assert seen[-1] == (total, total) and seen == sorted(seen)
    assert threads == {threading.get_ident()}


def test_a_report_that_raises_ends_it(sample: Sample) -> None:
    """As ^C does; no thread goes on hashing."""

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with sample.open() as archive, pytest.raises(KeyboardInterrupt):
        verify(archive, sample.signers, NOW, interrupted)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("verify")]


@pytest.mark.parametrize("altered", [False, True], ids=["genuine", "last byte altered"])
def test_memory_does_not_grow_with_the_bundle(sample: Sample, tmp_path: Path, altered: bool) -> None:
    """A host file of 600 MiB of zeros, sparse on the disk."""
    size = 600 << 20
    large = Blob(f"sha256:{_zeros(size)}", size)
    file = sample.blobs.artifact("file", "files.sitewright.internal/large", "1", b"{}", [large])
    first, *rest = sample.manifest.components
    manifest = replace(sample.manifest, components=(replace(first, artifacts=(*first.artifacts, file)), *rest))
    small = {
        layout.OCI_LAYOUT: layout.OCI_LAYOUT_BYTES,
        layout.INDEX: layout.index_json(manifest),
        layout.BUNDLE_JSON: encode(manifest),
        layout.SIGNATURE: sign(encode(manifest), sample.key),
        layout.SBOM: SBOM,
    }
    path = tmp_path / "large.sitewright"
    with path.open("wb") as bundle:
        for name in layout.ordered(manifest.blobs()):
            if name == layout.blob_name(large.digest):
                bundle.write(layout.header(name, size))
                bundle.seek(size - 1, io.SEEK_CUR)
                bundle.write(b"\1" if altered else b"\0")
                continue
            content = small[name] if name in small else sample.blobs.path("sha256:" + name[13:]).read_bytes()
            bundle.write(layout.header(name, len(content)) + content)
            bundle.write(bytes(layout.padded(len(content)) - len(content)))
        bundle.write(layout.END)
    argv = [sys.executable, "-c", VERIFY, path, sample.signers]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
    assert int(said[-1]) * 1024 < PEAK
    assert [line for line in said[:-1] if "is altered" in line] == said[:-1]
    assert bool(said[:-1]) == altered


def _zeros(size: int) -> str:
    hashed, chunk = hashlib.sha256(), bytes(1 << 20)
    for _ in range(size // len(chunk)):
        hashed.update(chunk)
    return hashed.hexdigest()
