"""Checks of the bundle against what stands, and the ways between hosts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from test_checks import HOSTS, MANIFEST, NOW, answers, bad, good, older

from installer import preflight
from installer.answers.model import Environment, Waiver
from installer.bundle.manifest import Exemption
from installer.hosts.facts import Gathered
from installer.hosts.facts_parsing import Owner
from installer.plan.succession import Standing
from installer.preflight import Case, Tried


def test_no_waiver_lets_another_bundle_in() -> None:
    waiver = Waiver("bundle.succession", "we want it so", "somebody", date(2030, 1, 1))
    (found,) = bad({"node-1": {"record": older("node-1")}}, said=answers(waivers=(waiver,)))
    assert (found.check, found.host, found.status) == ("bundle.succession", "cp-1", "failed")
    assert "stands on node-1" in found.found


def test_where_a_host_has_lost_its_record_this_machine_s_runs_say_what_stands() -> None:
    case = Case(answers(), MANIFEST, Gathered({"cp-1": good("cp-1")}, {}), Tried(), NOW, {}, OLDER)
    assert [each.check for each in preflight.examine(case) if each.status == "failed" and "bundle" in each.check] == []
    ours = replace(good("cp-1"), owner=Owner("acme", "production"))
    begun = replace(case, gathered=Gathered({"cp-1": ours}, {}))
    (found,) = (each for each in preflight.examine(begun) if each.check == "bundle.succession")
    assert (found.status, found.found) == ("failed", "core 0.9 (v1.35.1) stands on cp-1; this bundle is a newer one: "
                                                     "core 1.0 (v1.36.3)")  # fmt: skip


OLDER = Standing("core", "0.9", "v1.35.1", "sha256:" + "a" * 64)


def test_exemptions_of_the_bundle_are_told_once_for_the_site_and_may_be_agreed_to() -> None:
    exempting = replace(MANIFEST, exemptions=(Exemption("shop", "/srv/shop/x", "the customer's own folder"),))
    (found,) = bad(manifest=exempting)
    assert (found.check, found.host, found.status) == ("bundle.exemptions", "cp-1", "warn")
    assert found.found == "shop writes /srv/shop/x: the customer's own folder"


def test_a_component_for_another_kubernetes_is_refused_once_and_may_be_waived() -> None:
    first, *others = MANIFEST.components
    parts = (replace(first, spec={**first.spec, "kubernetes": ">=1.20 <1.30"}), *others)
    (found,) = bad(manifest=replace(MANIFEST, components=parts))
    assert (found.check, found.host, found.status) == ("bundle.kubernetes", "cp-1", "failed")
    assert (found.found, found.wanted) == ("k8s is not for Kubernetes v1.36.3", "Kubernetes >=1.20 <1.30")
    waiver = Waiver("bundle.kubernetes", "tried here", "somebody", date(2030, 1, 1))
    case = bad(manifest=replace(MANIFEST, components=parts), said=answers(waivers=(waiver,)))
    assert [each.status for each in case if each.check == "bundle.kubernetes"] == ["waived"]


def test_the_table_of_ports_names_every_way() -> None:
    rows = preflight.ports_table(answers())
    assert ("this machine", "cp-1 (10.20.0.11), node-1 (10.20.0.12), node-2 (10.20.0.13)", "22/tcp") in [
        r[:3] for r in rows
    ]
    assert {row[2] for row in rows} == {"22/tcp", "5000/tcp", "6443/tcp", "10250/tcp", "8472/udp", "30000-32767/tcp"}
    planes = replace(answers().environments[0], control_planes=HOSTS, workers=())
    assert {"2379/tcp", "2380/tcp"} < {row[2] for row in preflight.ports_table(answers(environments=(planes,)))}


def test_environments_share_the_registry_and_nothing_else() -> None:
    two = (Environment("production", ("cp-1",)), Environment("testing", ("node-1",), ("node-2",)))
    found = [(wire.sources, wire.targets, wire.port) for wire in preflight.wires(answers(environments=two))]
    assert (HOSTS, ("cp-1",), 5000) in found
    assert (("node-1", "node-2"), ("node-1",), 6443) in found
    assert not any("cp-1" in sources and "node-1" in targets for sources, targets, port in found)
