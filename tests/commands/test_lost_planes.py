"""A control plane that is lost, the first one included, stops nobody: the others keep lock, answers and API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from simulation import install, site_of, world_of

from installer import operations
from installer.errors import HostUnreachable, SiteLocked
from installer.operations.site import Site
from installer.plan.steps.secrets import Kept
from installer.runs import lock, site_copy
from installer.simulated.world import SimulatedWorld

PLANES = ("cp-1", "cp-2", "cp-3")


@contextmanager
def away(world: SimulatedWorld, *names: str) -> Iterator[None]:
    hosts = {name: world.site.hosts[name] for name in names}
    for host in hosts.values():
        host.machine = replace(host.machine, reachable=False)
    yield
    for host in hosts.values():
        host.machine = replace(host.machine, reachable=True)


def held(world: SimulatedWorld) -> list[str]:
    return [name for name in PLANES if world.read(name, lock.PATH)]


def hold(site: Site, owner: str, stop: threading.Event | None = None):
    return lock.hold(site.world, site.runs, site.name, site.planes, owner, stop or threading.Event())


def two(tmp_path: Path) -> tuple[SimulatedWorld, Site, Site]:
    world = world_of("ha")
    return world, site_of(world, tmp_path / "here", "ha"), site_of(world, tmp_path / "there", "ha")


def test_every_control_plane_keeps_the_lock_and_gives_it_back(tmp_path: Path) -> None:
    world, here, there = two(tmp_path)
    assert here.planes == PLANES
    with hold(here, "anna"):
        assert held(world) == [*PLANES]
        with pytest.raises(SiteLocked, match="anna"), hold(there, "bert"):
            raise AssertionError("two at once")
        assert held(world) == [*PLANES], "what is anna's is not given back by bert"
    assert held(world) == []


@pytest.mark.parametrize("lost", PLANES)
def test_one_that_is_lost_stops_nobody_and_lets_no_second_one_in(tmp_path: Path, lost: str) -> None:
    world, here, there = two(tmp_path)
    with away(world, lost), hold(here, "anna"), pytest.raises(SiteLocked, match="anna"), hold(there, "bert"):
        raise AssertionError("two at once")
    with away(world, lost), hold(there, "bert"):
        pass


def test_without_most_of_them_nobody_goes_on(tmp_path: Path) -> None:
    world, here, _ = two(tmp_path)
    with away(world, "cp-1", "cp-3"), pytest.raises(HostUnreachable, match="cp-1"), hold(here, "anna"):
        raise AssertionError("half a site")
    assert held(world) == []


def test_one_that_comes_back_gets_its_lock_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEW", 0.01)
    world, here, _ = two(tmp_path)
    stop = threading.Event()
    with away(world, "cp-1"):
        holding = hold(here, "anna", stop)
        holding.__enter__()
    for _ in range(1000):
        if held(world) == [*PLANES]:
            break
        stop.wait(0.01)
    assert held(world) == [*PLANES]
    holding.__exit__(None, None, None)
    assert held(world) == []


def test_each_control_plane_keeps_the_answers_and_one_that_is_lost_is_passed_over(tmp_path: Path) -> None:
    world, here, _ = two(tmp_path)
    run = install(here)
    kept = [name for name in PLANES if site_copy.answers(world, (name,), run.name)]
    assert kept == [*PLANES]
    with away(world, "cp-1"):
        assert site_copy.answers(world, here.planes, run.name) == site_copy.answers(world, ("cp-2",), run.name)


def test_secrets_are_read_by_any_control_plane(tmp_path: Path) -> None:
    world, here, _ = two(tmp_path)
    install(here)
    kept = Kept(PLANES, "production", "kube-system", "none")
    with away(world, "cp-1"):
        assert kept.data(world) is None
    with away(world, *PLANES), pytest.raises(HostUnreachable):
        kept.data(world)


def test_status_and_kubeconfigs_go_on_by_those_that_are_there(tmp_path: Path) -> None:
    world, here, _ = two(tmp_path)
    install(here)
    with away(world, "cp-1"):
        records, silent = operations.standing(here)
        assert set(silent) == {"cp-1"} and len(records) > 1
        found = operations.fetch_kubeconfigs(here)["production"].read_text()
    current = found.partition("server: https://")[2].partition("\n")[0]
    assert current.partition(":")[0] == here.inputs.answers.host("cp-2").address
