"""Hosts that say anything at all: facts come of it, or that host's finding; never an end of the check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_checks import MANIFEST, answers
from test_facts import Spoken

from installer.errors import HostAnswersOddly
from installer.hosts import facts
from installer.hosts import facts_parsing as reading
from installer.ports import Output, ReadOnly
from installer.preflight import Case, Tried, examine

DIGITS = "9" * 5000
DEEP = "[" * 100_000
HOSTILE = (
    "",
    "\n",
    "\0",
    "\ufffd" * 9,
    DIGITS,
    f"-{DIGITS}",
    f"{DIGITS}.{DIGITS}",
    "٣",
    "²",
    "1e999",
    "nan",
    "inf",
    "-1",
    DEEP,
    '[1, null, "x", {"addr_info": 3}, {"addr_info": [3, {"local": []}, {"local": null}]}]',
    "{}",
    "null",
    '"x"',
    DIGITS,
    f'[{{"addr_info": [{{"local": {DIGITS}}}]}}]',
    f"cpu0 {DIGITS}\n" * 99,
    "a=b=c\n=\n==\n\n=x",
    "Id\nId=\nId==\n\nId=x",
    f"tcp LISTEN 0 0 0.0.0.0:{DIGITS} x\ntcp LISTEN 0 0 :٣ x\ntcp LISTEN 0 0 a:65536 x\nudp x x x [::]:²",
    f"f\n/ {DIGITS} {DIGITS} / ext4\n/var ² ٣ /var x\n",
    f"{DIGITS}\t/var/log\n²\t/x\n\t\n",
    f"Version={DIGITS}",
    f"==> /proc/meminfo <==\nMemTotal: {DIGITS} kB\nSwapTotal: ٣ kB\n",
    f"==> /proc/self/status <==\nCapEff:\t{'f' * 5000}\n",
    f"==> /var/lib/sitewright/owner.json <==\n{DEEP}",
    '==> /var/lib/sitewright/owner.json <==\n{"format": 1, "site": []}',
    f'==> /var/lib/sitewright/owner.json <==\n{{"format": {DIGITS}}}',
    "==> /proc/sys/kernel/hostname <==\na\0b\n",
    "==> /proc/sys/kernel/hostname <==\n--help\n",
    f"==> /proc/sys/kernel/pid_max <==\n{DIGITS}\n",
    "==> /etc/os-release <==\nID=debian\nVERSION_ID=" + "1." * 9999,
    "==> /proc/self/mounts <==\n" + "a b\n" * 99,
)
SAID = st.sampled_from(HOSTILE) | st.text(max_size=200)


class Garbled(Spoken):
    """One host says anything, the others are as they should be."""

    def __init__(self, said: dict[str, str]) -> None:
        super().__init__()
        self._garbled = said

    def query(self, host: str, *argv: str, timeout: float = 30) -> Output:
        assert not any("\0" in word for word in argv), "no host's word may end up as half a command"
        if host == "cp-1" and (said := self._garbled.get(" ".join(argv[:2]), self._garbled.get(argv[0]))) is not None:
            return Output(0, said, said)
        return super().query(host, *argv, timeout=timeout)


@given(
    st.dictionaries(
        st.sampled_from(
            ("head", "date", "ip", "df", "ls", "ss", "getent", "systemctl", "timedatectl", "uname", "modprobe", "du")
        ),
        SAID,
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_a_host_says_is_its_own_affair(said: dict[str, str]) -> None:  # fmt: skip
    gathered = facts.gather(cast(ReadOnly, Garbled(said)), answers(), lambda *_: None)
    assert {"node-1", "node-2"} <= set(gathered.facts)
    assert ("cp-1" in gathered.facts) != ("cp-1" in gathered.refused)
    found = examine(Case(answers(), MANIFEST, gathered, Tried(), datetime(2026, 11, 23, tzinfo=UTC), {"cp-1": ()}))
    assert all(isinstance(each.found + each.wanted + each.remedy, str) for each in found)
    assert [each.status for each in found if each.host == "node-2" and each.check == "ssh.login"] == ["ok"]


@pytest.mark.parametrize("said", HOSTILE)
def test_a_clock_that_tells_no_time_is_told(said: str) -> None:
    gathered = facts.gather(cast(ReadOnly, Garbled({"date": said})), answers(), lambda *_: None)
    if said:
        error = gathered.refused["cp-1"]
        assert isinstance(error, HostAnswersOddly)
        assert len(error.message) < 300
    else:
        assert "cp-1" in gathered.facts


def test_what_nobody_foresaw_is_that_hosts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def surprised(_: Any) -> Any:
        raise KeyError("surprise")

    monkeypatch.setattr(reading, "units", surprised)
    gathered = facts.gather(cast(ReadOnly, Garbled({})), answers(), lambda *_: None)
    assert set(gathered.refused) == {"cp-1", "node-1", "node-2"}
    assert all(isinstance(error, HostAnswersOddly) for error in gathered.refused.values())
