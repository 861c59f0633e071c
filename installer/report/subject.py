"""What a report is about: everything it tells is in these values, so that the same values give the same report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from installer.answers.model import Answers
from installer.plan.connections import OpenPort
from sizing.engine import Sizing


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the bundle. `digest` is that of its first artifact, "" where it has none."""

    name: str
    title: str
    version: str
    digest: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """What one part of a site needs of another: the role, and for both their environment and title."""

    environment: str
    part: str
    role: str
    of_environment: str
    of_part: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The bundle: what is in it, how large it is, and how long its installation is expected to take."""

    name: str
    version: str
    kubernetes: str
    digest: str
    bytes: int
    components: tuple[Component, ...]
    installed: Mapping[str, frozenset[str]]
    """Names of the components that each environment gets."""
    copy_seconds: float
    install_seconds: float
    opened: tuple[OpenPort, ...] = ()
    """The ports that its components open on hosts."""
    needs: tuple[Need, ...] = ()
    """Which part needs which other."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A trial of the finished platform, and what was seen."""

    title: str
    environment: str
    passed: bool
    evidence: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the installation: its steps, how many of them changed something, and its time on the clock."""

    environment: str
    name: str
    steps: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Built:
    """A run that ended: what it did, how long each phase took, what the probes saw."""

    run: str
    outcome: str
    started: datetime
    ended: datetime
    phases: tuple[Phase, ...]
    probes: tuple[Probe, ...]
    hosts: Mapping[str, int]
    """How many steps were done on each host."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Digests of what the run was made from: "bundle", "answers.hosts" ..."""

    @property
    def proved(self) -> bool:
        """Whether there were trials and all of them succeeded."""
        return bool(self.probes) and all(probe.passed for probe in self.probes)


@dataclass(frozen=True, slots=True)
class Wire:
    """Machines of `sources` connect to machines of `targets` at a port ("6443/tcp")."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    port: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One site: what was answered, what was reckoned from it, what will be delivered, what was built."""

    answers: Answers
    sizing: Sizing
    today: date
    program: str
    answers_digest: str
    wires: tuple[Wire, ...] = ()
    delivered: Delivered | None = None
    built: Built | None = None

    @property
    def changed_since(self) -> tuple[str, ...]:
        """Sections of the answers that are no longer what the run was made from; needs and planning build nothing."""
        if self.built is None or not self.built.sources:
            return ()
        then = {name: digest for name, digest in self.built.sources.items() if name.startswith("answers.")}
        now = self.answers.digests
        other = {name for name in {*then, *now} if then.get(name) != now.get(name)}
        return tuple(sorted(name.removeprefix("answers.") for name in other - {"answers.needs", "answers.plan"}))
