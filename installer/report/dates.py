"""Dates that do not go together: a plan that begins in the past, a waiver that ends before it is used."""

from __future__ import annotations

from collections.abc import Iterator

from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.timeline import Timeline


def disagreements(subject: Subject, line: Timeline, _: Words) -> tuple[str, ...]:
    """Every date of the answers that contradicts another, or today; none for what was built already."""
    return () if subject.built else tuple(_disagreements(subject, line, _))


def _disagreements(subject: Subject, line: Timeline, _: Words) -> Iterator[str]:
    plan, today = subject.answers.plan, subject.today
    if plan.start and plan.start < today:
        yield _("Work was to begin on {day}, which is past.", day=_.day(plan.start))
    needed = line.task("check").start
    for each in plan.decisions:
        question = _.text(each.question)
        if each.until < today:
            yield _("The last day of a decision is past ({day}): {question}", day=_.short_day(each.until),
                    question=question)  # fmt: skip
        elif each.until >= needed:
            yield _(
                "A decision may come by {day}, but is needed when the machines are checked ({needed}): {question}",
                day=_.short_day(each.until),
                needed=_.short_day(needed),
                question=question,
            )
    installing = line.task("install").end
    for waiver in subject.answers.waivers:
        if waiver.until < installing:
            yield _("A check is set aside until {day} only, and the installation ends on {end}: {check}",
                    day=_.short_day(waiver.until), end=_.short_day(installing), check=waiver.check)  # fmt: skip
