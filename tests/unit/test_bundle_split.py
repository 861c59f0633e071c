"""A bundle in parts: cut, read without joining, and what is wrong with parts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bundle_sample import Sample, make_sample

from installer.bundle.archive import Archive
from installer.bundle.split import parts_of
from installer.errors import BundleNotTrusted, UsageError


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


@pytest.mark.parametrize("size", [1, 511, 512, 513, 10_000, 70_000, 10_000_000])
def test_parts_are_the_file_cut_up(sample: Sample, size: int) -> None:
    if size < 500:  # one file for each byte would be a test of the file system
        size = 500
    whole = sample.path.read_bytes()
    parts = sample.write(sample.manifest, split=size)
    assert parts == parts_of(sample.path)
    assert b"".join(part.read_bytes() for part in parts) == whole
    assert all(part.stat().st_size == size for part in parts[:-1])
    assert 0 < parts[-1].stat().st_size <= size


@pytest.mark.parametrize("opened_by", ["the common name", "the first part", "another part"])
def test_parts_are_read_without_joining(sample: Sample, opened_by: str) -> None:
    parts = sample.write(sample.manifest, split=10_000)
    path = {"the common name": sample.path, "the first part": parts[0], "another part": parts[3]}[opened_by]
    with Archive.open(path) as archive:
        assert archive.manifest == sample.manifest
        for digest in archive.digests:
            assert archive.blob(digest).readall() == sample.blobs.path(digest).read_bytes()


def test_writing_replaces_what_lay_there_before(sample: Sample) -> None:
    many = sample.write(sample.manifest, split=10_000)
    assert not sample.path.exists()
    few = sample.write(sample.manifest, split=50_000)
    assert len(few) < len(many) and parts_of(sample.path) == few
    whole = sample.write(sample.manifest)
    assert whole == (sample.path,) and not parts_of(sample.path)


def test_a_missing_part_is_named(sample: Sample) -> None:
    parts = sample.write(sample.manifest, split=10_000)
    parts[2].unlink()
    with pytest.raises(UsageError, match=r"sitewright\.003: this part is missing"):
        Archive.open(sample.path)


def test_nothing_stays_open_after_a_refusal(sample: Sample) -> None:
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
def test_a_part_that_is_numbered_otherwise_is_named(sample: Sample, name: str) -> None:
    parts = sample.write(sample.manifest, split=10_000)
    stray = sample.path.with_name(f"{sample.path.name}.{name}")
    stray.write_bytes(parts[0].read_bytes())
    for path in (sample.path, parts[0], stray):
        with pytest.raises(UsageError, match=rf"{name}: no part is numbered like that"):
            Archive.open(path)


@pytest.mark.parametrize("number", ["099", "9" * 60])
def test_a_part_far_behind_the_others_is_not_passed_over(sample: Sample, number: str) -> None:
    assert len(sample.write(sample.manifest, split=10_000)) < 98
    sample.path.with_name(f"{sample.path.name}.{number}").write_bytes(b"")
    with pytest.raises(UsageError, match="this part is missing"):
        Archive.open(sample.path)


def test_a_part_that_is_a_pipe_or_leads_nowhere_is_named(sample: Sample) -> None:
    parts = sample.write(sample.manifest, split=10_000)
    parts[1].unlink()
    os.mkfifo(parts[1])
    with pytest.raises(UsageError, match="002: is no file"):
        Archive.open(sample.path)
    parts[1].unlink()
    parts[1].symlink_to(parts[1].name)
    with pytest.raises(UsageError, match="002"):
        Archive.open(sample.path)


def test_a_missing_last_part_is_a_truncated_bundle(sample: Sample) -> None:
    sample.write(sample.manifest, split=10_000)[-1].unlink()
    with pytest.raises(BundleNotTrusted, match="ends too early"):
        Archive.open(sample.path)
