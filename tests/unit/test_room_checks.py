"""Checks of room: disks by their mounts, and machines too small for what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from test_checks import GIB, HOSTS, MANIFEST, NOW, answers, bad, disk, good
from test_waivers import OURS

from installer import preflight
from installer.hosts.facts import Facts, Gathered
from installer.hosts.facts_parsing import Disk
from installer.plan.inputs import Planned
from installer.preflight import Case, Finding, Tried


def test_the_forecast_counts_what_is_chosen_and_where() -> None:
    planned = Planned(answers(), MANIFEST)
    forecast = {host.name: preflight.disk_needs(planned, host.name) for host in planned.answers.hosts}
    sizes = {host: {need.title: need.gib for need in needs} for host, needs in forecast.items()}
    assert sizes["node-1"] == {"images": 15.0, "programs": 1.0, "logs": 2.0}, (
        "kafka is not chosen; shop and the core are"
    )
    assert sizes["cp-1"] == {"images": 15.0, "programs": 1.0, "logs": 2.0, "etcd": 4.0, "registry": 12.0}


def test_disk_space_is_judged_per_mount() -> None:
    disks = {"/": Disk("/", "ext4", 20 * GIB, 8 * GIB), "/var/lib": Disk("/var/lib", "xfs", 100 * GIB, 10 * GIB)}
    (finding,) = bad({"node-1": {"disks": disks}})
    assert finding.found == "/var/lib has 10.0 GiB free"
    assert finding.wanted == "30.0 GiB there at the peak (images 15.0, reserve 15.0)"
    assert finding.remedy.startswith("free 20.0 GiB, or mount a larger disk on /var/lib")


def test_what_we_put_there_already_is_not_asked_for_again() -> None:
    assert bad({"node-1": {**OURS, "listeners": (), "disks": disk(16)}}) == []
    half = {**OURS, "listeners": (), "disks": disk(16), "filled": {"/var/lib/containerd": 2 * GIB}}
    (finding,) = bad({"node-1": half})
    assert finding.wanted == "31.0 GiB there at the peak (images 13.0, programs 1.0, logs 2.0, reserve 15.0)"
    assert bad({"node-1": {**half, "filled": {}}}) == [], "one that could not count in time is full"
    assert [f.check for f in bad({"node-1": {"disks": disk(16)}})] == ["disk.space"]


def _needing(needs: dict[str, Any], given: Mapping[str, Facts], **changes: Any) -> list[Finding]:
    """What preflight says of the sizes of hosts for needs."""
    case = Case(answers(needs=needs, **changes), MANIFEST, Gathered(given, {}), Tried(), NOW)
    asked = ("host.cpu", "host.memory", "disk.space")
    return [each for each in preflight.judge(case) if each.check in asked and each.status != "ok"]


def test_machines_too_small_for_the_needs_are_told_with_the_figures_of_size() -> None:
    few = {"users": 30, "services": 3, "data_gib": 5, "log_gb_per_day": 0, "outage_hours": 48}
    hosts = {name: replace(good(name), cpus=32, memory=128 * GIB) for name in HOSTS}
    assert _needing(few, hosts) == []
    many = {**few, "users": 100_000, "services": 300, "users_at_once": 30_000, "service_memory_gib": 1.5}
    found = _needing(many, hosts)
    assert {(each.check, each.host, each.status) for each in found} >= {("host.cpu", "cp-1", "failed"),
                                                                        ("host.memory", "cp-1", "failed")}  # fmt: skip
    case = Case(answers(needs=many), MANIFEST, Gathered(hosts, {}), Tried(), NOW)
    cores = next(each for each in case.short if each.resource == "cpu_cores")
    told = next(each for each in found if each.check == "host.cpu")
    assert f"{cores.wanted:.0f} cores for all" in told.wanted
    assert "production/node: " in told.found
    begun = {name: replace(each, owner=("acme", "production")) for name, each in hosts.items()}
    assert {each.status for each in _needing(many, begun)} == {"warn"}, "what stands is not held up"


def test_nothing_is_held_against_hosts_where_nobody_said_what_is_needed_or_some_are_unknown() -> None:
    small = {name: good(name) for name in HOSTS}
    assert _needing({}, small) == []
    known = {name: each for name, each in small.items() if name != "node-2"}
    assert _needing({"users": 100_000, "services": 300}, known) == []


def test_what_comes_later_needs_its_room_too() -> None:
    hosts = {name: replace(good(name), cpus=6, memory=24 * GIB) for name in HOSTS}
    few = {"users": 30, "services": 3, "data_gib": 5, "log_gb_per_day": 400, "outage_hours": 48}
    assert _needing(few, hosts) == []
    assert _needing({**few, "later": ["elasticsearch", "kafka"]}, hosts) != []
