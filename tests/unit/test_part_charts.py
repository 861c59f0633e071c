"""Charts of bundles/parts: whole, secure, and given what they ask for; checked without helm, which the build has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT, manifest_of
from every import every
from test_core_components import answers

from installer.bundle import sized
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
    return context.for_component(names, said.environments[0], component, filled, sized.alone(component.spec))


def name_of(folder: Path) -> str:
    return folder.name


def sources(folder: Path) -> Iterator[str]:
    """What helm reads of a chart: its templates, and files that these fill in."""
    yield from (path.read_text() for path in sorted((folder / "chart").glob("*/**/*")) if path.is_file())


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
        for path in sorted((folder / "chart/templates").glob("*")):
            for document in re.split(r"^---$", path.read_text(), flags=re.MULTILINE):
                if re.search(rf"^kind: ({'|'.join(FORMS)})$", document, flags=re.MULTILINE):
                    assert "containers:" in document or '{{- include "' in document
                if "containers:" in document:
                    bounded(document)

    every(FOLDERS, holds, name_of)


def bounded(document: str) -> None:
    containers = len(re.findall(r"^ +- name: [\w-]+\n +image: ", document, flags=re.MULTILINE))
    assert containers
    # Root alone may read the log files of all pods.
    reads = "runAsUser: 0" in document and "path: /var/log/pods" in document
    for once in ("seccompProfile: {type: RuntimeDefault}", "enableServiceLinks: false", "runAsNonRoot: true"):
        assert once in document or (reads and once == "runAsNonRoot: true"), f"{once} is not there"
    again = len(re.findall(r"securityContext: \*\w+$", document, flags=re.MULTILINE))
    for each in ("allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "capabilities: {drop: [ALL]}"):
        assert document.count(each) + again == containers, f"{each}: not once in each of {containers} containers"
    for each in ("requests: {cpu: ", "limits: {memory: "):
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


def test_the_store_keeps_what_each_user_may_do_apart() -> None:
    rights: dict[str, list[tuple[list[str], list[str]]]] = {}
    for line in (ROOT / "bundles/parts/elasticsearch/chart/config/rights").read_text().splitlines():
        if line and not line.startswith("#"):
            user, actions, indices = line.split()
            rights.setdefault(user, []).append((actions.split(","), indices.split(",")))
    component = platform().component("elasticsearch")
    users = {line.split(":")[0] for line in component.secrets["users"]["credentials"].split("\n") if line}
    assert set(rights) == users, "who is in no line may do nothing"

    def may(user: str, action: str, index: str) -> bool:
        return any(
            any(fnmatch(action, each) for each in actions) and any(fnmatch(index, each) for each in indices)
            for actions, indices in rights[user]
        )

    assert may("writer", "indices:data/write/bulk[s]", "logs-production-2026.11.30")
    assert may("reader", "indices:data/read/search", "logs-production-2026.11.30")
    assert may("traces", "indices:admin/index_template/put", "zipkin-span*")
    assert may("traces", "indices:admin/template/put", "*jaeger-span-*")
    for user, action, index in (
        ("writer", "indices:data/write/delete", "logs-production-2026.11.30"),
        ("writer", "indices:admin/delete", "logs-production-2026.11.30"),
        ("writer", "indices:data/write/bulk[s]", "zipkin-span-2026-11-30"),
        ("reader", "indices:data/write/index", "logs-production-2026.11.30"),
        ("traces", "indices:data/read/search", "logs-production-2026.11.30"),
        ("traces", "cluster:admin/settings/update", "zipkin"),
    ):
        assert not may(user, action, index), f"{user} may {action} on {index}"


def test_index_templates_bound_what_lines_may_bring() -> None:
    folder = ROOT / "bundles/parts/elasticsearch/chart/indices"
    template = json.loads((folder / "logs.json").read_text())
    settings = template["template"]["settings"]
    assert settings["mapping"]["total_fields"]["limit"] <= 1000
    assert settings["mapping"]["ignore_malformed"]
    assert template["template"]["mappings"]["properties"]["@timestamp"] == {"type": "date"}
    written = yaml.safe_load((folder.parent / "config/elasticsearch.yml").read_text())["action.auto_create_index"]
    assert all(f"+{pattern}" in written.split(",") for pattern in template["index_patterns"])
    assert written.endswith(",-*"), "an index of any other name is refused"


def test_whoever_keeps_traces_is_closed_and_publishes_the_same() -> None:
    keepers = platform().filling["traces"]
    assert {part.name for part in keepers} == {"zipkin", "jaeger"}
    for part in keepers:
        assert {"url", "spans", "trace", "secret"} == set(part.spec["publishes"])
        viewer, writer = secrets.placeholders(part, seen(part.name, 1))["users"]["users"].split()
        name, _, paths = writer.split(":")
        assert (name, viewer.count(":")) == ("writer", 1), "programs come to their own paths alone, people to all"
        published = {
            key: templates.fill(part, text, seen(part.name, 1)) for key, text in part.spec["publishes"].items()
        }
        below = tuple(paths.split(","))
        assert all("/" + published[key].split("/", 3)[3] in below for key in ("spans", "trace"))
        chart = (ROOT / "bundles/parts" / part.name / "chart/templates/deployment.yaml").read_text()
        assert chart.count("{name: LISTEN, value: ") == chart.count("{name: USERS, value: /etc/users/users}")
