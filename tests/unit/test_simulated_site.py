"""The real plan against a simulated site: to the end, not twice, and back to the start."""

from __future__ import annotations

import pytest
from shelf import Heard, StoppedClock
from simulation import NOW, PROFILES, differences, inputs_of, world_of

from installer import engine, proof
from installer.events import StepFinished, StepStarted
from installer.journal import Journal
from installer.plan import install
from installer.plan.checks import judge, look
from installer.plan.model import Plan
from installer.world.simulated.machine import KERNEL_MODULES


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


@pytest.mark.parametrize("profile", PROFILES)
def test_preflight_and_probes_pass(profile, tmp_path):
    inputs, world = inputs_of(profile), world_of(profile)
    found = judge(look(world, inputs.answers, inputs.manifest, NOW))
    assert [f for f in found if f.status != "ok"] == []
    go(install.plan(inputs), tmp_path / "run", world)
    results = proof.prove(world, inputs, lambda _: None)
    assert [r for r in results if not r.passed] == []
    assert [f for f in judge(look(world, inputs.answers, inputs.manifest, NOW)) if f.status != "ok"] == []
