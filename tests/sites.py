"""Sites that end-to-end tests work on: practice hosts, the answers for them, who works there, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice import Practice
from ship import Ended, Operator, records

from installer.cli.rehearse import practice_key
from installer.rehearsal import hosts


@dataclass(frozen=True, repr=False)
class SiteUnderTest:
    """Practice hosts, the answers for them, and who works on them."""

    practice: Practice
    operator: Operator
    profile: Path
    bundle: Path

    @property
    def name(self) -> str:
        return self.practice.site.name

    @property
    def flags(self) -> tuple[object, ...]:
        return "--profile", self.profile, "--bundle", self.bundle

    @property
    def signers(self) -> Path:
        """Who is trusted to have signed the bundle."""
        return practice_key()[1]

    @property
    def run(self) -> Path:
        """The folder of the site's last run."""
        return self.operator.runs(self.name)[-1]

    def state(self, step: str) -> str:
        """What the journal of the last run says of a step; empty where it has not come to it."""
        said = [record for record in records(self.run / "journal.jsonl") if record.get("step", "").startswith(step)]
        return said[-1]["state"] if said else ""

    def pushed(self) -> float:
        """The part of the push that is done."""
        told = [e for e in records(self.run / "events.jsonl")
                if e["type"] == "step_progressed" and "registry.push" in e["step"]]  # fmt: skip
        return told[-1]["done"] / told[-1]["total"] if told else 0.0

    def received(self) -> int:
        """Bytes that the first host has received over its network card since it was switched on."""
        return int(self.console("cat", "/sys/class/net/eth0/statistics/rx_bytes"))

    def console(self, *argv: str) -> str:
        return hosts.console(self.practice.site, self.practice.site.hosts[0].name, *argv)


@dataclass(frozen=True, repr=False)
class Bare:
    """A site before anything was done to it."""

    site: SiteUnderTest
    before: dict[str, set[str]]


@dataclass(frozen=True, repr=False)
class Installed:
    """A site that was installed in several sittings, each but the last killed, and what was seen meanwhile."""

    site: SiteUnderTest
    killed_at: dict[str, list[dict[str, Any]]]
    """For each phase the journal's records when the installer was killed there."""
    received: int
    """Bytes that reached the first host from the first command to the last."""
    push_password: str
    """The digest of the password that opened the registry for writing, as bcrypt."""
    intruders: tuple[Ended, ...]
    """What a second installer got to hear: from the same state directory, and from another one."""
    frozen: int
    """The process that held the site's lock then."""
    last: Ended
