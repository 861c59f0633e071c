"""Working days and the timeline: holidays, weekends, what waits for what, and the day on which more must be ordered."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_subject import EXAMPLES, TODAY, subject

from installer.answers import file as answers_file
from installer.report.catalogue import words
from installer.report.machines import SETTING_UP_DAYS, buy_by
from installer.report.subject import Delivered
from installer.report.timeline import timeline
from installer.report.workdays import Workdays, months_after

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def test_weekends_and_holidays_are_left_out():
    days = Workdays((date(2027, 1, 11),))
    assert days.on_or_after(date(2027, 1, 9)) == date(2027, 1, 12)
    assert days.after(date(2027, 1, 8), 1) == date(2027, 1, 12)
    assert days.after(date(2027, 1, 12), -1) == date(2027, 1, 8)
    assert days.last_of(date(2027, 1, 12), 1) == date(2027, 1, 12)


@given(DAYS, st.integers(0, 300), st.sets(DAYS, max_size=10))
def test_going_forth_and_back_ends_where_it_began(day, count, holidays):
    days = Workdays(tuple(holidays))
    first = days.on_or_after(day)
    there = days.after(first, count)
    assert days.working(there)
    assert days.after(there, -count) == first


@given(DAYS, st.integers(0, 300))
def test_months_after_is_the_same_day_of_a_later_month(day, count):
    later = months_after(day, count)
    assert (later.year - day.year) * 12 + later.month - day.month == count
    assert later.day == min(day.day, 28)


def test_tasks_wait_for_each_other_and_fall_on_working_days():
    about = subject("enterprise")
    line = timeline(about, words("en"))
    days = Workdays(about.answers.plan.holidays)
    assert line.start == about.answers.plan.start
    assert all(days.working(task.start) and days.working(task.end) and task.start <= task.end for task in line.tasks)
    order = ["agree", "order", "prepare", "check", "mend", "install", "accept", "teach"]
    for before, after in pairwise(order):
        assert line.task(before).end < line.task(after).start
    assert line.task("bundle").start > line.task("agree").end
    assert line.task("bundle").end < line.task("check").start
    assert line.ready == line.task("teach").end == max(task.end for task in line.tasks)
    assert {task.side for task in line.tasks} == {"customer", "vendor", "both"}


def test_a_holiday_moves_the_end():
    about = subject("small-office")
    before = timeline(about, words("en")).ready
    plan = replace(about.answers.plan, holidays=(about.answers.plan.start + timedelta(days=1),))
    later = timeline(replace(about, answers=replace(about.answers, plan=plan)), words("en")).ready
    assert later > before


def test_machines_that_stand_already_are_not_ordered():
    about = subject("small-office")
    plan = replace(about.answers.plan, delivery_days=0, start=None)
    line = timeline(replace(about, answers=replace(about.answers, plan=plan)), words("en"))
    assert line.start == TODAY + timedelta(days=1)
    with pytest.raises(KeyError):
        line.task("order")


def test_the_installation_is_told_in_measured_time_once_the_delivery_is_known():
    about = subject("small-office")
    assert "hours" in timeline(about, words("en")).task("install").note
    made = Delivered("core", "1.0", "v1.36.3", "sha256:0", 2 * 10**9, (), {}, 3600.0, 300.0)
    line = timeline(replace(about, delivered=made), words("en"))
    assert line.task("install").note == "copy 1 h 0 min, install and try 5 min"
    assert line.task("bundle").note == "2 GB on a disk"


def test_more_is_ordered_early_enough_to_stand_ready():
    about = subject("enterprise")
    ready = date(2027, 3, 17)
    day = buy_by(about, ready, 37)
    days = Workdays(about.answers.plan.holidays)
    assert days.after(day, about.answers.plan.delivery_days + SETTING_UP_DAYS) <= months_after(ready, 37)
    assert days.after(day, about.answers.plan.delivery_days + SETTING_UP_DAYS + 1) > months_after(ready, 37)


@pytest.mark.parametrize("name", ["enterprise", "small-office"])
def test_planning_is_written_as_it_is_read(name, tmp_path):
    answers = subject(name).answers
    answers_file.save(answers_file.dump(answers_file.document(answers)), tmp_path / "answers.yaml")
    assert answers_file.load(tmp_path / "answers.yaml").plan == answers.plan


def test_planning_that_is_none_is_refused_with_its_place():
    text = (EXAMPLES / "small-office.yaml").read_text().replace("start: 2027-01-11", "start: soon\n  delivery: 3")
    found = " ".join(map(str, answers_file.problems(text, "answers.yaml")))
    assert "plan.start" in found
    assert "delivery" in found
