"""Charts of bundles/parts: whole, secure, and given what they ask for; checked without helm, which the build has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT, manifest_of
from every import every
from test_core_components import answers

from installer.bundle.manifest import Manifest
from installer.probes import declared
from installer.render import charts, context, secrets, templates

FOLDERS = sorted(path.parent for path in (ROOT / "bundles/parts").glob("*/chart"))
FORMS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def platform() -> Manifest:
    return manifest_of("platform")


def seen(name: str, hosts: int) -> dict[str, Any]:
    """What a part's templates see in a site of one environment with so many hosts, where each role is filled."""
    manifest, said = platform(), answers(hosts)
    component = manifest.component(name)
    filled = {role: dict.fromkeys(parts[0].spec.get("publishes", ()), f"{role}.invalid:1")
              for role, parts in manifest.filling.items()}  # fmt: skip
    names = context.context(said, said.environments[0], manifest)
    return context.for_component(names, said.environments[0], component, filled)


def name_of(folder: Path) -> str:
    return folder.name


def sources(folder: Path) -> Iterator[str]:
    return (path.read_text() for path in sorted((folder / "chart/templates").glob("*")))


@pytest.mark.parametrize("hosts", [1, 3])
def test_values_are_those_that_the_chart_knows(hosts: int) -> None:
    def holds(folder: Path) -> None:
        component = platform().component(folder.name)
        given = charts.values(component, seen(folder.name, hosts))
        known = yaml.safe_load((folder / "chart/values.yaml").read_text())
        assert set(given) <= set(known), "values that the chart has no default for"
        held = {image.reference for image in platform().artifacts("image")}
        named = re.findall(r"registry\.sitewright\.internal/\S+:[\w.-]+", yaml.safe_dump(given))
        assert named, "the chart would choose its images itself"
        assert set(named) <= held

    every(FOLDERS, holds, name_of)


def test_charts_use_no_value_without_a_default() -> None:
    def holds(folder: Path) -> None:
        known = yaml.safe_load((folder / "chart/values.yaml").read_text())
        used = {word for text in sources(folder) for word in re.findall(r"\.Values\.(\w+)", text)}
        assert used - set(known) == set()
        assert set(known) - used == set()

    every(FOLDERS, holds, name_of)


def test_secrets_publications_and_probes_can_be_filled() -> None:
    def holds(folder: Path) -> None:
        component, names = platform().component(folder.name), seen(folder.name, 3)
        made = secrets.placeholders(component, names)
        for text in component.spec.get("publishes", {}).values():
            assert templates.fill(component, text, names).strip()
        assert component.spec.get("publishes", {}).get("secret", next(iter(made), "")) in {*made, ""}
        assert all(probe["title"] for probe in declared.specs(component, names))

    every(FOLDERS, holds, name_of)


def test_workloads_run_without_rights_and_within_bounds() -> None:
    def holds(folder: Path) -> None:
        for text in sources(folder):
            for document in re.split(r"^---$", text, flags=re.MULTILINE):
                if re.search(rf"^kind: ({'|'.join(FORMS)})$", document, flags=re.MULTILINE):
                    bounded(document)

    every(FOLDERS, holds, name_of)


def bounded(document: str) -> None:
    containers = len(re.findall(r"^ +- name: [\w-]+\n +image: ", document, flags=re.MULTILINE))
    assert containers
    for once in ("runAsNonRoot: true", "seccompProfile: {type: RuntimeDefault}", "enableServiceLinks: false"):
        assert once in document
    for each in ("allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "capabilities: {drop: [ALL]}",
                 "requests: {cpu: ", "limits: {memory: "):  # fmt: skip
        assert document.count(each) == containers, f"{each}: not once in each of {containers} containers"


def queue(hosts: int) -> Mapping[str, Any]:
    return charts.values(platform().component("kafka"), seen("kafka", hosts))


def test_the_queue_has_three_brokers_where_any_one_host_may_be_lost() -> None:
    assert [queue(hosts)["replicas"] for hosts in (1, 2, 3)] == [1, 1, 3]
    assert queue(3)["entrances"] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert queue(1)["environments"] == ["production"]
    publishes = platform().component("kafka").spec["publishes"]["bootstrap"]
    told = templates.fill(platform().component("kafka"), publishes, seen("kafka", 3))
    assert told == "10.0.0.1:30092,10.0.0.2:30092,10.0.0.3:30092"
