"""Long work as every World does it: its end, its result once, and what a dead installer left of it."""

from __future__ import annotations

import pytest
from stages import Stage


def loaded(stage: Stage, unit: str) -> str:
    return stage.world.query(stage.host, "systemctl", "show", "--property=LoadState", f"{unit}.service").out.strip()


def active(stage: Stage, unit: str) -> bool:
    return stage.world.query(stage.host, "systemctl", "is-active", f"{unit}.service").ok


def test_it_gives_code_and_log_and_leaves_no_unit(stage: Stage) -> None:
    ended = stage.world.work(stage.host, "contract/work@host", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (ended.code, ended.out, ended.err) == (3, "out\nerr\n", "")
    assert loaded(stage, "sitewright-contract-work-host") == "LoadState=not-found"
    log = "/var/lib/sitewright/log/sitewright-contract-work-host.log"
    assert stage.world.read(stage.host, log) == b"out\nerr\n"
    assert stage.world.work(stage.host, "contract/work@host", "echo", "again").out == "again\n"
    assert stage.world.read(stage.host, log) == b"again\n"


@pytest.mark.parametrize("code", [0, 5])
def test_what_ended_unseen_gives_its_result_once_without_running_again(stage: Stage, code: int) -> None:
    stage.end_unseen("sitewright-unseen", code)
    assert active(stage, "sitewright-unseen") is (code == 0)
    assert loaded(stage, "sitewright-unseen") == "LoadState=loaded"
    assert stage.world.work(stage.host, "unseen", "test", "-e", "/nowhere").code == code
    assert stage.world.work(stage.host, "unseen", "test", "-e", "/nowhere").code == 1


def test_what_failed_unseen_can_be_forgotten(stage: Stage) -> None:
    stage.end_unseen("sitewright-forgotten", 5)
    assert stage.world.run(stage.host, "systemctl", "reset-failed", "sitewright-forgotten.service").ok
    assert loaded(stage, "sitewright-forgotten") == "LoadState=not-found"
    assert stage.world.work(stage.host, "forgotten", "true").code == 0


def test_over_its_time_it_is_ended(stage: Stage) -> None:
    assert stage.world.work(stage.host, "too-long", "sleep", "600", timeout=1).code == 124
    assert stage.world.run(stage.host, "sleep", "600", timeout=0.5).code == 124
    assert stage.world.run(stage.host, "sleep", "0", timeout=60).code == 0


def test_what_cannot_begin_says_so(stage: Stage) -> None:
    assert stage.world.work(stage.host, "no-program", "/no/such/program").code == 127
    assert stage.world.run(stage.host, "/no/such/program").code == 127
