"""Runs that go on elsewhere or later: on another laptop, with other answers, without a lock, a disk or a probe."""

from __future__ import annotations

import errno
import itertools
import os
import threading
from dataclasses import replace

import pytest
from core_manifest import ROOT
from simulation import act, differences, inputs_of, install, site_of, unwatched, world_of
from waived import with_waivers

from installer import operations
from installer.answers import file as answers_file
from installer.errors import PlanChanged, RunStopped, SiteLocked, StepFailed, UsageError
from installer.probes.proof import ProbeResult
from installer.runs import lock, provenance, site_copy
from installer.simulated.faults import Faults
from installer.simulated.machine import KERNEL_MODULES


def left(start, world):
    """What an uninstallation has left, but for the lock's own guard."""
    return [line for line in differences(start, world.snapshot()) if "sitewright.lock.guard" not in line]


def minimal(fate=None):
    world = world_of("minimal", fate, loaded=KERNEL_MODULES)
    return world, world.snapshot()


def edited(site, change, to):
    """The same site with other answers."""
    answers = site.inputs.answers
    assert change in answers.text
    return answered(site, answers.text.replace(change, to))


def answered(site, text):
    """The same site with answers of this text."""
    again = answers_file.parse(text, site.inputs.answers.file)
    return replace(site, inputs=replace(site.inputs, answers=again))


class Death(BaseException):
    """The installer is killed: nothing after it has an effect."""


class Dying:
    """A fate that kills the installer at its n-th effect on the world."""

    CHANGING = frozenset({"write", "make_directory", "remove", "run", "work", "send", "push", "apply", "delete"})

    def __init__(self, at):
        self.left, self.dead = at, False

    def around(self, verb, host, effect):
        if verb in self.CHANGING:
            self.left -= 1
            self.dead = self.dead or self.left < 0
        if self.dead:
            raise Death
        return effect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("at", range(4, 118, 12))
def test_what_a_laptop_that_died_had_begun_is_taken_back_by_another_one(at, tmp_path):
    world, start = minimal()
    world.fate = Dying(at)
    with pytest.raises(Death):
        install(site_of(world, tmp_path / "first", "minimal"))
    world.fate = Faults({})
    world.site.host("solo").tree.remove(lock.PATH)  # it has expired
    other = site_of(world, tmp_path / "other", "minimal")
    act(operations.resume, other) if site_copy.kept(world, other.desk, other.name, lambda *_: "") else install(other)
    act(operations.uninstall, other)
    # Before there is a place for the copy, nothing is begun but that place: empty folders of ours may stay.
    assert set(left(start, world)) <= {"solo: /etc/sitewright", "solo: /var/lib/sitewright"}


def test_a_run_that_another_laptop_has_finished_is_taken_back_whole_by_the_first(tmp_path):
    world, start = minimal(Faults({"push": "E"}))
    first, second = (site_of(world, tmp_path / name, "minimal") for name in ("first", "second"))
    with pytest.raises(StepFailed):
        install(first)
    assert act(operations.resume, second).outcome == "done"
    assert act(operations.uninstall, first).outcome == "done"
    assert left(start, world) == []


def test_a_refused_resume_leaves_the_run_and_its_copy_as_they_were(tmp_path):
    world, start = minimal(Faults({"work": "oE"}))
    first = site_of(world, tmp_path / "first", "minimal")
    with pytest.raises(StepFailed):
        install(first)
    (run,) = first.runs.history(first.name)
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    with pytest.raises(PlanChanged, match=r"changed: answers\.environments") as refused:
        act(operations.resume, edited(first, "domain: minimal.internal", "domain: other.internal"))
    assert "-    domain: minimal.internal" in refused.value.details
    assert "+    domain: other.internal" in refused.value.details
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    second = site_of(world, tmp_path / "second", "minimal")
    act(operations.uninstall, second)
    assert left(start, world) == []


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("customer: ", "customer: Another "),
        ("until: 2030-12-31", "until: 2031-12-31"),
        ("user: engineer", "user: somebody"),
    ],
)
def test_answers_that_shape_no_step_may_change_between_two_attempts(change, to, tmp_path):
    world, _ = minimal(Faults({"work": "oE"}))
    site = answered(site_of(world, tmp_path, "minimal"), with_waivers(ROOT / "profiles" / "minimal.yaml"))
    with pytest.raises(StepFailed):
        install(site)
    assert act(operations.resume, edited(site, change, to)).outcome == "done"


def test_a_site_is_taken_back_by_the_answers_it_was_installed_with(tmp_path):
    world, start = minimal()
    site = site_of(world, tmp_path, "minimal")
    install(site)
    assert (
        act(operations.uninstall, edited(site, "domain: minimal.internal", "domain: other.internal")).outcome == "done"
    )
    assert left(start, world) == []


def test_hosts_that_the_answers_no_longer_name_are_told_with_the_answers_that_do(tmp_path):
    world = world_of("rehearsal", loaded=KERNEL_MODULES)
    site = site_of(world, tmp_path)
    install(site)
    (run,) = site.runs.history(site.name)
    fewer = replace(site, inputs=inputs_of("minimal"))
    with pytest.raises(UsageError, match="worked on cp-1, node-1, node-2") as refused:
        operations._require_hosts(fewer, run, site.inputs)
    assert str(run.folder / provenance.ANSWERS) in refused.value.remedy


class Stealing(Faults):
    """A fate in which somebody else takes the site's lock when the first long work begins."""

    def __init__(self, renewed):
        super().__init__({})
        self.renewed, self.world, self.stolen = renewed, None, False

    def around(self, verb, host, effect):
        if verb == "work" and not self.stolen:
            self.stolen = True
            self.world.site.host(host).tree.put(
                lock.PATH, b'bert 99999999999\n{"owner": "bert", "place": "x", "since": "noon"}\n'
            )
            self.renewed.wait(10)
        return super().around(verb, host, effect)


def test_a_run_that_has_lost_its_lock_stops_and_says_to_whom(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "RENEW", 0.01)
    stop = threading.Event()
    fate = Stealing(stop)
    world, _ = minimal(fate)
    fate.world = world
    site = site_of(world, tmp_path, "minimal")
    with pytest.raises(SiteLocked, match="bert since noon"):
        operations.install(site, operations.plan(site.inputs), unwatched, stop)
    assert site.runs.history(site.name)[-1].outcome == "interrupted"
    assert b"bert" in world.read("solo", lock.PATH), "what is somebody else's is not given back"


def test_a_lock_that_a_reboot_took_is_taken_again(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "RENEW", 0.01)
    world, _ = minimal()
    site, stop = site_of(world, tmp_path, "minimal"), threading.Event()
    with lock.hold(world, site.runs, site.name, site.planes, "anna", stop):
        world.remove("solo", lock.PATH)
        for _ in range(1000):
            if world.read("solo", lock.PATH):
                break
            stop.wait(0.01)
        assert b"anna" in world.read("solo", lock.PATH)
    assert not stop.is_set()


def test_a_run_that_can_no_longer_be_recorded_stops_and_goes_on_later(tmp_path, monkeypatch):
    world, _ = minimal()
    site = site_of(world, tmp_path, "minimal")
    calls, real = itertools.count(), os.fsync

    def full(handle):
        if next(calls) > 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunStopped, match=r"No space left on device; \d+ of \d+ steps are done") as stopped:
        install(site)
    assert stopped.value.exit_code == 6
    assert "sitewright resume" in stopped.value.remedy
    monkeypatch.setattr("os.fsync", real)
    assert act(operations.resume, site).outcome == "done"


def test_an_installation_that_was_not_proved_is_given_back_to_be_proved(tmp_path):
    world, _ = minimal()
    site = site_of(world, tmp_path, "minimal")
    run = install(site)
    assert act(operations.resume, site).name == run.name
    good = ProbeResult("dns", "cluster DNS", "production", True, "answered", 0.1)
    operations.keep_proof(run, (good, replace(good, passed=False)))
    assert act(operations.resume, site).name == run.name
    operations.keep_proof(run, (good,))
    with pytest.raises(UsageError, match="no run of site"):
        act(operations.resume, site)
