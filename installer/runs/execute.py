"""Driving a plan in a run's folder: journal, events, copy at the site, and what the run was planned from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from installer import engine
from installer.engine.events import Emit, Event, StepBroke
from installer.engine.journal import Journal
from installer.errors import PlanChanged, RollbackIncomplete, RunStopped, SitewrightError, StateUnreadable, StepFailed
from installer.messages import Message
from installer.plan import card
from installer.plan.card import PlanCard
from installer.plan.inputs import Inputs
from installer.plan.model import Plan
from installer.ports import World
from installer.runs import crash_log, provenance, site_copy
from installer.runs.store import PLAN, Run

Watch = Callable[[PlanCard], AbstractContextManager[Emit]]
"""Opens a view of the plan that is about to be driven; gives the sink of its events."""


def drive(
    run: Run,
    plan: Plan,
    inputs: Inputs,
    world: World,
    watch: Watch,
    stop: threading.Event,
    copy: site_copy.Mirror | None,
) -> Run:
    """Carry a plan out, from where the run's journal stands; an error is told where to read on.

    Nothing is written before it is clear that the run was begun with this very plan.

    Raises:
        PlanChanged: it was begun with another one.
        StepFailed, RollbackIncomplete, Interrupted: as the engine says.
        RunStopped: its records could not be written any more.
    """
    logs: list[str] = []
    with ExitStack() as stack:
        journal = stack.enter_context(run.journal(copy))
        try:
            journal.start(plan.operation, plan.digest, plan.subject, world.now())
        except PlanChanged as error:
            raise provenance.compared(run, inputs, error) from error
        provenance.keep(run, inputs)
        told = PlanCard.of(plan)
        run.write(PLAN, {"type": "plan", **card.to_json(told)})
        emit = stack.enter_context(watch(told))
        if copy is not None:
            stack.enter_context(copy.following())

        def heard(event: Event) -> None:
            run.emit(event)
            with suppress(OSError):  # the run folder has it all: a view that cannot be written stops no run
                emit(event)
            if isinstance(event, StepBroke) and event.log:
                logs.append(Message("full log: {folder}", folder=run.folder / event.log))

        with _explained(run, journal, len(plan), logs):
            at_once = inputs.answers.parallel_hosts
            engine.run(plan, journal, world, heard, hosts_at_once=at_once, stop=stop, keep=run.keep)
    return run


@contextmanager
def _explained(run: Run, journal: Journal, total: int, logs: Sequence[str]) -> Iterator[None]:
    """What ends a run told with where to read on, and how much of it is done."""
    try:
        yield
    except (StepFailed, RollbackIncomplete) as error:
        done = Message("{done} of {total} steps are done and stay done", done=journal.count("done"), total=total)
        error.facts["details"] = (*logs, done)
        raise
    except StateUnreadable as error:
        raise RunStopped(done=journal.count("done"), total=total, reason=error.message) from error
    except SitewrightError:
        raise
    except Exception as error:
        raise crash_log.kept(error, run.folder) from error
