"""The plan of an upgrade: what comes after what, what it is made from, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from simulation import inputs_of, next_inputs_of

from installer.bundle.manifest_json import encode
from installer.errors import BundleNotTrusted
from installer.plan import install, upgrade
from installer.plan.model import Plan
from installer.plan.renamed import present_id

GOLDEN = Path(__file__).parents[1] / "golden" / "upgrade_step_ids"
FORMER = "v1.36.3"


def planned(profile: str = "rehearsal") -> Plan:
    return upgrade.plan(next_inputs_of(profile), FORMER)


def before(plan: Plan, step: str) -> set[str]:
    """Everything that is done when a step begins."""
    after = {each.id: each.after for each in plan}
    found, waiting = set(), [*after[f"production/{step}"]]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += after[each]
    return {each.removeprefix("production/") for each in found}


@pytest.mark.parametrize("profile", ["environments", "ha", "minimal", "rehearsal"])
def test_every_id_that_was_ever_given_is_known(profile: str) -> None:
    """Add new ids to the golden list; one that changes stays there, with an entry in installer.plan.renamed."""
    given = (GOLDEN / f"{profile}.txt").read_text().split()
    assert given == sorted(set(given))
    assert {present_id(each) for each in given} == {step.id for step in planned(profile)}


def test_no_control_plane_is_touched_before_every_store_has_a_proved_restore_point() -> None:
    points = {f"kubernetes.restore-point@cp-{n}" for n in (1, 2, 3)}
    assert points <= before(planned("ha"), "kubernetes.emulate@cp-1")
    assert points <= before(planned("ha"), "kubernetes.plane@cp-1")


def test_control_planes_change_one_at_a_time_and_offer_nothing_new_before_all_have_changed() -> None:
    plan = planned("ha")
    assert "kubernetes.plane@cp-1" in before(plan, "kubernetes.plane@cp-2")
    assert "kubernetes.plane@cp-2" in before(plan, "kubernetes.plane@cp-3")
    assert {f"kubernetes.plane@cp-{n}" for n in (1, 2, 3)} <= before(plan, "kubernetes.lift@cp-1")
    assert "kubernetes.lift@cp-1" in before(plan, "kubernetes.lift@cp-2")


def test_nodes_change_one_at_a_time_out_of_service_and_after_the_control_planes() -> None:
    plan = planned()
    assert {"kubernetes.lift@cp-1", "kubernetes.settle@cp-1"} <= before(plan, "node.drain@cp-1")
    assert "node.return@cp-1" in before(plan, "node.drain@node-1")
    assert "node.return@node-1" in before(plan, "node.drain@node-2")
    assert "node.drain@node-1" in before(plan, "runc.install@node-1")
    assert "kubernetes.install@node-1" in before(plan, "kubernetes.kubelet@node-1")


def test_charts_come_when_every_node_has_changed_and_the_network_comes_first() -> None:
    plan = planned()
    assert "node.return@node-2" in before(plan, "kubernetes.addons@cp-1")
    assert "kubernetes.addons@cp-1" in before(plan, "flannel.release@cp-1")
    assert "flannel.release@cp-1" in before(plan, "cert-manager.release@cp-1")
    assert "cert-manager.release@cp-1" in before(plan, "site.record@node-1")


def test_the_only_node_of_a_cluster_stays_in_service() -> None:
    assert not any("node.drain" in step.id for step in planned("minimal"))


def test_one_environment_follows_the_other() -> None:
    plan = planned("environments")
    order = [step.id for step in plan]
    points = [order.index(next(each for each in order if each.startswith(f"{name}/kubernetes.restore-point@")))
              for name in dict.fromkeys(each.partition("/")[0] for each in order)]  # fmt: skip
    records = [order.index(each) for each in order if ".record@" in each]
    assert points == sorted(points)
    assert records[0] < points[1]


def test_everything_can_be_taken_back() -> None:
    assert [step.id for step in planned() if step.undo is None] == []


def test_each_phase_says_how_it_is_taken_back() -> None:
    assert {step.phase for step in planned("ha")} <= upgrade.WAYS_BACK.keys()


def test_within_a_minor_version_nothing_is_held_back() -> None:
    ids = {step.id for step in upgrade.plan(next_inputs_of("minimal"), "v1.37.0")}
    assert "production/kubernetes.plane@solo" in ids
    assert not any("emulate" in each or "lift" in each or "settle" in each for each in ids)


def test_where_kubernetes_is_the_same_no_control_plane_is_touched() -> None:
    ids = {step.id for step in upgrade.plan(next_inputs_of("minimal"), "v1.37.2")}
    assert not any("kubernetes.plane" in each for each in ids)
    assert "production/kubernetes.restore-point@solo" in ids


def test_the_plan_is_made_again_from_bundle_answers_and_what_stood() -> None:
    assert planned().digest == planned().digest
    assert planned().digest != upgrade.plan(next_inputs_of("rehearsal"), "v1.36.4").digest
    assert planned().subject[upgrade.FORMER] == FORMER
    assert planned().operation != install.plan(next_inputs_of("rehearsal")).operation


def test_a_bundle_without_means_to_take_restore_points_is_refused() -> None:
    with pytest.raises(BundleNotTrusted, match="etcd-tools"):
        upgrade.plan(inputs_of("minimal"), "v1.35.0")


def test_what_kubeadm_is_told_is_in_the_bundle() -> None:
    inputs = next_inputs_of("minimal")
    parts = tuple(replace(part, texts={name: text for name, text in part.texts.items() if name != "upgrade.yaml"})
                  for part in inputs.manifest.components)  # fmt: skip
    lacking = replace(inputs.manifest, components=parts)
    with pytest.raises(BundleNotTrusted):
        upgrade.plan(replace(inputs, manifest=lacking, bundle_json=encode(lacking)), FORMER)
