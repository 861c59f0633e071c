"""What the current answers amount to: what is wrong with them, and the machines they take.

Pure, and fast enough to run after every edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from installer.answers import file as answers_file
from installer.answers.build import build
from installer.bundle.manifest import Manifest
from installer.draft.document import Draft
from installer.errors import Problem
from installer.hosts.facts import Facts
from installer.requirements import needs_of_sections, offers_from, sized
from installer.ui.tui.state.pages import by_step
from sizing.engine import Sizing, considered
from sizing.errors import SizingError
from sizing.offered import Shortfalls, suffices
from sizing.rules import load_rules
from sizing.standing import standing

FIGURES = ("cpu_cores", "memory_gib", "disk_gib")
Figures = tuple[float, float, float]


@dataclass(frozen=True)
class Review:
    """One look at a draft: `sizing` None where its needs make no sense, and then `doubts` say why."""

    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    sizing: Sizing | None = None
    doubts: tuple[str, ...] = ()
    offered: Shortfalls | None = None
    """Whether the hosts that were tried suffice; None while none was, or while the answers are not complete."""
    _taken: dict[tuple[str, str], Figures | None] = field(default_factory=dict, compare=False, repr=False)
    """What parts take, as far as it was asked: a page asks for each of its rows whenever it is drawn."""

    @property
    def every(self) -> tuple[Problem, ...]:
        """What is wrong on all pages."""
        return tuple(problem for mine in self.problems.values() for problem in mine)

    @property
    def count(self) -> int:
        """How many things are wrong."""
        return len(self.every) + len(self.doubts)

    def total(self, figure: str, environment: str = "") -> float:
        """What is expected of all machines, or of an environment's: a field of `sizing.machines.Layout`."""
        return self.sizing.total(figure, environment).expected if self.sizing else 0.0

    def part(self, name: str, environment: str = "") -> Figures | None:
        """Cores, memory in GiB and disk in GiB that a part takes, or would take, in an environment or in all of them.

        None where sizing does not know the part, or no need asks for it.
        """
        if (name, environment) not in self._taken:
            self._taken[name, environment] = self._takes(name, environment)
        return self._taken[name, environment]

    def _takes(self, name: str, environment: str) -> Figures | None:
        if self.sizing is None or name not in load_rules().components:
            return None
        sizes = [part.size for part in considered(self.sizing, name, environment)]
        cores, memory, disk = (sum(size.total(figure).expected for size in sizes) for figure in FIGURES)
        return (cores, memory, disk) if sizes else None

    def complete(self, name: str) -> bool:
        """Whether a part is installed wherever it is to be, so that none of it could come later."""
        if self.sizing is None:
            return False
        needs = self.sizing.needs
        found = [standing(needs, environment, name) == "installed" for environment in needs.environments]
        use = load_rules().components[name].use
        return any(found) if use is not None and use.once else all(found)


@dataclass(frozen=True)
class Change:
    """What an edit changed for one part: its `title`, and by how much each figure grew."""

    title: str
    cpu_cores: float
    memory_gib: float
    disk_gib: float


def review(
    draft: Draft, file: str, facts: Mapping[str, Facts] | None = None, manifest: Manifest | None = None
) -> Review:
    """Look at a draft; `facts` is what hosts that were tried say of themselves, `manifest` what the bundle holds."""
    chosen = [draft.section(("environments", at, "components")) for at in range(len(draft.items(("environments",))))]
    lacking = answers_file.lacks(chosen, file, manifest) if manifest else ()
    problems = by_step((*answers_file.flaws(draft.data, file), *lacking))
    if "needs" in problems:
        return Review(problems)
    try:
        needs = needs_of_sections(draft.at(("needs",), {}), draft.at(("environments",), []), manifest)
        offers = offers_from(build(dict(draft.data), Path(file).parent), facts, needs) if facts and not problems else ()
        return Review(problems, sized(needs), (), suffices(needs, offers) if offers else None)
    except SizingError as error:
        return Review(problems, None, tuple(error.problems))


class Looks:
    """Looks at drafts, one after the other; what was looked at last time is not looked at again."""

    def __init__(self) -> None:
        self._seen: tuple[tuple[Draft, Review], ...] = ()

    def look(
        self, draft: Draft, former: Draft | None, file: str, facts: Mapping[str, Facts], manifest: Manifest | None
    ) -> tuple[Review, tuple[Change, ...]]:
        """A look at a draft, and what it takes more than the `former` one."""
        found = review(draft, file, facts, manifest)
        if former is None:
            self._seen = ((draft, found),)
            return found, ()
        before = next((seen for known, seen in self._seen if known is former), None)
        before = before or review(former, file, manifest=manifest)
        self._seen = ((draft, found), (former, before))
        return found, changes(before, found)


def changes(before: Review, after: Review) -> tuple[Change, ...]:
    """What each part of the platform takes more, or less, after an edit; the largest first."""
    if before.sizing is None or after.sizing is None:
        return ()
    was, now = _parts(before.sizing), _parts(after.sizing)
    found = []
    for title in {**was, **now}:
        earlier, later = was.get(title, (0.0,) * 3), now.get(title, (0.0,) * 3)
        grown = [new - old for old, new in zip(earlier, later, strict=True)]
        if any(abs(each) >= 0.05 for each in grown):
            found.append(Change(title, *grown))
    return tuple(sorted(found, key=lambda change: -abs(change.memory_gib) - abs(change.disk_gib) / 10))


def _parts(sizing: Sizing) -> dict[str, tuple[float, float, float]]:
    sums: dict[str, tuple[float, float, float]] = {}
    for part in sizing.parts:
        had = sums.get(part.size.title, (0.0, 0.0, 0.0))
        more = [part.size.total(figure).expected for figure in FIGURES]
        sums[part.size.title] = (had[0] + more[0], had[1] + more[1], had[2] + more[2])
    return sums
