"""The cluster's DNS stands on as many hosts as there are, however kubeadm began it, and goes back to what it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simulation import act, answers_of, inputs_of, install, site_of, world_of

from installer import operations
from installer.errors import ConnectionLost
from installer.plan import install as installing
from installer.plan.model import Image
from installer.plan.steps import dns_spread
from installer.simulated.world import SimulatedWorld

STEP = "production/kubernetes.spread@cp-1"


def dns_hosts(world: SimulatedWorld) -> list[str]:
    pods = world.get("production", dns_spread.PODS)["items"]
    return sorted(pod["spec"]["nodeName"] for pod in pods)


@pytest.mark.parametrize(("profile", "hosts"), [("ha", ["cp-1", "cp-2", "cp-3"]),
                                                ("rehearsal", ["cp-1", "node-1", "node-2"])])  # fmt: skip
def test_after_an_installation_it_stands_on_every_host(tmp_path, profile: str, hosts: list[str]) -> None:
    world = world_of(profile)
    install(site_of(world, tmp_path, profile))
    assert dns_hosts(world) == hosts


def test_no_step_is_there_for_a_single_host() -> None:
    steps = [step.id for step in installing.plan(inputs_of("minimal"))]
    assert not any("kubernetes.spread" in step for step in steps)


def test_of_many_hosts_three_have_it(monkeypatch) -> None:
    inputs = inputs_of("ha")
    environment = inputs.answers.environments[0]
    many = replace(environment, workers=tuple(f"node-{number}" for number in range(20)))
    wanted = []
    world = world_of("ha")
    monkeypatch.setattr(world, "apply", lambda _, *objects: wanted.extend(objects))
    monkeypatch.setattr(dns_spread, "PATIENCE", 0)
    monkeypatch.setattr(world, "get", lambda *_: None)
    dns_spread.spread(many, len(many.hosts), ()).apply(world)
    assert [each["spec"]["replicas"] for each in wanted if each["kind"] == "Deployment"] == [3]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda spec: spec.update(replicas=2),
        lambda spec: spec["template"]["spec"].pop("affinity"),
        lambda spec: spec["template"]["spec"]["tolerations"].pop(),
        lambda spec: spec["template"]["spec"].update(affinity=["nonsense"]),
    ],
    ids=["replicas", "affinity", "tolerations", "another form"],
)
def test_what_kubeadm_writes_over_later_is_put_right_by_the_next_run(tmp_path, spoil) -> None:
    world = world_of("ha")
    site = site_of(world, tmp_path, "ha")
    install(site)
    spoil(world.site.clusters["production"].objects[dns_spread.DEPLOYMENT]["spec"])
    due = [step for step, holds in operations.preview(site, operations.plan(site.inputs)).items() if not holds]
    assert due == [STEP]
    install(site)
    assert dns_hosts(world) == ["cp-1", "cp-2", "cp-3"]


def test_pods_side_by_side_on_one_host_do_not_hold(tmp_path) -> None:
    world = world_of("ha")
    site = site_of(world, tmp_path, "ha")
    install(site)
    pods = [thing for path, thing in world.site.clusters["production"].objects.items() if "/pods/coredns-" in path]
    for pod in pods:
        pod["spec"]["nodeName"] = "cp-1"
    assert not operations.preview(site, operations.plan(site.inputs))[STEP]


def test_taken_back_it_is_as_it_was_before(tmp_path) -> None:
    """A cluster that stood before this step was known: its own settings come back, and what was not there goes."""
    world = world_of("ha")
    install(site_of(world, tmp_path, "ha"))
    cluster = world.site.clusters["production"]
    kubeadms = {"replicas": 2, "template": {
        "metadata": {"labels": {"k8s-app": "kube-dns"}},
        "spec": {"containers": [{"name": "coredns", "image": "registry/coredns@sha256:0"}],
                 "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{}]}},
                 "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}]},
    }}  # fmt: skip
    cluster.delete(dns_spread.BUDGET)
    cluster.applied.clear()
    cluster.objects[dns_spread.DEPLOYMENT] = {"metadata": {"name": "coredns", "namespace": "kube-system"},
                                             "spec": kubeadms, "status": {}}  # fmt: skip
    cluster.objects[dns_spread.SERVICE] = {"metadata": {"name": "kube-dns", "namespace": "kube-system"}, "status": {},
                                          "spec": {"selector": {"k8s-app": "kube-dns"}}}  # fmt: skip
    step = dns_spread.spread(answers_of("ha").environments[0], 3, ())
    before = step.capture(world)
    world.apply("production", *dns_spread._wanted(3))
    assert cluster.objects[dns_spread.DEPLOYMENT]["spec"]["replicas"] == 3
    assert step.undo is not None
    step.undo(world, Image("run", before))
    assert cluster.objects[dns_spread.DEPLOYMENT]["spec"] == kubeadms
    assert cluster.objects[dns_spread.SERVICE]["spec"] == {"selector": {"k8s-app": "kube-dns"}}
    assert dns_spread.BUDGET not in cluster.objects


def test_a_cluster_that_does_not_answer_is_taken_back_as_a_whole(tmp_path) -> None:
    world = world_of("ha")
    site = site_of(world, tmp_path, "ha")
    install(site)
    for host in ("cp-2", "cp-3"):
        world.site.hosts[host].active.discard("kubelet.service")
    with pytest.raises(ConnectionLost):
        world.get("production", dns_spread.DEPLOYMENT)
    assert dns_spread.spread(answers_of("ha").environments[0], 3, ()).capture(world) == {}
    assert act(operations.uninstall, site).outcome == "done"
    assert not world.site.clusters


@pytest.mark.parametrize("told", [{}, {"replicas": 2, "traffic": ["x"]}, {"other": 1, "replicas": 2}])
def test_a_before_image_of_another_form_is_no_crash(tmp_path, told) -> None:
    """What another laptop's run noted comes from a host."""
    world = world_of("ha")
    install(site_of(world, tmp_path, "ha"))
    step = dns_spread.spread(answers_of("ha").environments[0], 3, ())
    assert step.undo is not None
    step.undo(world, Image("run", told))
