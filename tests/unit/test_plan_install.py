"""The plan of an installation, for every profile, from the real recipe."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml
from core_manifest import ROOT, core_manifest, manifest_for

from installer.answers import file as answers_file
from installer.answers.model import Answers, Waiver
from installer.bundle.manifest import Manifest
from installer.errors import AnswersInvalid, BundleNotTrusted
from installer.plan import estimate, install
from installer.plan.card import PlanCard
from installer.plan.inputs import Inputs
from installer.plan.model import Plan
from installer.plan.steps import host_components, registry_content
from installer.plan.steps import releases as releases_of
from installer.render import context, templates

TODAY = date(2026, 11, 23)
PROFILES = sorted(path.stem for path in (ROOT / "profiles").glob("*.yaml"))


def load(profile: str, change: str = "", to: str = "") -> Answers:
    text = (ROOT / "profiles" / f"{profile}.yaml").read_text()
    assert change in text
    return answers_file.parse(text.replace(change, to), f"{profile}.yaml")


def inputs(answers: Answers, manifest: Manifest | None = None) -> Inputs:
    return Inputs(answers, manifest or manifest_for(answers), b"{}", b"sig", b"signers")


def before(plan: Plan) -> dict[str, set[str]]:
    """Everything that is done before each step."""
    found: dict[str, set[str]] = {}
    for step in plan:
        found[step.id] = set(step.after).union(*(found[name] for name in step.after))
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_every_host_of_every_profile_is_prepared_joined_and_recorded(profile):
    answers = load(profile)
    plan = install.plan(inputs(answers))
    for environment in answers.environments:
        ids = {step.id for step in plan if step.environment == environment.name}
        for host in environment.hosts:
            verb = "init" if host == environment.control_planes[0] else "join"
            for step in ("hosts.trust", "containerd.install", f"kubernetes.{verb}", "kubernetes.ready", "site.record"):
                assert f"{environment.name}/{step}@{host}" in ids
    assert {step.host for step in plan} == {host.name for host in answers.hosts}
    assert estimate.remaining(PlanCard.of(plan)) > 0


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_pulled_before_the_signature_is_verified_and_the_registry_filled(profile):
    given = inputs(load(profile))
    plan = install.plan(given)
    earlier = before(plan)
    filled = registry_content.filled_id(given)
    for step in plan:
        if ".install@" in step.id and "registry." not in step.id:
            assert filled in earlier[step.id]
            assert f"{step.environment}/hosts.trust@{step.host}" in earlier[step.id]
            assert f"{step.environment}/registry.trust@{step.host}" in earlier[step.id]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_release_waits_for_what_it_requires_and_for_ready_nodes(profile):
    given = inputs(load(profile))
    earlier = before(install.plan(given))
    for environment in given.answers.environments:
        parts = given.components(environment)
        releases = {p.name: releases_of.release_id(environment, p.name) for p in parts if "chart" in p.spec}
        for part in parts:
            if part.name in releases and not part.spec.get("network"):
                for host in environment.hosts:
                    assert f"{environment.name}/kubernetes.ready@{host}" in earlier[releases[part.name]]
                for required in part.requires:
                    assert required not in releases or releases[required] in earlier[releases[part.name]]


def test_control_planes_join_one_after_the_other_and_workers_do_not_wait_for_each_other():
    plan = install.plan(inputs(load("ha")))
    earlier = before(plan)
    joins = [step.id for step in plan if "kubernetes.join@" in step.id]
    assert joins[0] in earlier[joins[1]]
    workers = install.plan(inputs(load("rehearsal")))
    earlier = before(workers)
    first, second = (step.id for step in workers if "kubernetes.join@" in step.id)
    assert first not in earlier[second]


def test_the_same_answers_give_the_same_plan_and_others_another():
    plan = install.plan(inputs(load("rehearsal")))
    assert plan.digest == install.plan(inputs(load("rehearsal"))).digest
    other = install.plan(inputs(load("rehearsal", "practice.internal", "shop.internal")))
    assert other.digest != plan.digest
    changed = {name for name in plan.subject if plan.subject[name] != other.subject[name]}
    assert changed == {"answers.environments"}


def test_every_step_can_be_taken_back():
    assert [step.id for step in install.plan(inputs(load("environments"))) if step.undo is None] == []


def test_only_the_registrys_binary_and_the_push_use_the_operators_link():
    plan = install.plan(inputs(load("environments")))
    sending = {step.id.split("/")[1].split("@")[0] for step in plan if step.bytes}
    assert sending == {"registry.install", "registry.push"}


def test_a_component_that_the_bundle_lacks_is_refused_by_name():
    with pytest.raises(AnswersInvalid) as refused:
        install.plan(inputs(load("rehearsal", "shop: {}", "casino: {}")))
    (problem,) = refused.value.problems
    assert "environments.0.components.casino: found production/casino, which is not in the bundle" in str(problem)
    assert problem.line > 1


def waiving(profile: str, *waivers: tuple[str, tuple[str, ...]]) -> Answers:
    """A profile's answers with these waivers alone, each of a check on hosts (none: on all)."""
    return replace(
        load(profile), waivers=tuple(Waiver(check, "as agreed", "Li Wei", TODAY, hosts) for check, hosts in waivers)
    )


def texts(given: Inputs, host: str) -> dict[str, str]:
    """What the bundle writes on a host, by path."""
    environment = given.answers.environment_of(host)
    parts = [part for part in given.components(environment) if "host" in part.spec]
    here = [part for part in parts if host_components.belongs(part.spec["host"], given, environment, host)]
    files = [file for part in here for file in host_components.wanted_files(given, environment, part, host)]
    return {file.path: file.text.decode() for file in files}


def kubeadm(given: Inputs, host: str) -> dict[str, dict[str, Any]]:
    """The documents that kubeadm is given on a host, by kind."""
    environment = given.answers.environment_of(host)
    names = context.for_host(given.names(environment), host)
    admission = {"token": "t", "ca_hash": "h", "certificate_key": "k"}
    text = "init.yaml" if host == environment.control_planes[0] else "join.yaml"
    rendered = templates.render(core_manifest().component("kubernetes"), text, {**names, "join": admission})
    return {document["kind"]: document for document in yaml.safe_load_all(rendered)}


def kubelet(given: Inputs, host: str) -> dict[str, Any]:
    """A host's kubelet configuration as kubeadm makes it: the cluster's, with what differs on this host laid over."""
    first = given.answers.environment_of(host).control_planes[0]
    registration = kubeadm(given, host)
    folder = next(d["patches"]["directory"] for d in registration.values() if "patches" in d)
    patch = yaml.safe_load(texts(given, host)[f"{folder}/kubeletconfiguration+merge.yaml"])
    return {**kubeadm(given, first)["KubeletConfiguration"], **patch}


STRICT = {
    "cgroupDriver": "systemd",
    "failCgroupV1": None,
    "failSwapOn": None,
    "evictionHard": None,
    "featureGates": None,
}


def relaxed(configuration: dict[str, Any]) -> set[str]:
    """The settings that differ from those of a site without waivers."""
    return {name for name, value in STRICT.items() if configuration.get(name) != value}


@pytest.mark.parametrize(
    ("profile", "named"), [("rehearsal", "cp-1"), ("rehearsal", "node-2"), ("environments", "pre-1")]
)
def test_a_waiver_relaxes_the_hosts_it_names_and_no_others(profile, named):
    given = inputs(waiving(profile, ("cgroup.version", (named,)), ("limits.raise", (named,))))
    for host in (host.name for host in given.answers.hosts):
        here, written = host == named, texts(given, host)
        assert relaxed(kubelet(given, host)) == ({"cgroupDriver", "failCgroupV1", "featureGates"} if here else set())
        assert (f"SystemdCgroup = {'false' if here else 'true'}") in written["/etc/containerd/config.toml"]
        assert ("restrict_oom_score_adj = true" in written["/etc/containerd/config.toml"]) is here
        assert ("LimitNOFILE" in written["/etc/systemd/system/containerd.service"]) is not here
        (registration,) = [d["nodeRegistration"] for d in kubeadm(given, host).values() if "nodeRegistration" in d]
        assert registration.get("ignorePreflightErrors") == (["SystemVerification"] if here else None)


def test_what_holds_for_a_whole_cluster_is_relaxed_where_one_of_its_hosts_needs_it():
    given = inputs(waiving("environments", ("limits.raise", ("pre-1",))))
    for environment in given.answers.environments:
        proxy = kubeadm(given, environment.control_planes[0])["KubeProxyConfiguration"]
        assert ("conntrack" in proxy) is ("pre-1" in environment.hosts)


@pytest.mark.parametrize(
    ("check", "settings", "preflight"),
    [
        ("cgroup.version", {"cgroupDriver": "cgroupfs", "failCgroupV1": False}, ["SystemVerification"]),
        ("memory.swap", {"failSwapOn": False, "memorySwap": {"swapBehavior": "NoSwap"}}, None),
        ("limits.raise", {"featureGates": {"KubeletInUserNamespace": True}}, None),
        ("disk.space", {"imageGCHighThresholdPercent": 100}, None),
        ("host.cpu", {}, ["NumCPU"]),
        ("host.memory", {}, ["Mem"]),
        ("clock.sync", {}, None),
    ],
)
def test_what_is_waived_is_not_refused_later_by_the_kubelet_or_kubeadm(check, settings, preflight):
    given, plain = inputs(waiving("rehearsal", (check, ()))), inputs(waiving("rehearsal"))
    for host in ("cp-1", "node-1"):
        without = kubelet(plain, host)
        assert relaxed(without) == set()
        added = {name: value for name, value in kubelet(given, host).items() if without.get(name) != value}
        assert {name: added[name] for name in settings} == settings
        assert added == {} or settings
        (registration,) = [d["nodeRegistration"] for d in kubeadm(given, host).values() if "nodeRegistration" in d]
        assert registration.get("ignorePreflightErrors") == preflight


def test_etcd_is_the_bundles_own_and_not_kubeadms():
    given = inputs(load("ha"))
    cluster = kubeadm(given, given.answers.environments[0].control_planes[0])["ClusterConfiguration"]
    (etcd,) = [image for image in core_manifest().artifacts("image") if image.repository == "registry.k8s.io/etcd"]
    assert etcd.tag.startswith("3.6.")
    assert cluster["etcd"] == {"local": {"imageTag": etcd.tag}}


def test_containerd_pulls_every_upstream_from_the_site_registry_alone():
    given = inputs(load("ha"))
    environment = given.answers.environments[0]
    files = host_components.wanted_files(
        given, environment, core_manifest().component("containerd"), environment.hosts[0]
    )
    mirrors = {f.path: f.text.decode() for f in files if f.path.endswith("hosts.toml")}
    upstreams = {a.repository.split("/")[0] for a in core_manifest().artifacts("image")}
    assert {path.split("/")[-2] for path in mirrors} == upstreams
    addresses = {f"{given.answers.host(name).address}:5000" for name in given.answers.registry.hosts}
    for text in mirrors.values():
        named = {line.split("https://")[1].split("/")[0] for line in text.splitlines() if "https://" in line}
        assert named == addresses


def test_a_template_with_an_undefined_name_is_the_bundles_fault_and_says_where():
    kubernetes = core_manifest().component("kubernetes")
    with pytest.raises(BundleNotTrusted) as refused:
        templates.render(kubernetes, "init.yaml", {})
    assert "init.yaml" in refused.value.message
