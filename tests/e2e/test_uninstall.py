"""Taking it all back: the hosts are as before, down to files, units, rules, settings and processes."""

from __future__ import annotations

import pytest
import snapshot
from ship import kill_when
from sites import Bare, Installed

pytestmark = pytest.mark.lab


def test_after_uninstall_the_hosts_are_as_before(bare: Bare, installed: Installed) -> None:
    """Also where the first try is killed half-way."""
    site = installed.site
    runs = len(site.operator.runs(site.name))
    running = site.operator.start("uninstall", "--yes")
    kill_when(running, lambda: len(site.operator.runs(site.name)) > runs and site.state("undo:production/kube") != "")
    done = site.operator.run("uninstall", "--yes").expect()
    assert "the hosts are as before" in done.out

    assert snapshot.differences(bare.before, snapshot.take(site.practice)) == []

    status = site.operator.run("status", "--json").expect().of("status")[0]
    assert set(status["hosts"].values()) == {None}
    again = site.operator.run("uninstall", "--yes")
    again.expect(2)
    assert "nothing of site" in again.err
