"""What every verb on a site works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from installer.bundle.archive import Archive
from installer.plan.inputs import Inputs
from installer.ports import Probed, World
from installer.runs import adoption
from installer.runs.store import Runs


class SiteWorld(World, Probed, Protocol):
    """What operations act on: everything a world can do, and what preflight tries."""


@dataclass(frozen=True)
class Site:
    """What every verb on a site works with. `owner` names this person and machine in the site's lock."""

    inputs: Inputs
    world: SiteWorld
    runs: Runs
    owner: str
    remembered: Mapping[str, str]
    """What a run keeps so that `resume` and its kin need no flags: "profile", "bundle", "signers"."""
    archive: Archive | None = None
    """The open bundle; None where what is done needs none."""
    agree: adoption.Agree = adoption.refuse
    """Whom to ask where a run of another machine began with other answers."""

    gone: frozenset[str] = frozenset()
    """Hosts that a person said to be gone: nothing is done on them."""

    @property
    def name(self) -> str:
        """The site's name."""
        return self.inputs.answers.site

    @property
    def desk(self) -> str:
        """The first of the site's control planes that stands: it keeps the authority's certificate, as all hosts do."""
        return self.inputs.answers.environments[0].desk

    @property
    def planes(self) -> tuple[str, ...]:
        """The hosts that keep the site's lock, and the answers of its runs: any of them may be lost."""
        return self.inputs.answers.environments[0].control_planes
