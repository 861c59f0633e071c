"""Records: what an object of JSON says is taken field by field, each of the type that it has to have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from installer.engine import events
from installer.engine.events import StepProgressed
from installer.plan import card
from installer.runs.stream import parse

STEP = {"id": "a/b@c", "title": "t", "phase": "hosts", "host": "c", "environment": "a", "after": [], "seconds": 1,
        "bytes": 0, "can_be_undone": True}  # fmt: skip
PLAN = {"type": "plan", "format": 1, "operation": "install", "digest": "sha256:0", "subject": {}, "hosts_at_once": 10,
        "holding": None, "steps": [STEP, {**STEP, "id": "b", "after": ["a/b@c"]}]}  # fmt: skip
EVENT = {"type": "step_progressed", "at": "2026-11-30T10:00:00+00:00", "step": "a", "done": 1, "total": 2,
         "unit": "bytes", "more": "passed over"}  # fmt: skip


def test_what_is_right_is_read() -> None:
    assert [step.id for step in card.from_json(PLAN).steps] == ["a/b@c", "b"]
    event = events.from_json(EVENT)
    assert isinstance(event, StepProgressed)
    assert (event.done, event.note) == (1, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": {}}, {"title": None}, {"seconds": "x"}, {"seconds": None}, {"seconds": True}, {"bytes": "x"},
        {"seconds": float("nan")}, {"bytes": 1.5}, {"phase": []}, {"phase": 5}, {"host": {}}, {"id": {}}, {"id": 5},
        {"after": "abc"}, {"after": ["nope"]}, {"after": [5]}, {"after": None}, {"can_be_undone": "yes"}, {"id": "b"},
    ],
)  # fmt: skip
def test_a_step_that_is_none_spoils_the_plan(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        card.from_json({**PLAN, "steps": [{**STEP, **wrong}, {**STEP, "id": "b", "after": ["a/b@c"]}]})


@pytest.mark.parametrize(
    "wrong", [{"hosts_at_once": "x"}, {"format": 9}, {"format": None}, {"steps": {}}, {"steps": [7]}, {"holding": [1]},
              {"subject": []}, {"operation": 7}],
)  # fmt: skip
def test_a_plan_that_is_none_is_shown_as_a_line_of_no_known_type(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        card.from_json({**PLAN, **wrong})
    assert isinstance(parse(json.dumps({**PLAN, **wrong})), dict)


@pytest.mark.parametrize(
    "wrong", [{"at": "2026-11-30T10:00:00"}, {"at": 5}, {"at": "now"}, {"step": {}}, {"done": "x"}, {"done": 1.5},
              {"unit": None}, {"type": "nothing"}, {"type": 5}],
)  # fmt: skip
def test_an_event_that_is_none_is_shown_as_a_line_of_no_known_type(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        events.from_json({**EVENT, **wrong})
    assert isinstance(parse(json.dumps({**EVENT, **wrong})), dict)
