"""Data of applications outlasts runs that are taken back, unless somebody consents."""

from __future__ import annotations

from functools import partial

import pytest
import test_runs_stacked
from simulation import act
from test_runs_stacked import (
    ALL,
    CORE,
    SMALL,
    WORKERS,
    SiteUnderTest,
    answers_text,
    differences,
    inputs,
    objects_edited,
)

from installer import operations
from installer.errors import StepFailed
from installer.plan.steps.hosts import VOLUMES

under = test_runs_stacked.under


def with_data(under: SiteUnderTest, host: str, namespace: str) -> str:
    """A volume on a host, as the storage component makes one, with something in it; returns its directory."""
    cluster = under.world.site.clusters["production"]
    name = "pvc-0a1b2c3d-0000-4000-8000-000000000001"
    path = f"{VOLUMES}/{name}_{namespace}_data-0"
    under.world.site.hosts[host].tree.put(f"{path}/orders.db", b"precious")
    claim = {"metadata": {"name": "data-0", "namespace": namespace}, "spec": {"volumeName": name}}
    cluster.put(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/data-0", claim)
    cluster.put(f"/api/v1/persistentvolumes/{name}", {
        "metadata": {"name": name}, "spec": {"persistentVolumeReclaimPolicy": "Delete", "local": {"path": path},
                                             "claimRef": {"namespace": namespace, "name": "data-0"},
                                             "nodeName": host},
    })  # fmt: skip
    return path


@pytest.mark.parametrize("consent", [False, True])
def test_data_of_an_application_goes_only_with_consent(under: SiteUnderTest, consent: bool) -> None:
    under.install(inputs(CORE, answers_text(WORKERS, SMALL)))
    before, second = under.picture(), inputs(CORE, answers_text(WORKERS, ALL))
    under.install(second)
    path = with_data(under, "node-1", "shop")
    (volume,) = operations.at_stake(under.site(second))
    assert (volume.application, volume.host, volume.path, volume.size > 0) == ("shop/data-0", "node-1", path, True)
    under.rollback(second, delete_volumes=consent)
    assert (f"{path}/orders.db" in under.world.site.hosts["node-1"].tree) == (not consent)
    left = [line for line in differences(before, under.picture()) if VOLUMES not in line]
    assert [line for line in left if "persistentvolumes" not in line] == []


def test_what_an_application_of_an_earlier_run_holds_is_not_at_stake(under: SiteUnderTest) -> None:
    under.install(inputs(CORE, answers_text(WORKERS, ALL)))
    path = with_data(under, "node-1", "shop")
    second = inputs(objects_edited(CORE, "changed"), answers_text(WORKERS, ALL))
    under.install(second)
    assert operations.at_stake(under.site(second)) == ()
    under.rollback(second, delete_volumes=True)
    assert f"{path}/orders.db" in under.world.site.hosts["node-1"].tree


@pytest.mark.parametrize("consent", [False, True])
def test_an_uninstallation_keeps_data_unless_somebody_consents(under: SiteUnderTest, consent: bool) -> None:
    before, wanted = under.picture(), inputs(CORE, answers_text(WORKERS, ALL))
    under.install(wanted)
    path = with_data(under, "node-1", "shop")
    site = under.site(wanted)
    assert [each.path for each in operations.at_stake(site, "uninstall")] == [path]
    act(partial(operations.uninstall, delete_volumes=consent), site)
    tree = under.world.site.hosts["node-1"].tree
    assert (f"{path}/orders.db" in tree) == (not consent)
    left = [line for line in differences(before, under.picture()) if VOLUMES not in line]
    assert left == ([] if consent else ["/hosts/node-1/files//var/lib/sitewright: None -> ('directory', 493, b'', '')"])
    under.install(wanted)  # and once more, beside the data of before
    act(operations.uninstall, site)
    assert (f"{path}/orders.db" in tree) == (not consent)


def test_a_control_plane_of_another_time_is_not_reset(under: SiteUnderTest) -> None:
    """Somebody has deleted the node's object: the next run must not take the living cluster for left-overs."""
    wanted = inputs(CORE, answers_text(WORKERS, SMALL))
    under.install(wanted)
    del under.world.site.clusters["production"].objects["/api/v1/nodes/cp-1"]
    with pytest.raises(StepFailed, match="holds a cluster's data that is not of this run"):
        under.install(inputs(CORE, answers_text(WORKERS, ALL)))
    assert "/var/lib/etcd/member/snap/db" in under.world.site.hosts["cp-1"].tree
