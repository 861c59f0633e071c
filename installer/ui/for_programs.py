"""Everything that a command tells, as JSON lines of `output.schema.json` and nothing else: what `--json` asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.bundle.diff import Description, Difference
from installer.bundle.manifest import Exemption, Manifest
from installer.bundle.signers import Signer
from installer.engine.events import Emit
from installer.errors import AnswersInvalid, NeedsInvalid, SitewrightError
from installer.operations.people import Grant
from installer.plain import MOST
from installer.plan import card
from installer.plan.card import PlanCard, SecretCard, WiringCard
from installer.plan.overview import Overview
from installer.plan.steps.volumes import Volume
from installer.ports import Report, discarded
from installer.preflight import Finding
from installer.probes.proof import ProbeResult
from installer.product.checking import Verdict
from installer.rehearsal.callers import Heard
from installer.runs.execute import Watch
from installer.runs.store import Run
from installer.ui import days, jsonl
from sizing.components import ComponentSize, ResolvedInput
from sizing.document import component_document, document, explanation_document, input_document
from sizing.engine import Sizing
from sizing.explanations import Explanation
from sizing.offered import Shortfalls

if TYPE_CHECKING:  # reading workbooks is slow to import, and one verb alone needs it
    from installer.draft.filled import Change

PORTS = ("from", "to", "port", "for")
"""What the parts of a connection are called."""


class ForPrograms:
    """A `Presenter`: each thing is one object; what only a person would want is left out, and nobody is asked."""

    asks = False

    def failure(self, error: SitewrightError) -> None:
        """The last line: its kind, what happened, what to do, the exit code."""
        body = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
        placed = isinstance(error, AnswersInvalid) and not isinstance(error, NeedsInvalid)
        found = error.facts.get("problems", ())[:MOST] if placed else ()
        problems = {"problems": [asdict(problem) for problem in found]} if found else {}
        jsonl.write("error", {**body, **problems, "exit_code": error.exit_code})

    def note(self, text: str, *, faint: bool = False) -> None:
        """Nothing: for people."""

    def next(self, *lines: tuple[str, str]) -> None:
        """Nothing: for people."""

    def bar(self, what: str, *, logged: bool = False) -> AbstractContextManager[Report]:
        """Nothing: for people."""
        return nullcontext(discarded)

    def beside(self) -> Report:
        """Nothing: for people."""
        return discarded

    def byte_bar(self, what: str) -> AbstractContextManager[Callable[[int, int], None] | None]:
        """Nothing: for people."""
        return nullcontext()

    def building(self) -> AbstractContextManager[Emit]:
        """The events of a build, one a line."""
        return nullcontext(jsonl.emit)

    def asking(self) -> AbstractContextManager[Report]:
        """A line for each host that has answered preflight."""
        return nullcontext(
            lambda done, total, unit, host: jsonl.write("asked", {"host": host, "done": done, "total": total})
        )

    def findings(self, found: Sequence[Finding], *, alone: bool) -> None:
        """A line for each finding."""
        for finding in found:
            jsonl.write("finding", asdict(finding))

    def ports(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """All connections in one line."""
        jsonl.write("ports", {"connections": [dict(zip(PORTS, row, strict=True)) for row in rows]})

    def plan(self, planned: PlanCard, exemptions: Sequence[Exemption] = ()) -> None:
        """The plan in one line."""
        more = {"exemptions": [str(each) for each in exemptions]} if exemptions else {}
        jsonl.write("plan", {**card.to_json(planned), **more})

    def wiring(self, found: WiringCard) -> None:
        """The graph in one line."""
        jsonl.write("wiring", asdict(found))

    def watch(self, holding: Mapping[str, bool] | None = None) -> Watch:
        """The plan itself first, then its events."""

        @contextmanager
        def lines(planned: PlanCard) -> Iterator[Emit]:
            self.plan(replace(planned, holding=holding))
            yield jsonl.Flow()

        return lines

    def probing(self, count: int) -> AbstractContextManager[Callable[[ProbeResult], None]]:
        """A line for each probe."""
        return nullcontext(lambda result: jsonl.write("probe", asdict(result)))

    def probes(self, results: Sequence[ProbeResult]) -> None:
        """Nothing: each was told as it ended."""

    def ready(
        self,
        run: Run,
        kubeconfigs: Mapping[str, Path],
        probes: int,
        seconds: float,
        around: Sequence[str],
        authority: Path | None,
    ) -> None:
        """The run, its kubeconfigs, and what clients of the site trust."""
        jsonl.write("ready", {"run": run.name, "folder": run.folder, "kubeconfigs": kubeconfigs, **_trusted(authority)})

    def volumes(self, stake: Sequence[Volume], *, deleted: bool) -> None:
        """The volumes, and whether they are deleted."""
        jsonl.write("volumes", {"volumes": [asdict(each) for each in stake], "deleted": deleted})

    def gone(self, run: Run, left: Sequence[Volume], removed: Sequence[Path]) -> None:
        """The run, what stays and what was removed here."""
        volumes = [asdict(each) for each in left]
        jsonl.write("gone", {"run": run.name, "folder": run.folder, "removed": removed, "volumes": volumes})

    def status(
        self,
        site: str,
        records: Mapping[str, Mapping[str, Any] | None],
        silent: Mapping[str, SitewrightError],
        runs: Sequence[Mapping[str, str]],
        authority: Path | None,
        seen: Overview,
    ) -> None:
        """The site in one line."""
        told = {host: str(error.message) for host, error in silent.items()}  # by names that are no fields: texts alone
        body = {"site": site, "hosts": records, "silent": told, "runs": runs, **_trusted(authority)}
        jsonl.write("status", {**body, "overview": days.overview(seen)})

    def secrets(self, found: Sequence[SecretCard]) -> None:
        """All in one line."""
        jsonl.write("secrets", {"secrets": [{"name": each.name, **asdict(each)} for each in found]})

    def secret(self, wanted: SecretCard, values: Mapping[str, str]) -> None:
        """Name and values."""
        jsonl.write("secret", {"name": wanted.name, "values": dict(values)})

    def rotated(self, wanted: SecretCard, begun: Sequence[str]) -> None:
        """Name and workloads."""
        jsonl.write("rotated", {"name": wanted.name, "restarted": list(begun)})

    def access(self, found: Sequence[Grant], now: datetime) -> None:
        """`access`."""
        jsonl.write("access", {"grants": [{**_grant(each), "ended": each.until < now} for each in found]})

    def granted(self, given: Sequence[Grant], kubeconfig: Path, back: str) -> None:
        """`granted`."""
        jsonl.write("granted", {"grants": [_grant(each) for each in given], "kubeconfig": str(kubeconfig)})

    def revoked(self, person: str, taken: Sequence[Grant]) -> None:
        """`revoked`."""
        jsonl.write("revoked", {"person": person, "environments": [each.environment for each in taken]})

    def outages(self, verb: str, heard: Sequence[Heard]) -> None:
        """A line for each caller."""
        for each in heard:
            told = {"during": verb, "of": each.name, "asked": each.asked, "times": len(each.away)}
            seconds = {"longest": each.longest, "altogether": each.altogether, "slowest": each.slowest}
            jsonl.write("outage", {**told, **{name: round(s, 1) for name, s in seconds.items()}, "last": each.said})

    def down(self, site: str) -> None:
        """The site's name."""
        jsonl.write("down", {"site": site})

    def locked(self, recipe: Path, sources: Sequence[str]) -> None:
        """The names of the sources."""
        jsonl.write("lock", {"sources": sources})

    def bundle(self, path: Path, found: Description, *, signed: bool) -> None:
        """The bundle in one line."""
        jsonl.write("bundle", {"path": str(path), "signed": signed, **asdict(found)})

    def signed(self, bundle: Path, key: Path) -> None:
        """The bundle's path."""
        jsonl.write("signed", {"bundle": str(bundle)})

    def verified(self, bundle: Path, signer: Signer, manifest: Manifest) -> None:
        """Digest, signer and exemptions."""
        by = {"principals": signer.principals, "key": signer.fingerprint, "line": signer.line}
        told = {"digest": manifest.digest, "signer": by, "exemptions": [str(each) for each in manifest.exemptions]}
        jsonl.write("verified", {"bundle": str(bundle), **told})

    def difference(self, found: Difference) -> None:
        """All of it in one line."""
        jsonl.write("difference", asdict(found))

    def key(self, key: Path, allowed: str) -> None:
        """The key's path and its line of a file of allowed signers."""
        jsonl.write("key", {"key": str(key), "allowed_signers": allowed.strip()})

    def sizing(self, name: str, sizing: Sizing, verdict: Shortfalls | None, trees: Mapping[str, Explanation]) -> None:
        """The whole document, with the explanations that were asked for."""
        jsonl.write("size", document(sizing, verdict, tuple(trees)))

    def component(self, size: ComponentSize, trees: Mapping[str, Explanation]) -> None:
        """The component, with the explanations that were asked for."""
        told = {figure: explanation_document(tree) for figure, tree in trees.items()}
        jsonl.write("component", {**component_document(size), "explanations": told})

    def inputs(self, component: str, entries: Sequence[ResolvedInput]) -> None:
        """Every input by its name."""
        body = {entry.name: input_document(entry) for entry in entries}
        jsonl.write("inputs", {"component": component, "inputs": body})

    def product(self, verdict: Verdict, report: Path | None) -> None:
        """A line for each contradiction, then the whole in one."""
        for each in verdict.contradictions:
            jsonl.write("contradiction", asdict(each))
        told = {key: value for key, value in asdict(verdict).items() if key != "contradictions"}
        counted = {"contradictions": len(verdict.contradictions), **({"report": report} if report else {})}
        jsonl.write("product", {**told, **counted})

    def report(self, files: Mapping[str, Path], answers: str) -> None:
        """The files, and the digest of the answers."""
        jsonl.write("report", {"files": files, "answers": answers})

    def imported(self, changes: Sequence[Change], profile: Path, *, written: bool) -> None:
        """Each change with its place, its cell, what held and what holds now."""
        told = [{"place": each.asked.place, "cell": each.cell, "before": each.asked.now, "after": each.after}
                for each in changes]  # fmt: skip
        jsonl.write("imported", {"profile": str(profile), "changes": told, "written": written})


def _trusted(authority: Path | None) -> dict[str, Path]:
    return {"authority": authority} if authority else {}


def _grant(given: Grant) -> dict[str, Any]:
    return {"person": given.person, "environment": given.environment, "role": given.role,
            "until": given.until.isoformat(), "by": given.by}  # fmt: skip
