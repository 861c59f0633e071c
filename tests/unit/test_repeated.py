"""An installation that is typed again is known by what stands on its hosts; its probes' pods start meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation import At, act, install, site_of, world_of

from installer import operations
from installer.operations import Site
from installer.operations.unchanged import Finished, whole
from installer.simulated.faults import Faults
from installer.simulated.world import SimulatedWorld


def prove(site: Site, standing: Finished) -> bool:
    results = operations.prove(site, lambda _: None, standing.prepared)
    operations.keep_proof(standing.run, results)
    return all(result.passed for result in results)


def left(world: SimulatedWorld) -> list[str]:
    """What the clusters have of any proof."""
    return [path for cluster in world.site.clusters.values() for path in cluster.objects if "sitewright-probe" in path]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three clusters, installed and proved."""
    site = site_of(world_of("environments"), tmp_path, "environments")
    assert prove(site, Finished(install(site)))
    return site


@pytest.fixture
def world(site: Site) -> SimulatedWorld:
    assert isinstance(site.world, SimulatedWorld)
    return site.world


def test_what_stands_is_found_with_its_probes_pods_and_proved_by_them(site: Site, world: SimulatedWorld) -> None:
    standing = whole(site, probes=True)
    assert standing is not None
    assert standing.run == site.runs.standing(site.name)[-1]
    assert standing.prepared.keys() == {each.name for each in site.inputs.answers.environments}
    assert left(world)
    applied: list[bool] = []
    world.fate = At("apply", lambda: applied.append(True))
    assert prove(site, standing)
    assert applied == [], "they were there"
    assert left(world) == []


def test_nothing_is_put_there_where_nothing_will_be_proved(site: Site, world: SimulatedWorld) -> None:
    applied: list[bool] = []
    world.fate = At("apply", lambda: applied.append(True))
    assert whole(site, probes=False) == Finished(site.runs.standing(site.name)[-1])
    assert applied == []


def test_an_installation_that_was_not_proved_gets_its_pods_when_it_is(tmp_path: Path) -> None:
    site = site_of(world_of("minimal"), tmp_path, "minimal")
    run = install(site)
    assert whole(site, probes=True) == Finished(run)


def test_another_plan_gets_no_pods_in_a_cluster_that_may_lack_what_they_need(
    site: Site, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installer.runs.store.Run.planned", "sha256:another")
    applied: list[bool] = []
    world.fate = At("apply", lambda: applied.append(True))
    assert whole(site, probes=True) == Finished(site.runs.standing(site.name)[-1])
    assert applied == []


def test_where_anything_is_not_as_it_should_be_the_pods_are_taken_away(site: Site, world: SimulatedWorld) -> None:
    host = site.inputs.answers.hosts[-1].name
    world.remove(host, "/usr/local/bin/kubelet")
    assert whole(site, probes=True) is None
    assert left(world) == []


@pytest.mark.parametrize("words", [{"stat": "T" * 40}, {"apply": "E"}, {"apply": "E", "stat": "T" * 40}], ids=str)
def test_hosts_and_clusters_that_fail_fail_nothing_there(
    words: dict[str, str], site: Site, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installer.engine.loop.PATIENCE", (0.0, 0.0, 0.0))
    world.fate = Faults(words)
    standing = whole(site, probes=True)
    assert (standing is None) == ("stat" in words)
    if standing is not None:
        assert sum(not each.result.passed for each in standing.prepared.values()) == 1
        assert not prove(site, standing)
    assert left(world) == []


def test_somebody_who_stops_the_look_leaves_nothing_behind(
    site: Site, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> dict[str, bool]:
        raise KeyboardInterrupt

    monkeypatch.setattr(operations, "preview", stopped)
    with pytest.raises(KeyboardInterrupt):
        whole(site, probes=True)
    assert left(world) == []


def test_nothing_stands_where_nothing_was_finished(tmp_path: Path) -> None:
    bare = site_of(world_of("minimal"), tmp_path, "minimal")
    assert whole(bare, probes=True) is None
    broken = site_of(world_of("minimal", Faults({"work": "oE"})), tmp_path / "broken", "minimal")
    with pytest.raises(Exception, match="fault of the simulation"):
        install(broken)
    assert whole(broken, probes=True) is None
    act(operations.rollback, broken)
    assert whole(broken, probes=True) is None
