"""One authority for all environments of a site: made once, its intermediates renewed in time, all of it taken back."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from cryptography import x509
from simulation import NOW, act, install, site_of, world_of

from installer import certificates, operations
from installer.answers.model import OwnAuthority, SecretRef
from installer.layout import CA_LIFE, INTERMEDIATE_LIFE, RENEW_INTERMEDIATE_BEFORE, SITE_CA
from installer.plan.steps.authority import CA_KEY
from installer.probes import builtin, proof

PROFILE = "environments"
SECRET = "/api/v1/namespaces/cert-manager/secrets/site-intermediate"
CLUSTERS = ("production", "pre-release", "testing")
HOSTS = ("prod-1", "pre-1", "test-1")


@pytest.fixture
def bare():
    return world_of(PROFILE)


@pytest.fixture
def site(bare, tmp_path):
    site = site_of(bare, tmp_path, PROFILE)
    install(site)
    return site


def secret(world, cluster: str) -> dict[str, bytes]:
    found = world.get(cluster, SECRET)["data"]
    return {key: base64.b64decode(value) for key, value in found.items()}


def pair(world, cluster: str) -> certificates.KeyPair:
    return certificates.KeyPair(secret(world, cluster)["tls.crt"], secret(world, cluster)["tls.key"])


def due(site) -> list[str]:
    return [step for step, holds in operations.preview(site, operations.plan(site.inputs)).items() if not holds]


def later(world, life: timedelta) -> None:
    world.site.now = lambda: NOW + life


def test_every_environment_signs_in_the_name_of_the_one_authority(bare, site) -> None:
    root = bare.read("prod-1", SITE_CA)
    assert {bare.read(host, SITE_CA) for host in HOSTS} == {root}
    assert bare.stat("prod-1", CA_KEY)[0].mode == 0o600
    assert [bare.stat(host, CA_KEY) for host in HOSTS[1:]] == [(None,), (None,)], "its key is on one host alone"
    assert len({secret(bare, each)["tls.key"] for each in CLUSTERS}) == len(CLUSTERS), "each has a key of its own"
    for each in CLUSTERS:
        assert certificates.is_intermediate(pair(bare, each), root, NOW)
        assert secret(bare, each)["ca.crt"] == root


def test_the_probe_proves_the_way_up_to_the_authority_and_finds_another_one(bare, site, monkeypatch) -> None:
    monkeypatch.setattr(builtin, "PATIENCE", 0.5)

    def failing() -> set[str]:
        return {each.id for each in proof.prove(bare, site.inputs, lambda _: None) if not each.passed}

    assert failing() == set()
    stranger = certificates.make_ca("acme site authority", NOW, path_length=1)
    bare.write("test-1", SITE_CA, stranger.certificate)
    assert failing() == {"testing/probe.certificate", "testing/probe.shop"}
    bare.remove("test-1", SITE_CA)
    assert "testing/probe.certificate" in failing()


def test_no_key_is_in_what_the_operators_machine_keeps(bare, site, tmp_path) -> None:
    keys = [bare.read("prod-1", CA_KEY), *(secret(bare, each)["tls.key"] for each in CLUSTERS)]
    lines = [line for key in keys for line in key.splitlines() if not line.startswith(b"-----")]
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert [path for path in kept for line in lines if line in path.read_bytes()] == []


def test_intermediates_are_renewed_in_time_and_the_way_back_brings_the_former_ones(bare, site) -> None:
    root = bare.read("prod-1", SITE_CA)
    later(bare, INTERMEDIATE_LIFE - RENEW_INTERMEDIATE_BEFORE - timedelta(days=1))
    assert not [step for step in due(site) if "intermediate" in step]
    later(bare, INTERMEDIATE_LIFE - RENEW_INTERMEDIATE_BEFORE + timedelta(days=1))
    assert len([step for step in due(site) if "site-ca.intermediate" in step]) == len(CLUSTERS)
    former = {each: secret(bare, each) for each in CLUSTERS}
    install(site)
    assert due(site) == []
    assert bare.read("prod-1", SITE_CA) == root, "clients go on trusting what they trust"
    assert all(secret(bare, each)["tls.crt"] != former[each]["tls.crt"] for each in CLUSTERS)
    aside = [path for path in bare.site.hosts["test-1"].tree if path.endswith(".secret.json")]
    assert [bare.stat("test-1", path)[0].mode for path in aside] == [0o600]
    act(operations.rollback, site)
    assert {each: secret(bare, each) for each in CLUSTERS} == former


def test_an_intermediate_ends_no_later_than_its_authority_and_then_holds_until_its_end() -> None:
    root = certificates.make_ca("acme", NOW, path_length=1)
    late = NOW + CA_LIFE - timedelta(days=30)
    made = certificates.make_intermediate(root, "production", late)
    ends = [x509.load_pem_x509_certificate(each.certificate).not_valid_after_utc for each in (root, made)]
    assert ends[0] == ends[1]
    assert certificates.is_intermediate(made, root.certificate, late)
    assert not certificates.is_intermediate(made, root.certificate, NOW + CA_LIFE + timedelta(days=1))


@pytest.mark.parametrize("what", ["another authority", "a leaf", "another key", "rubbish", "no authority"])
def test_what_is_no_intermediate(what: str) -> None:
    root = certificates.make_ca("acme", NOW, path_length=1)
    made, authority = certificates.make_intermediate(root, "production", NOW), root.certificate
    if what == "another authority":
        authority = certificates.make_ca("acme", NOW, path_length=1).certificate
    elif what == "a leaf":
        made = certificates.issue(root, "production", ("production",), NOW)
    elif what == "another key":
        made = replace(made, key=root.key)
    elif what == "rubbish":
        made = certificates.KeyPair(b"", b"")
    assert not certificates.is_intermediate(made, None if what == "no authority" else authority, NOW)


def test_somebody_elses_intermediate_is_replaced_and_comes_back(bare, site) -> None:
    stranger = certificates.make_ca("stranger", NOW)
    data = {"tls.crt": stranger.certificate, "tls.key": stranger.key}
    told = {key: base64.b64encode(value).decode() for key, value in data.items()}
    bare.site.clusters["testing"].objects[SECRET]["data"] = told
    assert "testing/site-ca.intermediate@test-1" in due(site)
    install(site)
    assert certificates.is_intermediate(pair(bare, "testing"), bare.read("prod-1", SITE_CA), NOW)
    act(operations.rollback, site)
    assert bare.get("testing", SECRET)["data"] == told


def test_an_uninstallation_leaves_nothing_of_it(bare, site) -> None:
    act(partial(operations.uninstall, delete_volumes=True), site)
    left = [path for host in bare.site.hosts.values() for path in host.tree if "/etc/sitewright" in path]
    assert left == []
    assert all(SECRET not in cluster.objects for cluster in bare.site.clusters.values())


OWN = certificates.make_ca("Acme root", NOW, path_length=2)


def with_own(site, pair: certificates.KeyPair):
    """The same site whose answers name the customer's own authority."""
    own = OwnAuthority("acme.crt", SecretRef("file", "acme.key"))
    inputs = replace(site.inputs, answers=replace(site.inputs.answers, authority=own), authority=pair, _names={})
    return replace(site, inputs=inputs)


def test_the_customers_own_authority_signs_and_its_key_is_kept_nowhere(bare, tmp_path) -> None:
    site = with_own(site_of(bare, tmp_path, PROFILE), OWN)
    install(site)
    assert due(site) == []
    assert {bare.read(host, SITE_CA) for host in HOSTS} == {OWN.certificate}
    assert all(certificates.is_intermediate(pair(bare, each), OWN.certificate, NOW) for each in CLUSTERS)
    assert all(each.passed for each in proof.prove(bare, site.inputs, lambda _: None))
    line = OWN.key.splitlines()[1]
    entries = [entry for host in bare.site.hosts.values() for entry in host.snapshot()["files"].values()]
    on_hosts = [entry for entry in entries if isinstance(entry.content, bytes) and line in entry.content]
    here = [path for path in tmp_path.rglob("*") if path.is_file() and line in path.read_bytes()]
    assert (on_hosts, here, bare.stat("prod-1", CA_KEY)) == ([], [], (None,))


def test_going_over_to_the_customers_authority_can_be_taken_back_without_its_key(bare, site) -> None:
    root, key = bare.read("prod-1", SITE_CA), bare.read("prod-1", CA_KEY)
    former = {each: secret(bare, each) for each in CLUSTERS}
    install(with_own(site, OWN))
    assert bare.stat("prod-1", CA_KEY) == (None,), "what signs nothing any more is not left behind"
    assert all(certificates.is_intermediate(pair(bare, each), OWN.certificate, NOW) for each in CLUSTERS)
    act(operations.rollback, site)
    assert (bare.read("prod-1", SITE_CA), bare.read("prod-1", CA_KEY)) == (root, key)
    assert {each: secret(bare, each) for each in CLUSTERS} == former
