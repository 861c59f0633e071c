"""Clocks that differ: who is told of it, and what the cause may be."""

from __future__ import annotations

import pytest
from test_checks import bad


def told(**ahead: float) -> dict[str, str]:
    """What is said of each host, where its clock is so many seconds ahead of this machine's."""
    changes = {name.replace("_", "-"): {"clock_ahead": seconds} for name, seconds in ahead.items()}
    return {each.host: f"{each.found} -> {each.remedy}" for each in bad(changes) if each.check == "clock.skew"}


def test_the_host_that_is_off_is_told_and_none_of_those_that_agree() -> None:
    assert list(told(node_1=2.5)) == ["node-1"]
    assert list(told(node_1=-41.0)) == ["node-1"]
    assert list(told(cp_1=8 * 3600 + 1.0)) == ["cp-1"]


@pytest.mark.parametrize("hours", [8.0, -8.0, 5.5, 1.0, 13.0])
def test_whole_hours_are_called_a_time_zone_s(hours: float) -> None:
    said = told(node_1=hours * 3600 + 2)["node-1"]
    assert f"({hours:+g})" in said and "timedatectl set-local-rtc 0" in said


@pytest.mark.parametrize("seconds", [41.0, 1000.0, 3600.0 * 4 + 600, 86400.0 * 300])
def test_other_differences_are_not(seconds: float) -> None:
    assert "zone" not in told(node_1=seconds)["node-1"]


def test_where_all_hosts_agree_it_is_this_machine_that_is_wrong() -> None:
    said = told(cp_1=300.0, node_1=300.2, node_2=300.4)
    assert len(said) == 3
    assert all("3 host(s) are that agree" in text and "clock of this machine" in text for text in said.values())


def test_two_hosts_against_one_and_this_machine() -> None:
    said = told(cp_1=0.0, node_1=400.0, node_2=-400.0)
    assert list(said) == ["node-1", "node-2"] and all("start chrony" in text for text in said.values())
