"""report: what a customer reads and signs before the installation, and what was built after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from installer import __version__
from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.bundle.manifest import Component as Part
from installer.bundle.manifest import Manifest
from installer.cli import trusted_inputs
from installer.cli.commands import LAST, ReportCommand
from installer.errors import ReportImpossible, UsageError
from installer.messages import Message
from installer.plain import plain
from installer.plan import estimate
from installer.plan import install as installing
from installer.plan.card import PlanCard
from installer.plan.connections import wires
from installer.plan.model import BACKWARD
from installer.plan.stages import Edge
from installer.report import built, render, spreadsheet
from installer.report.catalogue import words as words_of
from installer.report.subject import Built, Component, Delivered, Need, Subject, Wire
from installer.requirements import needs_from, reasons, sized
from installer.runs.store import Run, Runs
from installer.ui import terminal, words
from installer.ui.presenter import Presenter
from sizing.engine import Sizing


def run(command: ReportCommand, presenter: Presenter) -> int:
    """Write the report's files into a folder."""
    subject = _subject(command)
    said = words_of(command.language or subject.answers.language)
    stem = f"{subject.answers.site}-{'as-built' if subject.built else 'plan'}-{said.language}"
    page, paper, sheet = (command.out / f"{stem}.{suffix}" for suffix in ("html", "pdf", "xlsx"))
    text = render.html(subject, said)
    try:
        command.out.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
        spreadsheet.write(subject, said, sheet)
        render.pdf(text, paper)
    except OSError as error:
        raise ReportImpossible(
            what=Message("files"), reason=Message("{path}: {reason}", path=error.filename, reason=error.strerror)
        ) from error
    presenter.report({"html": page, "pdf": paper, "xlsx": sheet}, f"sha256:{subject.answers_digest}")
    after = ("status",) if subject.built else ("check", "--profile", str(command.profile), "--bundle", "FILE")
    presenter.next(("\nNext:  have it signed, then: ", words.command(*after)))
    return 0


def _subject(command: ReportCommand) -> Subject:
    answers = trusted_inputs.load_answers(command.profile)
    run = _run(command, answers)
    done = built.built(run) if run else None
    delivered, sizing = _delivered(command, run, done)
    if sizing is None:
        with reasons(answers):
            sizing = sized(needs_from(answers))
    opened = delivered.opened if delivered else ()
    return Subject(
        answers=answers,
        sizing=sizing,
        today=trusted_inputs.now().date(),
        program=__version__,
        answers_digest=answers_file.digest(command.profile),
        wires=tuple(Wire(w.sources, w.targets, f"{w.port}/{w.protocol}", w.purpose) for w in wires(answers, opened)),
        delivered=delivered,
        built=done,
    )


def _component(part: Part) -> Component:
    """A component of a bundle as the report lists it."""
    digest = part.artifacts[0].manifest.digest if part.artifacts else ""
    return Component(part.name, part.title, part.version, digest, part.purpose)


def _delivered(command: ReportCommand, run: Run | None, done: Built | None) -> tuple[Delivered | None, Sizing | None]:
    """The bundle that was named, or that the run remembers, once its signature and its fit to the answers are proved.

    With it comes the sizing of what it installs.

    Raises:
        UsageError: it is another one than the run installed.
    """
    remembered = {name: Path(path) for name, path in run.remembered.items()} if run else {}
    bundle = command.bundle or remembered.get("bundle")
    if bundle is None:
        return None, None
    if command.bundle is None and not bundle.exists():
        gone = f"! the bundle of this run is no longer at {plain(bundle)}: the report names its digest alone"
        terminal.stderr().print(f"{gone}\n  → give --bundle FILE for its parts and versions")
        return None, None
    trusted = trusted_inputs.open_trusted(command.profile, bundle, command.signers or remembered.get("signers"))
    with trusted.archive:
        manifest = trusted.manifest
        if done and done.sources.get("bundle", manifest.digest) != manifest.digest:
            raise UsageError(
                reason=Message(
                    "{bundle} is not the bundle that run {run} installed: that was {installed}",
                    bundle=bundle,
                    run=done.run,
                    installed=done.sources["bundle"],
                ),
                hint=Message("give --bundle FILE with that digest"),
            )
        rate = trusted.answers.plan.copy_mb_per_s * 1e6
        plan = PlanCard.of(installing.plan(replace(trusted.inputs, send_rate=rate)))
        sent = estimate.bytes_to_send(plan)
        components = tuple(map(_component, manifest.components))
        total = sum(blob.size for blob in manifest.blobs().values())
        installed = {
            environment.name: frozenset(part.name for part in trusted.inputs.components(environment))
            for environment in trusted.answers.environments
        }
        sizing = trusted.inputs.sizing
    copy = sent / rate
    delivered = Delivered(
        manifest.name, manifest.version, manifest.kubernetes, manifest.digest, total, components, installed, copy,
        max(0.0, estimate.remaining(plan) - copy), trusted.inputs.wiring.opened,
        tuple(_need(edge, manifest) for edge in trusted.inputs.wiring.edges),
    )  # fmt: skip
    return delivered, sizing


def _need(edge: Edge, manifest: Manifest) -> Need:
    consumer, provider = (manifest.component(place.component) for place in (edge.consumer, edge.provider))
    return Need(edge.consumer.environment, consumer.title, edge.role, edge.provider.environment, provider.title)


def _run(command: ReportCommand, answers: Answers) -> Run | None:
    """A run of the site, the last one that went forward unless one is named.

    Raises:
        UsageError: there is no such run.
    """
    if command.run is None:
        return None
    history = [each for each in Runs(command.state).history(answers.site) if each.operation not in BACKWARD]
    for each in reversed(history):
        if command.run in (LAST, each.name):
            return each
    raise UsageError(
        reason=Message("site {site} has no run {run} here", site=answers.site, run=repr(command.run)),
        hint=Message("see: sitewright status"),
    )
