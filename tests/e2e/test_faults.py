"""An installer killed (-9) in every phase, a second one at once, a power cut: what each leaves, and what comes back."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
from ship import Operator, records
from sites import Installed

from installer.rehearsal import hosts

pytestmark = pytest.mark.lab

PATIENCE = 300
"""Seconds in which a cluster has to be whole again after a power cut; it takes a fifth of it."""


def test_each_kill_hit_a_step_that_had_begun(installed: Installed) -> None:
    assert list(installed.killed_at) == ["hosts", "registry", "kubernetes", "joining", "charts"]
    for phase, said in installed.killed_at.items():
        last = {record["step"]: record["state"] for record in said if "step" in record}
        assert "begin" in last.values(), f"{phase}: nothing was under way"


def test_what_was_done_before_a_kill_is_not_done_again(installed: Installed) -> None:
    journal = records(installed.site.run / "journal.jsonl")
    for phase, said in installed.killed_at.items():
        assert journal[: len(said)] == said, f"what the journal said when killed in {phase} was rewritten"
        done = {record["step"] for record in said if record.get("state") == "done"}
        again = {record["step"] for record in journal[len(said) :] if record["state"] == "begin"}
        assert not done & again
    begun = Counter(record["step"] for record in journal if record.get("state") == "begin")
    assert {"production/registry.push@cp-1", "production/kubernetes.init@cp-1"} <= {
        s for s, n in begun.items() if n > 1
    }


def test_every_byte_crosses_the_link_once(installed: Installed) -> None:
    """Counted by the card of the host with the registry; a push that began anew would be half as much again."""
    plan = json.loads((installed.site.run / "plan.json").read_text())
    to_send = sum(step["bytes"] for step in plan["steps"])
    assert to_send > 500_000_000
    assert to_send < installed.received < 1.25 * to_send


def test_a_second_installer_is_turned_away_by_the_name_of_the_first(installed: Installed) -> None:
    for turned_away in installed.intruders:
        turned_away.expect(8)
        assert f"(process {installed.frozen})" in turned_away.err
        assert turned_away.out == ""


def test_a_cluster_survives_a_power_cut(installed: Installed) -> None:
    """The first host goes: API server, registry and all; what has to come back by itself does."""
    site = installed.site
    hosts.kill(site.practice.site, "cp-1")
    hosts.start(site.practice.site, "cp-1")
    end = time.monotonic() + PATIENCE
    while (status := site.operator.run("status", "--probe")).code:
        assert status.code in (4, 6), status
        assert time.monotonic() < end, f"{status.out}\n{status.err}"
    for host in site.practice.site.hosts:
        failed = hosts.console(
            site.practice.site, host.name, "systemctl", "list-units", "--failed", "--plain", "--no-legend"
        )
        assert failed == ""


def test_a_state_directory_from_elsewhere_learns_from_the_site(installed: Installed) -> None:
    """Somebody without our runs sees what stands, and installing again finds nothing to do."""
    other = Operator(installed.site.operator.state.with_name("other"))
    status = other.run("status", *installed.site.flags, "--json").expect()
    assert all(record["site"] == installed.site.name for record in status.of("status")[0]["hosts"].values())
    assert not list(other.state.rglob("fault-*.log"))
