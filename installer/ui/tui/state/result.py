"""What a finished site amounts to, read from what its runs have kept: probes, addresses, dates, commands, history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from installer import state_files
from installer.layout import INTERMEDIATE_LIFE, KUBERNETES_LIFE, REGISTRY_LIFE
from installer.messages import Message
from installer.operations import authority
from installer.plain import typed_as
from installer.probes.proof import ProbeResult
from installer.runs.store import PROBES, Run, Runs
from installer.runs.stream import kept_probes
from installer.state_files import trouble

LIVES = (
    (Message("the clusters' own certificates"), KUBERNETES_LIFE),
    (Message("the registry's certificate"), REGISTRY_LIFE),
    (Message("what the environments sign services' certificates with"), INTERMEDIATE_LIFE),
)
"""How long certificates are good that an installation makes."""
URL = re.compile(r"https?://[^\s,;]+")


@dataclass(frozen=True)
class Result:
    """A site as its last installation left it."""

    run: Run | None = None
    outcome: str = ""
    at: datetime | None = None
    probes: tuple[ProbeResult, ...] = ()
    kubeconfigs: Mapping[str, Path] = field(default_factory=dict)
    authority: Path | None = None
    """The certificate that the site's clients trust."""
    history: tuple[tuple[str, str, str], ...] = ()
    """Each run's time, operation and outcome, the last one first."""

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses that probes have asked."""
        return tuple(dict.fromkeys(url for probe in self.probes if probe.passed for url in URL.findall(probe.evidence)))

    @property
    def dates(self) -> tuple[tuple[str, datetime], ...]:
        """When certificates end that were made then, unless they were renewed."""
        return tuple((name, self.at + life) for name, life in LIVES) if self.at else ()


def read(runs: Runs, site: str) -> Result:
    """What is kept of a site.

    Raises:
        StateUnreadable: it cannot be read.
    """
    history = runs.history(site)
    listed = tuple((_clock(begun(run)), run.operation, run.outcome) for run in reversed(history))
    standing = runs.standing(site)
    if not standing:
        return Result(history=listed)
    last, folder = standing[-1], runs.folder(site)
    with trouble(folder):
        kubeconfigs = {path.stem: path for path in sorted(folder.glob("*.kubeconfig"))}
    probes = _probes(last.folder / PROBES)
    return Result(last, last.outcome, begun(last), probes, kubeconfigs, authority.kept(runs, site), listed)


def _probes(path: Path) -> tuple[ProbeResult, ...]:
    return tuple(kept_probes(state_files.read(path) or b""))


def begun(run: Run) -> datetime | None:
    """When a run began, from its name."""
    try:
        return datetime.strptime(run.name.partition("Z")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def _clock(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at else "–"


def report_command(profile: Path, run: Run, bundle: Path | None, signers: Path | None) -> str:
    """The command that writes what a customer signs."""
    return _command("report", "--profile", profile, "--run", run.name, *(("--bundle", bundle) if bundle else ()),
                    *(("--signers", signers) if signers else ()), "--out", "report")  # fmt: skip


def later_command(verb: str, profile: Path, flags: Mapping[str, Path | None]) -> str:
    """A command for later on this site."""
    return _command(
        verb, "--profile", profile, *(word for name, path in flags.items() if path for word in (name, path))
    )


def _command(*words: object) -> str:
    return typed_as(["sitewright", *map(str, words)])
