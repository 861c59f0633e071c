"""A site goes on without its first control plane: installed once more, and taken back, by those that stand."""

from __future__ import annotations

import threading
from dataclasses import replace

from simulation import install, site_of, unwatched, world_of

from installer import operations
from installer.operations import members
from installer.plan import standing
from installer.plan.steps.kubernetes import ADMIN

LOST = "cp-1"


def lost(world) -> None:
    host = world.site.hosts[LOST]
    host.machine = replace(host.machine, reachable=False)


def test_all_verbs_work_while_the_first_control_plane_is_gone(tmp_path) -> None:
    world = world_of("ha")
    site = site_of(world, tmp_path, "ha")
    install(site)
    lost(world)
    gone = frozenset({LOST})
    assert members.absent(world, site.inputs.answers) == gone
    site = replace(site, inputs=standing.regarding(site.inputs, gone, gone), gone=gone)
    install(site)
    assert all(operations.preview(site, operations.plan(site.inputs)).values())
    operations.uninstall(site, unwatched, threading.Event())
    assert not site.runs.standing(site.name)
    for host in ("cp-2", "cp-3"):
        assert world.stat(host, ADMIN, "/etc/sitewright", "/var/lib/kubelet/config.yaml") == (None, None, None)
