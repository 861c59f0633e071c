"""What a check says of a host, and what it judges by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

from installer.answers.model import Answers, Waiver
from installer.bundle.manifest import Manifest
from installer.hosts.facts import GIB, Facts, Gathered
from installer.messages import Message
from installer.plan.connections import OpenPort
from installer.plan.inputs import Planned
from installer.plan.succession import Standing
from installer.ports import Reached
from installer.preflight import room
from sizing.offered import Shortfall

Status = Literal["ok", "warn", "waived", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check on one host. Of a good one `found` says what was looked at; the rest is empty."""

    check: str
    host: str
    status: Status
    found: str
    wanted: str = ""
    remedy: str = ""
    waiver: Waiver | None = None


class Violation(NamedTuple):
    """What a rule holds against a host: found, wanted, what to do about it, and whether it only has to be known."""

    found: Message
    wanted: Message
    remedy: Message
    warning: bool = False


@dataclass(frozen=True)
class Tried:
    """What the probes gave, by host. What was not tried is missing here and counts as no failure.

    `fsync` is in seconds, `disk` and `link` in bytes per second. `reached` maps (from, to, "tcp" or "udp", port).
    `mute` are hosts that had no means to listen.
    """

    fsync: Mapping[str, float] = field(default_factory=dict)
    disk: Mapping[str, float] = field(default_factory=dict)
    link: Mapping[str, float] = field(default_factory=dict)
    reached: Mapping[tuple[str, str, str, int], Reached] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)


Lacking = Mapping[str, tuple[Violation, ...]]
"""What charts ask for and the bundle lacks, by each environment's first control plane; empty where nobody looked."""


@dataclass(frozen=True)
class Case:
    """Everything the rules judge by."""

    answers: Answers
    manifest: Manifest
    gathered: Gathered
    tried: Tried
    now: datetime
    lacking: Lacking = field(default_factory=dict)
    known_here: Standing | None = None
    """The bundle that stands as far as this machine's finished runs know."""
    going_on: str = ""
    """Digest of the bundle of a run that was broken off and would be gone on with."""
    upgrading: bool = False
    """Whether this bundle is to follow the one that stands."""

    @cached_property
    def planned(self) -> Planned:
        """The answers with the bundle: who needs whom in the site is solved once, however many rules ask."""
        return Planned(self.answers, self.manifest)

    @cached_property
    def short(self) -> tuple[Shortfall, ...]:
        """What the hosts are short of for the needs of the answers."""
        return room.shortfalls(self.planned, self.facts)

    @property
    def opened(self) -> tuple[OpenPort, ...]:
        """The ports that the site's components open."""
        return self.planned.wiring.opened

    @property
    def facts(self) -> Mapping[str, Facts]:
        """The hosts that answered."""
        return self.gathered.facts

    def begun(self, facts: Facts) -> bool:
        """Whether the installation that these answers describe was begun on a host; what it left is no trouble."""
        return facts.owner == (self.answers.site, self.answers.environment_of(facts.host).name)


Rule = Callable[[Case, Facts], Iterator[Violation]]

NAMED = 3
"""Checks, and hosts of each, that one line names."""


def everywhere(_: Case, __: Facts) -> bool:
    """For every host."""
    return True


def control_planes(case: Case, facts: Facts) -> bool:
    """For control planes alone."""
    return facts.host in case.answers.environment_of(facts.host).control_planes


@dataclass(frozen=True)
class Check:
    """A named rule and the hosts it is for. A rule that yields nothing is content.

    `tries` says that it judges by what probes gave (`Case.tried`); `firm`, that no waiver sets it aside.
    """

    name: str
    title: Message
    rule: Rule
    applies: Callable[[Case, Facts], bool] = everywhere
    tries: bool = False
    firm: bool = False


def named(findings: Iterable[Finding]) -> str:
    """The checks by name, each with its hosts: the first `NAMED`, and dots where there are more."""
    places: dict[str, list[str]] = {}
    for finding in findings:
        places.setdefault(finding.check, []).extend([finding.host] if finding.host else [])
    words = [f"{check} ({_first(hosts)})" if hosts else check for check, hosts in places.items()]
    return _first(words)


def _first(words: Sequence[str]) -> str:
    return ", ".join([*words[:NAMED], *(["…"] if len(words) > NAMED else [])])


def gib(size: float) -> str:
    """A size as messages show it."""
    return f"{size / GIB:.1f} GiB"
