"""The rules of the loop, one by one."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from shelf import END, START, Heard, StoppedClock, WritableShelf, plan, put

from installer import engine
from installer.engine import loop
from installer.engine.events import RunFinished, RunStarted, StepBroke, StepFinished, StepStarted
from installer.engine.journal import Journal
from installer.errors import ConnectionLost, Interrupted, PlanChanged, RollbackIncomplete, StepFailed
from installer.plan.model import Difference, Plan, Step


def journal(tmp_path, run="run") -> Journal:
    (tmp_path / run).mkdir(exist_ok=True)
    return Journal(tmp_path / run / "journal.jsonl")


def run(wanted, books, state, **options) -> Heard:
    heard = Heard()
    options = {"clock": StoppedClock(), **options}
    try:
        engine.run(wanted, books, WritableShelf(state), heard, **options)
    finally:
        books.close()
    return heard


def one(step: Step, **changes) -> Plan:
    return Plan("install", (replace(step, **changes),))


def test_events_tell_the_run_in_order(tmp_path):
    wanted = plan(parallel=False)
    heard = run(wanted, journal(tmp_path), dict(START))
    assert (heard[0].steps, heard[0].already_done, heard[0].run) == (4, 0, "run")
    assert isinstance(heard[0], RunStarted)
    assert [e.step for e in heard.of(StepStarted)] == [s.id for s in wanted if "keep" not in s.id]
    assert [(e.step, e.changed) for e in heard.of(StepFinished)] == [(s.id, "keep" not in s.id) for s in wanted]
    assert (heard[-1].outcome, heard[-1].changed) == ("done", 3)


def test_a_resumed_run_says_what_was_done(tmp_path):
    run(plan(parallel=False), journal(tmp_path), state := dict(START))
    heard = run(plan(parallel=False), journal(tmp_path), state)
    assert heard[0].already_done == 4
    assert not any(event.changed for event in heard.of(StepFinished))
    assert not heard.of(StepStarted)


def test_an_apply_that_lies_is_found_out(tmp_path):
    wanted = one(put("n1", "2", "version"), apply=lambda world: None)
    with pytest.raises(StepFailed, match="applied, but it still differs: version: wanted 2, seen 1"):
        run(wanted, books := journal(tmp_path), dict(START))
    assert books.state("file.put:version@n1") == "failed"


@pytest.mark.parametrize("late", range(1, len(loop.SETTLING) + 1))
def test_an_effect_that_is_seen_late_is_waited_for_and_not_brought_about_twice(tmp_path, late):
    step, clock, applied, looks = put("n1", "2", "version"), StoppedClock(), [], []

    def apply(world) -> None:
        applied.append(step.id)
        step.apply(world)

    def differs(world):
        looks.append(bool(applied))
        return step.differs(world) or () if looks.count(True) > late else (Difference("version", "2", "not yet"),)

    heard = run(one(step, apply=apply, differs=differs), journal(tmp_path), {}, clock=clock)
    assert heard[-1].outcome == "done"
    assert applied == [step.id]
    assert clock.slept == list(loop.SETTLING[:late])


def test_what_no_longer_holds_is_applied_again_and_rolled_back_to_the_first_before_image(tmp_path):
    wanted, state = plan(parallel=False), dict(START)
    run(wanted, journal(tmp_path), state)
    state["n1", "version"] = "meddled"
    heard = run(wanted, journal(tmp_path), state)
    assert state == END
    assert [event.step for event in heard.of(StepStarted)] == ["file.put:version@n1"]
    run(engine.inverse(wanted, journal(tmp_path)), journal(tmp_path, "back"), state)
    assert state == START


def test_what_held_before_we_came_is_never_undone_even_if_it_had_to_be_mended(tmp_path):
    wanted, state = plan(parallel=False), dict(START)
    run(wanted, journal(tmp_path), state)
    state["n1", "keep"] = "meddled"
    run(wanted, journal(tmp_path), state)
    undo = engine.inverse(wanted, journal(tmp_path))
    assert "undo:file.put:keep@n1" not in [step.id for step in undo]


def test_a_failure_lets_the_running_end_and_starts_nothing_new(tmp_path):
    failed, may_end = threading.Event(), threading.Event()

    def slow(world) -> None:
        assert failed.wait(30)
        world.write("n2", "slow", "1")
        may_end.set()

    def breaks(world) -> None:
        raise ValueError("no such luck")

    steps = (
        replace(put("n1", "1", "breaks"), apply=breaks),
        replace(put("n2", "1", "slow"), apply=slow),
        put("n2", "1", "later", after=("file.put:slow@n2",)),
    )
    heard, state = Heard(), {}

    def hear(event) -> None:
        heard.append(event)
        if isinstance(event, StepBroke):
            failed.set()

    books = journal(tmp_path)
    with pytest.raises(StepFailed, match=r"file.put:breaks@n1 failed after .* ValueError: no such luck"):
        engine.run(Plan("install", steps), books, WritableShelf(state), hear, clock=StoppedClock())
    assert may_end.is_set()
    assert state == {("n2", "slow"): "1"}
    assert [(books.state(s.id)) for s in steps] == ["failed", "done", None]
    assert heard[-1].outcome == "failed"


def test_a_failed_step_begins_again_on_resume(tmp_path):
    step, state = put("n1", "2", "version"), dict(START)
    with pytest.raises(StepFailed):
        run(one(step, apply=lambda world: 1 / 0), journal(tmp_path), state)
    run(one(step), books := journal(tmp_path), state)
    assert (state["n1", "version"], books.before(step.id)) == ("2", {"version": "1"})


def test_an_unexpected_error_keeps_its_traceback_in_the_steps_log_alone(tmp_path):
    kept = {}

    def keep(step, text) -> str:
        kept[step.id] = text
        return "hosts/n1/log"

    heard = Heard()
    with pytest.raises(StepFailed) as failure:
        engine.run(
            one(put("n1", "2", "version"), apply=lambda world: 1 / 0),
            journal(tmp_path),
            WritableShelf({}),
            heard,
            clock=StoppedClock(),
            keep=keep,
        )
    assert "Traceback" in kept["file.put:version@n1"]
    assert "Traceback" not in failure.value.message
    assert heard.of(StepBroke)[0].log == "hosts/n1/log"


def test_stopped_before_the_start_nothing_starts(tmp_path):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted, match="0 steps are done"):
        run(plan(parallel=True), journal(tmp_path), state := dict(START), stop=stop)
    assert state == START


def test_stopped_under_way_the_running_step_ends_and_resume_does_the_rest(tmp_path):
    stop, state, wanted = threading.Event(), dict(START), plan(parallel=False)
    heard = Heard()

    def hear(event) -> None:
        heard.append(event)
        if isinstance(event, StepStarted):
            stop.set()

    with pytest.raises(Interrupted, match="1 steps are done"):
        engine.run(wanted, journal(tmp_path), WritableShelf(state), hear, stop=stop, clock=StoppedClock())
    assert state["n1", "config"] == "2"
    assert heard.of(RunFinished)[0].outcome == "interrupted"
    run(wanted, journal(tmp_path), state)
    assert state == END


def test_a_stop_after_the_last_step_is_no_interruption(tmp_path):
    stop = threading.Event()
    step = put("n1", "2", "version")

    def apply(world) -> None:
        step.apply(world)
        stop.set()

    heard = run(one(step, apply=apply), journal(tmp_path), {}, stop=stop)
    assert heard[-1].outcome == "done"


@pytest.mark.parametrize("operation", ["install", "upgrade"])
def test_another_plan_is_refused_naming_what_changed(tmp_path, operation):
    wanted, state = plan(parallel=False), dict(START)
    run(wanted, journal(tmp_path), state)
    other = Plan(operation, wanted.steps, {**wanted.subject, "answers.hosts": "sha256:other"})
    with pytest.raises(PlanChanged, match=r"changed: .*answers\.hosts") as refused:
        run(other, journal(tmp_path), state)
    assert "bundle" not in refused.value.message
    assert ("upgrade" in refused.value.message) == (operation == "upgrade")
    with pytest.raises(PlanChanged):
        engine.inverse(other, journal(tmp_path))


def test_a_plan_of_other_steps_is_refused_although_its_subject_is_the_same(tmp_path):
    wanted = plan(parallel=False)
    run(wanted, journal(tmp_path), dict(START))
    with pytest.raises(PlanChanged, match="this version of sitewright"):
        run(Plan("install", wanted.steps[:2], wanted.subject), journal(tmp_path), {})


def test_a_rollback_keeps_the_edges_reversed(tmp_path):
    log = []

    def step(name: str, *after: str, undo=True) -> Step:
        return Step(
            name, name, "p", lambda w: () if name in done else (Difference(name, "done", "not"),),
            lambda w: done.add(name), after,
            undo=(lambda w, b: log.append(name)) if undo else None,
        )  # fmt: skip

    done: set[str] = set()
    wanted = Plan(
        "install", (step("a"), step("b", "a", undo=False), step("c", "b"), step("d", "a"), step("e", "c", "d"))
    )
    run(wanted, journal(tmp_path), {})
    undo = engine.inverse(wanted, journal(tmp_path))
    assert {s.id: set(s.after) for s in undo} == {
        "undo:e": set(), "undo:d": {"undo:e"}, "undo:c": {"undo:e"}, "undo:a": {"undo:c", "undo:d"},
    }  # fmt: skip
    assert [s.id for s in engine.staying(wanted, journal(tmp_path))] == ["b"]
    run(undo, journal(tmp_path, "back"), {})
    assert log[0] == "e"
    assert log[-1] == "a"


def test_an_undo_without_a_before_image_is_carried_out_once_and_believed(tmp_path):
    state, undone = {}, []
    step = Step("join@n1", "", "", lambda w: () if w.read("n1", "joined") else (Difference("n1", "joined", "not"),),
                lambda w: w.write("n1", "joined", "y"), undo=lambda w, image: undone.append(image.seen))  # fmt: skip
    run(Plan("install", (step,)), journal(tmp_path), state)
    undo = engine.inverse(Plan("install", (step,)), journal(tmp_path))
    run(undo, journal(tmp_path, "back"), state)
    run(undo, journal(tmp_path, "back"), state)
    assert undone == [{}]


def test_an_undo_that_lies_is_an_incomplete_rollback(tmp_path):
    wanted, state = one(put("n1", "2", "version"), undo=lambda world, before: None), dict(START)
    run(wanted, journal(tmp_path), state)
    with pytest.raises(RollbackIncomplete, match=r"undo:file\.put:version@n1"):
        run(engine.inverse(wanted, journal(tmp_path)), journal(tmp_path, "back"), state)


def test_a_look_over_a_lost_link_is_tried_again_with_longer_pauses(tmp_path):
    left, clock = [3], StoppedClock()
    step = put("n1", "2", "version")

    def differs(world):
        if left[0]:
            left[0] -= 1
            raise ConnectionLost(host="n1", reason="reset")
        return step.differs(world)

    run(one(step, differs=differs), journal(tmp_path), {}, clock=clock)
    assert clock.slept == list(loop.PATIENCE)


def test_a_check_that_raises_is_a_failed_step_that_has_not_begun(tmp_path):
    def differs(world):
        raise ConnectionLost(host="n1", reason="reset")

    with pytest.raises(StepFailed, match="n1: the connection was lost: reset"):
        run(one(put("n1", "2", "version"), differs=differs), books := journal(tmp_path), state := dict(START))
    assert books.state("file.put:version@n1") is None
    assert state == START
