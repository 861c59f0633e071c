"""Each further example profile, installed as README does it: `sitewright rehearse`, on a site of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import secrecy
from ship import PROFILES, Ended, Operator, host_names
from sites import SiteUnderTest

from installer import answers_file
from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

OTHERS = sorted({path.stem for path in PROFILES.glob("*.yaml")} - {"rehearsal", "minimal"})
"""`rehearsal` is what test_install.py installs, `minimal` what test_wizard.py does."""


@pytest.mark.parametrize("profile", OTHERS)
def test_it_is_installed_proved_and_taken_down(raise_profile: Callable[[str], SiteUnderTest], profile: str) -> None:
    site = raise_profile(profile)
    trust = ("--bundle", site.bundle, "--signers", site.signers)

    running = site.operator.start("rehearse", "--profile", site.profile, *trust, "--json")
    passwords = secrecy.registry_passwords(site, running)
    said = Ended(running.wait(), site.operator.said.read_text(), "").expect()

    environments = {probe["environment"] for probe in said.of("probe")}
    assert environments == set(said.of("ready")[0]["kubeconfigs"])
    assert all(probe["passed"] for probe in said.of("probe"))
    assert len(said.of("probe")) == 8 * len(environments)
    rehearsed = replace(site, operator=Operator(site.operator.state / "rehearsal"))
    records = rehearsed.operator.run("status", "--json").expect().of("status")[0]["hosts"]
    assert set(records) == set(host_names(profile))
    assert {record["environment"] for record in records.values()} == environments
    plan = json.loads((rehearsed.run / "plan.json").read_text())
    assert sum(1 for step in plan["steps"] if "registry.push" in step["id"]) == 1, "one registry is filled for all"

    assert passwords.keys() == set(answers_file.load(site.profile).registry.hosts)
    assert secrecy.leaks(site, passwords.values()) == []
    assert secrecy.read_by_anybody(site.practice) == []

    gone = site.operator.run("rehearse", "--profile", site.profile, "--down", "--json").expect()
    assert gone.of("down") == [{"type": "down", "site": site.name}]
    assert {status.state for status in hosts.status_of(site.practice.site)} == {"absent"}
