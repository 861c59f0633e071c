"""The platform for real, as `make demo PROFILE=profiles/platform.yaml` stands it up: three clusters that work together.

Run by `make test-full`. It takes as long as the installation does, and the first build of the platform's parts before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import json_lines
import pytest
import secrecy
from practice import raise_practice
from ship import PROFILES, Ended, Operator, host_names, moved
from sites import SiteUnderTest

from installer.answers import file as answers_file
from installer.builder import build
from installer.cli.rehearse import practice_key, recipe_for
from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

PROFILE = "platform"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteUnderTest]:
    """Bare hosts for the platform, and its bundle."""
    folder = tmp_path_factory.mktemp(PROFILE)
    recipe = recipe_for(answers_file.load(PROFILES / f"{PROFILE}.yaml"))
    bundle = build.build(recipe, practice_key()[0], lambda _: None)
    practice = raise_practice(0, host_names(PROFILE))
    try:
        yield SiteUnderTest(practice, Operator(folder / "state"), moved(PROFILE, practice, folder), bundle)
    finally:
        hosts.down(practice.site)


@pytest.fixture(scope="module")
def rehearsed(site: SiteUnderTest) -> tuple[SiteUnderTest, Ended]:
    """The platform installed; and what was said on the way."""
    trust = ("--bundle", site.bundle, "--signers", site.signers)
    said = site.operator.run("rehearse", "--profile", site.profile, *trust, "--json").expect()
    return replace(site, operator=Operator(site.operator.state / "rehearsal")), said


def failed(lines: list[json_lines.Line]) -> list[str]:
    """What probes have found wrong."""
    return [f"{probe['id']}: {probe['evidence']}" for probe in lines if not probe["passed"]]


def test_every_part_is_proved(rehearsed: tuple[SiteUnderTest, Ended]) -> None:
    _, said = rehearsed
    assert failed(said.of("probe")) == []
    assert {probe["environment"] for probe in said.of("probe")} == {"production", "pre-release", "testing"}


def secrets_of(site: SiteUnderTest) -> dict[str, dict[str, str]]:
    """Every secret's values, by its name."""
    listed = site.operator.run("secrets", "list", "--json").expect().of("secrets")[0]["secrets"]
    shown = {}
    for name in (each["name"] for each in listed if each["made"]):
        shown[name] = site.operator.run("secrets", "show", name, "--json").expect().of("secret")[0]["values"]
    return shown


def test_no_password_that_the_site_made_stands_in_a_file(rehearsed: tuple[SiteUnderTest, Ended]) -> None:
    site, _ = rehearsed
    made = [value for values in secrets_of(site).values() for value in values.values() if value.isalnum()]
    assert len(made) >= 3
    state = site.operator.state
    assert [path for path, text in secrecy.texts(state) if any(value in text for value in made)] == []


def test_a_new_password_reaches_everybody(rehearsed: tuple[SiteUnderTest, Ended]) -> None:
    site, _ = rehearsed
    before = secrets_of(site)
    rotated = site.operator.run("secrets", "rotate", "kafka/users", "--yes", "--json").expect().of("rotated")[0]
    assert rotated["restarted"]
    after = secrets_of(site)
    name = "pre-release/kafka/users"
    assert set(before[name].values()).isdisjoint(after[name].values())
    status = site.operator.run("status", "--probe", "--json").expect()
    assert failed(status.of("probe")) == []


def test_a_second_installation_changes_nothing_and_all_of_it_is_taken_back(
    rehearsed: tuple[SiteUnderTest, Ended], tmp_path: Path
) -> None:
    site, _ = rehearsed
    again = site.operator.run("install", "--yes", "--json").expect()
    assert again.of("step_started") == []
    gone = site.operator.run("uninstall", "--yes", "--delete-volumes", "--json").expect()
    assert gone.of("gone")
    records = site.operator.run("status", "--json").expect().of("status")[0]["hosts"]
    assert set(records.values()) == {None}
