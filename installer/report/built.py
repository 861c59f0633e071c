"""As built: what a run's own files tell, read after it ended."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from installer.engine import events
from installer.engine.events import Event, StepFinished
from installer.errors import StateUnreadable
from installer.formats.records import record
from installer.layout import (
    CA_LIFE,
    INTERMEDIATE_LIFE,
    KUBERNETES_LIFE,
    REGISTRY_LIFE,
    RENEW_BEFORE,
    RENEW_INTERMEDIATE_BEFORE,
)
from installer.messages import Message, with_messages
from installer.plan import card
from installer.plan.card import PlanCard, StepCard
from installer.probes.proof import ProbeResult
from installer.report.catalogue import Words
from installer.report.subject import Built, Phase, Probe, Subject
from installer.runs.store import EVENTS, PLAN, PROBES, Run

DAMAGED = Message("it is damaged")


def built(run: Run) -> Built:
    """What a run did.

    Raises:
        StateUnreadable: a file of it is missing or damaged.
    """
    told = _events(run)
    if not told:
        raise StateUnreadable(
            path=run.folder, reason=Message("the run has no events; it was broken off before it began")
        )
    plan = _plan(run)
    steps = {step.id: step for step in plan.steps}
    times = [event.at for event in told]
    finished = [event for event in told if isinstance(event, StepFinished)]
    hosts = Counter(steps[event.step].host if event.step in steps else "" for event in finished if event.changed)
    shown = tuple(
        Probe(each.title, each.environment, each.passed, each.evidence, each.seconds) for each in _probes(run)
    )
    return Built(run.name, run.outcome, min(times), max(times), _phases(steps, finished), shown, hosts, plan.subject)


def _phases(steps: Mapping[str, StepCard], finished: Iterable[StepFinished]) -> tuple[Phase, ...]:
    groups: dict[tuple[str, str], list[StepFinished]] = defaultdict(list)
    for event in finished:
        step = steps.get(event.step)
        if step is not None:
            groups[step.environment, step.phase].append(event)
    order = dict.fromkeys((step.environment, step.phase) for step in steps.values())
    return tuple(_phase(environment, name, groups[environment, name]) for environment, name in order)


def _phase(environment: str, name: str, finished: Sequence[StepFinished]) -> Phase:
    """Its time runs from its first step's begin to its last one's end: steps run side by side."""
    changed = sum(1 for event in finished if event.changed)
    begins = [event.at - timedelta(seconds=event.seconds) for event in finished]
    seconds = (max(event.at for event in finished) - min(begins)).total_seconds() if finished else 0.0
    return Phase(environment, name, len(finished), changed, seconds)


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
        (_("the authorities of site, clusters and registry"), CA_LIFE),
    )
    signing = (
        _("what each environment signs services' certificates with (every run renews it in time)"),
        made + INTERMEDIATE_LIFE,
        made + INTERMEDIATE_LIFE - RENEW_INTERMEDIATE_BEFORE,
    )
    return (*((name, made + life, made + life - RENEW_BEFORE) for name, life in found), signing)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StateUnreadable(path=path, reason=str(error)) from error
    return with_messages(found) if isinstance(found, dict) else {}


def _plan(run: Run) -> PlanCard:
    path = run.folder / PLAN
    try:
        return card.from_json(_json(path))
    except ValueError as error:
        raise StateUnreadable(path=path, reason=DAMAGED) from error


def _probes(run: Run) -> tuple[ProbeResult, ...]:
    """What was proved; nothing where the run was not."""
    path = run.folder / PROBES
    told = _json(path).get("probes") if path.exists() else []
    try:
        return tuple(record(ProbeResult, each) for each in told or ())
    except (AttributeError, TypeError, ValueError) as error:
        raise StateUnreadable(path=path, reason=DAMAGED) from error


def _events(run: Run) -> tuple[Event, ...]:
    """Every whole line that this program knows; the last may be torn where the run was killed."""
    path = run.folder / EVENTS
    try:
        whole, _, _ = path.read_bytes().rpartition(b"\n")
    except OSError as error:
        raise StateUnreadable(path=path, reason=str(error)) from error
    try:
        bodies = [with_messages(json.loads(line)) for line in whole.splitlines()]
        return tuple(events.from_json(body) for body in bodies if body["type"] in events.KINDS)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StateUnreadable(path=path, reason=DAMAGED) from error
