"""Each further example profile, installed as README does it: `sitewright rehearse`, on a site of its own."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import secrecy
from ship import PROFILES, Ended, Operator, host_names
from sites import SiteUnderTest

from installer.answers import file as answers_file
from installer.errors import PracticeFailed
from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

OTHERS = sorted({path.stem for path in PROFILES.glob("*.yaml")} - {"rehearsal", "minimal", "platform"})
"""`rehearsal` is what test_install.py installs, `minimal` what test_wizard.py does, `platform` tests/full."""
SURVIVES = {"ha": "cp-1"}
"""By profile, a host that may be lost: the one where all began."""
PATIENCE = 600
"""Seconds for what must come by itself; how long it takes is not for a busy machine to judge."""


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

    if profile in SURVIVES:
        it_survives(rehearsed, SURVIVES[profile])

    gone = site.operator.run("rehearse", "--profile", site.profile, "--down", "--json").expect()
    assert gone.of("down") == [{"type": "down", "site": site.name}]
    assert {status.state for status in hosts.status_of(site.practice.site)} == {"absent"}


def it_survives(site: SiteUnderTest, lost: str) -> None:
    """A host goes for good: the product is asked for by the others, what looks names it, and kubectl goes on."""
    others = [host.name for host in site.practice.site.hosts if host.name != lost]
    hosts.kill(site.practice.site, lost)
    for asking, answering in ((others[0], others[1]), (others[1], others[0])):
        until(lambda asking=asking, answering=answering: product_answers(site, asking, answering))

    def proved() -> bool:
        status = site.operator.run("status", "--probe", "--json")
        assert status.code == 4, status
        assert set(status.of("status")[0]["silent"]) == {lost}
        return [probe["id"] for probe in status.of("probe") if not probe["passed"]] == [f"production/probe.host@{lost}"]

    until(proved)
    folder = site.run.parents[1]
    kubectl = [str(folder / "kubectl"), "--kubeconfig", str(folder / "production.kubeconfig")]
    nodes = subprocess.run([*kubectl, "get", "nodes", "--output", "name"], capture_output=True, text=True, check=True)
    assert set(nodes.stdout.split()) == {f"node/{host}" for host in (lost, *others)}


def product_answers(site: SiteUnderTest, asking: str, answering: str) -> bool:
    """Whether one host gets an answer of the product's back end at another one's address."""
    domain = answers_file.load(site.profile).environments[0].domain
    url, address = f"https://shop.{domain}:30443/api/health", site.practice.address(answering)
    argv = ("curl", "--silent", "--fail", "--insecure", "--max-time", "5", "--resolve",
            f"shop.{domain}:30443:{address}", url)  # fmt: skip
    try:
        return "ok" in hosts.console(site.practice.site, asking, *argv)
    except PracticeFailed:
        return False


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "not within the time that it may take"
        time.sleep(1)
