"""The components of bundles/core as they stand in the repository: whole, consistent, and renderable for any site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_manifest import ROOT, core_manifest
from every import every

from installer.answers.model import Access, Answers, Environment, Host, Registry
from installer.builder import reading
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.render import charts, context, templates
from installer.render.images import images_in
from installer.ui.tui.pages import environments

CORE = ROOT / "bundles" / "core" / "components"
NAMES = sorted(path.parent.name for path in CORE.glob("*/component.yaml"))
COMPONENTS = {component.name: component for component in core_manifest().components}
RELEASES = [name for name, component in COMPONENTS.items() if "chart" in component.spec]


def test_what_the_wizard_ticks_at_first_is_in_the_bundle() -> None:
    assert set(environments.COMPONENTS) < set(NAMES)


def answers(control_planes: int, endpoint: str = "", site: str = "practice") -> Answers:
    hosts = tuple(Host(f"cp-{n}", f"10.0.0.{n}", Access()) for n in range(1, control_planes + 1))
    names = tuple(host.name for host in hosts)
    environment = Environment("production", names, endpoint=endpoint, domain="shop.example")
    return Answers(site, hosts, (environment,), Registry(names[:1]), signers="")


def seen(control_planes: int, component: Component, said: Answers | None = None) -> dict[str, Any]:
    said = said or answers(control_planes)
    names = context.context(said, said.environments[0], core_manifest())
    return context.for_component(names, said.environments[0], component)


def spec(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((CORE / name / "component.yaml").read_text())
    return found


def files_named(name: str) -> list[Path]:
    """Every file and folder of its own that a component names."""
    found = spec(name)
    texts = [entry["text"] for entry in found.get("host", {}).get("texts", ())]
    texts += found.get("objects", [])
    texts += [found["chart"]["values"]] if "values" in found.get("chart", {}) else []
    folders = [f"{chart['path']}/Chart.yaml" for chart in found.get("charts", ()) if "from" not in chart]
    for source in found.get("sources", ()):
        kind = next(key for key in source if key != "name")
        folders += [source[kind][key] for key in ("path", "overlay") if key in source[kind]]
    return [CORE / name / each for each in texts + folders]


def test_every_folder_is_in_the_bundle() -> None:
    assert sorted(COMPONENTS) == NAMES


def test_says_what_it_is_and_names_only_what_is_there() -> None:
    def holds(name: str) -> None:
        found = spec(name)
        assert found["name"] == name
        assert found.get("title")
        assert re.fullmatch(r"[A-Z][^\n]+\.", found.get("purpose", "")), "one sentence"
        assert [str(path) for path in files_named(name) if not path.exists()] == []
        assert set(found.get("requires", ())) <= set(NAMES)

    every(NAMES, holds)


def test_requirements_have_no_circle() -> None:
    open_: list[str] = []

    def visit(name: str) -> None:
        assert name not in open_, " -> ".join([*open_, name])
        open_.append(name)
        for required in COMPONENTS[name].requires:
            visit(required)
        open_.pop()

    for name in COMPONENTS:
        visit(name)


def test_everything_is_pinned() -> None:
    def holds(name: str) -> None:
        found = spec(name)
        for image in found.get("images", ()):
            assert re.search(r"\d", str(image["tag"])), f"{image['name']} has no version"
        for reference in found.get("also", ()):
            assert reference in {image.reference for image in core_manifest().artifacts("image")}
        for source in found.get("sources", ()):
            assert "latest" not in yaml.safe_dump(source)

    every(NAMES, holds)


def test_a_release_says_how_long_it_takes_and_installs_its_own_chart() -> None:
    def holds(name: str) -> None:
        release = COMPONENTS[name].spec["chart"]
        assert COMPONENTS[name].artifact("chart", release["name"])
        assert 0 < release["weight"] <= release.get("timeout", charts.READY)
        assert release["namespace"]

    every(RELEASES, holds)


@pytest.mark.parametrize("control_planes", [1, 3])
def test_renders_for_one_control_plane_and_for_three(control_planes: int) -> None:
    def holds(name: str) -> None:
        component = COMPONENTS[name]
        wanted = charts.wanted_release(component, seen(control_planes, component))
        for document in wanted.objects:
            assert document["kind"]
            assert document["metadata"]["name"]
        assert set(images_in(list(wanted.objects))) <= {image.reference for image in core_manifest().artifacts("image")}

    every(sorted(COMPONENTS), holds)


def test_values_name_no_image_but_those_of_the_bundle() -> None:
    """Also those that a chart would only write into a setting or an argument, where no proof would look."""

    def holds(name: str) -> None:
        component = COMPONENTS[name]
        held = {image.reference for image in core_manifest().artifacts("image")}
        values = charts.values(component, seen(1, component))
        found = sorted(references(values))
        assert found, "an image that the values do not set is the chart's own choice"
        assert [reference for reference in found if reference not in held] == []

    every(RELEASES, holds)


def references(values: Any) -> set[str]:
    """Image references in values: "host/name:tag" texts, and mappings of repository and tag."""
    if isinstance(values, dict):
        if {"repository", "tag"} <= set(values):
            return {f"{values['repository']}:{values['tag']}"}
        return set().union(*(references(value) for value in values.values()))
    if isinstance(values, str) and re.fullmatch(r"[a-z0-9.-]+\.[a-z]+/[^\s:]+:[\w.-]+", values):
        return {values}
    return set()


def test_replicas_follow_the_size_of_the_site() -> None:
    component = COMPONENTS["cert-manager"]
    small, large = (charts.values(component, seen(size, component)) for size in (1, 3))
    assert (small["replicaCount"], small["webhook"]["replicaCount"]) == (1, 1)
    assert (large["replicaCount"], large["webhook"]["replicaCount"]) == (2, 2)


@pytest.mark.parametrize(
    ("endpoint", "host", "port"), [("", "127.0.0.1", 7443), ("api.example.org:6443", "api.example.org", 6443)]
)
def test_flannel_reaches_the_api_the_way_its_node_does(endpoint: str, host: str, port: int) -> None:
    component = COMPONENTS["flannel"]
    api = charts.values(component, seen(1, component, answers(1, endpoint)))["api"]
    assert api == {"host": host, "port": port}


def test_the_issuer_signs_with_the_secret_that_the_installer_makes() -> None:
    component = COMPONENTS["site-ca"]
    wanted = charts.wanted_release(component, seen(1, component, answers(1)))
    (issuer,) = wanted.objects
    assert issuer["spec"]["ca"]["secretName"] == component.spec["intermediate"]["name"]
    assert component.spec["intermediate"]["namespace"] == COMPONENTS["cert-manager"].spec["chart"]["namespace"]


@pytest.mark.parametrize("planes", [1, 3])
def test_the_proxy_asks_each_api_server_whether_it_is_ready_and_any_where_none_is(planes: int) -> None:
    """One that has lost its etcd still listens; tried with this haproxy against servers that answer 500."""
    component = COMPONENTS["api-proxy"]
    text = templates.render(component, "haproxy.cfg", seen(planes, component))
    sections = {section.split()[1]: section for section in re.split(r"^(?=backend )", text, flags=re.MULTILINE)[1:]}
    servers = {name: re.findall(r"^    server \S+ (\S+)$", body, re.MULTILINE) for name, body in sections.items()}
    everybody = [f"10.0.0.{n}:6443" for n in range(1, planes + 1)]
    assert servers == {"ready": everybody, "listening": everybody}
    assert "http-check send meth GET uri /readyz" in sections["ready"]
    assert "http-check expect status 200" in sections["ready"]
    assert re.search(r"default-server check check-ssl ", sections["ready"])
    assert "check" not in sections["listening"]
    assert "use_backend listening if { nbsrv(ready) eq 0 }" in text


def test_an_unknown_name_in_a_template_is_refused() -> None:
    shop = COMPONENTS["shop"]
    broken = Component(shop.name, shop.version, shop.artifacts, shop.spec, {"values.yaml": "host: {{ hots }}"})
    with pytest.raises(BundleNotTrusted, match="hots"):
        charts.values(broken, seen(1, shop))


def test_metrics_are_read_over_verified_connections() -> None:
    component = COMPONENTS["metrics-server"]
    values = charts.values(component, seen(1, component))
    assert not any("insecure" in argument for argument in values["defaultArgs"])
    assert any(argument.startswith("--kubelet-certificate-authority=") for argument in values["defaultArgs"])
    assert values["apiService"]["insecureSkipTLSVerify"] is False


def test_the_recipe_takes_these_components() -> None:
    core = reading.load(ROOT / "bundles" / "core")
    assert core.source("cert-manager").trees == ("deploy/charts/cert-manager",)
    assert core.source("cert-manager").inputs == (CORE / "cert-manager" / "go",)


NAMED = re.compile(r"(?:: |- |\[|, )\{\{ *(?:host\.name|host\.address|environment|site|join\.\w+) *\}\}")
"""Names that people choose, or that are drawn, as a whole value without quotes."""


def test_no_name_can_be_taken_for_a_number_or_a_truth_value() -> None:
    """A host may be called 10, an environment `on`, and one token of kubeadm's in many is a number."""
    texts = [path for folder in ("core", "core-next", "parts") for path in (ROOT / "bundles" / folder).rglob("*.yaml")]
    assert len(texts) > 100

    def holds(path: Path) -> None:
        assert NAMED.search(path.read_text()) is None

    every(texts, holds)
