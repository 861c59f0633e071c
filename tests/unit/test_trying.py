"""Probes: a host that is gone is waited for once, and one that refuses a probe is asked for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from test_checks import answers, good

from installer.errors import CommandFailed, ConnectionLost, HostAnswersOddly, SitewrightError
from installer.hosts.facts import Gathered
from installer.ports import Reached
from installer.preflight.trials import try_all


class Failing:
    """Probes of which the first on cp-1 fails; `asked` counts them by host."""

    def __init__(self, error: SitewrightError) -> None:
        self._error = error
        self.asked: Counter[str] = Counter()

    def _count(self, host: str) -> None:
        self.asked[host] += 1
        if host == "cp-1" and self.asked[host] == 1:
            raise self._error

    def fsync_latency(self, host: str, directory: str) -> float:
        self._count(host)
        return 0.001

    def disk_speed(self, host: str, directory: str) -> float:
        self._count(host)
        return 1e9

    def link_speed(self, host: str) -> float:
        self._count(host)
        return 1e9

    def listen(self, host: str, tcp: Sequence[int], udp: Sequence[int]) -> bool:
        self._count(host)
        return True

    def hush(self, host: str) -> None:
        self._count(host)

    def connect(self, host: str, targets: Sequence[tuple[str, int]]) -> tuple[Reached, ...]:
        self._count(host)
        return ("open",) * len(targets)

    def call(self, host: str, targets: Sequence[tuple[str, int]]) -> None:
        self._count(host)

    def heard(self, host: str) -> frozenset[tuple[str, int]]:
        self._count(host)
        return frozenset()


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (ConnectionLost(host="cp-1", reason="no answer for 75 s"), 1),
        (HostAnswersOddly(host="cp-1", reason="more than 8388608 bytes"), 1),
        (CommandFailed(host="cp-1", command="probe", code=1, reason="read-only file system"), 8),
    ],
)
def test_a_host_that_is_gone_is_waited_for_once(error: SitewrightError, asked: int) -> None:
    probing = Failing(error)
    tried = try_all(probing, answers(), Gathered({name: good(name) for name in ("cp-1", "node-1", "node-2")}, {}))
    assert probing.asked["cp-1"] == asked
    assert probing.asked["node-1"] == 6
    assert tried.refused == {"cp-1": str(error)}


@pytest.mark.parametrize(("took", "least", "asked"), [((0.02, 0.004, 0.03), 0.004, 2), ((0.05, 0.02, 0.03), 0.02, 3)])
def test_a_disk_is_judged_by_the_best_of_three(took: tuple[float, ...], least: float, asked: int) -> None:
    probing, left = Failing(ConnectionLost(host="cp-1", reason="")), list(took)
    probing.asked["cp-1"] = 1  # nothing of it fails
    probing.fsync_latency = lambda host, _: left.pop(0) if host == "cp-1" else 0.001  # type: ignore[method-assign]
    assert try_all(probing, answers(), Gathered({"cp-1": good("cp-1")}, {})).fsync == {"cp-1": least}
    assert len(took) - len(left) == asked
