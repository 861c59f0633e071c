"""What somebody might do to a bundle between the vendor and the site; each is refused, and the refusal says why."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bundle_sample import NOW, Sample, make_sample
from tampering import entries, new_entry, rewrite, with_content

from installer.bundle import layout
from installer.bundle.archive import Archive
from installer.bundle.manifest import Blob, Manifest
from installer.bundle.manifest_json import encode
from installer.bundle.sshsig import UNSIGNED, generate_key, sign
from installer.bundle.verify import trust, verify
from installer.bundle.writing import put_signature
from installer.errors import BundleNotTrusted


def appended(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = "") -> Callable[[Sample], None]:
    def attack(sample: Sample) -> None:
        rewrite(sample.path, entries(sample.path) + new_entry(name, data, kind, target))

    return attack


def replaced(name: str, change: Callable[[bytes], bytes]) -> Callable[[Sample], None]:
    def attack(sample: Sample) -> None:
        content = entries(sample.path)
        old = next(data for entry, data in content if entry.name == name)
        rewrite(sample.path, with_content(content, name, change(old)))

    return attack


def kubelet(sample: Sample) -> Blob:
    return sample.manifest.component("kubernetes").artifact("file", "kubelet").file


def chart(sample: Sample) -> Blob:
    return sample.manifest.component("shop").artifact("chart", "shop").file


def resigned(change: Callable[[bytes], bytes]) -> Callable[[Sample], None]:
    """Another bundle.json, rightly signed by the vendor."""

    def attack(sample: Sample) -> None:
        data = change(encode(sample.manifest))
        content = with_content(entries(sample.path), layout.BUNDLE_JSON, data)
        rewrite(sample.path, with_content(content, layout.SIGNATURE, sign(data, sample.key)))

    return attack


def newer_format(data: bytes) -> bytes:
    return json.dumps(json.loads(data) | {"format": 2, "hitherto": "unknown"}).encode()


def signed_by_another(sample: Sample) -> None:
    other = sample.path.with_name("other")
    generate_key(other)
    signature = sign(encode(sample.manifest), other)
    rewrite(sample.path, with_content(entries(sample.path), layout.SIGNATURE, signature))


def signed_before(sample: Sample) -> None:
    """The vendor's signature of an earlier bundle."""
    earlier = encode(replace(sample.manifest, version="0.9.0"))
    rewrite(sample.path, with_content(entries(sample.path), layout.SIGNATURE, sign(earlier, sample.key)))


def blob_missing(sample: Sample) -> None:
    name = layout.blob_name(kubelet(sample).digest)
    rewrite(sample.path, [pair for pair in entries(sample.path) if pair[0].name != name])


def blob_added(sample: Sample) -> None:
    extra = layout.blob_name("sha256:" + "0" * 64)
    content = entries(sample.path)
    rewrite(sample.path, content[: len(layout.FIRST)] + new_entry(extra, b"more") + content[len(layout.FIRST) :])


def blobs_swapped(sample: Sample) -> None:
    content = entries(sample.path)
    one, other = layout.blob_name(kubelet(sample).digest), layout.blob_name(chart(sample).digest)
    held = {entry.name: data for entry, data in content}
    rewrite(sample.path, with_content(with_content(content, one, held[other]), other, held[one]))


def blob_altered(sample: Sample) -> None:
    blob = kubelet(sample)
    data = b"K" + b"k" * (blob.size - 1)
    rewrite(sample.path, with_content(entries(sample.path), layout.blob_name(blob.digest), data))


def blob_cut(sample: Sample) -> None:
    blob = kubelet(sample)
    rewrite(sample.path, with_content(entries(sample.path), layout.blob_name(blob.digest), b"k" * (blob.size - 1)))


def digests_swapped(sample: Sample) -> None:
    """Rightly signed, but the OCI manifest of the chart names another blob than bundle.json does."""
    shop = sample.manifest.component("shop")
    wrong = replace(shop.artifacts[0], blobs=(shop.artifacts[0].blobs[0], kubelet(sample)))
    components = (sample.manifest.components[0], replace(shop, artifacts=(wrong,)))
    sample.write(replace(sample.manifest, components=components))


def manifest_not_oci(sample: Sample) -> None:
    shop = sample.manifest.component("shop")
    wrong = replace(shop.artifacts[0], manifest=sample.blobs.add(b"[1, 2"))
    sample.write(
        replace(sample.manifest, components=(sample.manifest.components[0], replace(shop, artifacts=(wrong,))))
    )


def manifest_of_another_kind(sample: Sample) -> None:
    shop = sample.manifest.component("shop")
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    document = json.loads(sample.blobs.path(shop.artifacts[0].manifest.digest).read_bytes()) | {"mediaType": docker}
    wrong = replace(shop.artifacts[0], manifest=sample.blobs.add(json.dumps(document).encode()))
    sample.write(
        replace(sample.manifest, components=(sample.manifest.components[0], replace(shop, artifacts=(wrong,))))
    )


def described(change: Callable[[str], str]) -> Callable[[Sample], None]:
    """Rightly signed, with another OCI manifest of the chart."""

    def attack(sample: Sample) -> None:
        shop = sample.manifest.component("shop")
        text = change(sample.blobs.path(shop.artifacts[0].manifest.digest).read_text())
        wrong = replace(shop.artifacts[0], manifest=sample.blobs.add(text.encode()))
        sample.write(
            replace(sample.manifest, components=(sample.manifest.components[0], replace(shop, artifacts=(wrong,))))
        )

    return attack


def cut_to(share: float) -> Callable[[Sample], None]:
    def attack(sample: Sample) -> None:
        whole = sample.path.read_bytes()
        sample.path.write_bytes(whole[: int(len(whole) * share)])

    return attack


def with_option(option: str) -> Callable[[str], str]:
    return lambda text: text.replace(" ", f" {option},", 1)


def out_of_order(sample: Sample) -> None:
    content = entries(sample.path)
    rewrite(sample.path, [*content[:-2], content[-1], content[-2]])


def set_content(data: bytes) -> Callable[[Sample], None]:
    return lambda sample: (sample.path.write_bytes(data), None)[1]


def added_after_end(sample: Sample) -> None:
    sample.path.write_bytes(sample.path.read_bytes() + b"more")


def hidden_in_header(sample: Sample) -> None:
    content = entries(sample.path)
    content[-1][0].uname = "root"
    rewrite(sample.path, content)


def hidden_in_padding(sample: Sample) -> None:
    data = bytearray(sample.path.read_bytes())
    data[layout.BLOCK + len(layout.OCI_LAYOUT_BYTES)] = 1
    sample.path.write_bytes(data)


def negative_size(sample: Sample) -> None:
    """Minus one byte, in the binary form of large sizes."""
    block = bytearray(layout.header(BLOB, 0))
    block[124:136] = b"\xff" * 12
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    sample.path.write_bytes(sample.path.read_bytes()[: -len(layout.END)] + block + layout.END)


GENUINE = "sitewright-bundle"


@dataclass(frozen=True)
class Attack:
    """What is done to the bundle or to the list of signers, and what the refusal must say."""

    name: str
    says: str
    file: Callable[[Sample], None] = lambda sample: None
    signers: Callable[[str], str] = lambda text: text
    now: datetime = NOW


BLOB = "blobs/sha256/" + "1" * 64

ATTACKS = [
    # who signed
    Attack("signed with a key nobody allows", "not allowed to sign as 'vendor'", signed_by_another),
    Attack("no signers at all", "not allowed to sign as 'vendor'", signers=lambda text: ""),
    Attack("signer of another name", "not allowed", signers=lambda text: text.replace("vendor ", "builder ", 1)),
    Attack("signer expired", "valid only before 2026-01-01", signers=with_option('valid-before="20260101Z"')),
    Attack("signer not yet valid", "valid only after 2027-01-01", signers=with_option('valid-after="20270101Z"')),
    Attack("signer for another namespace", "may not sign for", signers=lambda text: text.replace(GENUINE, "file")),
    Attack("unreadable line before the signer", "line 1 of the", signers=lambda text: "vendor any thing\n" + text),
    Attack("signature of an earlier bundle", "not of this content", signed_before),
    Attack("not signed yet", "is not signed", lambda sample: put_signature(sample.path, UNSIGNED)),
    Attack("signature missing", "malformed", replaced(layout.SIGNATURE, lambda data: b"")),
    Attack("signature cut", "malformed", replaced(layout.SIGNATURE, lambda data: data[:100])),
    # what was signed
    Attack("bundle.json with a blank more", "not of this content", replaced(layout.BUNDLE_JSON, lambda d: d + b" ")),
    Attack("bundle.json of a newer format", "has format 2; this sitewright reads up to", resigned(newer_format)),
    Attack("bundle.json signed but malformed", "is not JSON", resigned(lambda data: data[:-3])),
    Attack("bundle.json signed with an unknown field", "unknown field 'run'",
           resigned(lambda d: json.dumps(json.loads(d) | {"run": "sh"}).encode())),
    Attack("OCI manifest names another blob", "names other blobs", digests_swapped),
    Attack("OCI manifest is none", "malformed", manifest_not_oci),
    Attack("OCI manifest of another kind", "media type", manifest_of_another_kind),
    Attack("OCI manifest with layers twice", "key 'layers' is there twice",
           described(lambda text: text.replace('"layers"', '"layers": [], "layers"'))),
    Attack("OCI manifest with Layers beside layers", "unknown field 'Layers'",
           described(lambda text: text[:-1] + ', "Layers": []}')),
    Attack("bundle.json signed in another spelling", "not written in the one form", resigned(lambda data: b" " + data)),
    # what is in the file
    Attack("blob altered", "is altered", blob_altered),
    Attack("blob shorter", "69999 bytes, signed are 70000", blob_cut),
    Attack("blobs swapped", "bytes, signed are", blobs_swapped),
    Attack("blob missing", "of files.sitewright.internal/kubelet:v1.36.3 is missing", blob_missing),
    Attack("blob added", "does not name", blob_added),
    Attack("index.json points elsewhere", "index.json does not agree",
           replaced(layout.INDEX, lambda data: data.replace(b"pause", b"cause"))),
    Attack("oci-layout altered", "oci-layout is altered", replaced(layout.OCI_LAYOUT, lambda data: b"{}")),
    Attack("bill of materials altered", "sbom.cdx.json is altered", replaced(layout.SBOM, lambda data: b"{}")),
    # the form of the file
    Attack("entry that no bundle has", "unknown entry 'run.sh'", appended("run.sh", b"rm -rf /")),
    Attack("name that climbs out", "points outside", appended("blobs/sha256/../../../etc/passwd", b"root")),
    Attack("absolute name", "points outside", appended("/etc/passwd", b"root")),
    Attack("symbolic link", "is a link", appended(BLOB, kind=tarfile.SYMTYPE, target="/etc/shadow")),
    Attack("hard link", "is a link", appended(BLOB, kind=tarfile.LNKTYPE, target="bundle.json")),
    Attack("folder", "unknown entry 'blobs'", appended("blobs", kind=tarfile.DIRTYPE)),
    Attack("device", "not a plain file", appended(BLOB, kind=tarfile.CHRTYPE)),
    Attack("long name in an entry of its own", "unknown entry", appended("././@LongLink", b"x", b"L")),
    Attack("bundle.json a second time", "'bundle.json' is there twice", appended("bundle.json", b"{}")),
    Attack("entries in another order", "not in the order", out_of_order),
    Attack("an owner in a header", "not a plain file as a bundle has them", hidden_in_header),
    Attack("bytes between entries", "padding", hidden_in_padding),
    Attack("data after the end", "data after its end", added_after_end),
    Attack("negative size", "negative size", negative_size),
    Attack("empty file", "is empty", set_content(b"")),
    Attack("one block of zeros", "ends too early", set_content(bytes(512))),
    Attack("zeros alone", "has no oci-layout", set_content(bytes(1024))),
    Attack("not a tar", "is not a bundle", set_content(b"MZ" * 5000)),
    Attack("a few bytes", "is not a bundle", set_content(b"hello")),
    *(Attack(f"cut to {share:.1%}", "ends too early", cut_to(share)) for share in (0.05, 0.3, 0.5, 0.77, 0.9, 0.999)),
]  # fmt: skip


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
