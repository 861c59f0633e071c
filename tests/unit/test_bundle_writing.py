"""A bundle is written whole or not at all, and signed where it lies."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from bundle_sample import SBOM, Sample, make_sample

from installer.bundle import layout
from installer.bundle.manifest_json import encode
from installer.bundle.sshsig import UNSIGNED, sign
from installer.bundle.writing import put_signature, write_archive
from installer.errors import BuildFailed, UsageError


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


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
