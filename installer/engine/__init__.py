"""The one loop behind install, upgrade, rollback, resume and dry-run.

Rules:
* look -> capture -> journal "begin" -> keep -> apply -> look again -> journal "done"; a step is done when nothing
  differs from what it wants, which may take the site some seconds after the effect.
* The before-image belongs to the run: it is captured once, before the run's first begin of a step. What held before
  the run is never undone by it, whoever made it.
* What the journal calls done is believed once its check has said so again; otherwise it is applied again.
* Ready steps start in the plan's order and run in parallel, on a limited number of hosts at a time.
* After a failure, or when told to stop, what runs may end and nothing new starts.
* A rollback is the inverse plan, run by this same loop with a journal of its own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from installer.engine.clock import Clock, SystemClock
from installer.engine.events import Emit, RunFinished, RunStarted
from installer.engine.journal import Journal
from installer.engine.loop import Failure, Keep, Loop
from installer.errors import (
    ConnectionLost,
    HostUnreachable,
    Interrupted,
    RollbackIncomplete,
    SitewrightError,
    StepFailed,
)
from installer.messages import Message
from installer.plan.model import (
    BACKWARD,
    Before,
    Difference,
    Differences,
    Image,
    Plan,
    Step,
    keep_nothing,
    nothing_before,
)
from installer.plan.renamed import present_id
from installer.ports import ReadOnly, World


def log_nothing(step: Step, text: str) -> str:
    """The log of a run without a directory."""
    return ""


def run(
    plan: Plan,
    journal: Journal,
    world: World,
    emit: Emit,
    *,
    hosts_at_once: int = 10,
    stop: threading.Event | None = None,
    clock: Clock | None = None,
    keep: Keep = log_nothing,
) -> None:
    """Carry a plan out, from where its journal stands.

    Raises:
        PlanChanged: the journal belongs to another plan.
        StepFailed: a step failed; every other running one was let end. RollbackIncomplete on the way back.
        Interrupted: `stop` was set and steps are left.
        StateUnreadable: the journal cannot be written.
    """
    clock = clock or SystemClock()
    journal.start(plan.operation, plan.digest, plan.subject, clock.now())
    loop = Loop(plan, journal, world, emit, hosts_at_once, stop or threading.Event(), clock, keep)
    began = clock.monotonic()
    loop.tell(RunStarted(clock.now(), journal.run, plan.operation, len(plan), journal.count("done")))
    failure = loop.drive()
    outcome = "failed" if failure else "interrupted" if loop.remaining else "done"
    seconds = clock.monotonic() - began
    loop.tell(RunFinished(clock.now(), journal.run, outcome, seconds, journal.changed))
    if failure:
        raise _as_error(plan, failure) from failure.cause
    if loop.remaining:
        raise Interrupted(done=journal.count("done"))


def preview(plan: Plan, world: ReadOnly, *, hosts_at_once: int = 10) -> dict[str, bool]:
    """For each step whether it already holds, found without touching anything.

    Raises:
        ConnectionLost: a host went away, and no step that is still to come explains it.
    """

    def look(step: Step) -> bool | SitewrightError:
        try:
            return not step.differs(world)
        except (ConnectionLost, HostUnreachable) as error:
            return error

    with ThreadPoolExecutor(hosts_at_once) as pool:
        found = dict(zip((step.id for step in plan), pool.map(look, plan), strict=True))
    holds: dict[str, bool] = {}
    for step in plan:
        answer = found[step.id]
        if isinstance(answer, SitewrightError):
            # A cluster that is not there yet does not answer; that is what the steps before it are for.
            if all(holds[before] for before in step.after):
                raise answer
            answer = False
        holds[step.id] = answer
    return holds


def inverse(plan: Plan, journal: Journal, operation: str = "rollback") -> Plan:
    """The plan that takes a run back: what it began, in reverse, to the before-images of its journal.

    The plan may be that of another version of this program, as long as it knows every step that was begun.

    Raises:
        PlanChanged: the journal belongs to a plan made from something else, or has steps that this one has not.
    """
    images = {present_id(name): image for name, image in journal.images.items()}
    if journal.subject != plan.subject or not images.keys() <= {step.id for step in plan}:
        journal.require(plan.operation, plan.digest, plan.subject)
    together = frozenset(images)
    dependents: dict[str, list[str]] = {step.id: [] for step in plan}
    for step in plan:
        for before in step.after:
            dependents[before].append(step.id)
    steps: list[Step] = []
    # What must be undone before a step's own undo; steps that are not undone pass on what they wait for.
    gates: dict[str, tuple[str, ...]] = {}
    for step in reversed(plan.steps):
        waits = tuple(dict.fromkeys(gate for later in dependents[step.id] for gate in gates[later]))
        seen = images.get(step.id)
        whole = bool(step.goes_with) and together.issuperset(step.goes_with)
        if seen is None or step.undo is None or whole:
            gates[step.id] = waits
            continue
        steps.append(_undoing(step, step.undo, Image(journal.run, seen, together), waits))
        gates[step.id] = (steps[-1].id,)
    return Plan(operation, tuple(steps), plan.subject, plan.hosts_at_once)


def staying(plan: Plan, journal: Journal) -> tuple[Step, ...]:
    """The points of no return that a run has passed: steps it began that cannot be undone."""
    return tuple(step for step in plan if step.undo is None and journal.before(step.id) is not None)


def _undoing(step: Step, undo: Callable[[World, Image], None], image: Image, after: tuple[str, ...]) -> Step:
    return replace(
        step,
        id=f"undo:{step.id}",
        title=Message("undo: {step}", step=step.title),
        differs=lambda world: compared(image.seen, json.loads(json.dumps(step.capture(world)))),
        apply=lambda world: undo(world, image),
        after=after,
        capture=nothing_before,
        keep=keep_nothing,
        undo=None,
        bytes=0,
        always_apply=True,
    )


def compared(before: Before, now: Before, where: str = "") -> Differences:
    """In what a present capture is not the before-image; what an older program did not capture is not compared."""
    found: list[Difference] = []
    for name, was in before.items():
        if name.startswith("_"):
            continue
        what, seen = f"{where} {name}".strip(), now.get(name)
        if isinstance(was, dict) and isinstance(seen, dict):
            found += compared(was, seen, what)
        elif was != seen:
            found.append(Difference(what, _said(was), _said(seen)))
    return tuple(found)


def _said(value: object) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _as_error(plan: Plan, failure: Failure) -> SitewrightError:
    if plan.operation in BACKWARD:
        return RollbackIncomplete(step=failure.step.id, reason=failure.reason)
    facts = {"step": failure.step.id, "elapsed": spell(failure.elapsed), "reason": failure.reason}
    if isinstance(failure.cause, SitewrightError) and failure.cause.remedy:
        facts["hint"] = f"{failure.cause.remedy}; {StepFailed.hint}"
    return StepFailed(**facts)


def spell(seconds: float) -> str:
    """A duration for people: "0.4 s", "12 s", "2 min 5 s"."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return Message("{minutes} min {rest} s", minutes=minutes, rest=rest) if minutes else f"{rest} s"
