"""As built: what a run's own files tell, read after it ended."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from installer.errors import StateUnreadable
from installer.layout import CA_LIFE, KUBERNETES_LIFE, REGISTRY_LIFE, RENEW_BEFORE
from installer.report.catalogue import Words
from installer.report.subject import Built, Phase, Probe, Subject
from installer.runs.store import Run


def built(run: Run) -> Built:
    """What a run did.

    Raises:
        StateUnreadable: a file of it is missing or damaged.
    """
    events = tuple(_lines(run.folder / "events.jsonl"))
    plan = _json(run.folder / "plan.json")
    steps = {step["id"]: step for step in plan.get("steps", ())}
    probes_file = run.folder / "probes.json"
    probes = _json(probes_file).get("probes", ()) if probes_file.exists() else ()
    times = [datetime.fromisoformat(event["at"]) for event in events]
    if not times:
        raise StateUnreadable(path=run.folder, reason="the run has no events; it was broken off before it began")
    finished = [event for event in events if event["event"] == "StepFinished"]
    hosts = Counter(steps.get(event["step"], {}).get("host", "") for event in finished if event["changed"])
    shown = tuple(
        Probe(each["title"], each["environment"], each["passed"], each["evidence"], each["seconds"]) for each in probes
    )
    return Built(run.name, run.outcome, min(times), max(times), _phases(steps, finished), shown, hosts,
                 plan.get("subject", {}))  # fmt: skip


def _phases(steps: dict[str, dict[str, Any]], finished: list[dict[str, Any]]) -> tuple[Phase, ...]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for event in finished:
        step = steps.get(event["step"])
        if step is not None:
            groups[step["environment"], step["phase"]].append(event)
    order = dict.fromkeys((step["environment"], step["phase"]) for step in steps.values())
    return tuple(_phase(environment, name, groups[environment, name]) for environment, name in order)


def _phase(environment: str, name: str, events: list[dict[str, Any]]) -> Phase:
    """Its time runs from its first step's begin to its last one's end: steps run side by side."""
    changed = sum(1 for event in events if event["changed"])
    ends = [datetime.fromisoformat(event["at"]) for event in events]
    begins = [end - timedelta(seconds=event["seconds"]) for end, event in zip(ends, events, strict=True)]
    seconds = (max(ends) - min(begins)).total_seconds() if events else 0.0
    return Phase(environment, name, len(events), changed, seconds)


def certificates(subject: Subject, _: Words) -> tuple[tuple[str, date, date], ...]:
    """Which certificates end when, and by when somebody has to act; none before anything is built."""
    if subject.built is None:
        return ()
    made = subject.built.ended.date()
    found = (
        (_("certificates of the control plane (an upgrade renews them)"), KUBERNETES_LIFE),
        (
            _("certificates by which nodes serve logs and measurements (install renews them in their last 90 days)"),
            KUBERNETES_LIFE,
        ),
        (_("certificate of the site registry (every run renews it in time)"), REGISTRY_LIFE),
        (_("the authorities of cluster and registry"), CA_LIFE),
    )
    return tuple((name, made + life, made + life - RENEW_BEFORE) for name, life in found)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StateUnreadable(path=path, reason=str(error)) from error
    return found if isinstance(found, dict) else {}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; the last may be torn where the run was killed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StateUnreadable(path=path, reason=str(error)) from error
    for line in text.splitlines(keepends=True):
        if line.endswith("\n"):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise StateUnreadable(path=path, reason="it is damaged") from error
