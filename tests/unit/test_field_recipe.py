"""`bundles/field`: what its own components ask of a cluster, as the real helm renders them for the platform's profiles.

Nothing of it runs here: upstream's images cannot be had. docs/field.md says what was tried of which part.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from core_manifest import ROOT, manifest_of
from every import every
from field_sample import COMPONENTS, NAMES, PROFILES, placed, pods, rendered, site
from rendering import needs_helm

from installer.builder import reading
from installer.render import charts, secrets, templates

OWN = {name: (COMPONENTS / name / "component.yaml").read_text() for name in NAMES}
CASES = [(profile, name) for profile in PROFILES for name in NAMES]


def test_each_component_of_the_field_stands_in_each_profile() -> None:
    for profile in PROFILES:
        assert sorted({component.name for _, component in placed(profile)}) == NAMES


def test_images_are_upstreams_own_and_no_lock_invents_their_digests() -> None:
    for part in reading.load(ROOT / "bundles/field").parts:
        if part.name in NAMES:
            for image in part.listed("images"):
                (source,) = (each["oci"] for each in part.listed("sources") if each["name"] == image["from"])
                assert source == {"image": image["name"], "tag": image["tag"]}
    lock = ROOT / "bundles/field/bundle.lock.yaml"
    assert not lock.exists() or not re.search(r"sha256:(.)\1{63}", lock.read_text())


def test_values_are_those_that_the_chart_knows_and_uses() -> None:
    def holds(case: tuple[str, str]) -> None:
        profile, name = case
        environment, component = next(each for each in placed(profile) if each[1].name == name)
        given = charts.values(component, site(profile).seen(environment, component))
        folder = COMPONENTS / name / "chart"
        known = yaml.safe_load((folder / "values.yaml").read_text())
        texts = [path.read_text() for path in folder.glob("*/**/*") if path.is_file()]
        used = {word for text in texts for word in re.findall(r"\.Values\.(\w+)", text)}
        assert set(given) <= set(known)
        assert used == set(known)

    every(CASES, holds)


def test_secrets_and_what_is_published_can_be_filled() -> None:
    def holds(case: tuple[str, str]) -> None:
        profile, name = case
        environment, component = next(each for each in placed(profile) if each[1].name == name)
        names = site(profile).seen(environment, component)
        assert set(secrets.placeholders(component, names)) == set(component.spec.get("secrets", {}))
        for text in component.spec.get("publishes", {}).values():
            assert templates.fill(component, text, names).strip()

    every(CASES, holds)


@needs_helm
def test_pods_run_upstreams_images_without_rights_and_within_bounds() -> None:
    held = {image.reference for image in manifest_of("field").artifacts("image")}

    def holds(case: tuple[str, str]) -> None:
        found = list(pods(rendered(*case)))
        assert found
        for pod in found:
            assert pod["securityContext"]["runAsNonRoot"]
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for container in (*pod.get("initContainers", ()), *pod["containers"]):
                assert container["image"] in held
                assert container["securityContext"] == {
                    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]}}  # fmt: skip
                assert {"cpu", "memory"} <= set(container["resources"]["requests"])
                assert "memory" in container["resources"]["limits"]

    every(CASES, holds)


@needs_helm
def test_what_pods_mount_and_read_is_there() -> None:
    """A Secret or ConfigMap that nothing makes keeps a pod waiting for ever, and no API server says so."""

    def holds(case: tuple[str, str]) -> None:
        profile, name = case
        environment, component = next(each for each in placed(profile) if each[1].name == name)
        objects = rendered(*case)
        consumed = site(profile).wiring.consumed(environment.name, name)
        secret = {
            *component.spec.get("secrets", {}),
            *(each["spec"]["secretName"] for each in objects if each["kind"] == "Certificate"),
            *(edge.role for edge in consumed),
        }
        maps = {each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap"}
        for pod in pods(objects):
            volumes = pod.get("volumes", ())
            assert {each["secret"]["secretName"] for each in volumes if "secret" in each} <= secret
            assert {each["configMap"]["name"] for each in volumes if "configMap" in each} <= maps
            for container in (*pod.get("initContainers", ()), *pod["containers"]):
                for variable in container.get("env", ()):
                    wanted = variable.get("valueFrom", {}).get("secretKeyRef")
                    assert wanted is None or wanted["name"] in secret
                named = {each["name"] for each in volumes} | claims(objects)
                assert {each["name"] for each in container["volumeMounts"]} <= named

    every(CASES, holds)


def claims(objects: tuple[dict[str, Any], ...]) -> set[str]:
    wanted = [claim for each in objects for claim in each.get("spec", {}).get("volumeClaimTemplates", ())]
    return {claim["metadata"]["name"] for claim in wanted}


@needs_helm
def test_copies_stand_apart_and_go_one_at_a_time_where_any_host_may_be_lost() -> None:
    def holds(name: str) -> None:
        objects = rendered("platform-ha", name)
        for each in objects:
            if each["kind"] in ("StatefulSet", "Deployment"):
                assert each["spec"]["replicas"] > 1
                apart = each["spec"]["template"]["spec"]["topologySpreadConstraints"][0]
                assert apart["topologyKey"] == "kubernetes.io/hostname"
        assert [each["spec"]["maxUnavailable"] for each in objects if each["kind"] == "PodDisruptionBudget"] == [1]

    every(NAMES, holds)
