"""Everything that a command tells, as texts: results on standard output, the rest on standard error."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.answers.questionnaire import in_a_cell
from installer.bundle.diff import Description, Difference
from installer.bundle.manifest import Exemption, Manifest
from installer.bundle.signers import Signer
from installer.engine.events import Emit
from installer.errors import SitewrightError
from installer.operations.people import Grant
from installer.plain import plain
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
from installer.ui import access, bundles, console, live, products, progress, sizes, standing, terminal, words
from sizing.components import ComponentSize, ResolvedInput
from sizing.engine import Sizing
from sizing.explanations import Explanation, as_text
from sizing.offered import Shortfalls

if TYPE_CHECKING:  # reading workbooks is slow to import, and one verb alone needs it
    from installer.draft.filled import Change


class ForPeople:
    """A `Presenter`: live where there is a terminal, plain lines elsewhere."""

    @property
    def asks(self) -> bool:
        """Whether a person sits at a terminal."""
        return sys.stdin.isatty()

    def failure(self, error: SitewrightError) -> None:
        """What happened and where, the remedy, the exit code."""
        console.failure(terminal.stderr(), error)

    def note(self, text: str, *, faint: bool = False) -> None:
        """A line on standard error."""
        terminal.stderr().print(text, style="dim" if faint else None)

    def next(self, *lines: tuple[str, str]) -> None:
        """Commands and paths, each on a line of its own that is never broken."""
        console.commands(terminal.stdout(), *lines)

    def bar(self, what: str, *, logged: bool = False) -> AbstractContextManager[Report]:
        """A bar on a terminal; elsewhere nothing, or lines of a log."""
        return progress.report_bar(what, logged=logged)

    def beside(self) -> Report:
        """Nothing on a terminal, lines in a log."""
        return progress.aside()

    def byte_bar(self, what: str) -> AbstractContextManager[Callable[[int, int], None] | None]:
        """A bar on a terminal."""
        return progress.byte_bar(what)

    def building(self) -> AbstractContextManager[Emit]:
        """A bar on a terminal, lines elsewhere."""
        return progress.build_bar()

    def asking(self) -> AbstractContextManager[Report]:
        """A bar on a terminal."""
        return self.bar("asking the hosts")

    def findings(self, found: Sequence[Finding], *, alone: bool) -> None:
        """Counts and problems: a result where they are all that was wanted, else beside it."""
        console.findings(terminal.stdout() if alone else terminal.stderr(), found)

    def ports(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """A table."""
        console.ports(terminal.stdout(), rows)

    def plan(self, planned: PlanCard, exemptions: Sequence[Exemption] = ()) -> None:
        """Every step by environment and phase."""
        console.plan_tree(terminal.stdout(), planned)
        console.exemptions(terminal.stdout(), exemptions)

    def wiring(self, found: WiringCard) -> None:
        """Parts with a role, then who consumes whom."""
        console.wiring(terminal.stdout(), found)

    def watch(self, holding: Mapping[str, bool] | None = None) -> Watch:
        """Phases down, hosts across; plain lines where there is no terminal."""
        return lambda planned: live.RunView(planned, terminal.stderr(), terminal.interactive())

    @contextmanager
    def probing(self, count: int) -> Iterator[Callable[[ProbeResult], None]]:
        """A bar on a terminal."""
        tried = itertools.count(1)
        with self.bar("trying the probes") as shown:
            yield lambda result: shown(next(tried), count, "items", result.title)

    def probes(self, results: Sequence[ProbeResult]) -> None:
        """A table with the evidence."""
        console.probe_table(terminal.stdout(), [asdict(result) for result in results])

    def ready(
        self,
        run: Run,
        kubeconfigs: Mapping[str, Path],
        probes: int,
        seconds: float,
        around: Sequence[str],
        authority: Path | None,
    ) -> None:
        """What it took, the commands to look around with, where to read on."""
        console.ready(terminal.stdout(), run, probes, seconds, around, authority)

    def volumes(self, stake: Sequence[Volume], *, deleted: bool) -> None:
        """Each with its application, size and place."""
        console.volumes(terminal.stderr(), stake)

    def gone(self, run: Run, left: Sequence[Volume], removed: Sequence[Path]) -> None:
        """What stays and where."""
        console.gone(terminal.stdout(), run, left, removed)

    def status(
        self,
        site: str,
        records: Mapping[str, Mapping[str, Any] | None],
        silent: Mapping[str, SitewrightError],
        runs: Sequence[Mapping[str, str]],
        authority: Path | None,
        seen: Overview,
    ) -> None:
        """What needs a hand, one table of hosts, parts and what keeps them, and the last runs."""
        standing.status(terminal.stdout(), site, records, silent, runs, authority, seen)

    def secrets(self, found: Sequence[SecretCard]) -> None:
        """A table."""
        console.secrets(terminal.stdout(), found)

    def secret(self, wanted: SecretCard, values: Mapping[str, str]) -> None:
        """A line for each key, and as many more as its value has."""
        console.secret(terminal.stdout(), values)

    def rotated(self, wanted: SecretCard, begun: Sequence[str]) -> None:
        """How many were started anew, and how to see that all is well."""
        terminal.stdout().print(
            f"✔ {plain(wanted.name)} has new values; started anew: {plain(', '.join(begun) or 'nothing')}"
        )
        self.next(("Next:  ", words.command("status", "--probe")))

    def access(self, found: Sequence[Grant], now: datetime) -> None:
        """A table."""
        access.table(terminal.stdout(), found, now)

    def granted(self, given: Sequence[Grant], kubeconfig: Path, back: str) -> None:
        """What it allows and until when, and how to use it."""
        access.granted(terminal.stdout(), given)
        file = words.path(kubeconfig)
        use = f"kubectl --kubeconfig {file} --context {plain(given[0].environment)} get pods -A"
        self.next(("Hand over:  ", file), ("Use:  ", use), ("Take back:  ", back))

    def revoked(self, person: str, taken: Sequence[Grant]) -> None:
        """A line."""
        where = ", ".join(dict.fromkeys(each.environment for each in taken))
        terminal.stdout().print(f"✔ {plain(person)} can no longer work in {plain(where)}")

    def outages(self, verb: str, heard: Sequence[Heard]) -> None:
        """A table: what was called, and for how long it did not answer."""
        console.outages(terminal.stdout(), verb, heard)

    def down(self, site: str) -> None:
        """A line."""
        terminal.stdout().print(f"✔ practice site {site} is gone: hosts, volumes, network, keys and runs")

    def locked(self, recipe: Path, sources: Sequence[str]) -> None:
        """How many sources, and how to go on."""
        terminal.stdout().print(f"✔ {words.many(len(sources), 'source')} locked in {plain(recipe)}")
        self.next(("Next:  ", words.command("bundle", "build", str(recipe), "--key", "FILE")))

    def bundle(self, path: Path, found: Description, *, signed: bool) -> None:
        """Its figures, a table of its components, and how to go on where it is not signed."""
        bundles.described(terminal.stdout(), path, found, signed=signed)

    def signed(self, bundle: Path, key: Path) -> None:
        """A line."""
        terminal.stdout().print(f"✔ {plain(bundle)} is signed with {plain(key)}")

    def verified(self, bundle: Path, signer: Signer, manifest: Manifest) -> None:
        """By whom, what was looked at, the digest, the exemptions."""
        blobs, out = manifest.blobs(), terminal.stdout()
        total = sum(blob.size for blob in blobs.values())
        out.print(
            f"✔ signed by {signer.principals} with the key {signer.fingerprint} (line {signer.line} of the signers)"
        )
        out.print(f"✔ {len(blobs)} blobs, {words.size(total)}, every byte as signed")
        out.print(f"  {manifest.digest}")
        console.exemptions(out, manifest.exemptions)

    def difference(self, found: Difference) -> None:
        """What is other, new and gone."""
        bundles.difference(terminal.stdout(), found)

    def key(self, key: Path, allowed: str) -> None:
        """The line alone is the result: it goes into a file."""
        self.note(f"✔ {plain(key)} (keep it secret) and {plain(key)}.pub")
        self.note("Give the customer this line as a file of allowed signers, by another way than the bundle:")
        terminal.stdout().print(allowed.rstrip("\n"), soft_wrap=True)

    def sizing(self, name: str, sizing: Sizing, verdict: Shortfalls | None, trees: Mapping[str, Explanation]) -> None:
        """Machines, parts, notes and the verdict on what is offered."""
        if trees:
            _explained(trees)
            return
        out = terminal.stdout()
        sizes.machines(out, name, sizing)
        sizes.parts(out, sizing)
        sizes.notes(out, sizing.notes)
        if verdict:
            sizes.verdicts(out, verdict)

    def component(self, size: ComponentSize, trees: Mapping[str, Explanation]) -> None:
        """Its figures."""
        if trees:
            _explained(trees)
        else:
            sizes.component(terminal.stdout(), size)

    def inputs(self, component: str, entries: Sequence[ResolvedInput]) -> None:
        """A table."""
        sizes.inputs(terminal.stdout(), entries)

    def product(self, verdict: Verdict, report: Path | None) -> None:
        """Each contradiction with its places and what to do, then how much was looked at."""
        products.verdict(terminal.stdout(), verdict, report)

    def report(self, files: Mapping[str, Path], answers: str) -> None:
        """A line for each file."""
        out = terminal.stdout()
        for name, path in files.items():
            out.print(f"✔ {name:<5} {plain(path)}")

    def imported(self, changes: Sequence[Change], profile: Path, *, written: bool) -> None:
        """A line for each change, then what became of the file."""
        out = terminal.stdout()
        for each in changes:
            before, after = (plain(in_a_cell(value)) or "nothing" for value in (each.asked.now, each.after))
            out.print(f"  {plain(each.asked.place)}: {before} → {after}  ({plain(each.cell)})")
        done = f"{len(changes)} answer(s) changed" if written else f"{len(changes)} answer(s) would change"
        out.print(f"✔ {plain(profile)}: {done if changes else 'the workbook changes nothing'}")


def _explained(trees: Mapping[str, Explanation]) -> None:
    """The trees as they are: lines are not wrapped, for a formula is read as one."""
    for tree in trees.values():
        terminal.stdout().print("\n".join(as_text(tree)), soft_wrap=True)
