"""What somebody might do to a bundle between the vendor and the site; each is refused, and the refusal says why."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bundle_sample import NOW, Sample, make_sample
from tampered_bundles import ATTACKS, Attack, blob_altered, newer_format, resigned, with_option
from tampering import entries, rewrite

from installer.bundle import layout
from installer.bundle.archive import Archive
from installer.bundle.manifest import Manifest
from installer.bundle.verify import trust, verify
from installer.errors import BundleNotTrusted


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


def check(sample: Sample, signers: str, now: datetime = NOW) -> Manifest:
    with sample.open() as archive:
        return verify(archive, signers, now)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_refused(sample: Sample, attack: Attack) -> None:
    assert check(sample, sample.signers) == sample.manifest
    attack.file(sample)
    with pytest.raises(BundleNotTrusted) as refusal:
        check(sample, attack.signers(sample.signers), attack.now)
    assert attack.says in refusal.value.message
    assert str(sample.path) in refusal.value.message
    assert refusal.value.exit_code == 5 and refusal.value.remedy


def test_genuine_entries_rewritten_are_still_genuine(sample: Sample) -> None:
    """The attacks' own tools change nothing by themselves."""
    before = sample.path.read_bytes()
    rewrite(sample.path, entries(sample.path))
    assert sample.path.read_bytes() == before


def test_every_cut_is_noticed(sample: Sample) -> None:
    whole = sample.path.read_bytes()
    for length in {*range(0, len(whole), 509), *(len(whole) - n for n in (1, 2, 511, 512, 513, 1023, 1024, 1025))}:
        sample.path.write_bytes(whole[:length])
        with pytest.raises(BundleNotTrusted):
            check(sample, sample.signers)


def test_every_flipped_byte_is_noticed(sample: Sample) -> None:
    """In each region: every 16th byte of a header, every one of the signature, some of a content, and of padding."""
    whole = sample.path.read_bytes()
    regions = {*range(len(whole) - 1024, len(whole), 64)}
    with tarfile.open(sample.path) as tar:
        for entry in tar:
            end = entry.offset_data + entry.size
            after = entry.offset_data + layout.padded(entry.size)
            regions |= {*range(entry.offset, entry.offset_data, 16), *range(end, after, 37)}
            regions |= {entry.offset_data, entry.offset_data + entry.size // 2, end - 1}
            if entry.name == layout.SIGNATURE:
                regions |= {*range(entry.offset_data, end)}
    for at in sorted(regions):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        sample.path.write_bytes(changed)
        with pytest.raises(BundleNotTrusted):
            check(sample, sample.signers)


def test_trust_reads_no_blob(sample: Sample) -> None:
    """The quick answer lets an altered blob pass, and nothing else: it is for looking, not for installing."""
    blob_altered(sample)
    with sample.open() as archive:
        assert trust(archive, sample.signers, NOW) == sample.manifest


def test_another_hint_for_a_newer_format(sample: Sample) -> None:
    resigned(newer_format)(sample)
    with pytest.raises(BundleNotTrusted) as refusal:
        check(sample, sample.signers)
    assert "newer one" in refusal.value.remedy


def test_a_bundle_is_trusted_until_its_signer_expires(sample: Sample) -> None:
    signers = with_option('valid-before="20261123120000Z"')(sample.signers)
    assert check(sample, signers, datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)) == sample.manifest
    with pytest.raises(BundleNotTrusted):
        check(sample, signers, datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC))


def test_damage_while_reading_is_no_traceback(sample: Sample) -> None:
    with sample.open() as archive:
        with sample.path.open("r+b") as file:
            file.truncate(30_000)
        with pytest.raises(BundleNotTrusted, match="became shorter"):
            verify(archive, sample.signers, NOW)


def test_a_random_file_of_any_kind_is_no_traceback(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(*reversed([io.BytesIO(b""), tarfile.TarInfo("bundle.json")]))
    for content in (buffer.getvalue(), b"\x7fELF" * 200, "版本".encode() * 300, b"\xff" * 512):
        path = tmp_path / "file"
        path.write_bytes(content)
        with pytest.raises(BundleNotTrusted, match="is not a bundle"):
            Archive.open(path)
