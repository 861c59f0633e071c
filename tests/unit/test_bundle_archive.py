"""A bundle file: written the same every time, read in place, and by the tools others use."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_sample import SBOM, Sample, make_sample

from installer.bundle import layout
from installer.bundle.archive import Archive
from installer.bundle.manifest import Blob
from installer.bundle.manifest_json import encode
from installer.errors import BundleNotTrusted, UsageError

skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


def test_holds_what_it_was_given(sample: Sample) -> None:
    with sample.open() as archive:
        assert archive.manifest == sample.manifest
        assert archive.bundle_json == encode(sample.manifest)
        assert archive.manifest.digest == Blob.of(archive.bundle_json).digest
        assert archive.sbom == SBOM
        assert archive.signature.startswith(b"-----BEGIN SSH SIGNATURE-----\n")
        assert archive.digests == sample.manifest.blobs().keys()
        for digest, blob in sample.manifest.blobs().items():
            assert archive.size(digest) == blob.size
            assert archive.blob(digest).readall() == sample.blobs.path(digest).read_bytes()


def test_is_a_plain_tar_with_the_small_files_first(sample: Sample) -> None:
    with tarfile.open(sample.path) as tar:
        entries = tar.getmembers()
        assert tuple(entry.name for entry in entries) == layout.ordered(sample.manifest.blobs())
        for entry in entries:
            assert (entry.mode, entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0o644, 0, 0, 0, "", "")
            assert entry.isreg() and not entry.pax_headers
        assert tar.extractfile("bundle.json").read() == encode(sample.manifest)


def test_same_parts_give_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shuffled = os.umask(0o077)
    try:
        sample.write(sample.manifest, path=again)
    finally:
        os.umask(shuffled)
    assert again.read_bytes() == sample.path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_content_ends_anywhere_in_a_block(sample: Sample, size: int) -> None:
    odd = sample.blobs.artifact("file", "files.internal/odd", "1", b"{}", [sample.blobs.add(b"x" * size)])
    first, *rest = sample.manifest.components
    manifest = replace(sample.manifest, components=(replace(first, artifacts=(*first.artifacts, odd)), *rest))
    sample.write(manifest)
    with sample.open() as archive:
        assert archive.blob(odd.file.digest).readall() == b"x" * size


def test_an_entry_beyond_8_gib_has_a_header_that_tar_understands() -> None:
    for size in ((8 << 30) - 1, 8 << 30, 40 << 30):
        block = layout.header(layout.blob_name("sha256:" + "0" * 64), size)
        assert len(block) == layout.BLOCK
        assert tarfile.TarInfo.frombuf(block, "utf-8", "strict").size == size


def test_a_blob_beyond_8_gib_is_read_in_place(sample: Sample, tmp_path: Path) -> None:
    """A sparse file, laid out as the writer would have."""
    path, size = tmp_path / "large", (8 << 30) + 5
    digest = "sha256:" + "f" * 64
    with path.open("wb") as file:
        for name in layout.FIRST:
            file.write(layout.header(name, 0))
        file.write(layout.header(layout.blob_name(digest), size))
        file.seek(size - 5, io.SEEK_CUR)
        file.write(b"last!")
        file.seek(layout.padded(size) - size, io.SEEK_CUR)
        file.write(layout.END)
    with Archive.open(path) as archive:
        stream = archive.blob(digest)
        assert stream.seek(-5, io.SEEK_END) == size - 5
        assert stream.read() == b"last!"


class TestBlobStream:
    def test_seeks_and_reads_as_files_do(self, sample: Sample) -> None:
        blob = sample.manifest.component("kubernetes").artifact("file", "kubelet").file
        content = sample.blobs.path(blob.digest).read_bytes()
        with sample.open() as archive, archive.blob(blob.digest) as stream:
            assert stream.readable() and stream.seekable() and not stream.writable()
            assert stream.read(3) == content[:3]
            assert stream.seek(2, io.SEEK_CUR) == 5
            assert stream.read(70000) == content[5:]
            assert stream.read(1) == b""
            assert stream.seek(10, io.SEEK_END) == blob.size + 10
            assert stream.read() == b""
            assert stream.tell() == blob.size + 10
            with pytest.raises(ValueError, match="before the beginning"):
                stream.seek(-1)

    def test_streams_share_no_position(self, sample: Sample) -> None:
        digests = sorted(sample.manifest.blobs())
        with sample.open() as archive:

            def read(digest: str) -> bool:
                stream = archive.blob(digest)
                pieces = iter(lambda: stream.read(7), b"")
                return Blob.of(b"".join(pieces)).digest == digest

            with ThreadPoolExecutor(8) as pool:
                assert all(pool.map(read, digests * 20))

    def test_ends_with_its_archive(self, sample: Sample) -> None:
        with sample.open() as archive:
            stream = archive.blob(min(archive.digests))
        with pytest.raises(ValueError, match="closed"):
            stream.read(1)


class TestExtract:
    def test_a_blob_becomes_a_file(self, sample: Sample, tmp_path: Path) -> None:
        kubelet = sample.manifest.component("kubernetes").artifact("file", "kubelet").file
        with sample.open() as archive:
            archive.extract(kubelet.digest, tmp_path / "kubelet")
        assert (tmp_path / "kubelet").read_bytes() == b"k" * 70000

    def test_an_altered_blob_becomes_none(self, sample: Sample, tmp_path: Path) -> None:
        kubelet = sample.manifest.component("kubernetes").artifact("file", "kubelet").file
        sample.path.write_bytes(sample.path.read_bytes().replace(b"kkkk", b"kkkK", 1))
        (tmp_path / "here").mkdir()
        with sample.open() as archive, pytest.raises(BundleNotTrusted, match="was altered"):
            archive.extract(kubelet.digest, tmp_path / "here/kubelet")
        assert not list((tmp_path / "here").iterdir())


class TestPathMistakes:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda path: None, "there is no such file"),
            (lambda path: path.mkdir(), "is no file"),
            (os.mkfifo, "is no file"),
            (lambda path: path.symlink_to("nowhere"), "there is no such file"),
        ],
        ids=["nothing there", "a folder", "a pipe", "a dangling link"],
    )
    def test_is_the_users(self, tmp_path: Path, make, message: str) -> None:
        path = tmp_path / "bundle"
        make(path)
        with pytest.raises(UsageError, match=message):
            Archive.open(path)

    def test_a_name_no_file_can_have(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="File name too long"):
            Archive.open(tmp_path / ("x" * 5000))

    @pytest.mark.skipif(os.geteuid() != 0, reason="drops root's rights")
    def test_no_permission(self, sample: Sample) -> None:
        sample.path.chmod(0)
        os.seteuid(65534)
        try:
            with pytest.raises(UsageError, match="Permission denied"):
                Archive.open(sample.path)
        finally:
            os.seteuid(0)


@skopeo
class TestSkopeo:
    def test_sees_every_artifact_by_its_reference(self, sample: Sample) -> None:
        for artifact in sample.manifest.artifacts():
            source = f"oci-archive:{sample.path}:{artifact.reference}"
            raw = subprocess.run(["skopeo", "inspect", "--raw", source], check=True, capture_output=True).stdout
            assert Blob.of(raw) == artifact.manifest

    def test_reads_the_image_and_its_layers(self, sample: Sample, tmp_path: Path) -> None:
        image = sample.manifest.component("kubernetes").artifact("image", "registry.k8s.io/pause")
        source = f"oci-archive:{sample.path}:{image.reference}"
        seen = json.loads(subprocess.run(["skopeo", "inspect", source], check=True, capture_output=True).stdout)
        assert seen["Digest"] == image.manifest.digest
        assert seen["Layers"] == [blob.digest for blob in image.blobs[1:]]
        subprocess.run(["skopeo", "copy", "--quiet", source, f"dir:{tmp_path / 'copy'}"], check=True)
        assert Blob.of((tmp_path / "copy" / "manifest.json").read_bytes()) == image.manifest
