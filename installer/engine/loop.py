"""One pass over a plan: what is ready starts, what has ended is heard, every step is looked at before and after.

Used by `installer.engine` alone, whose rules it carries out.
"""

from __future__ import annotations

import bisect
import queue
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from installer.engine.clock import Clock
from installer.engine.events import Emit, Event, StepBroke, StepFinished, StepProgressed, StepStarted
from installer.engine.journal import Journal
from installer.errors import ConnectionLost, EffectMissing, HostUnreachable, SitewrightError
from installer.messages import Message
from installer.plan.model import Differences, Image, Plan, Step
from installer.ports import ReadOnly, Report, World

T = TypeVar("T")

STEPS_PER_HOST = 4
"""OpenSSH allows ten sessions on a connection; half of them stay free for checks and re-attaching."""

PATIENCE = (1.0, 2.0, 4.0)
"""Seconds between looks over a link that was lost: a switch that reboots or a fail-over takes a moment."""

SETTLING = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between looks for what was just applied: of several API servers each learns of it in its own time."""

QUIET = 0.1
"""Seconds between two progress events of a step."""

MOST = 3
"""Differences that a message names; the step's log has all of them."""

Keep = Callable[[Step, str], str]
"""Keeps a text in a step's log; returns the log's name below the run directory, empty where there is none."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that went wrong, why, and after how many seconds."""

    step: Step
    cause: Exception
    elapsed: float

    @property
    def reason(self) -> str:
        """What went wrong, for people."""
        if isinstance(self.cause, SitewrightError):
            return self.cause.message
        return f"{type(self.cause).__name__}: {self.cause}"


class _Broke(Exception):
    """A step's own function raised `cause`."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        super().__init__(str(cause))


def told(differences: Differences) -> str:
    """Differences in one line, the first few by name."""
    rest = len(differences) - MOST
    more = [Message("and {rest} more", rest=rest)] if rest > 0 else []
    return Message.joined("; ", [*map(str, differences[:MOST]), *more])


@contextmanager
def _blaming_the_step() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _Broke(error) from error


class Loop:
    """A plan under way; `remaining` counts the steps that do not hold yet."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        world: World,
        emit: Emit,
        hosts_at_once: int,
        stop: threading.Event,
        clock: Clock,
        keep: Keep,
    ) -> None:
        self._steps = plan.steps
        self._journal, self._world, self._emit, self._keep = journal, world, emit, keep
        self._hosts_at_once, self._stop, self._clock = hosts_at_once, stop, clock
        self._telling = threading.Lock()
        self._waits = {step.id: len(set(step.after)) for step in plan}
        self._next: dict[str, list[int]] = {step.id: [] for step in plan}
        for index, step in enumerate(plan):
            for before in set(step.after):
                self._next[before].append(index)
        self._ready = [index for index, step in enumerate(plan) if not step.after]
        self._active: Counter[str] = Counter()
        self._ended: queue.SimpleQueue[tuple[Step, Failure | BaseException | None]] = queue.SimpleQueue()
        self.remaining = len(plan)

    def tell(self, event: Event) -> None:
        """Pass an event on; one at a time, so that sinks need no locks."""
        with self._telling:
            self._emit(event)

    def drive(self) -> Failure | None:
        """Run until nothing runs and nothing may start; the first failure, if there was one."""
        failure: Failure | None = None
        fatal: BaseException | None = None
        while True:
            if failure is None and fatal is None and not self._stop.is_set():
                self._start()
            if not self._active:
                break
            step, result = self._ended.get()
            self._active[step.host] -= 1
            self._active += Counter()  # drops hosts that have fallen idle
            if result is None:
                self._release(step)
            elif isinstance(result, Failure):
                failure = failure or result
            else:
                fatal = fatal or result
        if fatal is not None:
            raise fatal
        return failure

    def _start(self) -> None:
        held_back = []
        for index in self._ready:
            step = self._steps[index]
            fits = step.host in self._active or len(self._active) < self._hosts_at_once
            if not fits or self._active[step.host] >= STEPS_PER_HOST:
                held_back.append(index)
                continue
            self._active[step.host] += 1
            # A daemon, so that a second interrupt can leave without waiting for it.
            threading.Thread(target=self._attempt, args=(step,), name=step.id, daemon=True).start()
        self._ready = held_back

    def _release(self, step: Step) -> None:
        self.remaining -= 1
        for index in self._next[step.id]:
            follower = self._steps[index]
            self._waits[follower.id] -= 1
            if self._waits[follower.id] == 0:
                bisect.insort(self._ready, index)

    def _attempt(self, step: Step) -> None:
        result: Failure | BaseException | None
        try:
            result = self._bring_about(step)
        except BaseException as error:
            # Neither a look nor an effect failed but our own books: the run ends with this error.
            result = error
        self._ended.put((step, result))

    def _bring_about(self, step: Step) -> Failure | None:
        began = self._clock.monotonic()
        try:
            changed = self._settle(step)
        except _Broke as broke:
            failure = Failure(step, broke.cause, self._clock.monotonic() - began)
            self._record(failure)
            return failure
        self.tell(StepFinished(self._clock.now(), step.id, changed, self._clock.monotonic() - began))
        return None

    def _settle(self, step: Step) -> bool:
        """Bring a step to hold; whether that took a change."""
        journal, state = self._journal, self._journal.state(step.id)
        if step.always_apply and state == "done":
            return False
        if not step.always_apply and not self._look(step.differs):
            if state is None and step.unrecorded is not None and self._look(step.unrecorded):
                journal.begin(step.id, self._clock.now(), self._look(step.capture))
            if state != "done":
                journal.done(step.id, self._clock.now(), changed=state is not None)
            return state in ("begin", "failed")
        seen = self._look(step.capture) if state is None else None
        journal.begin(step.id, self._clock.now(), seen)
        self.tell(StepStarted(self._clock.now(), step.id))
        world = self._world.reporting(self._reporter(step))
        with _blaming_the_step():
            image = journal.before(step.id)
            if image is not None:
                step.keep(world, Image(journal.run, image))
            step.apply(world)
        left = self._differences(step)
        if left:
            raise _Broke(EffectMissing(reason=told(left), differences=left))
        journal.done(step.id, self._clock.now(), changed=True)
        return True

    def _differences(self, step: Step) -> Differences:
        """What still differs from what a step wants, at once or after the site had time to settle."""
        left = self._look(step.differs)
        for pause in SETTLING:
            if not left:
                break
            self._clock.sleep(pause)
            left = self._look(step.differs)
        return left

    def _look(self, at: Callable[[ReadOnly], T]) -> T:
        """Look at the world, patiently where the link is lost: nothing is changed by looking again."""
        with _blaming_the_step():
            for pause in PATIENCE:
                try:
                    return at(self._world)
                except (ConnectionLost, HostUnreachable):
                    self._clock.sleep(pause)
            return at(self._world)

    def _record(self, failure: Failure) -> None:
        step = failure.step
        if self._journal.state(step.id) == "begin":
            self._journal.failed(step.id, self._clock.now())
        text = failure.reason
        if isinstance(failure.cause, EffectMissing):
            text = "\n".join([Message("applied, but it still differs:"), *map(str, failure.cause.facts["differences"])])
        elif not isinstance(failure.cause, SitewrightError):
            text = "".join(traceback.format_exception(failure.cause))
        self.tell(StepBroke(self._clock.now(), step.id, failure.reason, self._keep(step, text)))

    def _reporter(self, step: Step) -> Report:
        """Reports of a step as events, at most one per `QUIET` seconds, and always the last one."""
        told, last = -QUIET, -1

        def report(done: int, total: int, unit: str, note: str) -> None:
            nonlocal told, last
            now = self._clock.monotonic()
            ended = done == total and last != done
            if now - told >= QUIET or ended:
                told, last = now, done
                self.tell(StepProgressed(self._clock.now(), step.id, done, total, unit, note))

        return report
