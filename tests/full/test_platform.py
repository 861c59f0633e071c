"""The platform for real, as `make demo PROFILE=profiles/platform.yaml` stands it up: three clusters that work together.

Run by `make test-full`. It takes as long as the installation does, and the first build of the platform's parts before.
"""

from __future__ import annotations

import json_lines
import pytest
import secrecy
from clusters import Cluster
from conftest import STANDING
from ship import Ended
from sites import SiteUnderTest
from trials import Trials

pytestmark = pytest.mark.lab


def failed(lines: list[json_lines.Line]) -> list[str]:
    """What probes have found wrong."""
    return [f"{probe['id']}: {probe['evidence']}" for probe in lines if not probe["passed"]]


@pytest.mark.skipif(bool(STANDING), reason="it was installed before")
def test_every_part_is_proved(installed: tuple[SiteUnderTest, Ended]) -> None:
    _, said = installed
    assert failed(said.of("probe")) == []
    assert {probe["environment"] for probe in said.of("probe")} == {"production", "pre-release", "testing"}


def secrets_of(site: SiteUnderTest) -> dict[str, dict[str, str]]:
    """Every secret's values, by its name."""
    listed = site.operator.run("secrets", "list", "--json").expect().of("secrets")[0]["secrets"]
    shown = {}
    for name in (each["name"] for each in listed if each["made"]):
        shown[name] = site.operator.run("secrets", "show", name, "--json").expect().of("secret")[0]["values"]
    return shown


def test_no_password_that_the_site_made_stands_in_a_file(platform: SiteUnderTest) -> None:
    made = [value for values in secrets_of(platform).values() for value in values.values() if value.isalnum()]
    assert len(made) >= 3
    state = platform.operator.state
    assert [path for path, text in secrecy.texts(state) if any(value in text for value in made)] == []


def test_a_new_password_reaches_everybody_while_lines_flow(
    platform: SiteUnderTest, clusters: dict[str, Cluster], trials: Trials
) -> None:
    before = secrets_of(platform)
    load = trials.begin(clusters, 20_000, 100)
    rotated = platform.operator.run("secrets", "rotate", "kafka/users", "--yes", "--json").expect().of("rotated")[0]
    assert rotated["restarted"]
    after = secrets_of(platform)
    name = "pre-release/kafka/users"
    assert set(before[name].values()).isdisjoint(after[name].values())
    status = platform.operator.run("status", "--probe", "--json").expect()
    assert failed(status.of("probe")) == []
    found = trials.end("queue's passwords made anew", load)
    assert found.sound, str(found)


@pytest.mark.skipif(bool(STANDING), reason="it is to go on standing")
def test_a_second_installation_changes_nothing_and_all_of_it_is_taken_back(platform: SiteUnderTest) -> None:
    again = platform.operator.run("install", "--yes", "--json").expect()
    assert again.of("step_started") == []
    gone = platform.operator.run("uninstall", "--yes", "--delete-volumes", "--json").expect()
    assert gone.of("gone")
    records = platform.operator.run("status", "--json").expect().of("status")[0]["hosts"]
    assert set(records.values()) == {None}
