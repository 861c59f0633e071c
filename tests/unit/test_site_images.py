"""Completeness at the site: what charts ask for with the real answers is in the bundle, or preflight says so."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_build_completeness import HELD, HELM, POD, PROFILE, built, part

from installer import operations
from installer.answers import file as answers_file
from installer.bundle.archive import Archive
from installer.errors import BundleNotTrusted
from installer.plan.inputs import Inputs
from installer.preflight import Finding, bundle_images
from installer.render import images
from installer.runs.store import Runs
from installer.simulated.machine import Machine
from installer.simulated.world import SimulatedWorld

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHART = {"name": "page", "namespace": "pages", "values": "values.yaml"}
BESIDE = {"chart/templates/pod.yaml": POD.replace("image: IMAGE", "VALUES"), "values.yaml": f"image: {HELD}"}


def site(tmp_path: Path, components: str, beside: dict[str, str] | None = None, name: str = "small") -> operations.Site:
    """A site of one host with the small bundle and these components in its answers."""
    archive = Archive.open(built(tmp_path, part(chart=CHART, beside={**BESIDE, **(beside or {})}), PROFILE))
    planes = "control_planes: [cp-1]"
    text = PROFILE.replace(planes, f"{planes}, components: {components}").replace("name: small", f"name: {name}")
    answers = answers_file.parse(text, "answers.yaml")
    inputs = Inputs(answers, archive.manifest, archive.bundle_json, archive.signature, b"")
    world = SimulatedWorld([Machine("cp-1", "10.0.0.1")], archive.manifest, now=lambda: NOW)
    return operations.Site(inputs, world, Runs(tmp_path / "state"), "tester", {}, archive)


def looked(site: operations.Site) -> list[Finding]:
    return [each for each in operations.check(site) if each.check == "bundle.images"]


def test_a_site_whose_answers_change_no_image_passes(tmp_path: Path) -> None:
    (finding,) = looked(site(tmp_path, "{page: {}}"))
    assert (finding.host, finding.status, finding.found) == ("cp-1", "ok", "every image is in the bundle")


def test_an_image_that_a_value_of_the_answers_names_is_found_with_component_value_and_line(tmp_path: Path) -> None:
    (finding,) = looked(site(tmp_path, "{page: {image: docker.io/library/nginx:1}}"))
    assert finding.status == "failed"
    named = "page: page/templates/pod.yaml names image docker.io/library/nginx:1, which the bundle lacks"
    assert finding.found == f"environment production: {named}"
    assert "correct or leave out, of page: image (answers.yaml:9)" in finding.remedy


def test_a_fault_of_the_bundle_is_told_as_such(tmp_path: Path) -> None:
    """No value of the answers names this image; the vendor proved no site of this name."""
    values = f"image: {{{{ '{HELD}' if site == 'small' else 'ghost:v1' }}}}"
    (finding,) = looked(site(tmp_path, "{page: {}}", {"values.yaml": values}, name="other"))
    assert "names image ghost:v1" in finding.found
    assert "tell the vendor" in finding.remedy


def test_values_with_which_a_chart_cannot_be_rendered_are_named(tmp_path: Path) -> None:
    helm = HELM.replace("set -eu\n", 'set -eu\n! grep nonsense "$7" >&2\n')
    (finding,) = looked(site(tmp_path, "{page: {size: nonsense}}", {"web/helm": helm}))
    assert finding.status == "failed"
    assert "size: nonsense" in finding.found
    assert "size (answers.yaml:9)" in finding.remedy


def test_a_component_that_was_not_chosen_is_not_looked_at(tmp_path: Path) -> None:
    (finding,) = looked(site(tmp_path, "{}"))
    assert finding.status == "ok"


def test_a_helm_that_cannot_run_here_is_told(tmp_path: Path) -> None:
    interpreter = tmp_path / "interpreter"
    shutil.copy("/bin/sh", interpreter)
    opened = site(tmp_path, "{page: {}}", {"web/helm": HELM.replace("/bin/sh", str(interpreter))})
    interpreter.chmod(0o644)
    (finding,) = looked(opened)
    assert finding.status == "warn"
    assert "cannot be run on this machine" in finding.found


def test_an_altered_helm_is_not_run(tmp_path: Path) -> None:
    opened = site(tmp_path, "{page: {}}")
    assert opened.archive is not None
    file, comment = opened.archive.path, b"# template NAME CHART --namespace NS --values FILE ..."
    file.write_bytes(file.read_bytes().replace(comment, b"exit 0".ljust(len(comment))))
    with pytest.raises(BundleNotTrusted, match="was altered"):
        looked(opened)


def site_of_a_helm_that(tmp_path: Path, does: str) -> operations.Site:
    """A site whose helm does this where the values hold a word that the vendor's profile has not."""
    helm = HELM.replace("set -eu\n", f'set -eu\nif grep -q nonsense "$7"; then {does}; fi\n')
    return site(tmp_path, "{page: {size: nonsense}}", {"web/helm": helm})


@pytest.mark.parametrize(
    ("does", "reason"),
    [("sleep 900", "has not ended"), ("yes x: y", "more than"), ("yes >&2", "more than")],
    ids=["without end", "output without end", "complaints without end"],
)
def test_a_chart_that_is_rendered_without_end_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, reason: str
) -> None:
    opened = site_of_a_helm_that(tmp_path, does)
    monkeypatch.setattr(images, "PATIENCE", 2 if "sleep" in does else 600)
    monkeypatch.setattr(images, "RENDERED", 100_000)
    with pytest.raises(BundleNotTrusted, match=f"page: chart page: .*{reason}") as refused:
        looked(opened)
    assert "tell the vendor" in refused.value.remedy


def test_a_helm_that_crashes_and_one_that_says_no_text_are_findings(tmp_path: Path) -> None:
    (finding,) = looked(site_of_a_helm_that(tmp_path / "one", "kill -SEGV $$"))
    assert "was ended by SIGSEGV" in finding.found
    (finding,) = looked(site_of_a_helm_that(tmp_path / "two", r"printf '\377\033[31m' >&2; exit 1"))
    assert r"\x1b[31m" in finding.found


def test_what_was_proved_of_a_bundle_and_its_answers_is_not_proved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = site(tmp_path / "one", "{page: {}}")
    before = looked(once)
    with monkeypatch.context() as without:
        without.setattr(bundle_images, "lacking", lambda *_: pytest.fail("proved again"))
        assert looked(once) == before
    other = site(tmp_path / "two", "{page: {image: docker.io/library/nginx:1}}")
    for _ in range(2):
        assert looked(replace(other, runs=once.runs))[0].status == "failed"
    assert looked(once) == before
