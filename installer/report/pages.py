"""Everything a page shows, ready for the template: one source for HTML, PDF and both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.report import built, checklist, glossary, machines, phrases, plots, promised
from installer.report.catalogue import Words
from installer.report.subject import Subject
from installer.report.timeline import timeline
from installer.report.workdays import months_after
from sizing.workload import answers as estimates

HOSTS_SHOWN = 100
"""Hosts whose rows are printed; the spreadsheet has all."""


def content(subject: Subject, _: Words) -> Mapping[str, Any]:
    """The names that the template sees."""
    sizing, answers = subject.sizing, subject.answers
    line = timeline(subject, _)
    kinds = machines.kinds(sizing, _)
    curves = machines.curves(sizing, _)
    month = curves[0].full if curves else None
    ready = subject.built.ended.date() if subject.built else line.ready
    buy = machines.buy_by(subject, ready, month) if month is not None else None
    fills = machines.fills(sizing, _)
    return {
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
        "kinds": kinds,
        "resources": machines.resource_words(_),
        "fills": fills,
        "fullest": machines.fullest(fills),
        "blocks": plots.picture(kinds),
        "curves": curves[: plots.CURVES],
        "growth": plots.growth_plot(curves, ready, sizing.needs.horizon_months, buy, _),
        "first_full": months_after(ready, month) if month is not None else None,
        "buy": buy,
        "seats": machines.seats(answers, kinds, _)[:HOSTS_SHOWN],
        "spare_hosts": machines.spare(answers, kinds),
        "holidays": _(", ").join(_.short_day(day) for day in answers.plan.holidays),
        "more_hosts": max(0, len(answers.hosts) - HOSTS_SHOWN),
        "parts": promised.parts(subject, _),
        "connections": checklist.connections(subject, _),
        "items": checklist.items(subject, line, _),
        "guesses": checklist.guesses(subject, _),
        "risks": tuple(checklist.risks(subject, _)),
        "terms": glossary.terms(_),
        "caller": checklist.contact(answers, "vendor"),
        "signer": checklist.contact(answers, "customer"),
        "calendar": built.certificates(subject, _),
        "environment_words": environments(subject, _),
    }


def environments(subject: Subject, _: Words) -> str:
    """The environments in a row: production, pre-release and testing."""
    names = [_.text(environment.name) for environment in subject.sizing.needs.environments]
    if len(names) == 1:
        return names[0]
    return _("{most} and {last}", most=_(", ").join(names[:-1]), last=names[-1])
