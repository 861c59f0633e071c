"""Everything a page shows, ready for the template: one source for HTML, PDF and both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from installer.preflight import CHECKS
from installer.report import built, checklist, dates, firewall, glossary, machines, phrases, plots, promised, told, why
from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.timeline import Timeline, timeline
from installer.report.workdays import months_after
from sizing.narrowing import narrowings
from sizing.needs import questions
from sizing.workload import answers as estimates

NARROWING_SHOWN, FULLEST_SHOWN = 3, 6
"""Rows of page one and of the table of what would narrow the range."""
HOSTS_SHOWN = 100
"""Hosts whose rows are printed; the spreadsheet has all."""


def content(subject: Subject, _: Words) -> Mapping[str, Any]:
    """The names that the template sees."""
    sizing, answers = subject.sizing, subject.answers
    line = timeline(subject, _)
    curves = machines.curves(sizing, _)
    month = curves[0].full if curves else None
    ready = subject.built.ended.date() if subject.built else line.ready
    buy = machines.buy_by(subject, ready, month) if month is not None else None
    return {
        **_machines(subject, _),
        **_reasons(subject, line, _),
        "keeping": promised.keeping(subject, _),
        "got": promised.got(subject, _),
        "upkeep": promised.upkeep(subject, _),
        "unexplained": promised.unexplained(subject),
        "_": _,
        "words": _,
        "phrases": phrases,
        "s": subject,
        "customer": answers.customer or answers.site,
        "users": estimates(sizing.needs)["users"].expected,
        "horizon": sizing.needs.horizon_months,
        "line": line,
        "bars": plots.bars(line),
        "weeks": plots.weeks(line, _),
        "curves": curves[: plots.CURVES],
        "growth": plots.growth_plot(curves, ready, sizing.needs.horizon_months, buy, _),
        "first_full": months_after(ready, month) if month is not None else None,
        "buy": buy,
        "holidays": _(", ").join(_.short_day(day) for day in answers.plan.holidays),
        "parts": promised.parts(subject, _),
        "connections": firewall.connections(subject, _),
        "items": checklist.items(subject, line, _),
        "risks": tuple(checklist.risks(subject, _)),
        "terms": glossary.terms(_),
        "caller": checklist.contact(answers, "vendor"),
        "signer": checklist.contact(answers, "customer"),
        "calendar": built.certificates(subject, _),
        "environment_words": environments(subject, _),
    }


def _machines(subject: Subject, _: Words) -> Mapping[str, Any]:
    """What to order, how full it gets, and which host is to be what."""
    sizing, answers = subject.sizing, subject.answers
    kinds, fills = machines.kinds(sizing, _), machines.fills(sizing, _)
    seats, unnamed = machines.seats(answers, kinds, _)
    return {
        "kinds": kinds,
        "resources": machines.resource_words(_),
        "fills": fills,
        "fullest": machines.fullest(fills, FULLEST_SHOWN),
        "more_kinds": max(0, len(kinds) - FULLEST_SHOWN),
        "blocks": plots.picture(kinds),
        "seats": seats[:HOSTS_SHOWN],
        "spare_hosts": sum(seat.kind is None for seat in seats),
        "unnamed": unnamed,
        "more_hosts": max(0, len(answers.hosts) - HOSTS_SHOWN),
    }


def _reasons(subject: Subject, line: Timeline, _: Words) -> Mapping[str, Any]:
    """What the plan rests on, what would change it, and what is asked of whom by when."""
    sizing = subject.sizing
    return {
        "checks": tuple(_.text(check.title) for check in CHECKS),
        "told": told.told(subject, _),
        "assumed": told.assumed(subject),
        "range_of": partial(told.band_text, _=_),
        "asking": why.asking(subject, _),
        "savings": () if subject.built else why.savings(subject, _),
        "narrowing": narrowings(sizing)[:NARROWING_SHOWN],
        "titles": {question.name: question.title for question in questions()},
        "disagreements": dates.disagreements(subject, line, _),
        "broken": tuple(promised.broken(subject, _)),
        "sized": partial(machines.sized, _=_),
        "asked": tuple(checklist.asked(subject, line, _)),
    }


def environments(subject: Subject, _: Words) -> str:
    """The environments in a row: production, pre-release and testing."""
    names = [_.text(environment.name) for environment in subject.sizing.needs.environments]
    if len(names) == 1:
        return names[0]
    return _("{most} and {last}", most=_(", ").join(names[:-1]), last=names[-1])
