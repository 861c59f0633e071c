"""How a command tells what it does and found: to people or to programs. Which of the two is chosen once, in `cli`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from installer.bundle.diff import Description, Difference
from installer.bundle.manifest import Exemption, Manifest
from installer.bundle.signers import Signer
from installer.engine.events import Emit
from installer.errors import SitewrightError
from installer.operations.people import Grant
from installer.plan.card import PlanCard, SecretCard, WiringCard
from installer.plan.overview import Overview
from installer.plan.steps.volumes import Volume
from installer.ports import Report
from installer.preflight import Finding
from installer.probes.proof import ProbeResult
from installer.product.checking import Verdict
from installer.rehearsal.callers import Heard
from installer.runs.execute import Watch
from installer.runs.store import Run
from sizing.components import ComponentSize, ResolvedInput
from sizing.engine import Sizing
from sizing.explanations import Explanation
from sizing.offered import Shortfalls

if TYPE_CHECKING:  # reading workbooks is slow to import, and one verb alone needs it
    from installer.draft.filled import Change


class Presenter(Protocol):
    """Everything that a command tells. `ForPeople` writes texts, `ForPrograms` JSON lines (docs/json.md)."""

    @property
    def asks(self) -> bool:
        """Whether there is a person to ask."""
        ...

    def failure(self, error: SitewrightError) -> None:
        """Why a command ends here, and what to do."""
        ...

    def note(self, text: str, *, faint: bool = False) -> None:
        """A word beside the results; for people alone."""
        ...

    def next(self, *lines: tuple[str, str]) -> None:
        """Commands and paths to go on with, each after its lead; for people alone."""
        ...

    def bar(self, what: str, *, logged: bool = False) -> AbstractContextManager[Report]:
        """How far something is; where there is no terminal, lines of a log if it is `logged`. For people alone."""
        ...

    def beside(self) -> Report:
        """The same for what goes on while something else has the terminal."""
        ...

    def byte_bar(self, what: str) -> AbstractContextManager[Callable[[int, int], None] | None]:
        """How many bytes of how many; for people alone, None where nobody watches."""
        ...

    def building(self) -> AbstractContextManager[Emit]:
        """The events of a build."""
        ...

    def asking(self) -> AbstractContextManager[Report]:
        """Which hosts have answered preflight so far."""
        ...

    def findings(self, found: Sequence[Finding], *, alone: bool) -> None:
        """What preflight found; `alone` where that is all that was wanted."""
        ...

    def ports(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """Connections that a firewall has to allow: from, to, port, for."""
        ...

    def plan(self, planned: PlanCard, exemptions: Sequence[Exemption] = ()) -> None:
        """Every step, and what the bundle's components write outside their own places."""
        ...

    def wiring(self, found: WiringCard) -> None:
        """Which part of a site needs which other, and what each lets others know."""
        ...

    def watch(self, holding: Mapping[str, bool] | None = None) -> Watch:
        """How a plan that is driven is followed; `holding` says which steps held beforehand."""
        ...

    def probing(self, count: int) -> AbstractContextManager[Callable[[ProbeResult], None]]:
        """So many probes that are tried, each as it has ended."""
        ...

    def probes(self, results: Sequence[ProbeResult]) -> None:
        """All probes once they were tried; each was told to `probing` before."""
        ...

    def ready(
        self,
        run: Run,
        kubeconfigs: Mapping[str, Path],
        probes: int,
        seconds: float,
        around: Sequence[str],
        authority: Path | None,
    ) -> None:
        """An installation stands: so many probes passed, so many seconds it took, commands to look around with."""
        ...

    def volumes(self, stake: Sequence[Volume], *, deleted: bool) -> None:
        """Data of applications that a way back could delete, and whether it will."""
        ...

    def gone(self, run: Run, left: Sequence[Volume], removed: Sequence[Path]) -> None:
        """A way back has ended: the data that stays, and what of this machine was removed."""
        ...

    def status(
        self,
        site: str,
        records: Mapping[str, Mapping[str, Any] | None],
        silent: Mapping[str, SitewrightError],
        runs: Sequence[Mapping[str, str]],
        authority: Path | None,
        seen: Overview,
    ) -> None:
        """What stands on each host, how well, which of them do not say and why, and which runs there were."""
        ...

    def secrets(self, found: Sequence[SecretCard]) -> None:
        """The Secrets of a site's parts, without their values."""
        ...

    def secret(self, wanted: SecretCard, values: Mapping[str, str]) -> None:
        """The values of one, by key: in clear, for that is what was asked for."""
        ...

    def rotated(self, wanted: SecretCard, begun: Sequence[str]) -> None:
        """One has new values; these workloads were started anew."""
        ...

    def access(self, found: Sequence[Grant], now: datetime) -> None:
        """Who may work in which cluster, and until when; what has ended by `now` opens nothing any more."""
        ...

    def granted(self, given: Sequence[Grant], kubeconfig: Path, back: str) -> None:
        """A person may work in these clusters, with this file; `back` is the command that takes it back."""
        ...

    def revoked(self, person: str, taken: Sequence[Grant]) -> None:
        """What a person may no longer do."""
        ...

    def outages(self, verb: str, heard: Sequence[Heard]) -> None:
        """What callers from outside heard of a practice site while it was upgraded, or rolled back."""
        ...

    def down(self, site: str) -> None:
        """A practice site is gone."""
        ...

    def locked(self, recipe: Path, sources: Sequence[str]) -> None:
        """The sources of a recipe are locked."""
        ...

    def bundle(self, path: Path, found: Description, *, signed: bool) -> None:
        """What is inside a bundle."""
        ...

    def signed(self, bundle: Path, key: Path) -> None:
        """A bundle was signed."""
        ...

    def verified(self, bundle: Path, signer: Signer, manifest: Manifest) -> None:
        """A bundle is whole, and who signed it."""
        ...

    def difference(self, found: Difference) -> None:
        """What changed between two bundles."""
        ...

    def key(self, key: Path, allowed: str) -> None:
        """A signing key was made; `allowed` is its line for a file of allowed signers."""
        ...

    def sizing(self, name: str, sizing: Sizing, verdict: Shortfalls | None, trees: Mapping[str, Explanation]) -> None:
        """The machines by `name`, whether those offered suffice; or, where there are `trees`, why a figure is so."""
        ...

    def component(self, size: ComponentSize, trees: Mapping[str, Explanation]) -> None:
        """What one component needs; or, where there are `trees`, why."""
        ...

    def inputs(self, component: str, entries: Sequence[ResolvedInput]) -> None:
        """What a component can be told."""
        ...

    def product(self, verdict: Verdict, report: Path | None) -> None:
        """What a product contradicts, what nobody could judge, and the report's file if one was wanted."""
        ...

    def report(self, files: Mapping[str, Path], answers: str) -> None:
        """The files of a report by their suffixes, and the digest of the answers they are about."""
        ...

    def imported(self, changes: Sequence[Change], profile: Path, *, written: bool) -> None:
        """What a workbook changes in the answers, and whether they were written."""
        ...
