"""The example sites as subjects of a report, on a fixed day, and a run directory as an installation leaves it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from installer.answers import file as answers_file
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
    steps = [
        {"id": "hosts.prepare@office-1", "phase": "hosts", "environment": "production", "host": "office-1"},
        {"id": "hosts.names@office-1", "phase": "hosts", "environment": "production", "host": "office-1"},
        {"id": "charts.shop@office-1", "phase": "charts", "environment": "production", "host": "office-1"},
    ]
    sources = {"subject": {"bundle": bundle}} if bundle else {}
    run.write("plan.json", {"format": 1, "steps": steps, **sources})
    events = [{"event": "RunStarted", "at": STARTED.isoformat(), "run": run.name}]
    for minute, (step, changed) in enumerate(zip(steps, (True, False, True), strict=True), start=1):
        at = (STARTED + timedelta(minutes=minute)).isoformat()
        events.append({"event": "StepFinished", "at": at, "step": step["id"], "changed": changed, "seconds": 30.0})
    lines = [json.dumps(event) for event in events]
    (run.folder / "events.jsonl").write_text("\n".join(lines) + '\n{"event": "torn')
    probe = {"id": "dns", "title": "cluster DNS", "environment": "production", "passed": True,
             "evidence": "10.96.0.10 answered <twice>", "seconds": 1.5}  # fmt: skip
    known = {"id": "certificate", "title": "a certificate issued, its chain valid", "environment": "production",
             "passed": True, "evidence": "valid until 2027-06-06", "seconds": 0.5}  # fmt: skip
    run.write("probes.json", {"format": 1, "probes": [probe, known]})
    run.end("done")
    return run
