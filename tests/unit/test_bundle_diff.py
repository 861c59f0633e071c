"""`bundle show` and `bundle diff`: every byte is counted once, and nothing that changed goes unnamed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bundle_sample import Blobs, sample_manifest

from installer.bundle.diff import Change, ComponentFigures, describe, difference
from installer.bundle.manifest import Component, Manifest


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path)


@pytest.fixture
def manifest(blobs: Blobs) -> Manifest:
    return sample_manifest(blobs)


def test_describe_counts_shared_blobs_once(manifest: Manifest) -> None:
    shown = describe(manifest)
    kubernetes, shop = manifest.components
    assert (shown.images, shown.charts, shown.files, shown.blobs) == (1, 1, 1, 8)
    assert shown.bytes == sum(blob.size for blob in manifest.blobs().values())
    assert shown.shared_bytes == len(b"{}")  # the config that chart and file have in common
    assert shown.components == (
        ComponentFigures("kubernetes", "v1.36.3", 1, 0, 1, sum(artifact.size for artifact in kubernetes.artifacts)),
        ComponentFigures("shop", "1.2.0", 0, 1, 0, shop.artifacts[0].size),
    )


def test_an_artifact_of_two_components_is_stored_once(manifest: Manifest) -> None:
    kubernetes, shop = manifest.components
    both = replace(manifest, components=(kubernetes, replace(shop, artifacts=kubernetes.artifacts[:1])))
    assert describe(both).bytes == describe(replace(manifest, components=(kubernetes,))).bytes
    assert describe(both).shared_bytes == 0


def test_no_difference(manifest: Manifest) -> None:
    found = difference(manifest, replace(manifest, version="1.0.1", digest="sha256:x"))
    assert found.nothing and found.unchanged == ("kubernetes", "shop")
    assert (found.new_bytes, found.dropped_bytes) == (0, 0)
    assert found.kept_bytes == describe(manifest).bytes


def test_components_come_and_go(manifest: Manifest, blobs: Blobs) -> None:
    file = blobs.artifact("file", "files.sitewright.internal/etcd", "v3", b"{}", [blobs.add(b"e" * 500)])
    new = replace(manifest, components=(manifest.components[0], Component("etcd", "v3", (file,))))
    found = difference(manifest, new)
    assert found.added == (("etcd", "v3"),)
    assert found.removed == (("shop", "1.2.0"),)
    assert found.changed == () and found.unchanged == ("kubernetes",)
    assert found.new_bytes == 500 + file.manifest.size
    assert found.dropped_bytes == manifest.components[1].artifacts[0].size - len(b"{}")
    assert found.kept_bytes + found.new_bytes == describe(new).bytes
    back = difference(new, manifest)
    assert (back.new_bytes, back.dropped_bytes) == (found.dropped_bytes, found.new_bytes)


def test_a_new_version_brings_only_new_blobs(manifest: Manifest, blobs: Blobs) -> None:
    kubernetes, shop = manifest.components
    image, file = kubernetes.artifacts
    newer = blobs.artifact("file", file.repository, "v1.37.2", b"{}", [blobs.add(b"K" * 80000)])
    upgraded = replace(kubernetes, version="v1.37.2", artifacts=(image, newer))
    found = difference(manifest, replace(manifest, kubernetes="v1.37.2", components=(upgraded, shop)))
    assert found.kubernetes == ("v1.36.3", "v1.37.2")
    assert found.changed == (
        Change(
            name="kubernetes",
            before="v1.36.3",
            after="v1.37.2",
            new_bytes=80000 + newer.manifest.size,
            artifacts=("files.sitewright.internal/kubelet:v1.37.2",),
            dropped=("files.sitewright.internal/kubelet:v1.36.3",),
            settings=False,
        ),
    )
    assert found.new_bytes == found.changed[0].new_bytes


def test_the_same_release_built_otherwise_is_a_change(manifest: Manifest, blobs: Blobs) -> None:
    kubernetes, shop = manifest.components
    file = kubernetes.artifacts[1]
    rebuilt = blobs.artifact("file", file.repository, file.tag, b"{}", [blobs.add(b"k" * 70001)])
    found = difference(
        manifest,
        replace(manifest, components=(replace(kubernetes, artifacts=(kubernetes.artifacts[0], rebuilt)), shop)),
    )
    assert found.changed[0].artifacts == (file.reference,) and found.changed[0].dropped == ()
    assert found.changed[0].before == found.changed[0].after and not found.nothing


def test_a_changed_setting_is_a_change_without_bytes(manifest: Manifest) -> None:
    kubernetes, shop = manifest.components
    found = difference(
        manifest, replace(manifest, components=(kubernetes, replace(shop, texts={"values.yaml": "a: 1"})))
    )
    assert found.changed[0].settings and found.changed[0].artifacts == () and found.new_bytes == 0


def test_another_architecture_is_a_difference(manifest: Manifest) -> None:
    found = difference(manifest, replace(manifest, architecture="arm64"))
    assert not found.nothing and found.architecture == ("amd64", "arm64")
