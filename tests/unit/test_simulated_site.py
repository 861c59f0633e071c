"""The real plan against a simulated site: to the end, not twice, and back to the start."""

from __future__ import annotations

import pytest
from core_manifest import core_manifest
from shelf import Heard, StoppedClock
from simulation import NOW, PROFILES, differences, inputs_of, machines_of, world_of

from installer import engine
from installer.engine import loop
from installer.engine.events import StepFinished, StepStarted
from installer.engine.journal import Journal
from installer.errors import StepFailed
from installer.plan import install
from installer.plan.model import Plan
from installer.ports import Output
from installer.preflight import judge, look
from installer.probes import proof
from installer.simulated.machine import KERNEL_MODULES
from installer.simulated.world import SimulatedWorld


def go(plan, path, world, **rest) -> Heard:
    heard = Heard()
    journal = Journal(path)
    try:
        engine.run(plan, journal, world, heard, clock=StoppedClock(), **rest)
    finally:
        journal.close()
    return heard


@pytest.mark.parametrize("profile", PROFILES)
def test_the_plan_of_every_profile_runs_to_its_end(profile, tmp_path):
    world, plan = world_of(profile), install.plan(inputs_of(profile))
    go(plan, tmp_path / "journal", world)
    assert all(engine.preview(plan, world).values())


def back(plan, path) -> Plan:
    return engine.inverse(plan, Journal(path))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_second_run_changes_nothing(profile, tmp_path):
    world, plan = world_of(profile), install.plan(inputs_of(profile))
    go(plan, tmp_path / "first", world)
    before = world.snapshot()
    heard = go(plan, tmp_path / "second", world)
    assert not [event.step for event in heard.of(StepFinished) if event.changed]
    assert not heard.of(StepStarted)
    assert differences(before, world.snapshot()) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_the_inverse_brings_every_host_back_to_the_start(profile, tmp_path):
    world, plan = world_of(profile, loaded=KERNEL_MODULES), install.plan(inputs_of(profile))
    before = world.snapshot()
    go(plan, tmp_path / "run", world)
    go(back(plan, tmp_path / "run"), tmp_path / "back", world)
    assert differences(before, world.snapshot()) == []
    assert not world.site.clusters


UNREACHABLE = "Error: kubernetes cluster unreachable: the server is currently unable to handle the request"


class Unheard(SimulatedWorld):
    """A site whose helm cannot ask its cluster, the first `left` times that somebody looks at a release."""

    left = 0

    def query(self, host, *argv, timeout=30.0) -> Output:
        if argv[:2] == ("helm", "history") and self.left:
            self.left -= 1
            return Output(1, "", UNREACHABLE)
        return super().query(host, *argv, timeout=timeout)


@pytest.fixture
def unheard(tmp_path) -> tuple[Unheard, Plan]:
    """Such a site, installed by that plan."""
    world, plan = Unheard(machines_of("minimal"), core_manifest(), now=lambda: NOW), install.plan(inputs_of("minimal"))
    go(plan, tmp_path / "run", world)
    return world, plan


def test_a_cluster_that_does_not_tell_of_a_release_is_asked_again(tmp_path, unheard):
    world, plan = unheard
    world.left = len(loop.PATIENCE)
    heard = go(plan, tmp_path / "again", world)
    assert world.left == 0
    assert not heard.of(StepStarted), "no release is taken for missing"


def test_a_cluster_that_never_tells_of_a_release_fails_the_step_with_helms_words(tmp_path, unheard):
    world, plan = unheard
    world.left = 1000
    with pytest.raises(StepFailed, match=UNREACHABLE):
        go(plan, tmp_path / "again", world)


def test_a_cluster_that_is_down_is_taken_back_all_the_same(tmp_path):
    world, plan = world_of("minimal", loaded=KERNEL_MODULES), install.plan(inputs_of("minimal"))
    before = world.snapshot()
    go(plan, tmp_path / "run", world)
    (host,) = world.site.hosts.values()
    host.active.discard("containerd.service")
    go(back(plan, tmp_path / "run"), tmp_path / "back", world)
    assert differences(before, world.snapshot()) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_preflight_and_probes_pass(profile, tmp_path):
    inputs, world = inputs_of(profile), world_of(profile)
    found = judge(look(world, inputs.answers, inputs.manifest, NOW))
    assert [f for f in found if f.status != "ok"] == []
    go(install.plan(inputs), tmp_path / "run", world)
    results = proof.prove(world, inputs, lambda _: None)
    assert [r for r in results if not r.passed] == []
    assert [f for f in judge(look(world, inputs.answers, inputs.manifest, NOW)) if f.status != "ok"] == []
