"""Which Kubernetes a component is for, and which licences need a word: at the build, in the bill, and as shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from build_sample import write_recipe
from wired_bundle import bundle, part

from installer.builder import reading
from installer.builder.sbom import make_sbom
from installer.bundle.diff import describe
from installer.bundle.suitability import special, suits
from installer.errors import RecipeInvalid


@pytest.mark.parametrize(
    ("wanted", "version", "right"),
    [
        (">=1.33 <1.38", "v1.36.3", True),
        (">=1.33 <1.38", "v1.33.0", True),
        (">=1.33 <1.38", "v1.38.0", False),
        (">=1.33", "v1.32.9", False),
        (">1.36", "v1.36.9", False),
        ("<=1.36", "v1.36.9", True),
        ("<1.100", "v1.36.3", True),
        (">=1.33", "v2.0.0", False),
        (">=1.33", "nonsense", False),
    ],
)
def test_minors_are_compared_as_numbers(wanted: str, version: str, right: bool) -> None:
    assert suits(wanted, version) is right


def test_licences_that_bind_who_offers_a_program_to_others_are_known() -> None:
    assert special("SSPL-1.0 OR Elastic-2.0") == ("SSPL-1.0", "Elastic-2.0")
    assert special("Apache-2.0 AND (AGPL-3.0-only)") == ("AGPL-3.0-only",)
    assert special("BUSL-1.1") == ("BUSL-1.1",)
    assert special("Apache-2.0 AND BSD-3-Clause AND GPL-2.0-only WITH Classpath-exception-2.0") == ()


def recipe(folder: Path, head: dict[str, object], **spec: object) -> Path:
    path = write_recipe(folder, {"name": "page", **spec})
    file = path / "bundle.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **head}))
    return path


def test_the_build_refuses_a_licence_that_nobody_has_accepted(tmp_path: Path) -> None:
    with pytest.raises(RecipeInvalid, match=r"component\.yaml:\d+") as refused:
        reading.load(recipe(tmp_path / "a", {}, licence="SSPL-1.0 OR Elastic-2.0"))
    assert "SSPL-1.0 needs a word of yours: accepted_licences: [SSPL-1.0] in bundle.yaml" in str(refused.value)
    assert "Elastic-2.0 needs a word" in str(refused.value)
    accepted = {"accepted_licences": ["SSPL-1.0", "Elastic-2.0"]}
    assert reading.load(recipe(tmp_path / "b", accepted, licence="SSPL-1.0 OR Elastic-2.0"))
    assert reading.load(recipe(tmp_path / "c", {}, licence="Apache-2.0"))


def test_the_build_refuses_a_component_for_another_kubernetes(tmp_path: Path) -> None:
    with pytest.raises(RecipeInvalid, match=r"component\.yaml:\d+: kubernetes: is for Kubernetes <1\.20"):
        reading.load(recipe(tmp_path / "a", {}, kubernetes="<1.20"))
    assert reading.load(recipe(tmp_path / "b", {}, kubernetes=">=1.20 <1.99"))
    with pytest.raises(RecipeInvalid, match="a range of minor versions"):
        reading.load(recipe(tmp_path / "c", {}, kubernetes="1.36"))


def test_licences_are_in_the_bill_of_materials_and_among_the_figures() -> None:
    manifest = bundle(part("free", licence="Apache-2.0"), part("both", licence="SSPL-1.0 OR Elastic-2.0"), part("none"))
    found = {each["name"]: each.get("licenses") for each in json.loads(make_sbom(manifest))["components"]}
    assert found == {
        "free": [{"license": {"id": "Apache-2.0"}}],
        "both": [{"expression": "SSPL-1.0 OR Elastic-2.0"}],
        "none": None,
    }
    assert [each.licence for each in describe(manifest).components] == ["Apache-2.0", "SSPL-1.0 OR Elastic-2.0", ""]
