"""The kubeconfig that operators are given outlives any one control plane, and is never what a host made of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from simulation import answers_of, install, site_of, world_of

from installer import operations
from installer.errors import HostAnswersOddly, HostUnreachable
from installer.operations import kubeconfigs
from installer.plan.steps.kubernetes import ADMIN
from installer.simulated.world import SimulatedWorld

ADDRESSES = {host.name: host.address for host in answers_of("ha").hosts}


@pytest.fixture
def site(tmp_path):
    """A site of three control planes that stands."""
    site = site_of(world_of("ha"), tmp_path, "ha")
    install(site)
    return site


def lose(world: SimulatedWorld, *hosts: str) -> None:
    for host in hosts:
        world.site.hosts[host].machine = replace(world.site.hosts[host].machine, reachable=False)


def servers(site) -> dict[str, str]:
    """Where each context of the kept kubeconfig leads."""
    kept = yaml.safe_load((site.runs.folder(site.name) / "production.kubeconfig").read_bytes())
    where = {each["name"]: each["cluster"]["server"] for each in kept["clusters"]}
    assert kept["current-context"] == "production"
    return {each["name"]: where[each["context"]["cluster"]] for each in kept["contexts"]}


def url(host: str) -> str:
    return f"https://{ADDRESSES[host]}:6443"


def test_it_has_every_control_plane_and_uses_the_first(site) -> None:
    operations.fetch_kubeconfigs(site)
    assert servers(site) == {"production": url("cp-1"), **{f"production@{host}": url(host) for host in ADDRESSES}}


def test_with_the_first_one_lost_it_comes_from_another_and_uses_that(site) -> None:
    lose(site.world, "cp-1")
    operations.fetch_kubeconfigs(site)
    assert servers(site)["production"] == url("cp-2")


def test_status_lets_it_use_one_that_answers_and_the_first_again_when_it_is_back(site) -> None:
    operations.fetch_kubeconfigs(site)
    machine = site.world.site.hosts["cp-1"].machine
    lose(site.world, "cp-1")
    operations.choose_again(site, ["cp-1"])
    assert servers(site)["production"] == url("cp-2")
    site.world.site.hosts["cp-1"].machine = machine
    operations.choose_again(site, [])
    assert servers(site)["production"] == url("cp-1")


def test_one_whose_api_server_is_gone_is_not_used_though_its_host_answers(site) -> None:
    site.world.site.hosts["cp-1"].active.discard("kubelet.service")
    site.world.site.clusters["production"].planes.discard("cp-1")
    operations.fetch_kubeconfigs(site)
    assert servers(site)["production"] == url("cp-2")


def test_where_nobody_answers_what_is_kept_stays(site) -> None:
    operations.fetch_kubeconfigs(site)
    before = servers(site)
    lose(site.world, *ADDRESSES)
    operations.choose_again(site, ADDRESSES)
    operations.choose_again(site, [])
    assert servers(site) == before
    with pytest.raises(HostUnreachable):
        operations.fetch_kubeconfigs(site)


def test_what_was_never_fetched_is_not_fetched_in_passing(site) -> None:
    operations.choose_again(site, [])
    assert not (site.runs.folder(site.name) / "production.kubeconfig").exists()


def test_a_host_with_another_file_is_passed_over(site) -> None:
    site.world.write("cp-1", ADMIN, b"users: [{user: {exec: {command: /bin/sh}}}]\n")
    operations.fetch_kubeconfigs(site)
    kept = (site.runs.folder(site.name) / "production.kubeconfig").read_text()
    assert "exec" not in kept
    assert servers(site)["production"] == url("cp-2")
    for host in ("cp-2", "cp-3"):
        site.world.write(host, ADMIN, b"[]")
    with pytest.raises(HostAnswersOddly, match=r"cp-3 .*admin\.conf: it names no cluster"):
        operations.fetch_kubeconfigs(site)


def test_an_endpoint_of_the_customers_is_the_only_way(site) -> None:
    environment = replace(answers_of("ha").environments[0], endpoint="api.example:443")
    kept = []
    kubeconfigs.fetch(site.world, answers_of("ha"), environment, lambda _, content: kept.append(content))
    found = yaml.safe_load(kept[0])
    assert [each["cluster"]["server"] for each in found["clusters"]] == ["https://api.example:443"]


def test_where_no_cluster_is_there_is_none(tmp_path) -> None:
    assert operations.fetch_kubeconfigs(site_of(world_of("ha"), tmp_path, "ha")) == {}


def test_it_is_the_operators_alone(site) -> None:
    (path,) = operations.fetch_kubeconfigs(site).values()
    assert path.stat().st_mode & 0o077 == 0
    assert json.dumps(servers(site))
