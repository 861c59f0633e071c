"""The completeness proof: whatever names an image, the bundle has it, or the build fails naming both.

The bundle's helm is a script here that prints templates as helm does; `bundles/core` is proved with the real one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from build_sample import silent, write_recipe

from installer.builder import build
from installer.bundle.manifest import Artifact, Blob, Component, Manifest
from installer.bundle.sshsig import generate_key
from installer.errors import BuildFailed
from installer.render.images import Needed, images_in, lacking, printed

HELM = """#!/bin/sh
# template NAME CHART --namespace NS --values FILE ...
set -eu
[ "$1" = template ] && [ "$4" = --namespace ] && [ "$6" = --values ]
folder=$(dirname "$3")
tar -xzf "$3" -C "$folder"
for template in "$folder/$2"/templates/*; do
  echo "---"
  echo "# Source: $2/templates/$(basename "$template")"
  sed "s|VALUES|$(cat "$7")|" "$template"
done
"""
POD = "kind: Pod\nspec:\n  containers:\n  - image: IMAGE\n"
HELD = "registry.sitewright.internal/page:v1"
PROFILE = """
version: 1
site: {name: small}
access: {user: root, private_key: ~/key, known_hosts: ~/known}
trust: {signers: ~/signers}
hosts:
  - {name: cp-1, address: 10.0.0.1}
environments:
  - {name: production, control_planes: [cp-1]}
"""


def pod(image: str) -> str:
    return POD.replace("IMAGE", image)


def part(**more: Any) -> Mapping[str, Any]:
    beside = {
        "web/helm": HELM,
        "chart/Chart.yaml": "name: page\nversion: 1.0.0\n",
        "chart/templates/pod.yaml": pod(HELD),
    }
    return {
        "name": "page",
        "sources": [{"name": "page", "path": {"path": "web"}}],
        "images": [{"name": "registry.sitewright.internal/page", "tag": "v1", "layers": [{"from": "page"}]}],
        "files": [{"name": "helm", "from": "page", "file": "helm"}],
        "charts": [{"name": "page", "path": "chart"}],
        "chart": {"name": "page", "namespace": "pages"},
        **more,
        "beside": {**beside, **more.get("beside", {})},
    }


def built(tmp_path: Path, component: Mapping[str, Any], profile: str = "") -> Path:
    folder = write_recipe(tmp_path / "small", component, **({"profiles": ["own.yaml"]} if profile else {}))
    (folder / "own.yaml").write_text(profile)
    generate_key(tmp_path / "key")
    build.lock_recipe(folder, silent, cache=tmp_path / "cache")
    return build.build(folder, tmp_path / "key", silent, cache=tmp_path / "cache")


@pytest.mark.parametrize("profile", ["", PROFILE])
def test_a_bundle_that_has_every_image_is_built(tmp_path: Path, profile: str) -> None:
    assert built(tmp_path, part(also=[HELD], objects=["x.yaml"], beside={"x.yaml": pod(HELD)}), profile).is_file()


@pytest.mark.parametrize("profile", ["", PROFILE])
def test_a_chart_that_names_another_image_fails_the_build(tmp_path: Path, profile: str) -> None:
    beside = {"chart/templates/pod.yaml": pod("docker.io/library/busybox:1")}
    with pytest.raises(BuildFailed, match=r"docker.io/library/busybox:1, which the bundle lacks") as failure:
        built(tmp_path, part(beside=beside), profile)
    assert failure.value.message.startswith("page: page/templates/pod.yaml")
    assert not (tmp_path / "cache/bundles").exists()


def test_an_image_that_only_the_values_of_a_profile_name_is_found(tmp_path: Path) -> None:
    chart = {"name": "page", "namespace": "pages", "values": "values.yaml"}
    beside = {"chart/templates/pod.yaml": POD.replace("image: IMAGE", "VALUES"),
              "values.yaml": "image: registry.{{ environment }}/ghost:v1"}  # fmt: skip
    with pytest.raises(BuildFailed, match=r"image registry.production/ghost:v1"):
        built(tmp_path, part(chart=chart, beside=beside), PROFILE)


def test_values_that_are_no_mapping_fail_the_build(tmp_path: Path) -> None:
    chart = {"name": "page", "namespace": "pages", "values": "values.yaml"}
    with pytest.raises(BuildFailed, match=r"component page, values.yaml: values are not a mapping"):
        built(tmp_path, part(chart=chart, beside={"values.yaml": "just a text\n"}), PROFILE)


def test_an_image_that_an_object_names_is_found(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"x.yaml names image ghost:v1"):
        built(tmp_path, part(objects=["x.yaml"], beside={"x.yaml": pod("ghost:v1")}), PROFILE)


def test_an_image_of_a_pod_in_a_file_on_a_host_is_found(tmp_path: Path) -> None:
    host = {"texts": [{"text": "pod.yaml", "path": "/etc/sitewright/pods/pod.yaml", "mode": "0644"}]}
    with pytest.raises(BuildFailed, match=r"pod.yaml names image ghost-cp-1:v1"):
        built(tmp_path, part(host=host, beside={"pod.yaml": pod("ghost-{{ host.name }}:v1")}), PROFILE)


def test_an_image_that_a_program_names_by_flag_is_listed_and_found(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"component.yaml, also names image ghost:v1"):
        built(tmp_path, part(also=["ghost:v1"]))


def test_an_object_that_is_not_yaml_once_rendered_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"page: x.yaml: is not YAML once rendered"):
        built(tmp_path, part(objects=["x.yaml"], beside={"x.yaml": "a: {{ '[' }}"}), PROFILE)


def test_charts_without_a_helm_to_render_them_fail_the_build(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"no host file named helm"):
        built(tmp_path, part(files=[]))


def test_images_are_found_however_deep_a_pod_template_lies() -> None:
    spec = {"initContainers": [{"image": "a"}], "containers": [{"image": "b"}], "ephemeralContainers": [{"image": "c"}]}
    cron = {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}, "image": "not-a-container"}
    assert list(images_in([{"items": [cron]}, None, "text", {"containers": "odd"}])) == ["a", "b", "c"]


def test_an_image_may_be_named_by_tag_or_by_digest() -> None:
    image = Artifact("image", "a.b/c", "v1", Blob("sha256:1", 1), ())
    manifest = Manifest("x", "1", "amd64", "v1.36.3", (Component("p", "1", (image,)),))
    names = ("a.b/c:v1", "a.b/c@sha256:1", "a.b/c", "a.b/c:v2", "a.b/c@sha256:2")
    absent = lacking(manifest, {Needed("p", "x", name) for name in names})
    assert [needed.image for needed in absent] == ["a.b/c", "a.b/c:v2", "a.b/c@sha256:2"]


def test_what_helm_prints_is_told_apart_by_template() -> None:
    said = (
        "---\n# Source: c/templates/a.yaml\na: '---'\n---\n# Source: c/templates/b.yaml\nb: 1\n---\n# just a comment\n"
    )
    assert [name for name, _ in printed(said)] == ["c/templates/a.yaml", "c/templates/b.yaml"]
