"""A site at one look: what needs a hand, what comes first, and what is only told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from installer.plan import overview
from installer.plan.calendar import Certificate
from installer.plan.overview import Copy, Node, Overview, Part, Reported
from installer.ui import words

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WELL = Overview(NOW, (Node("e", "cp-1", "control plane", "ready", "v1.36.3"),),
                (Part("e", "shop", "shop", "1.0", "deployed", 2, 2),))  # fmt: skip


def ending(days: float, renewal: str = "kubeadm") -> Certificate:
    ends = NOW + timedelta(days=days)
    return Certificate("e", "cp-1", "/etc/kubernetes/pki/apiserver.crt", "API server", ends, renewal, "no API")


def node(name: str, *, ready: str = "True", closed: bool = False) -> dict:
    return {"metadata": {"name": name}, "spec": {"unschedulable": True} if closed else {},
            "status": {"nodeInfo": {"kubeletVersion": "v1.36.3"},
                       "conditions": [{"type": "Ready", "status": ready}]}}  # fmt: skip


def workload(name: str, *, ready: int, wanted: int, release: str = "shop") -> dict:
    return {"metadata": {"name": name, "namespace": "shop", "annotations": {overview.OWNER: release}},
            "spec": {"replicas": wanted}, "status": {"readyReplicas": ready} if ready else {}}  # fmt: skip


def test_where_all_is_well_nothing_needs_a_hand():
    assert overview.needs(WELL) == ()


@pytest.mark.parametrize(
    ("listing", "state"),
    [
        ({"items": [node("a")]}, "ready"),
        ({"items": [node("a", ready="Unknown")]}, "not-ready"),
        ({"items": [node("a", closed=True)]}, "out-of-service"),
        ({"items": [node("b")]}, "no-node"),
        ({}, "no-node"),
        (None, ""),
    ],
)
def test_a_host_is_as_its_cluster_sees_it(listing, state):
    assert overview.node("e", "a", plane=False, listing=listing).state == state


def test_a_part_is_healthy_where_its_newest_revision_is_deployed_and_every_pod_is_ready():
    wanted = {"shop": ("shop", "shop", "1.0"), "other": ("other", "other", "2.0")}
    releases = "shop shop superseded 1\nshop shop deployed 10\nshop shop failed 9\ngarbled\n"
    pods = [workload("web", ready=1, wanted=1), workload("cart", ready=1, wanted=3),
            workload("x", ready=0, wanted=1, release="else")]  # fmt: skip
    shop, other = overview.parts("e", wanted, releases, pods)
    assert (shop.release, shop.ready, shop.wanted, shop.lacking) == ("deployed", 2, 4, ("cart 1/3",))
    assert (shop.healthy, other.release) == (False, "none")
    daemons = {**workload("cni", ready=0, wanted=0), "status": {"desiredNumberScheduled": 3, "numberReady": 3}}
    (whole,) = overview.parts("e", {"shop": wanted["shop"]}, releases, [daemons])
    assert (whole.healthy, whole.wanted) == (True, 3)


def test_what_cannot_wait_comes_first_and_each_has_a_next_command():
    seen = replace(
        WELL,
        nodes=(Node("e", "n-1", "node", "away", "", "no answer"), Node("e", "n-2", "node", "out-of-service", "v1")),
        parts=(Part("e", "shop", "shop", "1.0", "failed", 0, 0),),
        certificates=(ending(-1), ending(20), ending(300), ending(20, "itself"), ending(0.1, "access")),
        checks=(Reported("e", "cp-1", "disks", "warning", "/ is full in 9 days", "make room"),
                Reported("e", "cp-1", "clock", "ok", "", "")),
        unasked={"f": "no API server answers"},
    )  # fmt: skip
    found = overview.needs(seen)
    assert [each.now for each in found] == [True] * 4 + [False] * 3
    assert [each.subject for each in found] == ["cluster", "n-1", "shop", "cp-1", "n-2", "cp-1", "cp-1"]
    assert all(each.found and each.remedy for each in found)
    assert found[3].found == "certificate of API server has ended on 2026-11-22 12:00 UTC: no API"


def test_restore_points_and_the_newest_snapshot_are_read_from_a_listing():
    listing = (
        "/var/lib/sitewright/restore:\ntotal 4\ndrwx------ 2 root root 4096 1764000000 core-1.1.0\n\n"
        "/var/lib/sitewright/restore/core-1.1.0:\ntotal 8\n-rw------- 1 root root 9 1764000000 etcd.db\n"
        "-rw------- 1 root root 9 1764000060 proved.json\n\n"
        "/var/lib/sitewright/checks/etcd:\n-rw------- 1 root root 9 1764100000 a b.db\n"
        "-rw------- 1 root root 9 1764000000 c.db\n-rw------- 1 root root 9 1764000000 c.json\nls: garbled\n"
    )
    assert list(overview.copies("e", "cp-1", listing)) == [
        Copy("e", "cp-1", "restore point core-1.1.0", datetime.fromtimestamp(1764000060, UTC)),
        Copy("e", "cp-1", "etcd snapshot, newest of 2", datetime.fromtimestamp(1764100000, UTC)),
    ]


@pytest.mark.parametrize(
    ("span", "told"),
    [(timedelta(days=20), "20 days"), (timedelta(hours=25), "1 day"), (timedelta(minutes=61), "1 hour"),
     (timedelta(seconds=119), "1 minute"), (timedelta(seconds=3), "less than a minute")],
)  # fmt: skip
def test_spans_are_told_as_people_say_them(span, told):
    assert words.span(span) == told
