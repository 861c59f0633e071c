"""Whether a cluster is ready for an upgrade, by what its API answers."""

from __future__ import annotations

from typing import Any

import pytest

from installer.plan import readiness


def node(name: str = "cp-1", *, ready: bool = True, closed: bool = False, version: str = "v1.36.3") -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"unschedulable": closed},
            "status": {"nodeInfo": {"kubeletVersion": version},
                       "conditions": [{"type": "Ready", "status": str(ready)}]}}  # fmt: skip


def pod(name: str, *, owned: bool = True, claim: bool = False, phase: str = "Running") -> dict[str, Any]:
    owners = {"ownerReferences": [{"kind": "ReplicaSet"}]} if owned else {}
    volumes = [{"persistentVolumeClaim": {"claimName": "data"}}] if claim else []
    return {"metadata": {"name": name, "namespace": "shop", **owners}, "spec": {"volumes": volumes},
            "status": {"phase": phase}}  # fmt: skip


def budget(name: str, allowed: int, expected: int = 2) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"},
            "status": {"disruptionsAllowed": allowed, "expectedPods": expected}}  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (node(), ""),
        (node(ready=False), "its node is not ready"),
        (node("other"), "its node is not ready"),
        (node(closed=True), "its node is out of service"),
        (node(version="v1.35.9"), "its kubelet is v1.35.9"),
    ],
)
def test_nodes(seen: dict[str, Any], found: str) -> None:
    troubles = list(readiness.nodes(["cp-1"], {"items": [seen]}, "v1.36.3"))
    assert [each.found for each in troubles] == ([found] if found else [])
    assert all(each.host == "cp-1" and each.remedy for each in troubles)


@pytest.mark.parametrize("answer", [None, {}, {"items": "none"}, {"items": [7]}])
def test_an_answer_of_another_form_says_that_no_node_is_there(answer: Any) -> None:
    assert len(list(readiness.nodes(["cp-1", "cp-2"], answer, "v1.36.3"))) == 2
    assert list(readiness.pods(answer, alone=False)) == list(readiness.budgets(answer)) == []


def test_a_control_plane_of_another_version_or_a_silent_one() -> None:
    assert list(readiness.plane("cp-1", "v1.36.3", "v1.36.3")) == []
    assert [each.found for each in readiness.plane("cp-1", "", "v1.36.3")] == ["its API server is silent"]
    assert [each.found for each in readiness.plane("cp-1", "v1.36.1", "v1.36.3")] == ["its API server is v1.36.1"]


def test_what_ends_by_itself_is_told_from_what_stays() -> None:
    there = [pod("web"), pod("by-hand", owned=False), pod("clearing", owned=False), pod("over", owned=False),
             pod("job")]  # fmt: skip
    for each in there[2:]:
        each["spec"]["restartPolicy"] = "Never"
    there[3]["status"]["phase"] = "Succeeded"
    there[4]["metadata"]["ownerReferences"] = [{"kind": "Job"}]
    assert readiness.passing({"items": there}) == ["shop/clearing"]
    assert readiness.passing({"items": "none"}) == readiness.passing(None) == []


def test_pods_that_nothing_starts_again_are_named_and_those_that_have_ended_are_not() -> None:
    there = {"items": [pod("web"), pod("by-hand", owned=False), pod("over", owned=False, phase="Succeeded")]}
    assert [each.found for each in readiness.pods(there, alone=False)] == ["nothing starts these again: shop/by-hand"]
    assert list(readiness.pods(there, alone=True)) == []


def test_applications_that_are_bound_to_a_node_are_told_of_and_hinder_nothing() -> None:
    (trouble,) = readiness.pods({"items": [pod("db", claim=True)]}, alone=False)
    assert trouble.warning
    assert "shop/db" in trouble.found


def test_budgets_that_let_nobody_go_are_named_five_at_most() -> None:
    tight = [budget(f"b{n}", 0) for n in range(7)]
    (trouble,) = readiness.budgets({"items": [*tight, budget("wide", 1), budget("of-none", 0, 0)]})
    assert trouble.found == "no pod may go by: shop/b0, shop/b1, shop/b2, shop/b3, shop/b4 and 2 more"


def test_every_trouble_is_of_a_check_that_is_told_where_all_is_well() -> None:
    assert readiness.CHECKS.keys() == {readiness.PLANES, readiness.NODES, readiness.PODS, readiness.BUDGETS,
                                       readiness.VOLUMES}  # fmt: skip
