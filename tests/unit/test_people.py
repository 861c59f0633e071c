"""Kubeconfigs for persons: what they open, for how long, and that they can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from simulation import install, site_of, world_of

from installer.errors import CommandFailed, ConnectionLost, UsageError
from installer.formats import kubeconfig
from installer.operations import people
from installer.operations.site import Site

HOURS = timedelta(hours=8)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site of one host that stands."""
    return stands("minimal", tmp_path)


def stands(profile: str, folder: Path) -> Site:
    site = site_of(world_of(profile), folder, profile)
    install(site)
    return site


def bindings(site: Site, environment: str) -> list[dict]:  # type: ignore[type-arg]
    listing = site.world.get(environment, people.BINDINGS)
    return listing["items"] if listing else []


def user(path: Path, environment: str) -> str:
    """Whom the API server takes somebody for who shows the certificate of an environment's context."""
    config = yaml.safe_load(path.read_bytes())
    context = next(each["context"] for each in config["contexts"] if each["name"] == environment)
    mine = {
        "clusters": [each for each in config["clusters"] if each["name"] == context["cluster"]],
        "users": [each for each in config["users"] if each["name"] == context["user"]],
    }
    certificate = x509.load_pem_x509_certificate(kubeconfig.read(yaml.safe_dump(mine).encode()).certificate)
    (name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert not certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME), "a group can do something"
    return str(name.value)


def test_one_file_for_each_cluster_taken_back_in_one_after_the_other(tmp_path: Path) -> None:
    site = stands("environments", tmp_path)
    environments = people.chosen(site, ())
    assert len(environments) > 1
    given, path = people.grant(site, "anna", environments, "edit", HOURS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.environment for each in given] == [each.name for each in environments]
    for each in given:
        (binding,) = bindings(site, each.environment)
        assert binding["roleRef"]["name"] == "edit"
        assert [subject["name"] for subject in binding["subjects"]] == [user(path, each.environment)]
        assert abs(each.until - site.world.now() - HOURS) < timedelta(minutes=1)
    assert people.granted(site, environments) == given
    first, *others = environments
    people.grant(site, "bo", (first,), "view", HOURS)
    people.revoke(site, "anna", (first,))
    assert [each.person for each in people.granted(site, (first,))] == ["bo"]
    assert path.exists()
    people.revoke(site, "anna", others)
    assert [bindings(site, each.name) for each in others] == [[] for _ in others]
    assert not path.exists()
    with pytest.raises(UsageError, match="anna has no access"):
        people.revoke(site, "anna", environments)


def test_what_has_ended_is_listed_until_the_next_is_given(site: Site) -> None:
    (environment, *_) = people.chosen(site, ())
    people.grant(site, "anna", (environment,), "view", HOURS)
    (listed,) = people.granted(site, (environment,))
    site.world.apply(environment.name, {
        **bindings(site, environment.name)[0],
        "metadata": {"name": listed.binding, "labels": {people.LABEL: "person"}, "annotations": {
            "sitewright.internal/person": "anna", "sitewright.internal/until": "2020-01-01T00:00:00+00:00",
            "sitewright.internal/by": "me"}},
    })  # fmt: skip
    (ended,) = people.granted(site, (environment,))
    assert ended.until < site.world.now()
    people.grant(site, "bo", (environment,), "view", HOURS)
    assert [each.person for each in people.granted(site, (environment,))] == ["bo"]


@pytest.mark.parametrize("person", ["", "../x", "a b", "-a", "a\n", "a" * 64, "system:admin/x", "anna\u202e"])
def test_who_can_not_be_called_so_gets_nothing(tmp_path: Path, person: str) -> None:
    site = site_of(world_of("minimal"), tmp_path, "minimal")
    with pytest.raises(UsageError, match="nobody can be called"):
        people.grant(site, person, people.chosen(site, ()), "view", HOURS)
    assert not list(site.runs.folder(site.name).glob("person.*"))


@pytest.mark.parametrize("lasting", [timedelta(minutes=9), timedelta(days=7, seconds=1)])
def test_for_how_long_is_bounded(tmp_path: Path, lasting: timedelta) -> None:
    site = site_of(world_of("minimal"), tmp_path, "minimal")
    with pytest.raises(UsageError, match="ten minutes at least"):
        people.grant(site, "anna", people.chosen(site, ()), "view", lasting)


def test_with_no_api_server_nothing_is_kept(site: Site) -> None:
    (environment, *_) = people.chosen(site, ())
    for host in environment.control_planes:
        lost = site.world.site.hosts[host]  # type: ignore[attr-defined]
        lost.machine = replace(lost.machine, reachable=False)
    with pytest.raises(ConnectionLost, match="no API server serves"):
        people.grant(site, "anna", (environment,), "view", HOURS)
    assert not list(site.runs.folder(site.name).glob("person.*"))


def test_a_file_that_could_not_be_allowed_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (environment, *_) = people.chosen(site, ())

    def refused(*_: object) -> None:
        raise CommandFailed(host="x", command="apply", code=403, reason="no")

    monkeypatch.setattr(site.world, "apply", refused)
    with pytest.raises(CommandFailed):
        people.grant(site, "anna", (environment,), "view", HOURS)
    assert bindings(site, environment.name) == []
