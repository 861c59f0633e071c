"""Whole operations on a simulated site: lock, run directory, resume after a fault, rollback, uninstall."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from simulation import act, answers_of, differences, inputs_of, install, site_of, world_of

from installer import operations
from installer.errors import AnotherBundleStands, ProgramFault, SiteLocked, StepFailed
from installer.runs import installed_bundle, lock
from installer.simulated.faults import Faults
from installer.simulated.machine import KERNEL_MODULES, Machine


def but_the_guard(lines):
    """What is left but the lock's own empty guard, which goes with the next boot."""
    return [line for line in lines if not line.endswith("/run/sitewright.lock.guard")]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), BrokenPipeError()])
def test_a_view_that_cannot_be_written_stops_no_run(tmp_path, error):
    @contextmanager
    def full(_plan):
        def sink(_event):
            raise error

        yield sink

    site = site_of(world_of("rehearsal"), tmp_path)
    assert operations.install(site, operations.plan(site.inputs), full, threading.Event()).outcome == "done"


def test_a_fault_of_ours_is_kept_in_the_run_that_it_ended(tmp_path):
    @contextmanager
    def faulty(_plan):
        yield lambda _event: 1 / 0

    site = site_of(world_of("rehearsal"), tmp_path)
    for count in (1, 2):
        with pytest.raises(ProgramFault, match=r"ZeroDivisionError; its traceback is in /"):
            operations.install(site, operations.plan(site.inputs), faulty, threading.Event())
        (run,) = site.runs.history(site.name)
        kept = sorted(run.folder.glob("fault-*.log"))
        assert [path.read_text().count("ZeroDivisionError") for path in kept] == [1] * count
        assert kept[0].stat().st_mode & 0o777 == 0o600


def test_a_finished_installation_stands_and_is_taken_back_whole(tmp_path):
    world = world_of("rehearsal", loaded=KERNEL_MODULES)
    start, site = world.snapshot(), site_of(world, tmp_path)
    assert install(site).outcome == "done"
    records, _ = operations.standing(site)
    assert {name: record["control_plane"] for name, record in records.items() if record} == {
        "cp-1": True, "node-1": False, "node-2": False,
    }  # fmt: skip
    assert act(operations.uninstall, site).outcome == "done"
    assert but_the_guard(differences(start, world.snapshot())) == []


def test_another_bundle_is_refused_before_anything_is_touched(tmp_path):
    world = world_of("rehearsal")
    site = site_of(world, tmp_path)
    install(site)
    newer = replace(site.inputs.manifest, version="1.1.0", kubernetes="v1.37.1", digest="sha256:" + "f" * 64)
    other = replace(site, inputs=replace(site.inputs, manifest=newer))
    before = world.snapshot()
    failed = [each for each in operations.check(other) if each.status == "failed"]
    assert [(each.check, each.host) for each in failed] == [("bundle.succession", "cp-1")]
    assert failed[0].found == (
        "core 1.0.0 (v1.36.3) stands on cp-1, node-1, node-2; this bundle is a newer one: core 1.1.0 (v1.37.1)"
    )
    with pytest.raises(AnotherBundleStands, match="stands on cp-1, node-1, node-2"):
        installed_bundle.require(world, other.inputs, site.runs)
    assert differences(before, world.snapshot()) == []
    installed_bundle.require(world, site.inputs, site.runs)
    assert [each for each in operations.check(site) if each.status == "failed"] == []


@pytest.mark.parametrize(
    "words",
    [
        {"push": "T"},
        {"push": "t"},
        {"work@cp-1": "E"},
        {"work@node-2": "T"},
        {"write@node-2": "E"},
        {"run@node-1": "ooooT"},
        {"apply": "E"},
        {"get": "TTTT"},
    ],
    ids=json.dumps,
)
def test_a_run_that_a_fault_ended_goes_on_to_the_same_end(words, tmp_path, monkeypatch):
    monkeypatch.setattr("installer.engine.loop.PATIENCE", (0.0, 0.0, 0.0))
    clean, world = world_of("rehearsal"), world_of("rehearsal", Faults(words))
    install(site_of(clean, tmp_path / "clean"))
    site = site_of(world, tmp_path / "state")
    with pytest.raises(StepFailed):
        install(site)
    assert act(operations.resume, site).outcome == "done"
    paths = [{name: set(state["files"]) for name, state in w.snapshot().items()} for w in (clean, world)]
    made_up = ("/var/lib/sitewright/log/", "/var/lib/sitewright/runs/")
    for name in paths[0]:
        assert {path for path in paths[0][name] ^ paths[1][name] if not path.startswith(made_up)} == set()


def test_a_failed_run_is_rolled_back_to_the_start(tmp_path):
    world = world_of("minimal", Faults({"work": "oE"}), loaded=KERNEL_MODULES)
    start, site = world.snapshot(), site_of(world, tmp_path, "minimal")
    with pytest.raises(StepFailed):
        install(site)
    assert act(operations.rollback, site).outcome == "done"
    assert but_the_guard(differences(start, world.snapshot())) == []


def test_two_runs_from_two_machines_do_not_meet(tmp_path):
    world = world_of("minimal")
    here, there = site_of(world, tmp_path / "here", "minimal"), site_of(world, tmp_path / "there", "minimal")
    before = world.snapshot()["solo"]["files"].keys()
    with (
        lock.hold(world, here.runs, here.name, here.planes, "first", threading.Event()),
        pytest.raises(SiteLocked, match="first"),
    ):
        install(there)
    assert world.snapshot()["solo"]["files"].keys() - before == {"/run/sitewright.lock.guard"}
    assert install(there).outcome == "done"


def test_what_stood_there_before_us_comes_back(tmp_path):
    files = {"/etc/containerd/config.toml": "theirs\n", "/etc/sysctl.d/90-sitewright.conf": "theirs too\n"}
    world = world_of("minimal", loaded=KERNEL_MODULES, files=files, settings={"net.ipv4.ip_forward": "1"})
    start, site = world.snapshot(), site_of(world, tmp_path, "minimal")
    install(site)
    assert world.read("solo", "/etc/containerd/config.toml") != b"theirs\n"
    act(operations.uninstall, site)
    assert but_the_guard(differences(start, world.snapshot())) == []


def test_a_disk_that_was_given_to_us_stays_with_what_was_on_it(tmp_path):
    world = world_of(
        "minimal", loaded=KERNEL_MODULES, files={"/var/lib/sitewright/lost+found/1": "", "/etc/sitewright/x": ""}
    )
    start, site = world.snapshot(), site_of(world, tmp_path, "minimal")
    install(site)
    act(operations.uninstall, site)
    assert but_the_guard(differences(start, world.snapshot())) == []
    elsewhere = site_of(world, tmp_path / "elsewhere", "minimal")
    assert install(elsewhere).outcome == "done"


def test_loaded_modules_are_all_that_stays(tmp_path):
    world = world_of("minimal")
    start, site = world.snapshot(), site_of(world, tmp_path, "minimal")
    install(site)
    act(operations.uninstall, site)
    left = but_the_guard(differences(start, world.snapshot()))
    assert left
    assert all(
        line.startswith(("solo: /proc/sys/net/bridge", "solo: /sys/module", "solo: /proc/filesystems")) for line in left
    )


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"architecture": "aarch64"}, "host.architecture"),
        ({"cgroup": 1}, "cgroup.version"),
        ({"clock_ahead": 60.0}, "clock.skew"),
        ({"cpus": 1}, "host.cpu"),
        ({"default_route": False}, "network.route"),
        ({"files": {"/var/lib/etcd/member/snap/db": ""}}, "host.leftovers"),
        ({"firewall": frozenset({6443})}, "ports.reach"),
        ({"firewall": frozenset({8472})}, "ports.reach"),
        ({"fsync": 0.05}, "disk.fsync"),
        ({"hostname": "localhost"}, "host.hostname"),
        ({"kernel": "3.10.0"}, "kernel.version"),
        ({"limits": False}, "limits.raise"),
        ({"machine_id": "same"}, "host.machine-id"),
        ({"memory": 512 << 20}, "host.memory"),
        ({"missing": frozenset({"conntrack"})}, "host.tools"),
        ({"modules": frozenset()}, "kernel.modules"),
        ({"reachable": False}, "ssh.login"),
        ({"running": ("docker",)}, "host.services"),
        ({"swap": 1 << 30}, "memory.swap"),
        ({"systemd": 219}, "host.systemd"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_host_that_does_not_do_is_found_by_its_check(changed, check, tmp_path):
    site = site_of(world_of("ha", **changed), tmp_path, "ha")
    found = {finding.check for finding in operations.check(site) if finding.status in ("failed", "waived")}
    assert check in found


def test_a_host_of_another_address_is_not_the_one_of_the_answers(tmp_path):
    (host,) = answers_of("minimal").hosts
    world = world_of("minimal")
    world.site.hosts[host.name].machine = Machine(host.name, "192.0.2.99")
    found = [f.check for f in operations.check(site_of(world, tmp_path, "minimal")) if f.status == "failed"]
    assert "host.address" in found


def test_an_altered_program_is_never_started(tmp_path):
    world = world_of("minimal")
    site, registry = site_of(world, tmp_path, "minimal"), "sitewright-registry"
    world.site.altered = {a.file.digest for a in site.inputs.manifest.component("registry").artifacts}
    with pytest.raises(StepFailed, match=r"registry\.install.*not what bundle\.json names"):
        install(site)
    assert world.stat("solo", f"/usr/local/bin/{registry}") == (None,)
    assert not world.query("solo", "systemctl", "is-active", f"{registry}.service").ok


@pytest.mark.parametrize("finished", [False, True])
def test_what_another_site_began_on_a_host_is_left_alone(finished, tmp_path):
    """Found by preflight; and where a waiver sets that aside, the first step refuses, and nothing was touched."""
    world = world_of("minimal", Faults({} if finished else {"work": "oE"}), loaded=KERNEL_MODULES)
    inputs = inputs_of("minimal")
    other = site_of(world, tmp_path / "other", inputs=replace(inputs, answers=replace(inputs.answers, site="other")))
    if finished:
        install(other)
    else:
        with pytest.raises(StepFailed):
            install(other)
    start, site = world.snapshot(), site_of(world, tmp_path / "ours", "minimal")
    (finding,) = [f for f in operations.check(site) if f.check == "host.leftovers"]
    assert finding.status == "failed"
    assert "site other, environment production" in finding.found
    assert "uninstall that site first" in finding.remedy
    with pytest.raises(StepFailed, match="solo belongs to site other") as failed:
        install(site)
    assert "uninstall that site first" in failed.value.remedy
    kept = [line for line in differences(start, world.snapshot()) if "/var/lib/sitewright/runs" not in line]
    assert but_the_guard(kept) == []


def test_the_plans_times_are_those_of_the_way_that_preflight_measured(tmp_path):
    """Whichever is slower, the link or the disk at its end; a plan that asks no host goes by what was measured last."""
    world = world_of("rehearsal", link_speed=8e6, disk_speed=400e6)
    site = site_of(world, tmp_path)

    def push():
        return next(s for s in operations.plan(operations.measured(site)) if "registry.push" in s.id)

    assert push().weight == pytest.approx(1 + push().bytes / 50e6), "nothing is known yet"
    operations.check(site)
    assert push().weight == pytest.approx(1 + push().bytes / 8e6)
    for name, host in world.site.hosts.items():
        host.machine = replace(host.machine, disk_speed=3e6, name=name)
    operations.check(site)
    assert push().weight == pytest.approx(1 + push().bytes / 3e6)
    assert install(site).outcome == "done"
    operations.check(site)
    assert push().weight == pytest.approx(1 + push().bytes / 3e6), "hosts at work are not measured"
