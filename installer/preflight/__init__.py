"""Preflight: every check on every host, all problems at once, each with its remedy.

The rules are pure; only `look` itself looks, through the port it is given. A check that fails can be set aside by
a waiver in the answers, never by a flag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from installer.answers.model import Answers, Waiver
from installer.bundle.manifest import Manifest
from installer.errors import SitewrightError, SudoRefused
from installer.hosts.facts import Facts, gather
from installer.messages import Message
from installer.plain import MOST, plain
from installer.plan.connections import Wire, ports_table, wires
from installer.plan.inputs import Planned
from installer.plan.succession import Standing
from installer.ports import Probed, Report, discarded
from installer.preflight import bundle, clocks, disks, kernel, machine, network, networks, units
from installer.preflight.disks import DiskNeed, disk_needs
from installer.preflight.finding import Case, Check, Finding, Lacking, Status, Tried, Violation, named
from installer.preflight.selection import Only, only
from installer.preflight.trials import try_all

__all__ = ["CHECKS", "IMAGES", "NAMES", "Case", "Check", "DiskNeed", "Finding", "Lacking", "Only", "Status", "Tried",
           "Wire", "disk_needs", "examine", "judge", "look", "named", "only", "ports_table", "wires"]  # fmt: skip

LOGIN, SUDO = "ssh.login", "sudo.rights"
CHECKS: tuple[Check, ...] = (
    *bundle.CHECKS, *machine.CHECKS, *units.CHECKS, *kernel.CHECKS, *disks.CHECKS, *clocks.CHECKS,
    *network.CHECKS, *networks.CHECKS,
)  # fmt: skip
IMAGES = bundle.CHECKS[0].name
NAMES = (LOGIN, SUDO, *(check.name for check in CHECKS))
"""Every check. No waiver sets aside the first two, for a host that cannot be entered cannot be installed on, nor those
that are firm."""


def look(
    world: Probed,
    answers: Answers,
    manifest: Manifest,
    now: datetime,
    report: Report = discarded,
    wanted: Only = Only(),  # noqa: B008 - frozen
    lacking: Callable[[], Lacking] = dict,
    known_here: Standing | None = None,
    going_on: str = "",
    *,
    upgrading: bool = False,
) -> Case:
    """Look at every host and try what cannot be read; what goes wrong meanwhile will be a finding, not an error.

    `report` hears of each host that was asked. Where some checks alone are wanted every host is asked all the same, for
    many a rule compares hosts; but nothing is tried that no wanted check judges by. `lacking` finds out what the bundle
    lacks while hosts are being asked; `known_here` and `going_on` are what this machine's runs say, `upgrading` what
    is to be done (`Case`).

    Raises:
        AnswersInvalid: the answers choose what the bundle has not, or parts whose needs it does not meet.
    """
    opened = Planned(answers, manifest).wiring.opened
    with ThreadPoolExecutor(1, "lacking") as pool:
        found_lacking = pool.submit(lacking)
        gathered = gather(world, answers, report)
        tried = try_all(world.probing, answers, gathered, opened) if wanted.tries(CHECKS) else Tried()
        return Case(answers, manifest, gathered, tried, now, found_lacking.result(), known_here, going_on,
                    upgrading)  # fmt: skip


def judge(case: Case, wanted: Only = Only()) -> tuple[Finding, ...]:  # noqa: B008 - frozen
    """What the wanted checks say. A wanted host that cannot be entered is told in any case."""
    found = examine(case)
    return tuple(each for each in found if wanted.wants(each.check, each.host) or _entrance(wanted, each))


def _entrance(wanted: Only, finding: Finding) -> bool:
    return finding.check in (LOGIN, SUDO) and finding.status == "failed" and wanted.concerns(finding.host)


def examine(case: Case) -> tuple[Finding, ...]:
    """Every check on every host, in the order of the checks; hosts in the answers' order."""
    found = list(_entry(case))
    for check in CHECKS:
        for facts in case.facts.values():
            if check.applies(case, facts):
                found += _judged(case, check, facts)
    return tuple(found)


def _entry(case: Case) -> Iterator[Finding]:
    """Whether each host could be entered at all, and as root."""
    for host in case.answers.hosts:
        error = case.gathered.refused.get(host.name)
        if error is None:
            yield Finding(LOGIN, host.name, "ok", Message("logged in"))
            yield Finding(SUDO, host.name, "ok", "root")
        else:
            name = SUDO if isinstance(error, SudoRefused) else LOGIN
            yield _refusal(name, host.name, error)


def _refusal(check: str, host: str, error: SitewrightError) -> Finding:
    # A host that cannot be entered cannot be installed on: no waiver helps.
    return Finding(check, host, "failed", error.message, remedy=error.remedy)


def _judged(case: Case, check: Check, facts: Facts) -> list[Finding]:
    troubles = list(check.rule(case, facts))
    if not troubles:
        return [Finding(check.name, facts.host, "ok", check.title)]
    waiver = None if check.firm else case.answers.waiver(check.name, facts.host)
    ended = waiver is not None and waiver.until < case.now.date()

    def finding(trouble: Violation, found: Message) -> Finding:
        status: Status = "waived" if waiver and not ended else "warn" if trouble.warning else "failed"
        remedy = _agree_anew(waiver, trouble.remedy) if waiver and ended else trouble.remedy
        found, wanted, remedy = (each.each(plain, MOST) for each in (found, trouble.wanted, remedy))
        return Finding(check.name, facts.host, status, found, wanted, remedy, None if ended else waiver)

    if len(troubles) > MOST:  # what stops an installation is told first, and of the rest how many there are
        troubles.sort(key=lambda each: each.warning)
    found = [finding(each, each.found) for each in troubles[:MOST]]
    if rest := troubles[MOST:]:
        more = Message("{title}: {count} more of this kind", title=check.title, count=len(rest))
        found.append(finding(rest[0], more))
    return found


def _agree_anew(waiver: Waiver, remedy: Message) -> Message:
    return Message(
        "{remedy}; its waiver ended on {day}: agree on another day with {person}",
        remedy=remedy, day=waiver.until, person=waiver.person,
    )  # fmt: skip
