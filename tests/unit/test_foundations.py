"""A bundle that a run would fail on half way is refused by its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from core_manifest import ROOT, core_manifest

from installer.answers import file as answers_file
from installer.bundle.manifest import Component, Manifest
from installer.errors import BundleNotTrusted
from installer.plan.inputs import Inputs
from installer.preflight import bundle_templates


def changed(name: str, **fields: Any) -> Manifest:
    parts = (replace(each, **fields) if each.name == name else each for each in core_manifest().components)
    return replace(core_manifest(), components=tuple(parts))


def prove(manifest: Manifest) -> None:
    answers = answers_file.load(ROOT / "profiles" / "rehearsal.yaml")
    bundle_templates.prove(Inputs(answers, manifest, b"", b"", b""))


def part(name: str) -> Component:
    return core_manifest().component(name)


def text(name: str, file: str, content: str) -> Manifest:
    return changed(name, texts={**part(name).texts, file: content})


def probe(**fields: str) -> Manifest:
    own = part("shop").spec["probes"][0]
    return changed("shop", spec={**part("shop").spec, "probes": [{**own, **fields}]})


def test_the_core_bundle_is_whole() -> None:
    prove(core_manifest())


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (replace(core_manifest(), components=()), "it has no component registry"),
        (changed("registry", spec={}), "component registry: it puts nothing on hosts"),
        (changed("helm", spec={}), "component helm: it puts nothing on hosts"),
        (changed("kubernetes", texts={"init.yaml": ""}), "component kubernetes: it has no text join.yaml"),
        (changed("probe", artifacts=()), "component probe has no image"),
        (text("kubernetes", "join.yaml", "{{ join.tokn }}"), "kubernetes, join.yaml: .*no entry 'tokn'"),
        (text("kubernetes", "join.yaml", "{% for i in range(999) %}{% for j in range(999) %}{% endfor %}{% endfor %}"),
         "it takes more than"),
        (text("kubernetes", "join.yaml", "a: ["), "kubernetes, join.yaml: not YAML"),
        (text("probe", "pods.yaml", "{{ nothing }}"), "probe, pods.yaml: .*'nothing' is undefined"),
        (text("probe", "pods.yaml", "[" * 100000), "probe, pods.yaml: not YAML: nested deeper than 500 levels"),
        (probe(url="file:///etc/shadow"), "shop, probe shop: 'file:///etc/shadow' is no https address"),
        (probe(url="https://x/ --config /etc/shadow"), "is no https address"),
        (probe(url="{{ gone }}"), "'gone' is undefined"),
        (probe(kind="refused", object="values.yaml"), "shop, values.yaml: it holds something that is no Kubernetes"),
    ],
)  # fmt: skip
def test_what_would_end_a_run_half_way_ends_its_plan(manifest: Manifest, said: str) -> None:
    with pytest.raises(BundleNotTrusted, match=said):
        prove(manifest)
