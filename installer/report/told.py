"""What the plan rests on: what the customer said, what was taken where nobody knew, and the usual where nobody said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from installer.report.catalogue import Words
from installer.report.subject import Subject
from sizing.bands import Band
from sizing.needs import NUMERIC, UNKNOWN, questions
from sizing.units import unit_of
from sizing.workload import answers as estimates

Origin = Literal["said", "usual", "guessed"]


@dataclass(frozen=True, slots=True)
class Told:
    """A question with what was reckoned with, and where that is from; of a guess the range as well."""

    question: str
    value: str
    range: str
    unit: str
    origin: Origin


def told(subject: Subject, _: Words) -> tuple[Told, ...]:
    """Every question about quantities, in the order in which it is asked."""
    taken = estimates(subject.sizing.needs)
    rows = []
    for question in questions():
        if question.name not in NUMERIC:
            continue
        band = taken[question.name]
        origin = _origin(subject, question.name)
        if origin == "guessed" and not band.high:  # what the other answers leave no room for
            continue
        wide = origin == "guessed" and band.low != band.high
        between = _("{low} to {high}", low=_number(band.low, _), high=_number(band.high, _)) if wide else ""
        rows.append(Told(question.title, _number(band.expected, _), between, unit(question.name, _), origin))
    return tuple(rows)


def assumed(subject: Subject) -> int:
    """How many figures nobody gave."""
    return sum(_origin(subject, question.name) != "said" for question in questions() if question.name in NUMERIC)


def _origin(subject: Subject, name: str) -> Origin:
    if getattr(subject.sizing.needs, name) == UNKNOWN:
        return "guessed"
    return "said" if name in subject.answers.needs else "usual"


def _number(value: float, _: Words) -> str:
    """A figure as people say it: no more digits than mean something."""
    return _.number(round(value) if value >= 10 else round(value, 2))


def unit(name: str, _: Words) -> str:
    """The unit of a question, as people say it."""
    known = {"cores": _("cores"), "1/second": _("a second"), "1/day": _("a day"), "GiB/month": _("GiB a month"),
             "GB/day": _("GB a day"), "hours": _("hours"), "days": _("days"), "%": "%"}  # fmt: skip
    if name in {"horizon_months"}:
        return _("months")
    return known.get(unit_of(name), unit_of(name))


def band_text(band: Band, _: Words) -> str:
    """The planned figure with its range, as tables show it."""
    if band.low == band.high:
        return _.number(band.expected)
    return _("{planned} ({low} to {high})", planned=_.number(band.expected), low=_.number(band.low),
             high=_.number(band.high))  # fmt: skip
