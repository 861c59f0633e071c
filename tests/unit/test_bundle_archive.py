"""A bundle file: written the same every time, read in place, whole or in parts, and by the tools others use."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import signal
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_sample import SBOM, Sample, make_sample

from installer.bundle import layout
from installer.bundle.archive import Archive
from installer.bundle.manifest import Blob
from installer.bundle.manifest_json import encode
from installer.bundle.split import parts_of
from installer.bundle.sshsig import UNSIGNED, sign
from installer.bundle.writing import put_signature, write_archive
from installer.errors import BuildFailed, BundleNotTrusted, UsageError

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


class TestSplit:
    @pytest.mark.parametrize("size", [1, 511, 512, 513, 10_000, 70_000, 10_000_000])
    def test_parts_are_the_file_cut_up(self, sample: Sample, size: int) -> None:
        if size < 500:  # one file for each byte would be a test of the file system
            size = 500
        whole = sample.path.read_bytes()
        parts = sample.write(sample.manifest, split=size)
        assert parts == parts_of(sample.path)
        assert b"".join(part.read_bytes() for part in parts) == whole
        assert all(part.stat().st_size == size for part in parts[:-1])
        assert 0 < parts[-1].stat().st_size <= size

    @pytest.mark.parametrize("opened_by", ["the common name", "the first part", "another part"])
    def test_parts_are_read_without_joining(self, sample: Sample, opened_by: str) -> None:
        parts = sample.write(sample.manifest, split=10_000)
        path = {"the common name": sample.path, "the first part": parts[0], "another part": parts[3]}[opened_by]
        with Archive.open(path) as archive:
            assert archive.manifest == sample.manifest
            for digest in archive.digests:
                assert archive.blob(digest).readall() == sample.blobs.path(digest).read_bytes()

    def test_writing_replaces_what_lay_there_before(self, sample: Sample) -> None:
        many = sample.write(sample.manifest, split=10_000)
        assert not sample.path.exists()
        few = sample.write(sample.manifest, split=50_000)
        assert len(few) < len(many) and parts_of(sample.path) == few
        whole = sample.write(sample.manifest)
        assert whole == (sample.path,) and not parts_of(sample.path)

    def test_a_missing_part_is_named(self, sample: Sample) -> None:
        parts = sample.write(sample.manifest, split=10_000)
        parts[2].unlink()
        with pytest.raises(UsageError, match=r"sitewright\.003: this part is missing"):
            Archive.open(sample.path)

    def test_nothing_stays_open_after_a_refusal(self, sample: Sample) -> None:
        parts = sample.write(sample.manifest, split=10_000)
        before = len(list(Path("/proc/self/fd").iterdir()))
        parts[-1].unlink()
        with pytest.raises(BundleNotTrusted):
            Archive.open(sample.path)
        parts[-1].mkdir()
        with pytest.raises(UsageError):
            Archive.open(sample.path)
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    @pytest.mark.parametrize("name", ["000", "0001", "0002", "00000000000000000000003"])
    def test_a_part_that_is_numbered_otherwise_is_named(self, sample: Sample, name: str) -> None:
        parts = sample.write(sample.manifest, split=10_000)
        stray = sample.path.with_name(f"{sample.path.name}.{name}")
        stray.write_bytes(parts[0].read_bytes())
        for path in (sample.path, parts[0], stray):
            with pytest.raises(UsageError, match=rf"{name}: no part is numbered like that"):
                Archive.open(path)

    @pytest.mark.parametrize("number", ["099", "9" * 60])
    def test_a_part_far_behind_the_others_is_not_passed_over(self, sample: Sample, number: str) -> None:
        assert len(sample.write(sample.manifest, split=10_000)) < 98
        sample.path.with_name(f"{sample.path.name}.{number}").write_bytes(b"")
        with pytest.raises(UsageError, match="this part is missing"):
            Archive.open(sample.path)

    def test_a_part_that_is_a_pipe_or_leads_nowhere_is_named(self, sample: Sample) -> None:
        parts = sample.write(sample.manifest, split=10_000)
        parts[1].unlink()
        os.mkfifo(parts[1])
        with pytest.raises(UsageError, match="002: is no file"):
            Archive.open(sample.path)
        parts[1].unlink()
        parts[1].symlink_to(parts[1].name)
        with pytest.raises(UsageError, match="002"):
            Archive.open(sample.path)

    def test_a_missing_last_part_is_a_truncated_bundle(self, sample: Sample) -> None:
        sample.write(sample.manifest, split=10_000)[-1].unlink()
        with pytest.raises(BundleNotTrusted, match="ends too early"):
            Archive.open(sample.path)


class TestWriting:
    def test_a_blob_of_another_size_is_refused_and_nothing_is_left(self, sample: Sample, tmp_path: Path) -> None:
        digest = sample.manifest.component("kubernetes").artifact("file", "kubelet").file.digest
        sample.blobs.path(digest).write_bytes(b"short")
        target = tmp_path / "out" / "bundle"
        target.parent.mkdir()
        with pytest.raises(BuildFailed, match="5 bytes, but sha256:"):
            sample.write(sample.manifest, path=target)
        assert not list(target.parent.iterdir())

    def test_a_blob_that_was_changed_since_it_was_packed_is_refused(self, sample: Sample, tmp_path: Path) -> None:
        digest = sample.manifest.component("kubernetes").artifact("file", "kubelet").file.digest
        sample.blobs.path(digest).write_bytes(b"K" * 70000)
        with pytest.raises(BuildFailed, match="was changed in the cache"):
            sample.write(sample.manifest, path=tmp_path / "bundle")
        assert not (tmp_path / "bundle").exists()

    def test_a_missing_blob_is_refused(self, sample: Sample, tmp_path: Path) -> None:
        digest = min(sample.manifest.blobs())
        sample.blobs.path(digest).unlink()
        with pytest.raises(BuildFailed, match=digest.removeprefix("sha256:")):
            sample.write(sample.manifest, path=tmp_path / "bundle")

    def test_a_failed_write_leaves_the_former_bundle(self, sample: Sample) -> None:
        before = sample.path.read_bytes()
        sample.blobs.path(max(sample.manifest.blobs())).unlink()
        with pytest.raises(BuildFailed):
            sample.write(sample.manifest)
        assert sample.path.read_bytes() == before

    def test_another_bill_of_materials_is_refused(self, sample: Sample) -> None:
        with pytest.raises(BuildFailed, match="another bill of materials"):
            write_archive(sample.path, sample.manifest, sample.blobs.path, b"", b"{}")

    def test_a_full_disk_is_said_so(self, sample: Sample) -> None:
        with pytest.raises(BuildFailed, match="No such file or directory"):
            sample.write(sample.manifest, path=Path("/nonexistent/folder/bundle"))

    def test_progress_ends_at_the_total(self, sample: Sample) -> None:
        seen: list[tuple[int, int]] = []
        with sample.open() as archive:
            signature = archive.signature
        write_archive(
            sample.path, sample.manifest, sample.blobs.path, signature, SBOM, report=lambda *at: seen.append(at)
        )
        total = sum(blob.size for blob in sample.manifest.blobs().values())
        assert seen[-1] == (total, total) and seen == sorted(seen)

    def test_blobs_may_lie_on_another_file_system(self, sample: Sample) -> None:
        memory = Path("/dev/shm")
        if not memory.is_dir():
            pytest.skip("no second file system here")
        before = sample.path.read_bytes()
        folder = memory / f"bundle-test-{os.getpid()}"
        try:
            shutil.copytree(sample.blobs.path("sha256:x").parent, folder)
            with sample.open() as archive:
                signature = archive.signature
            write_archive(sample.path, sample.manifest, lambda d: folder / d[7:], signature, SBOM)
        finally:
            shutil.rmtree(folder)
        assert sample.path.read_bytes() == before


class TestPutSignature:
    @pytest.mark.parametrize("split", [0, 1900, 10_000])
    def test_signs_a_written_bundle(self, sample: Sample, split: int) -> None:
        signed = [path.read_bytes() for path in sample.write(sample.manifest, split=split)]
        parts = sample.put(sample.manifest, UNSIGNED, split=split)
        assert [path.read_bytes() for path in parts] != signed
        put_signature(sample.path, sign(encode(sample.manifest), sample.key))
        assert [path.read_bytes() for path in parts] == signed

    def test_a_signature_may_reach_over_two_parts(self, sample: Sample) -> None:
        """So that the test above tests that, too."""
        sample.write(sample.manifest, split=1900)
        with sample.open() as archive:
            assert len(archive.ranges(layout.SIGNATURE)) == 2

    def test_changes_no_other_name_of_the_file(self, sample: Sample, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.hardlink_to(sample.path)
        before = other.read_bytes()
        sample.path.chmod(0o640)
        put_signature(sample.path, UNSIGNED)
        assert other.read_bytes() == before != sample.path.read_bytes()
        assert sample.path.stat().st_mode & 0o777 == 0o640
        assert not list(tmp_path.glob(".*"))

    def test_a_full_disk_leaves_the_former_signature(self, sample: Sample) -> None:
        before = sample.path.read_bytes()
        room = resource.getrlimit(resource.RLIMIT_FSIZE)
        former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, room[1]))
        try:
            with pytest.raises(UsageError, match="cannot be written: File too large"):
                put_signature(sample.path, UNSIGNED)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, room)
            signal.signal(signal.SIGXFSZ, former)
        assert sample.path.read_bytes() == before
        assert not list(sample.path.parent.glob(".*"))

    def test_refuses_one_of_another_size(self, sample: Sample) -> None:
        before = sample.path.read_bytes()
        with pytest.raises(BuildFailed, match="a signature of 314 bytes, the new one has 5"):
            put_signature(sample.path, b"short")
        assert sample.path.read_bytes() == before

    @pytest.mark.skipif(os.geteuid() != 0, reason="drops root's rights")
    def test_says_that_it_cannot_write(self, sample: Sample) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            path = Path(folder, "bundle")
            path.write_bytes(sample.path.read_bytes())
            path.chmod(0o444)
            os.seteuid(65534)
            try:
                with pytest.raises(UsageError, match="cannot be written: Permission denied"):
                    put_signature(path, UNSIGNED)
            finally:
                os.seteuid(0)


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
