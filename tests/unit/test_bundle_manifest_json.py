"""`bundle.json` says the same thing in the same bytes, and nothing malformed is read from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bundle_sample import Blobs, sample_manifest

from installer.bundle.manifest import Blob, Component, Exemption, Manifest
from installer.bundle.manifest_json import decode, encode
from installer.errors import BuildFailed, BundleNotTrusted

Document = dict[str, Any]


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return sample_manifest(Blobs(tmp_path))


def test_is_read_back_as_it_was(manifest: Manifest) -> None:
    data = encode(manifest)
    assert decode(data, "x") == replace(manifest, digest=Blob.of(data).digest)
    assert encode(decode(data, "x")) == data


def test_without_a_bill_of_materials(manifest: Manifest) -> None:
    assert decode(encode(replace(manifest, sbom=None)), "x").sbom is None


def test_bytes_do_not_depend_on_the_order_of_keys(manifest: Manifest) -> None:
    first, *rest = manifest.components
    specs = ({"always": True, "host": {"on": "all", "weight": 3}}, {"host": {"weight": 3, "on": "all"}, "always": True})
    one, other = (replace(manifest, components=(replace(first, spec=spec), *rest)) for spec in specs)
    assert encode(one) == encode(other)


def test_is_readable_json_of_format_1(manifest: Manifest) -> None:
    data = encode(manifest)
    document = json.loads(data)
    assert document["format"] == 1
    assert document["components"][0]["artifacts"][0]["repository"] == "registry.k8s.io/pause"
    assert "商店".encode() in data and data.endswith(b"}\n") and data.count(b"\n") == 1
    assert "digest" not in document


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"until": date(2026, 1, 1)}, "cannot be written as JSON"),
        ({"ratio": float("nan")}, "NaN is not a number"),
        ({"text": "\ud800"}, "surrogates"),
    ],
    ids=["a date", "not a number", "half a character"],
)
def test_what_json_has_no_word_for_fails_the_build(manifest: Manifest, spec: Document, says: str) -> None:
    with pytest.raises(BuildFailed, match=says):
        encode(replace(manifest, components=(Component("odd", "1", spec=spec),)))


def test_a_name_that_could_not_be_read_back_fails_the_build(manifest: Manifest) -> None:
    with pytest.raises(BuildFailed, match=r"name is 'two words'"):
        encode(replace(manifest, name="two words"))


def put(path: str, value: Any) -> Callable[[Document], None]:
    """Set the field at a dotted path."""

    def change(document: Document) -> None:
        *parents, last = path.split(".")
        at: Any = document
        for key in parents:
            at = at[int(key)] if isinstance(at, list) else at[key]
        if isinstance(at, list):
            at[int(last)] = value
        else:
            at[last] = value

    return change


def drop(name: str) -> Callable[[Document], None]:
    return lambda document: (document.pop(name), None)[1]


def twice(document: Document) -> None:
    document["components"] *= 2


def ambiguous(document: Document) -> None:
    first, second = document["components"]
    second["artifacts"][0] |= {key: first["artifacts"][0][key] for key in ("repository", "tag")}


ARTIFACT = "components.0.artifacts.0"

MALFORMED: list[tuple[str, Callable[[Document], None], str]] = [
    ("no name", drop("name"), "has no 'name'"),
    ("no format", drop("format"), "has no 'format'"),
    ("format as text", put("format", "1"), "format '1'"),
    ("format true", put("format", True), "format True"),
    ("format 0", put("format", 0), "format 0"),
    ("unknown field", put("extra", 1), "unknown field 'extra'"),
    ("unknown field below", put(f"{ARTIFACT}.url", "http://x"), "components.0.artifacts.0 has the unknown field 'url'"),
    ("name with a slash", put("name", "../core"), "name is '../core'"),
    ("version empty", put("version", ""), "version is ''"),
    ("architecture a number", put("architecture", 64), "architecture is 64"),
    ("components no list", put("components", {}), "components is not a list"),
    ("component no object", put("components.1", "shop"), "components.1 is not an object"),
    ("component twice", twice, "component kubernetes is there twice"),
    ("kind unknown", put(f"{ARTIFACT}.kind", "script"), "kind is 'script'"),
    ("repository without host", put(f"{ARTIFACT}.repository", "pause"), "repository is 'pause'"),
    ("repository climbing", put(f"{ARTIFACT}.repository", "x.io/../y"), "repository is 'x.io/../y'"),
    ("repository with newline", put(f"{ARTIFACT}.repository", "x.io/y\n"), "repository is"),
    ("tag with a blank", put(f"{ARTIFACT}.tag", "a b"), "tag is 'a b'"),
    ("digest in capitals", put(f"{ARTIFACT}.manifest.digest", "sha256:" + "A" * 64), "digest is"),
    ("digest of another kind", put(f"{ARTIFACT}.manifest.digest", "sha512:" + "a" * 128), "digest is"),
    ("size negative", put(f"{ARTIFACT}.manifest.size", -1), "size is -1"),
    ("size true", put(f"{ARTIFACT}.manifest.size", True), "size is True"),
    ("size broken", put(f"{ARTIFACT}.manifest.size", 1.5), "size is 1.5"),
    ("no blobs", put(f"{ARTIFACT}.blobs", []), "blobs is empty"),
    ("two sizes for a digest", put("components.0.artifacts.1.blobs.0.size", 3), "has two different sizes"),
    ("one reference for two artifacts", ambiguous, "registry.k8s.io/pause:3.10.2 is two different artifacts"),
    ("spec a list", put("components.0.spec", []), "components.0.spec is not an object"),
    ("text a number", put("components.0.texts", {"a": 1}), "components.0.texts.a is not a text"),
    ("sbom a text", put("sbom", "x"), "sbom is not an object"),
    ("sbom null", put("sbom", None), "sbom is not an object"),
    ("exemptions empty", put("exemptions", []), "exemptions is empty"),
    (
        "exemption for nobody",
        put("exemptions", [{"component": "x", "path": "/srv/x", "reason": "y"}]),
        "component x does not write /srv/x",
    ),
    ("name of a million letters", put("name", "a" * 1_000_000), "which cannot be one"),
    ("repository of a million letters", put(f"{ARTIFACT}.repository", "a.b/" + "c" * 1_000_000), "which cannot be one"),
    (
        "too many components",
        lambda document: document.update(components=document["components"] * 600),
        "components has 1200 entries, at most 1000",
    ),
    (
        "specification of a newer version",
        put("components.0.spec.version", 2),
        "component kubernetes: version: 2 is newer than this sitewright reads",
    ),
    (
        "unknown key in a specification",
        put("components.0.spec.host", {"unit": []}),
        "component kubernetes: host.unit: unknown key; did you mean 'units'?",
    ),
    (
        "a text that is not there",
        put("components.0.spec.objects", ["gone.yaml"]),
        "the component has no text 'gone.yaml'",
    ),
    (
        "a requirement that is not there",
        put("components.0.spec.requires", ["gone"]),
        "requires gone: not in the bundle",
    ),
    ("requirements in a circle", put("components.0.spec.requires", ["shop"]), "requires itself, by way of"),
]


@pytest.mark.parametrize(("change", "says"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_malformed(manifest: Manifest, change: Callable[[Document], None], says: str) -> None:
    document = json.loads(encode(manifest))
    change(document)
    with pytest.raises(BundleNotTrusted) as refusal:
        decode(json.dumps(document).encode(), "core.sitewright")
    assert says in refusal.value.message
    assert refusal.value.message.startswith("core.sitewright: bundle.json")


def placed(**changes: Any) -> dict[str, Any]:
    """A specification with one text on hosts, which is the component's own unless something is changed."""
    entry = {"text": "kubelet.service", "path": "/etc/systemd/system/kubelet.service", "mode": "0644"}
    return {"host": {"texts": [entry | changes]}}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (placed(path="/etc/passwd"), "/etc/passwd is where no component may write"),
        (placed(path="/etc/sitewright/x/../../shadow"), "is no plain absolute path"),
        (placed(path="/etc/sitewright/x/y\n"), "does not match"),
        (placed(path="/etc/sitewright/{each}/x"), "belong together"),
        (placed(path="/srv/x"), "is no place of component kubernetes"),
        (placed(mode="4755"), "does not match"),
        (placed(mode="0777"), "mode 0777 is more than 0755"),
        ({"host": {"units": ["ssh.service"]}}, "unit ssh.service is not brought by the component"),
        ({"host": {"units": ["-H.service"]}}, "does not match"),
        ({"host": {"units": ["a b.service"]}}, "does not match"),
        ({"host": {"leaves": ["/var/lib"]}}, "/var/lib is where no component may write"),
        ({"probes": [{"name": "../x", "title": "t", "url": "u", "ca": "/api/v1/x", "expect": "e"}]}, "does not match"),
        ({f"key-{n}": 1 for n in range(100_000)}, "unknown key"),
        ({"requires": ["x"] * 5000}, "requires"),
        ({"title": {"deep": "mapping"}}, "title: a mapping of 1, wanted a text"),
    ],
)
def test_a_signed_specification_that_asks_for_too_much_is_not_read(
    manifest: Manifest, spec: Document, says: str
) -> None:
    first, *rest = manifest.components
    document = json.loads(encode(manifest))
    document["components"][0]["spec"] = spec
    with pytest.raises(BundleNotTrusted) as refusal:
        decode(written(document), "core.sitewright")
    assert says in refusal.value.message
    assert "component kubernetes" in refusal.value.message
    assert len(refusal.value.message) < 1000
    with pytest.raises(BuildFailed):
        encode(replace(manifest, components=(replace(first, spec=spec), *rest)))


def written(document: Document, sort_keys: bool = True) -> bytes:
    return json.dumps(document, sort_keys=sort_keys, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    "respell",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: data.replace(b'":"', b'": "', 1),
        lambda data: data.replace("商".encode(), b"\\u5546"),
        lambda data: data.replace(b"core", b"c\\u006fre", 1),
        lambda data: data.replace(b'"requires"', b'"title":"\\ud800","requires"', 1),
        lambda data: written(dict(reversed(json.loads(data).items())), sort_keys=False),
        lambda data: json.dumps(json.loads(data), indent=2).encode() + b"\n",
    ],
    ids=["no newline", "two newlines", "a blank first", "a blank", "an escape", "an escaped letter", "half a pair",
         "keys in another order", "indented"],
)  # fmt: skip
def test_the_same_content_in_any_other_spelling_is_refused(
    manifest: Manifest, respell: Callable[[bytes], bytes]
) -> None:
    other = respell(encode(manifest))
    assert other != encode(manifest)
    with pytest.raises(BundleNotTrusted, match="not written in the one form"):
        decode(other, "x")


def test_what_would_take_a_reader_s_memory_is_refused_before_it_is_taken_apart() -> None:
    with pytest.raises(BundleNotTrusted, match="too large: some 6000"):
        decode(b'{"x":[' + b"[]," * 3_000_000 + b"[]]}", "x")


def test_exemptions_are_carried(manifest: Manifest) -> None:
    first, *rest = manifest.components
    changed = replace(first, spec=placed(path="/srv/kubelet/x"))
    given = replace(
        manifest,
        components=(changed, *rest),
        exemptions=(Exemption("kubernetes", "/srv/kubelet/x", "the customer's own folder"),),
    )
    assert decode(encode(given), "x").exemptions == given.exemptions


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not an object"),
        (b"null", "is not an object"),
        (b'{"format":1,"format":2}', "key 'format' is there twice"),
        (b'{"format":NaN}', "NaN is not a number"),
        (b'{"format":' + b"9" * 5000 + b"}", "is not JSON"),
    ],
    ids=["nothing", "not UTF-8", "deep", "a list", "null", "a key twice", "not a number", "an endless number"],
)
def test_no_document_at_all(data: bytes, says: str) -> None:
    with pytest.raises(BundleNotTrusted, match=says):
        decode(data, "x")


def test_a_newer_format_is_named_before_anything_else_is_looked_at() -> None:
    with pytest.raises(BundleNotTrusted) as refusal:
        decode(b'{"format":7,"wholly":"unknown"}', "x")
    assert refusal.value.message == "x: bundle.json has format 7; this sitewright reads up to format 1"
    assert "newer" in refusal.value.remedy
