"""The site of test_install.py: bare, then installed by an installer that was killed in every phase.

bare        three hosts as they were before us, with a snapshot of each
installed   the same after installation; what happened on the way is kept for the tests to judge
the last test there takes it all back
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
import secrecy
import snapshot
from ship import Operator, freeze_when, kill_when, records
from sites import Bare, Installed, SiteUnderTest


@pytest.fixture(scope="module")
def bare(raise_profile: Callable[[str], SiteUnderTest]) -> Bare:
    site = raise_profile("rehearsal")
    return Bare(site, snapshot.take(site.practice))


@pytest.fixture(scope="module")
def installed(bare: Bare) -> Installed:
    site, operator = bare.site, bare.site.operator
    began = site.received()
    killed_at = {}
    running = operator.start("install", *site.flags)

    def kill_and_resume(phase: str, due: Callable[[], bool]) -> subprocess.Popen[bytes]:
        kill_when(running, due)
        killed_at[phase] = records(site.run / "journal.jsonl")
        return operator.start("resume")

    def reached(step: str) -> Callable[[], bool]:
        return lambda: bool(operator.runs(site.name)) and site.state(step) == "begin"

    running = kill_and_resume("hosts", reached("production/hosts.trust@"))
    freeze_when(running, lambda: site.pushed() > 0.5)
    push_password = secrecy.registry_password(site.practice, site.practice.site.hosts[0].name)
    running = kill_and_resume("registry", lambda: True)
    running = kill_and_resume("kubernetes", reached("production/kubernetes.init@"))
    freeze_when(running, reached("production/kubernetes.join@"))
    stranger = Operator(operator.state.with_name("stranger"))
    intruders = operator.run("install", *site.flags), stranger.run("install", *site.flags)
    frozen = running.pid
    running = kill_and_resume("joining", lambda: True)
    kill_when(running, reached("production/cert-manager.release@"))
    killed_at["charts"] = records(site.run / "journal.jsonl")
    last = operator.run("resume", "--json").expect()
    return Installed(site, killed_at, site.received() - began, push_password, intruders, frozen, last)
