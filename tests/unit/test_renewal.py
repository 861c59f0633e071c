"""Certificates that come of age: the next installation renews them, and what shows them shows the new ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from simulation import NOW, install, site_of, world_of

from installer import operations
from installer.plan.steps.kubelet_certificates import SERVING
from installer.plan.steps.registry import CERTIFICATE
from installer.plan.steps.registry_content import UNIT
from installer.simulated.world import SimulatedWorld


@pytest.fixture
def world(tmp_path):
    """A site that stands, and that can be put into the future by `later`."""
    world = world_of("rehearsal")
    install(site_of(world, tmp_path))
    return world


@pytest.fixture
def done(monkeypatch):
    """What is written and which commands are run from now on, in order."""
    done, write, run = [], SimulatedWorld.write, SimulatedWorld.run

    def writing(self, host, path, *rest, **named):
        write(self, host, path, *rest, **named)
        done.append((host, "write", path))

    def running(self, host, *argv, **named):
        done.append((host, *argv))
        return run(self, host, *argv, **named)

    monkeypatch.setattr(SimulatedWorld, "write", writing)
    monkeypatch.setattr(SimulatedWorld, "run", running)
    return done


def later(world, days):
    world.site.now = lambda: NOW + timedelta(days=days)


def due(site):
    """The steps that no longer hold."""
    return [step for step, holds in operations.preview(site, operations.plan(site.inputs)).items() if not holds]


def test_a_kubelets_serving_certificate_is_renewed_in_the_last_months_of_its_year(world, tmp_path):
    site = site_of(world, tmp_path)
    later(world, 270)
    assert due(site) == []
    later(world, 280)
    assert due(site) == [f"production/kubernetes.certify@{host}" for host in ("cp-1", "node-1", "node-2")]
    former = world.read("node-1", SERVING)
    assert install(site).outcome == "done"
    assert world.read("node-1", SERVING) != former
    assert due(site) == []


def test_one_that_ended_long_ago_is_renewed_as_well(world, tmp_path):
    site = site_of(world, tmp_path)
    later(world, 500)
    assert due(site) != []
    assert install(site).outcome == "done"
    assert due(site) == []


def test_the_registry_shows_a_renewed_certificate(world, done, tmp_path):
    site = site_of(world, tmp_path)
    later(world, 740)
    assert "production/registry.certificate@cp-1" in due(site)
    assert install(site).outcome == "done"
    written = done.index(("cp-1", "write", CERTIFICATE))
    assert ("cp-1", "systemctl", "restart", UNIT) in done[written:]
    assert due(site) == []


def test_the_registry_shows_it_also_where_the_installer_died_after_writing_it(world, done, tmp_path):
    """What runs must have been started after the certificate was written, whoever starts it."""
    site = site_of(world, tmp_path)
    later(world, 740)
    step = next(s for s in operations.plan(site.inputs) if s.id == "production/registry.certificate@cp-1")
    step.apply(world)
    assert not world.query("cp-1", "systemctl", "is-active", UNIT).ok
    assert install(site).outcome == "done"
    assert ("cp-1", "systemctl", "restart", UNIT) in done
