"""What a hostile host says of itself floods nobody: not the screen, not JSON, not a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from test_checks import MANIFEST, answers
from test_facts_garbled import Garbled

from installer import preflight
from installer.formats import json_lines
from installer.hosts import facts
from installer.messages import Message
from installer.plain import MOST
from installer.ports import ReadOnly
from installer.preflight import Case, Check, Finding, Tried, examine
from installer.preflight.finding import Violation

MEGABYTE = "x" * 1_000_000
ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e\x9b"
HUGE = ESCAPES + MEGABYTE
RELEASE = f'==> /etc/os-release <==\nID={HUGE}\nVERSION_ID={HUGE}\nPRETTY_NAME="{HUGE}"\n'
HOSTILE = {
    "os-release": {"head": RELEASE},
    "host name": {"head": f"==> /proc/sys/kernel/hostname <==\n{HUGE}\n"},
    "kernel": {"head": f"==> /proc/sys/kernel/osrelease <==\n{HUGE}\n"},
    "owner": {"head": f"==> {facts.reading.OWNER} <==\n"
                      f"{json.dumps({'format': 1, 'site': HUGE[:200], 'environment': ESCAPES})}\n"},
    "name servers": {"head": f"==> /etc/resolv.conf <==\nnameserver {HUGE}\nnameserver 127.0.0.53{ESCAPES}\n"},
    "fstab": {"head": "==> /etc/fstab <==\n" + f"{ESCAPES} none swap sw\n" * 9_000},
    "architecture": {"uname": HUGE},
    "addresses": {"ip": json.dumps([{"ifname": HUGE, "addr_info": [{"local": "10.96.0.1", "prefixlen": 12}]}])},
    "many addresses": {"ip": json.dumps([{"addr_info": [{"local": f"10.9.{at % 250}.{at // 250}{ESCAPES}"}
                                                        for at in range(9_000)]}])},
    "many routes": {"ip": json.dumps([{"dst": f"10.96.{at % 250}.{at // 250}/30", "dev": ESCAPES, "gateway": HUGE[:999]}
                                      for at in range(9_000)])},
    "listeners": {"ss": f'tcp LISTEN 0 0 {HUGE}:6443 0.0.0.0:* users:(("{HUGE}",pid=1))\n' * 3},
    "many listeners": {"ss": f'tcp LISTEN 0 0 0.0.0.0:10250 0.0.0.0:* users:(("{ESCAPES}",pid=1))\n' * 9_000},
    "disks": {"df": "".join(f"{place} 1 1 /{HUGE.split()[0]} {HUGE}\n" for place in ("File", "/", "/var", "/etc"))},
    "drop-ins": {"grep": f"/etc/systemd/system/kubelet.service.d/{ESCAPES}.conf:1:Environment={HUGE}\n" * 20},
    "many drop-ins": {"grep": "".join(f"/etc/systemd/system/kubelet.service.d/a.conf:{at}:Environment=A={ESCAPES}\n"
                                      for at in range(9_000))},
}  # fmt: skip


def examined(said: dict[str, str]) -> tuple[facts.Facts, list[Finding]]:
    gathered = facts.gather(cast(ReadOnly, Garbled(said)), answers(), lambda *_: None)
    found = examine(Case(answers(), MANIFEST, gathered, Tried(), datetime(2026, 11, 23, tzinfo=UTC), {"cp-1": ()}))
    return gathered.facts["cp-1"], [each for each in found if each.host == "cp-1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_host_floods_a_screen_or_acts_on_it(name: str) -> None:
    _, found = examined(HOSTILE[name])
    assert found
    for each in found:
        for text in (each.found, each.wanted, each.remedy):
            assert len(text) < 3_000
            assert text.isprintable(), ascii(text)[:200]
    assert len(found) < 8 * MOST
    assert len(json_lines.line({"findings": [vars_of(each) for each in found]})) < 1_000_000


def vars_of(each: Finding) -> dict[str, str]:
    return {"check": each.check, "found": each.found, "wanted": each.wanted, "remedy": each.remedy}


def test_facts_themselves_are_short_and_plain() -> None:
    seen, _ = examined(HOSTILE["os-release"])
    assert 0 < len(seen.os_name) < 400
    assert seen.os_name.isprintable()
    assert seen.os_name.startswith(r"\x1b]0;owned\x07")


def test_many_findings_of_a_kind_are_the_first_and_how_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def rule(_: Case, __: facts.Facts) -> Iterator[Violation]:
        for at in range(9_000):
            found = Message("{path}", path=f"/{at}{ESCAPES}")
            yield Violation(found, Message("nothing"), Message("remove it"), warning=at != 7_000)

    monkeypatch.setattr(preflight, "CHECKS", (Check("many.kinds", Message("this machine"), rule),))
    _, found = examined({})
    first, *_, last = [each for each in found if each.check == "many.kinds"]
    assert (first.status, first.found) == ("failed", r"/7000\x1b]0;owned\x07\x1b[2J\u202e\x9b")
    assert (last.status, last.found) == ("warn", "this machine: 8950 more of this kind")
    assert len([each for each in found if each.check == "many.kinds"]) == MOST + 1
