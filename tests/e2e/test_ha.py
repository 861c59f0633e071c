"""Three control planes: installed, and the one where all began lost for good."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest
from rehearsed import installed_and_proved, taken_down
from sites import SiteUnderTest

from installer.answers import file as answers_file
from installer.errors import PracticeFailed
from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

PATIENCE = 600
"""Seconds for what must come by itself; how long it takes is not for a busy machine to judge."""


def test_any_one_control_plane_may_be_lost(raise_profile: Callable[[str], SiteUnderTest]) -> None:
    site = raise_profile("ha")
    it_survives(installed_and_proved(site), "cp-1")
    taken_down(site)


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
