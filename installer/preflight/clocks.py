"""Rules about clocks: those that differ from what most say are named, not those that they differ from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from installer.hosts.facts import Facts
from installer.messages import Message
from installer.preflight.finding import Case, Check, Violation

SKEW = 5.0
"""Seconds: certificates made a moment ago must be valid on every host."""
SKEW_BETWEEN = 1.0
"""Seconds: etcd warns of a peer whose clock differs by more."""
ZONE = 1800.0
"""Seconds by whose multiples time zones differ (the few that lie a quarter of an hour apart have no cities of size)."""
NEAR = 90.0
"""Seconds that a clock which was set by a wall clock may be off beside that."""
HERE = ""
"""This machine among the hosts: its clock is what all others are compared with, and may itself be the wrong one."""


def _skew(case: Case, facts: Facts) -> Iterator[Violation]:
    told = {HERE: 0.0, **{name: each.clock_ahead for name, each in case.facts.items()}}
    agreed = _agreed(tuple((time, name) for name, time in told.items()))
    ahead, doubt = facts.clock_ahead, facts.clock_doubt
    if not abs(ahead) - doubt <= SKEW:  # also where the host told no time at all
        yield from _off(case, facts, agreed)
        return
    others = agreed - {HERE}
    if facts.host in agreed or not others:
        return
    name = max(sorted(others), key=lambda other: abs(ahead - told[other]))
    apart = abs(ahead - told[name])
    doubt += case.facts[name].clock_doubt
    if apart - doubt > SKEW_BETWEEN:
        yield Violation(
            Message("{time} s or more apart from {name}", time=f"{apart - doubt:.1f}", name=name),
            Message("{time} s at most", time=f"{SKEW_BETWEEN:.0f}"),
            _remedy(case),
        )


@lru_cache(maxsize=8)
def _agreed(clocks: Sequence[tuple[float, str]]) -> frozenset[str]:
    """Whose clocks agree with each other: the most that do; of as many, those with this machine among them."""
    known = sorted(clock for clock in clocks if clock[0] == clock[0])
    times = [time for time, _ in known]
    groups = [known[at : bisect_right(times, time + SKEW_BETWEEN)] for at, time in enumerate(times)]
    best = max(groups, key=lambda group: (len(group), any(name == HERE for _, name in group)))
    return frozenset(name for _, name in best)


def _off(case: Case, facts: Facts, agreed: frozenset[str]) -> Iterator[Violation]:
    """A host whose time is far from this machine's: one of the two is wrong."""
    ahead = facts.clock_ahead
    time = f"{abs(ahead):.0f}"
    where = (
        Message("{time} s ahead of this machine", time=time)
        if ahead > 0
        else Message("{time} s behind this machine", time=time)
    )
    remedy = _remedy(case)
    if facts.host in agreed and HERE not in agreed and len(agreed) > 1:
        where = Message("{where}, as {count} host(s) are that agree with each other", where=where, count=len(agreed))
        remedy = Message("set the clock of this machine: date --utc tells what it takes for the time")
    elif _by_zones(ahead):
        hours = f"{round(ahead / ZONE) * ZONE / 3600:+g}"
        where = Message("{where}: whole hours of a time zone ({hours})", where=where, hours=hours)
        remedy = Message(
            "its clock keeps local time for UTC: timedatectl set-local-rtc 0, then set it right; {remedy}",
            remedy=remedy,
        )
    yield Violation(where, Message("{time} s at most; certificates would not be valid yet", time=f"{SKEW:.0f}"), remedy)


def _by_zones(ahead: float) -> bool:
    """Whether a difference is one between time zones: 14 hours at most."""
    return ZONE - NEAR <= abs(ahead) <= 14 * 3600 + NEAR and abs(ahead - round(ahead / ZONE) * ZONE) <= NEAR


def _remedy(case: Case) -> Message:
    line = case.answers.lines.get("network.ntp") or case.answers.lines.get("network")
    servers = Message("chrony with {servers}", servers=case.answers.ntp) if case.answers.ntp else "chrony"
    if line:
        return Message(
            "start {servers} there ({place})", servers=servers, place=f"network.ntp, {case.answers.file}:{line}"
        )
    return Message("start {servers} there", servers=servers)


def _synchronised(_: Case, facts: Facts) -> Iterator[Violation]:
    if not facts.clock_synchronised:
        yield Violation(
            Message("no time service keeps the clock"),
            Message("chrony or systemd-timesyncd, synchronised"),
            Message("start chrony there with the customer's time servers"),
            warning=True,
        )


CHECKS = (
    Check("clock.skew", Message("clocks agree"), _skew),
    Check("clock.sync", Message("clock is kept"), _synchronised),
)
