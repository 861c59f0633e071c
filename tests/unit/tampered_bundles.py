"""Bundles that somebody has changed: each attack changes one, and says what has to be told of it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bundle_sample import NOW, Sample
from tampering import entries, new_entry, rewrite, with_content

from installer.bundle import layout
from installer.bundle.manifest import Blob
from installer.bundle.manifest_json import encode
from installer.bundle.sshsig import UNSIGNED, generate_key, sign
from installer.bundle.writing import put_signature


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
