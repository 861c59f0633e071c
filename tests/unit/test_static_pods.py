"""Whether a control plane's own pods are ready, as its kubelet says: what counts, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from installer.plan.steps import static_pods
from installer.ports import Output

ALL = [f"{program}-cp-1" for program in static_pods.PROGRAMS]


class Asked:
    """A world in which a kubelet says one thing."""

    def __init__(self, said: str) -> None:
        self.said, self.argv = said, ()

    def query(self, host: str, *argv: str) -> Output:
        assert host == "cp-1"
        self.argv = argv
        return Output(0 if self.said else 7, self.said, "")


def pod(name: str, ready: str = "True", **annotations: str) -> dict:
    told = annotations or {static_pods.SOURCE: "file"}
    return {"metadata": {"name": name, "annotations": told},
            "status": {"conditions": [{"type": "Ready", "status": ready}]}}  # fmt: skip


def waiting(said: str) -> set[str]:
    return {each.what.split()[1] for each in static_pods.unready(Asked(said), "cp-1")}  # type: ignore[arg-type]


def listing(*pods: dict) -> str:
    return json.dumps({"kind": "PodList", "items": list(pods)})


def test_all_that_are_started_from_files_are_ready() -> None:
    assert waiting(listing(*map(pod, ALL), pod("coredns-1", "False", **{static_pods.SOURCE: "api"}))) == set()


def test_one_that_is_not_ready_yet_or_not_there_yet_is_waited_for() -> None:
    assert waiting(listing(pod(ALL[0], "False"), *map(pod, ALL[1:]))) == {ALL[0]}
    assert waiting(listing(*map(pod, ALL[1:]))) == {ALL[0]}


def test_what_the_api_remembers_of_the_former_one_does_not_count() -> None:
    mirror = pod(ALL[0], **{static_pods.SOURCE: "api"})
    other = pod(ALL[0], **{static_pods.SOURCE: "file", static_pods.MIRROR: "x"})
    for each in (mirror, other):
        assert waiting(listing(each, *map(pod, ALL[1:]))) == {ALL[0]}


@pytest.mark.parametrize("said", ["", "Unauthorized", "[]", "null", '{"items": null}', '{"items": [1]}'])
def test_a_kubelet_that_says_nothing_of_use_has_nothing_ready(said: str) -> None:
    assert waiting(said) == set(ALL)


def test_the_kubelet_is_asked_on_its_host_under_its_own_name() -> None:
    world = Asked(listing(*map(pod, ALL)))
    static_pods.unready(world, "cp-1")  # type: ignore[arg-type]
    assert world.argv[-1] == "https://cp-1:10250/pods"
    assert "cp-1:10250:127.0.0.1" in world.argv
    assert "--insecure" not in world.argv


def test_one_waits_until_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def wait_for(_: float, holds: Callable[[], bool]) -> None:
        while not holds():
            asked.append("again")
            world.said = listing(*map(pod, ALL))

    class Cluster:
        control_planes = ("cp-1",)
        absent: frozenset[str] = frozenset()

    monkeypatch.setattr(static_pods, "wait_for", wait_for)
    world = Asked("")
    static_pods.settle(world, Cluster())  # type: ignore[arg-type]
    assert asked == ["again"]
