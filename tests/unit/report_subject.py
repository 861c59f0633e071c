"""The example sites as subjects of a report, on a fixed day, and a run directory as an installation leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from installer.answers import file as answers_file
from installer.engine.events import RunStarted, StepFinished
from installer.messages import Message
from installer.plan import card
from installer.plan.card import PlanCard, StepCard
from installer.plan.connections import wires
from installer.report.subject import Subject, Wire
from installer.requirements import needs_from
from installer.runs.store import Run, Runs
from sizing.engine import size

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
TODAY = date(2026, 11, 23)
STARTED = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)


@cache
def subject(name: str) -> Subject:
    answers = answers_file.load(EXAMPLES / f"{name}.yaml")
    found = tuple(Wire(w.sources, w.targets, f"{w.port}/{w.protocol}", w.purpose) for w in wires(answers))
    return Subject(answers, size(needs_from(answers)), TODAY, "0.1.0", "ab" * 32, found)


def finished_run(
    state: Path, site: str = "lindgren-office", remembered: Mapping[str, str] | None = None, bundle: str = ""
) -> Run:
    """An installation of three steps, one of which changed nothing, with two probes."""
    run = Runs(state).begin(site, "install", remembered or {})
    names = ("hosts.prepare@office-1", "hosts.names@office-1", "charts.shop@office-1")
    steps = tuple(
        StepCard(name, name, name.partition(".")[0], "office-1", "production", (), 30.0, 0, True) for name in names
    )
    plan = PlanCard("install", "sha256:0", {"bundle": bundle} if bundle else {}, steps)
    run.write("plan.json", card.to_json(plan))
    run.emit(RunStarted(STARTED, run.name, "install", len(steps), 0))
    for minute, (name, changed) in enumerate(zip(names, (True, False, True), strict=True), start=1):
        run.emit(StepFinished(STARTED + timedelta(minutes=minute), name, changed, 30.0))
    with (run.folder / "events.jsonl").open("ab") as events:
        events.write(b'{"type": "step_started", "step": "t\xc3')  # torn amid a character
    probe = {"id": "dns", "title": "cluster DNS", "environment": "production", "passed": True,
             "evidence": "10.96.0.10 answered <twice>", "seconds": 1.5}  # fmt: skip
    known = {"id": "certificate", "title": "a certificate issued, its chain valid", "environment": "production",
             "passed": True, "evidence": Message("valid until {day}", day="2027-06-06"), "seconds": 0.5}  # fmt: skip
    run.write("probes.json", {"format": 1, "probes": [probe, known]})
    run.end("done")
    return run
