"""A profile installed as README does it, `sitewright rehearse`, on a site of its own; and what must be true then."""

from __future__ import annotations

import json
from dataclasses import replace

import secrecy
from ship import Ended, Operator
from sites import SiteUnderTest

from installer.answers import file as answers_file
from installer.rehearsal import hosts

OF_CORE = 8
"""Probes of an environment with the parts of bundles/core."""


def installed_and_proved(site: SiteUnderTest) -> SiteUnderTest:
    """Install, see every environment proved and no secret kept; the same site, with who looks after it from then on."""
    trust = ("--bundle", site.bundle, "--signers", site.signers)
    running = site.operator.start("rehearse", "--profile", site.profile, *trust, "--json")
    passwords = secrecy.registry_passwords(site, running)
    said = Ended(running.wait(), site.operator.said.read_text(), "").expect()

    environments = {probe["environment"] for probe in said.of("probe")}
    assert environments == set(said.of("ready")[0]["kubeconfigs"])
    assert all(probe["passed"] for probe in said.of("probe"))
    assert len(said.of("probe")) == OF_CORE * len(environments)
    rehearsed = replace(site, operator=Operator(site.operator.state / "rehearsal"))
    records = rehearsed.operator.run("status", "--json").expect().of("status")[0]["hosts"]
    assert set(records) == {host.name for host in site.practice.site.hosts}
    assert {record["environment"] for record in records.values()} == environments
    plan = json.loads((rehearsed.run / "plan.json").read_text())
    assert sum(1 for step in plan["steps"] if "registry.push" in step["id"]) == 1, "one registry is filled for all"

    assert passwords.keys() == set(answers_file.load(site.profile).registry.hosts)
    assert secrecy.leaks(site, passwords.values()) == []
    assert secrecy.read_by_anybody(site.practice) == []
    return rehearsed


def taken_down(site: SiteUnderTest) -> None:
    """Give the hosts back; nothing of them is left."""
    gone = site.operator.run("rehearse", "--profile", site.profile, "--down", "--json").expect()
    assert gone.of("down") == [{"type": "down", "site": site.name}]
    assert {status.state for status in hosts.status_of(site.practice.site)} == {"absent"}
