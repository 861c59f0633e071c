"""OCI manifests are read in one way only: what readers could understand differently is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from installer.bundle import oci_manifest
from installer.bundle.manifest import Blob

CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "a" * 64, "size": 2}
LAYER = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:" + "b" * 64, "size": 3}
WHOLE: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": CONFIG,
    "layers": [LAYER],
    "annotations": {"org.opencontainers.image.created": "1970-01-01T00:00:00Z"},
}


def test_the_config_comes_first_and_then_the_layers() -> None:
    read = oci_manifest.descriptors(json.dumps(WHOLE, indent=3).encode())
    assert read == (Blob(str(CONFIG["digest"]), 2), Blob(str(LAYER["digest"]), 3))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({**WHOLE, "Layers": []}, "unknown field 'Layers'"),
        ({**WHOLE, "layerS": []}, "unknown field 'layerS'"),
        ({**WHOLE, "CONFIG": LAYER}, "unknown field 'CONFIG'"),
        ({**WHOLE, "config": {**CONFIG, "Digest": "x"}}, "a descriptor has the unknown field 'Digest'"),
        ({**WHOLE, "layers": [{**LAYER, "urls": ["https://example.org/x"]}]}, "unknown field 'urls'"),
        ({**WHOLE, "layers": [{**LAYER, "data": "e30="}]}, "unknown field 'data'"),
        ({**WHOLE, "manifests": []}, "unknown field 'manifests'"),
        ({**WHOLE, "subject": LAYER}, "unknown field 'subject'"),
        ({**WHOLE, "schemaVersion": 1}, "schema version 1"),
        ({**WHOLE, "mediaType": "application/vnd.oci.image.index.v1+json"}, "media type"),
        ({**WHOLE, "layers": {}}, "its layers are no list"),
        ({**WHOLE, "layers": [LAYER, None]}, "a descriptor is not an object"),
        ({**WHOLE, "layers": [{**LAYER, "size": True}]}, "without digest and size"),
        ({**WHOLE, "layers": [{**LAYER, "size": 3.0}]}, "without digest and size"),
        ({**WHOLE, "layers": [{**LAYER, "digest": 7}]}, "without digest and size"),
        ({**WHOLE, "schemaVersion": 2.0}, "schema version 2.0"),
        ({**WHOLE, "artifactType": 7}, "it has the artifactType 7, which is no text"),
        ({**WHOLE, "layers": [{**LAYER, "mediaType": None}]}, "a descriptor has the mediaType None, which is no text"),
        ({**WHOLE, "annotations": {"a": 1}}, "it has annotations that are no texts"),
        ({**WHOLE, "annotations": {"a": {"b": "c"}}}, "it has annotations that are no texts"),
        ({**WHOLE, "annotations": ["a"]}, "it has annotations that are no texts"),
        ({**WHOLE, "layers": [{**LAYER, "annotations": "a"}]}, "a descriptor has annotations that are no texts"),
        ({**WHOLE, "annotations": {"a": "\ud800"}}, "not JSON"),
        ({**WHOLE, "annotations": {"a": float("nan")}}, "not JSON: NaN is no number"),
        ({key: value for key, value in WHOLE.items() if key != "config"}, "has no config"),
        ([], "is not an object"),
    ],
)
def test_what_could_be_read_otherwise_is_refused(content: Any, says: str) -> None:
    with pytest.raises(oci_manifest.Malformed, match=says):
        oci_manifest.descriptors(json.dumps(content).encode())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps(WHOLE).replace('"layers"', '"layers": [], "layers"').encode(), "key 'layers' is there twice"),
        (json.dumps(WHOLE).replace('"size"', '"size": 9, "size"').encode(), "key 'size' is there twice"),
        (json.dumps(WHOLE).encode() + b"{}", "not JSON"),
        (json.dumps(WHOLE).encode("utf-16"), "not JSON"),
        (b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(), "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"layers":' + b"9" * 5000 + b"}", "not JSON"),
        (b"", "not JSON"),
    ],
    ids=["layers twice", "size twice", "more behind it", "UTF-16", "a byte order mark", "deep", "endless", "nothing"],
)
def test_what_is_no_plain_json_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(oci_manifest.Malformed, match=says):
        oci_manifest.descriptors(content)
